"""Changing partners in the console, by right.

Every change commits with its line in the operators' audit, and is seen by the gateways of this process at once, of
others within a second. A new secret is not shown here but by the link on the slip.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.app.slips import Slip, new_slip
from yiqiao.errors import DomainError
from yiqiao.partners import Terminal, filing, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.audit import audit
from yiqiao.partners.particulars import OverlapUnfit, PartnerFaults, PartnerUnfit
from yiqiao.partners.roles import Right
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.pages.partner_new import show_slip
from yiqiao.web.pages.partners import AT, link_to, view_of
from yiqiao.web.partner_form import number, revision_of, told
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

Which = tuple[str, str]
Sent = Mapping[str, str]
Detail = Mapping[str, object]


class KeyMoved(DomainError):
    """The form was made before somebody else changed the keys (or before it was sent the first time)."""

    def __init__(self) -> None:
        super().__init__("密钥在此期间已更换过，本次未作更改，请核对下面的密钥")


class FileMoved(DomainError):
    """The form was made before somebody else changed what is on file."""

    def __init__(self) -> None:
        super().__init__("登记信息在此期间已被修改，本次未作更改，请核对后重新提交")


async def change(request: Request) -> Response:
    """One of the forms on a partner's page, sent."""
    sent = await form(request)
    act = ACTS.get(sent.get("act", ""))
    if act is None:
        raise HTTPException(400)
    session = await operator(request, act.right)
    session.check_form(sent.get("csrf", ""))
    runtime, now = runtime_of(request), runtime_of(request).wall.now_ms()
    which = (request.path_params["dialect"], request.path_params["app_id"])

    def work(connection: Connection) -> Slip | None:
        detail = act.work(connection, runtime, now, which, sent)
        audit(connection, now, session.operator, f"partner.{sent['act']}", "/".join(which), detail)
        return new_slip(connection, now, runtime.settings, *which) if act.hands_over else None

    words = Words(language_of(request))
    try:
        slip = await runtime.directory.change(work)
    except UnknownPartner:
        raise HTTPException(404) from None
    except PartnerFaults as faults:
        view = await view_of(request, session, words.refusal(faults), sent, told(faults, words))
        return page(request, "partner.html", view, 400)
    except (PartnerUnfit, KeyMoved, FileMoved) as refusal:
        return page(request, "partner.html", await view_of(request, session, words.refusal(refusal)), 400)
    return RedirectResponse(link_to(*which), 303) if slip is None else show_slip(request, slip)


def _disable(connection: Connection, _: Runtime, now: int, which: Which, __: Sent) -> Detail:
    store.disable(connection, now, *which)
    return {}


def _enable(connection: Connection, _: Runtime, now: int, which: Which, __: Sent) -> Detail:
    store.enable(connection, now, *which)
    return {}


def _revise(connection: Connection, _: Runtime, now: int, which: Which, sent: Sent) -> Detail:
    if store.show(connection, *which).changed_at != _stamp(sent, "seen"):
        raise FileMoved
    return filing.revise(connection, now, *which, revision_of(sent))


def _rotate(connection: Connection, hub: Runtime, now: int, which: Which, sent: Sent) -> Detail:
    overlap = number(sent.get("overlap", ""))
    if overlap is None:
        raise OverlapUnfit("请选择旧密钥的并用时间")
    store.rotate_key(connection, hub.keyring, now, *which, overlap)
    # A page that is sent again (by reloading) must not give a second key: the form names the key that it replaces.
    if store.show(connection, *which).keys[-1].key_no != _stamp(sent, "newest") + 1:
        raise KeyMoved
    return {"overlap": sent["overlap"]}


def _slip(connection: Connection, _: Runtime, __: int, which: Which, ___: Sent) -> Detail:
    store.show(connection, *which)
    return {}


def _list_terminal(connection: Connection, _: Runtime, now: int, which: Which, sent: Sent) -> Detail:
    terminal = Terminal(sent.get("term_id", "").strip(), sent.get("name", "").strip())
    store.add_terminal(connection, now, *which, terminal)
    return {"term_id": terminal.term_id}


def _drop_terminal(connection: Connection, _: Runtime, now: int, which: Which, sent: Sent) -> Detail:
    term_id = sent.get("term_id", "").strip()
    store.remove_terminal(connection, now, *which, term_id)
    return {"term_id": term_id}


def _stamp(sent: Sent, name: str) -> int:
    """What a form remembers of the page it stood on; -1, which nothing is, where it was tampered with."""
    text = sent.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else -1


@dataclass(frozen=True)
class PartnerAct:
    """What may be done with a partner: by which right, how (answering what the audit says), and whether its slip
    follows.
    """

    right: Right
    work: Callable[[Connection, Runtime, int, Which, Sent], Detail]
    hands_over: bool = False


ACTS: Mapping[str, PartnerAct] = {
    "disable": PartnerAct(Right.MANAGE_PARTNERS, _disable),
    "enable": PartnerAct(Right.MANAGE_PARTNERS, _enable),
    "revise": PartnerAct(Right.MANAGE_PARTNERS, _revise),
    "rotate_key": PartnerAct(Right.MANAGE_PARTNERS, _rotate, hands_over=True),
    "slip": PartnerAct(Right.MANAGE_PARTNERS, _slip, hands_over=True),
    "add_terminal": PartnerAct(Right.WORK, _list_terminal),
    "remove_terminal": PartnerAct(Right.WORK, _drop_terminal),
}

routes = [Route(f"{AT}/{{dialect:str}}/{{app_id:path}}", change, methods=["POST"])]
