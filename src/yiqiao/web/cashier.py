"""The cashier's page: who looks at which trade, and all that they are shown of it.

Who has the address may pay. What only a desk may do (say that it has taken cash or a card, scan a payer's code) needs
the desk's mark in the address, or an operator who is signed in here.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.insurance import pages
from yiqiao.region.payments.cashier import DESK, address, is_desk
from yiqiao.region.payments.orders import Standing
from yiqiao.region.payments.trade import Particulars, attempt_data
from yiqiao.region.payments.ways import WAYS
from yiqiao.spec.masking import mask
from yiqiao.storage.payments import TradeRow
from yiqiao.web.pictures import code_picture
from yiqiao.web.reception import whoever
from yiqiao.web.till import (
    CHANGEABLE,
    Fault,
    Stage,
    Told,
    WayLine,
    attempt_of,
    gives_up,
    stage_of,
    told,
    under_way,
    ways_of,
)

FORM_COOKIE = "yiqiao_till_form"
"""Whoever pays need not be signed in, so the form's token is held against a cookie: another site can set neither."""
ASKED, OTHER = "asked", "other"
ASK_MS = 1000
ASK_SLOWLY_MS = 15_000
"""How often the page asks for what an operator is doing."""
SLIPS = ("POS", "MISPOS")
TAKES = ("CASH", *SLIPS, "CREDIT")
"""The ways in which a desk takes money."""
AGREEMENT = ("agreementNo", "outAgreementNo")
WEB = ("http://", "https://", "/")
"""Where a browser may be led to; a code may hold what only an application understands."""


class Visit(NamedTuple):
    """Who looks at which trade. `desk`: whether this is one; `session` is the operator's, where one is signed in."""

    standing: Standing
    desk: bool
    session: Session | None
    query: Mapping[str, str]
    """What the page's own address carries on: the desk's mark, what was asked for."""

    @property
    def actor(self) -> str:
        """Who acts, as the course tells it."""
        if self.desk and self.session is not None:
            return self.session.operator
        return "desk" if self.desk else "payer"

    def at(self, tail: str = "", **more: str) -> str:
        """An address of this cashier's."""
        kept = {name: value for name, value in self.query.items() if name == DESK}
        query = urlencode({**kept, **more})
        return f"{address(self.standing.trade.token)}{tail}{'?' if query else ''}{query}"


@dataclass(frozen=True)
class CashierPage:
    """The page. `mark` names what is shown, so that the same is not shown again; `ask_ms` 0: nothing is under way.

    `turn` is the attempt that the next press makes. `code` is the picture that the payer scans, `phone_code` that of
    this cashier's own address; `go` is where a phone goes to pay. `other`: another way is being chosen in the place of
    one that is open. `takes` are the ways in which a desk takes money. `settlement` is where it goes on, of a trade
    that is the personal part of one.
    """

    told: Told
    desk: bool
    here: str
    standing: str
    mark: str
    ask_ms: int
    left_ms: int | None
    until: str
    turn: int
    order_no: str
    ways: tuple[WayLine, ...]
    takes: tuple[str, ...]
    scans: bool
    code: str
    phone_code: str
    phone_address: str
    go: str
    other: bool
    change_to: str
    back_to: str
    give_up: str
    settlement: str
    fault: Fault | None = None
    refusal: str = ""
    message: str = ""
    stale: bool = False
    token: str = field(default="", repr=False)


async def visit_of(request: Request) -> Visit:
    """Who looks at which trade. Raises UnknownTrade."""
    runtime = runtime_of(request)
    standing = await runtime.orders.by_token(request.path_params["token"])
    query = {name: request.query_params[name] for name in (DESK, ASKED, OTHER) if name in request.query_params}
    session = await whoever(request)
    works = session is not None and Right.WORK in RIGHTS[session.role]
    desk = works or is_desk(runtime.keyring, standing.trade.token, query.get(DESK, ""))
    return Visit(standing, desk, session if works else None, query)


