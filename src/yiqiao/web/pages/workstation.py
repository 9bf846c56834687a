"""The doctor's workstation, opened by a launch: the patient, what the hub knows of them, follow-up notes, launches.

The same page stands in two dresses: one for current browsers, and a plain one without scripts for the browser that is
built into installed clients (Chromium 49). Neither tells anything personal in its address.
"""

import re
import secrets
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.dialects.cmc.server import COOKIE, HOME
from yiqiao.ports.patients import PatientRef, Sheet
from yiqiao.region.launches.launch import Launch, NoteUnfit, Session, WorkstationEnded
from yiqiao.region.launches.sessions import LONGEST_NOTE
from yiqiao.spec.masking import mask
from yiqiao.web.desk import desk_of
from yiqiao.web.reception import form, over_https
from yiqiao.web.render import page

OLDEST_CURRENT = 90
"""Versions of Chromium below this do not know what the style sheet is made of."""
_CHROMIUM = re.compile(r"Chrom(?:e|ium)/(\d+)")
_OLDER = re.compile(r"Trident/|MSIE ")


@dataclass(frozen=True)
class PatientHead:
    """Who the patient is, as the head of every page shows it."""

    name: str
    sex: str
    age: int
    insured: bool
    id_no: str
    identified: bool
    birthday: str


@dataclass(frozen=True)
class CodedLine:
    """A code of medical insurance with its meaning; `key` names it in the table of words."""

    key: str
    code: str
    title: str


@dataclass(frozen=True)
class NoteLine:
    """A note that was kept."""

    at: str
    doctor: str
    hospital: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class LaunchLine:
    """A launch on the same patient."""

    at: str
    doctor: str
    hospital: str
    department: str
    disease: str
    this: bool


@dataclass(frozen=True)
class WorkstationPage:
    """The page. `typed` is a note that was refused, `refused` why; `kept` that one was just kept."""

    base: str
    plain: bool
    patient: PatientHead
    doctor: str
    hospital: str
    department: str
    visit: tuple[tuple[str, str], ...]
    codes: tuple[CodedLine, ...]
    capitation: bool
    sheets: tuple[Sheet, ...]
    notes: tuple[NoteLine, ...]
    launches: tuple[LaunchLine, ...]
    csrf: str
    note_id: str
    longest_note: int = LONGEST_NOTE
    typed: str = ""
    refused: NoteUnfit | None = None
    kept: bool = False


@dataclass(frozen=True)
class ClientPage:
    """The link that starts the installed client, and the way on without it."""

    base: str
    plain: bool
    link: str
    target: str


@dataclass(frozen=True)
class EndedPage:
    """The workstation is closed, or was never opened here."""

    base: str
    plain: bool
    closed: bool


def plain_for(request: Request) -> bool:
    """Whether this browser gets the plain dress: because it is old, or because it was asked for."""
    asked = request.query_params.get("plain")
    if asked in ("0", "1"):
        return asked == "1"
    agent = request.headers.get("user-agent", "")
    version = _CHROMIUM.search(agent)
    return bool(_OLDER.search(agent)) or (version is not None and int(version[1]) < OLDEST_CURRENT)


def base_for(request: Request) -> str:
    """The template around the page."""
    return "doctor_plain.html" if plain_for(request) else "doctor_base.html"


async def show(request: Request) -> Response:
    """The page."""
    session = await _session(request)
    if session is None:
        return _ended(request)
    view = await _view(request, session)
    return page(request, "workstation.html", replace(view, kept="kept" in request.query_params))


async def keep_note(request: Request) -> Response:
    """A follow-up note, sent."""
    session = await _session(request)
    if session is None:
        return _ended(request)
    sent, workstation = await form(request), desk_of(request).workstation
    workstation.check_form(session, sent.get("csrf", ""))
    try:
        await workstation.note(session, sent.get("text", ""), sent.get("note_id", ""))
    except NoteUnfit as refusal:
        view = await _view(request, session)
        return page(request, "workstation.html", replace(view, typed=sent.get("text", ""), refused=refusal), 400)
    return RedirectResponse(f"{HOME}?{_asked(request, kept='1')}#notes", 303)


async def close(request: Request) -> Response:
    """The doctor is done."""
    session = await _session(request)
    if session is not None:
        desk_of(request).workstation.check_form(session, (await form(request)).get("csrf", ""))
        await desk_of(request).workstation.end(session)
    response = page(request, "workstation_ended.html", EndedPage(base_for(request), plain_for(request), closed=True))
    response.delete_cookie(COOKIE, path=HOME, httponly=True, samesite="lax", secure=over_https(request))
    return response


