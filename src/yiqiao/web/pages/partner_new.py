"""Filing a partner in the console: the form, what is wrong with it beside each field, and the slip to hand over.

The secret is not shown here: the slip's link shows it once, to whoever opens it first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.slips import Slip, new_slip
from yiqiao.partners import filing
from yiqiao.partners.audit import audit
from yiqiao.partners.particulars import WITH_TERMINALS, PartnerFaults
from yiqiao.partners.roles import Right
from yiqiao.spec.loader import dialects
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.pages.partners import AT, link_to
from yiqiao.web.partner_form import ParticularsForm, form_of, told, wish_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

OFFERED = "ehealth_card"
"""The dialect of the form that one comes to first."""


@dataclass(frozen=True)
class NewPartnerPage:
    """The form, of one dialect. Who gives no app_id gets the spare one."""

    dialects: tuple[str, ...]
    dialect: str
    with_terminals: bool
    form: ParticularsForm
    spare_app_id: str
    typed: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True)
class SlipPage:
    """A fresh slip, to be handed over, and where the partner's own page is."""

    slip: Slip
    partner: str


async def new(request: Request) -> Response:
    """The form."""
    await operator(request, Right.MANAGE_PARTNERS)
    return page(request, "partner_new.html", _new_form(request.query_params.get("dialect", OFFERED), {}, {}))


async def add(request: Request) -> Response:
    """The form, sent: the partner is filed."""
    session = await operator(request, Right.MANAGE_PARTNERS)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    runtime, now, wish = runtime_of(request), runtime_of(request).wall.now_ms(), wish_of(sent)

    def work(connection: Connection) -> Slip:
        app_id, _ = filing.file(connection, runtime.keyring, now, wish)
        audit(connection, now, session.operator, "partner.add", f"{wish.dialect}/{app_id}")
        return new_slip(connection, now, runtime.settings, wish.dialect, app_id)

    try:
        slip = await runtime.directory.change(work)
    except PartnerFaults as faults:
        words = Words(language_of(request))
        view = _new_form(wish.dialect, sent, told(faults, words), words.refusal(faults))
        return page(request, "partner_new.html", view, 400)
    return show_slip(request, slip)


def show_slip(request: Request, slip: Slip) -> Response:
    """The page with a fresh slip."""
    return page(request, "partner_slip.html", SlipPage(slip, link_to(slip.dialect, slip.app_id)))


def _new_form(dialect: str, sent: Mapping[str, str], faults: Mapping[str, str], refused: str = "") -> NewPartnerPage:
    known = dialects()
    shown = dialect if dialect in known else OFFERED
    return NewPartnerPage(
        dialects=known,
        dialect=shown,
        with_terminals=shown in WITH_TERMINALS,
        form=form_of(shown, sent, faults),
        spare_app_id=sent.get("spare_app_id") or filing.spare_app_id(),
        typed={name: sent.get(name, "") for name in ("name", "app_id", "terminals")},
        refused=refused,
    )


routes = [
    Route(AT, add, methods=["POST"]),
    Route(f"{AT}/new", new, methods=["GET"]),
]