async def view_of(
    request: Request,
    visit: Visit,
    *,
    fault: Fault | None = None,
    refused: DomainError | None = None,
    stale: bool = False,
) -> CashierPage:
    runtime, standing = runtime_of(request), visit.standing
    trade, moment = standing.trade, runtime.clock.now_ms()
    stage = stage_of(standing, moment, visit.query.get(ASKED, ""))
    attempt = attempt_of(standing)
    other = stage in CHANGEABLE and visit.query.get(OTHER) == trade.order_no
    kept = runtime.orders.particulars(trade)
    data = attempt_data(runtime.keyring, attempt) if attempt and visit.desk else {}
    received = data.get("received")
    seen = told(
        standing,
        stage,
        mask(kept.patient.name, "name"),
        kept.shown_balance,
        received if isinstance(received, int) else None,
    )
    offered = await runtime.orders.offered(trade.merchant_id) if stage is Stage.CHOOSE or other else ()
    pay_url = (attempt.pay_url or "") if attempt and stage in (Stage.SCAN, Stage.GO) else ""
    absolute = f"{runtime.settings.address}{pay_url}" if pay_url.startswith("/") else pay_url
    phone_address = runtime.settings.address + address(trade.token)
    at_once = not other and stage in (Stage.CHOOSE, *CHANGEABLE)
    return CashierPage(
        told=seen,
        desk=visit.desk,
        here=visit.at(),
        standing=visit.at("/now", **{name: value for name, value in visit.query.items() if name != DESK}),
        mark=f"{seen.mark}{len(standing.attempts)}",
        ask_ms=_ask_ms(stage, trade_open=under_way(trade)),
        left_ms=max(0, trade.deadline - moment) if at_once or other else None,
        until=readable(trade.deadline)[11:16],
        turn=len(standing.attempts) + 1,
        order_no=trade.order_no or "",
        ways=ways_of(offered),
        takes=tuple(code for code in TAKES if code in offered and _can(code, kept)) if visit.desk else (),
        scans=visit.desk and any(WAYS[code].scans for code in offered),
        code=code_picture(absolute) if absolute and stage is Stage.SCAN else "",
        phone_code=code_picture(phone_address) if ways_of(offered) else "",
        phone_address=phone_address,
        go=pay_url if stage is Stage.GO and not visit.desk and pay_url.startswith(WEB) else "",
        other=other,
        change_to=visit.at(**{OTHER: trade.order_no or ""}) if stage in CHANGEABLE and not other else "",
        back_to=visit.at() if other or (stage is Stage.UNSURE and visit.query.get(ASKED) == trade.order_no) else "",
        give_up=visit.at("/give-up") if gives_up(stage, trade) else "",
        settlement=await _settlement(runtime, trade, desk=visit.desk),
        fault=fault,
        refusal=refused.name if refused else "",
        message=refused.message if refused else "",
        stale=stale,
        token=_token(request),
    )


def _token(request: Request) -> str:
    """The form's token: the browser's own where it has one, so that two windows do not spoil each other's."""
    found = request.cookies.get(FORM_COOKIE, "")
    return found if len(found) == 32 and found.isascii() and found.isprintable() else secrets.token_urlsafe(24)


async def _settlement(runtime: Runtime, trade: TradeRow, *, desk: bool) -> str:
    """The address of the settlement that a trade is the personal part of; empty where it is a deposit."""
    if not trade.settles:
        return ""
    row = (await runtime.settlements.find(trade.settles)).row
    return pages.desk_address(runtime.keyring, row) if desk else pages.address(row.token)


def _ask_ms(stage: Stage, *, trade_open: bool) -> int:
    if not trade_open:
        return 0
    return ASK_SLOWLY_MS if stage is Stage.STUCK else ASK_MS


def _can(code: str, kept: Particulars) -> bool:
    """Whether the order has brought along what a way needs: credit is charged to an agreement that the HIS names."""
    return code != "CREDIT" or any(kept.channel_data.get(name) for name in AGREEMENT)
