"""What operators do to trades, attempts and refunds: whose button it is, what it means, and that it is written down.

What moves money on a person's word is an approver's, and is asked for twice.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments.states import TABLES, Act
from yiqiao.storage import payments
from yiqiao.storage.payments import AttemptRow, RefundRow, Row, TradeRow
from yiqiao.web.payment_lines import REFUNDS_AT, TRADES_AT, kind_of

RIGHT: Mapping[Act, Right] = {
    Act.RETRY: Right.WORK,
    Act.TELL: Right.WORK,
    Act.CANCEL: Right.WORK,
    Act.APPROVE: Right.APPROVE,
    Act.REJECT: Right.APPROVE,
    Act.GIVE_BACK: Right.APPROVE,
    Act.SETTLE: Right.APPROVE,
}
"""Whose button it is."""
AT_ONCE = frozenset({Act.RETRY})
"""What is done without being asked for twice."""
Does = Callable[[Act, str], Awaitable[None]]
"""Does an act in somebody's name."""


@dataclass(frozen=True)
class Button:
    """Something that may be done now; `asks`: on a page of its own, which says what it means."""

    act: Act
    link: str
    asks: bool


@dataclass(frozen=True)
class Choices:
    """What may be done now, and by which rights that the reader lacks what else could be done."""

    buttons: tuple[Button, ...]
    withheld: tuple[Right, ...]


@dataclass(frozen=True)
class Subject:
    """On what somebody acts, and which service does it. `home` is the page of the trade or refund, `at` the address
    before the act's name, `means` tells apart what an act means.
    """

    row: Row
    number: str
    home: str
    at: str
    does: Callable[[Runtime], Does]
    means: str = ""

    @property
    def kind(self) -> str:
        """trade, attempt or refund."""
        return kind_of(self.row)

    @property
    def amount(self) -> int:
        """分: what an act moves."""
        return (self.row.paid_amount or 0) if isinstance(self.row, AttemptRow) else self.row.amount


def of_trade(row: TradeRow) -> Subject:
    """A trade to act on."""
    home = f"{TRADES_AT}/{row.trace_no}"
    return Subject(
        row,
        row.trace_no,
        home,
        home,
        lambda hub: partial(hub.orders.act, row.merchant_id, row.trace_no),
        f"_{row.state}",
    )


def of_attempt(row: AttemptRow) -> Subject:
    """An attempt to act on."""
    home = f"{TRADES_AT}/{row.trace_no}"
    at = f"{home}/attempts/{row.order_no}"
    return Subject(
        row, row.order_no, home, at, lambda hub: partial(hub.orders.act_on_attempt, row.merchant_id, row.order_no)
    )


def of_refund(row: RefundRow) -> Subject:
    """A refund to act on."""
    home = f"{REFUNDS_AT}/{row.refund_no}"
    return Subject(
        row,
        row.out_refund_no,
        home,
        home,
        lambda hub: partial(hub.refunds.act, row.merchant_id, row.out_refund_no),
        "_in" if row.refunded_at is None else "_out",
    )


def choices(subject: Subject, session: Session) -> Choices:
    """What the reader may do with it now."""
    possible = [act for act in RIGHT if act in TABLES[subject.kind][subject.row.state].acts]
    mine = [act for act in possible if RIGHT[act] in RIGHTS[session.role]]
    return Choices(
        tuple(Button(act, f"{subject.at}/{act}", act not in AT_ONCE) for act in mine),
        tuple(dict.fromkeys(RIGHT[act] for act in possible if act not in mine)),
    )


def possible(subject: Subject, act: Act) -> bool:
    """Whether it can be done now."""
    return act in TABLES[subject.kind][subject.row.state].acts


def act_of(request: Request) -> Act:
    """The act of the address. Raises HTTPException 404."""
    name = request.path_params["act"]
    if name not in set(Act):
        raise HTTPException(404)
    return Act(name)


def done_of(request: Request) -> str:
    """The act that was asked for before this page came."""
    done = request.query_params.get("done", "")
    return done if done in set(Act) else ""


async def perform(request: Request, session: Session, subject: Subject, act: Act) -> None:
    """Do it, and write down who did. Raises DomainError, which is written down as well."""
    told: dict[str, object] = {"state": subject.row.state}
    try:
        await subject.does(runtime_of(request))(act, session.operator)
    except DomainError as refusal:
        told["refused"] = refusal.name
        raise
    finally:
        await written_down(request, session, f"payment.{subject.kind}.{act}", subject.number, told)


async def written_down(
    request: Request, session: Session, act: str, target: str, told: Mapping[str, object] | None = None
) -> None:
    """A line of the operators' audit."""
    runtime = runtime_of(request)
    now = runtime.wall.now_ms()
    await runtime.database.write(lambda c: audit(c, now, session.operator, act, target, told or {}))


async def subject_of(request: Request) -> Subject:
    """What the address names: a refund, an attempt, or a trade. Raises HTTPException 404."""
    names = request.path_params
    if not all(text.isprintable() for text in names.values()):
        raise HTTPException(404)
    read: Callable[[Connection], Subject | None]
    if "refund_no" in names:
        read = partial(_refund, refund_no=names["refund_no"])
    elif "order_no" in names:
        read = partial(_attempt, trace_no=names["trace_no"], order_no=names["order_no"])
    else:
        read = partial(_trade, trace_no=names["trace_no"])
    subject = await runtime_of(request).database.read(read)
    if subject is None:
        raise HTTPException(404)
    return subject


def _trade(connection: Connection, trace_no: str) -> Subject | None:
    row = payments.trade_by_trace_no(connection, trace_no)
    return None if row is None else of_trade(row)


def _attempt(connection: Connection, trace_no: str, order_no: str) -> Subject | None:
    row = payments.attempt_by_order_no(connection, order_no)
    return None if row is None or row.trace_no != trace_no else of_attempt(row)


def _refund(connection: Connection, refund_no: str) -> Subject | None:
    row = payments.refund_by_refund_no(connection, refund_no)
    return None if row is None else of_refund(row)
