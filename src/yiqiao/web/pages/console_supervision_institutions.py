"""Internet hospitals in the supervisor's console: who is opened, what is bound, and what their records wait for.

Every act commits with its line in the operators' audit.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.supervision.institutions import Institution, Institutions
from yiqiao.region.supervision.kinds import Bound
from yiqiao.region.supervision.reading import Readings, Wanted
from yiqiao.region.supervision.refusals import InstitutionUnfit, UnknownInstitution
from yiqiao.storage.supervision import InstitutionRow
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

AT = "/console/supervision/institutions"
SHOWN = 50
"""Facts that are waited for, on a page."""


@dataclass(frozen=True)
class InstitutionsPage:
    """The list. `typed`: what was sent and refused."""

    institutions: tuple[InstitutionRow, ...]
    may_manage: bool
    at: str = AT
    typed: Mapping[str, str] | None = None
    refused: str = ""


@dataclass(frozen=True)
class InstitutionPage:
    """One internet hospital."""

    institution: Institution
    waiting: tuple[Wanted, ...]
    may_manage: bool
    at: str = AT
    typed: Mapping[str, str] | None = None
    refused: str = ""


async def show(request: Request) -> Response:
    """The room's first page."""
    session = await operator(request, Right.SEE)
    return await _list(request, session)


async def open_one(request: Request) -> Response:
    """The form, sent: an internet hospital is opened."""
    session = await operator(request, Right.MANAGE_PARTNERS)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    app_id = sent.get("app_id", "").strip()
    try:
        await _acts(request).open(
            session.operator, app_id, sent.get("hosp_id", "").strip(), sent.get("name", "").strip()
        )
    except InstitutionUnfit as unfit:
        return await _list(request, session, sent, _said(request, unfit))
    return RedirectResponse(f"{AT}/{app_id}", 303)


async def show_one(request: Request) -> Response:
    """An internet hospital's page."""
    session = await operator(request, Right.SEE)
    return await _one(request, session)


async def change(request: Request) -> Response:
    """One of the forms on its page, sent."""
    session = await operator(request, Right.MANAGE_PARTNERS)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    app_id, act = request.path_params["app_id"], _ACTS.get(sent.get("act", ""))
    if act is None:
        raise HTTPException(400)
    try:
        await act(_acts(request), session.operator, app_id, {name: text.strip() for name, text in sent.items()})
    except UnknownInstitution:
        raise HTTPException(404) from None
    except InstitutionUnfit as unfit:
        return await _one(request, session, sent, _said(request, unfit))
    return RedirectResponse(f"{AT}/{app_id}", 303)


Sent = Mapping[str, str]


async def _bind_subject(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    await by.bind_subject(who, app_id, sent.get("code", ""), sent.get("subject", ""), sent.get("name", ""))


async def _bind_partner(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    await by.bind_partner(who, app_id, sent.get("code", ""), sent.get("name", ""))


async def _unbind_subject(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    await by.unbind(who, app_id, Bound.SUBJECT, sent.get("code", ""))


async def _unbind_partner(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    await by.unbind(who, app_id, Bound.PARTNER, sent.get("code", ""))


async def _close(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    await by.close(who, app_id)


async def _open_again(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    row = (await by.show(app_id)).row
    await by.open(who, app_id, row.hosp_id, row.name)


async def _judge(by: Institutions, who: str, app_id: str, sent: Sent) -> None:
    await by.judge_again(who, app_id)


_ACTS: Mapping[str, Callable[[Institutions, str, str, Sent], Awaitable[None]]] = {
    "bind_subject": _bind_subject,
    "bind_partner": _bind_partner,
    "unbind_subject": _unbind_subject,
    "unbind_partner": _unbind_partner,
    "close": _close,
    "open": _open_again,
    "judge": _judge,
}


def _acts(request: Request) -> Institutions:
    return runtime_of(request).supervision.institutions


def _said(request: Request, unfit: InstitutionUnfit) -> str:
    return Words(language_of(request)).refusal(unfit)


async def _list(request: Request, session: Session, typed: Sent | None = None, refused: str = "") -> Response:
    rows = tuple(await _acts(request).all())
    view = InstitutionsPage(rows, _manages(session), typed=typed, refused=refused)
    return page(request, "console_supervision_institutions.html", view, 400 if refused else 200)


async def _one(request: Request, session: Session, typed: Sent | None = None, refused: str = "") -> Response:
    runtime, app_id = runtime_of(request), request.path_params["app_id"]
    try:
        institution = await _acts(request).show(app_id)
    except UnknownInstitution:
        raise HTTPException(404) from None
    waiting = await Readings(runtime.database, runtime.keyring, runtime.wall).wanted(app_id, SHOWN)
    view = InstitutionPage(institution, tuple(waiting), _manages(session), typed=typed, refused=refused)
    return page(request, "console_supervision_institution.html", view, 400 if refused else 200)


def _manages(session: Session) -> bool:
    return Right.MANAGE_PARTNERS in RIGHTS[session.role]


routes = [
    Route(AT, show, methods=["GET"]),
    Route(AT, open_one, methods=["POST"]),
    Route(f"{AT}/{{app_id:str}}", show_one, methods=["GET"]),
    Route(f"{AT}/{{app_id:str}}", change, methods=["POST"]),
]