async def client(request: Request) -> Response:
    """The page that starts the installed client; who has none goes on here."""
    session = await _session(request)
    if session is None:
        return _ended(request)
    ticket = await desk_of(request).workstation.hand_over(session)
    target = session.launch.target
    link = f"{session.launch.scheme or 'jgt'}://open?" + urlencode({"a": target, "t": ticket})
    return page(request, "workstation_client.html", ClientPage(base_for(request), plain_for(request), link, target))


async def enter(request: Request) -> Response:
    """An installed client comes with its ticket."""
    try:
        token = await desk_of(request).workstation.take_over(request.path_params["ticket"])
    except WorkstationEnded:
        return _ended(request)
    response = RedirectResponse(HOME, 303)
    response.set_cookie(COOKIE, token, path=HOME, httponly=True, samesite="lax", secure=over_https(request))
    return response


async def _session(request: Request) -> Session | None:
    token = request.cookies.get(COOKIE)
    if token is None:
        return None
    try:
        return await desk_of(request).workstation.find(token)
    except WorkstationEnded:
        return None


def _ended(request: Request) -> Response:
    return page(request, "workstation_ended.html", EndedPage(base_for(request), plain_for(request), closed=False), 403)


def _asked(request: Request, **more: str) -> str:
    """The query with which this browser goes on: the dress stays."""
    plain = {"plain": request.query_params["plain"]} if "plain" in request.query_params else {}
    return urlencode({**plain, **more})


async def _view(request: Request, session: Session) -> WorkstationPage:
    desk, launch = desk_of(request), session.launch
    certificate = runtime_of(request).cmc.services.certificate(launch.patient)
    ref = PatientRef(launch.patient.name, certificate.id_no if certificate else None)
    visit = launch.visit
    return WorkstationPage(
        base=base_for(request),
        plain=plain_for(request),
        patient=_head(launch, identified=certificate is not None),
        doctor=launch.doctor.name,
        hospital=visit.hospital_name,
        department=visit.department or "",
        visit=_visit(session),
        codes=_codes(launch),
        capitation=visit.capitation is not None,
        sheets=tuple([await source.about(ref) for source in desk.patient_sources]),
        notes=tuple(
            NoteLine(readable(note.at), note.doctor.name, note.hospital_name, note.text)
            for note in await desk.workstation.notes(session)
        ),
        launches=tuple(
            LaunchLine(
                at=readable(past.at),
                doctor=past.doctor.name,
                hospital=past.visit.hospital_name,
                department=past.visit.department or "",
                disease=past.visit.disease.title if past.visit.disease else "",
                this=past.this,
            )
            for past in await desk.workstation.history(session)
        ),
        csrf=session.csrf,
        note_id=secrets.token_urlsafe(12),
    )


def _head(launch: Launch, *, identified: bool) -> PatientHead:
    patient = launch.patient
    return PatientHead(
        name=patient.name,
        sex=patient.sex.code if patient.sex else "",
        age=patient.age,
        insured=patient.insured,
        id_no=mask(patient.id_no, "number") if patient.id_no else "",
        identified=identified,
        birthday=patient.birthday or "",
    )


def _visit(session: Session) -> tuple[tuple[str, str], ...]:
    visit = session.launch.visit
    facts = (
        ("hospital", visit.hospital_name),
        ("department", visit.department),
        ("doctor", session.launch.doctor.name),
        ("registration_no", visit.registration_no),
        ("registered_at", visit.registered_at),
        ("community", visit.community),
        ("opened_at", readable(session.at)),
    )
    return tuple((name, value) for name, value in facts if value)


def _codes(launch: Launch) -> tuple[CodedLine, ...]:
    visit = launch.visit
    rows = (
        ("insurance", launch.patient.insurance),
        ("disease", visit.disease),
        ("referral_disease", visit.referral_disease),
        ("capitation", visit.capitation),
        ("capitation_group", visit.capitation_group),
    )
    return tuple(CodedLine(key, coded.code, coded.title) for key, coded in rows if coded is not None)


routes = [
    Route(HOME, show, methods=["GET"], name="workstation"),
    Route(f"{HOME}/notes", keep_note, methods=["POST"]),
    Route(f"{HOME}/close", close, methods=["POST"]),
    Route(f"{HOME}/client", client, methods=["GET"]),
    Route(f"{HOME}/enter/{{ticket:str}}", enter, methods=["GET"]),
]
