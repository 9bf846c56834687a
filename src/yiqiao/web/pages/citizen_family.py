"""For whom a citizen books: the list of their family, adding and removing, and what has to be asked of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.ports.hospital.values import Sex
from yiqiao.ports.login import Citizen
from yiqiao.region.family.member import Member, MemberUnfit
from yiqiao.region.family.service import MOST
from yiqiao.region.identity.certificates import Certificate, implied
from yiqiao.spec import load
from yiqiao.spec.masking import mask
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import HOME, for_citizens, here
from yiqiao.web.reception import form, local
from yiqiao.web.render import page

FAMILY = "/citizen/family"
IDENTITY, OTHER, CHILD = "identity", "other", "child"
FIELDS: Mapping[str, tuple[str, ...]] = {
    IDENTITY: ("name", "id_no", "mobile"),
    OTHER: ("name", "id_type", "id_no", "sex", "birthday", "mobile"),
    CHILD: ("name", "sex", "birthday", "guardian", "guardian_name", "guardian_no", "mobile"),
}
"""What is asked of somebody, by what they have: an identity card, another certificate, none (a child)."""
OTHER_TYPES = ("03", "04", "06", "07", "08", "A1", "A2", "A3", "99")
SEXES = {"1": Sex.MALE, "2": Sex.FEMALE}
IDENTITY_CARD = "01"


@dataclass(frozen=True)
class MemberLine:
    """Somebody on the list, masked. `kind`: identity, other or child."""

    member_id: str
    name: str
    sex: int
    birthday: str
    kind: str
    id_no: str
    mobile: str


@dataclass(frozen=True)
class FamilyPage:
    """The list; `me` is the citizen as far as is known of them, who tell more at `tell`."""

    me: MemberLine | None
    tell: str
    members: tuple[MemberLine, ...]
    add: str
    full: bool
    most: int
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class KindPage:
    """What somebody has: the first question of adding them."""

    kinds: Mapping[str, str]
    back: str


@dataclass(frozen=True)
class FormPage:
    """Questions about somebody. `kind`: identity, other, child, me; `fault` names the field that `message` is about."""

    kind: str
    fields: tuple[str, ...]
    path: str
    back: str
    types: Mapping[str, str] = field(default_factory=dict)
    me: str = ""
    fault: str = ""
    refusal: str = ""
    message: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    csrf: str = field(default="", repr=False)


def adding(back: str) -> str:
    """Where somebody is added who is then shown at `back`."""
    return f"{FAMILY}/add?{urlencode({'next': back})}"


def telling(back: str) -> str:
    """Where citizens tell of themselves what is not known, and go on to `back`."""
    return f"{FAMILY}/me?{urlencode({'next': back})}"


async def show(request: Request, session: CitizenSession) -> Response:
    """The list."""
    family = runtime_of(request).family
    me, members = await family.oneself(session.citizen), await family.members(session.citizen)
    view = FamilyPage(
        me=_line(me) if me else None,
        tell=telling(FAMILY),
        members=tuple(map(_line, members)),
        add=adding(FAMILY),
        full=len(members) >= MOST,
        most=MOST,
        csrf=session.csrf,
    )
    return page(request, "family.html", view)


async def remove(request: Request, session: CitizenSession) -> Response:
    """Somebody is taken off the list."""
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    runtime, member_id = runtime_of(request), sent.get("member", "")
    await runtime.family.remove(session.citizen, member_id)
    await runtime.records.unlink(session.citizen, member_id)
    return RedirectResponse(FAMILY, 303)


async def add(request: Request, _: CitizenSession) -> Response:
    """What does whoever is to be added have?"""
    back = _next(request)
    ways = {kind: f"{FAMILY}/add/{kind}?{urlencode({'next': back})}" for kind in FIELDS}
    return page(request, "family_kind.html", KindPage(ways, back))


async def ask(request: Request, session: CitizenSession) -> Response:
    """The questions about somebody."""
    return page(request, "family_form.html", _form(request, session))


async def answer(request: Request, session: CitizenSession) -> Response:
    """What was filled in: somebody is added, or the form comes back with what is wrong."""
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    kind, family = _kind(request), runtime_of(request).family
    try:
        await family.add(session.citizen, _member(kind, sent, session.citizen))
    except MemberUnfit as unfit:
        return page(request, "family_form.html", _form(request, session, sent, unfit), 422)
    return RedirectResponse(_next(request), 303)


async def ask_me(request: Request, session: CitizenSession) -> Response:
    """What is not known of the citizen."""
    return page(request, "family_form.html", _me(request, session))


async def answer_me(request: Request, session: CitizenSession) -> Response:
    """What the citizen has told of themselves."""
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    try:
        await runtime_of(request).family.tell(
            session.citizen, sent.get("mobile", ""), _sex(sent), sent.get("birthday", "")
        )
    except MemberUnfit as unfit:
        return page(request, "family_form.html", _me(request, session, sent, unfit), 422)
    return RedirectResponse(_next(request), 303)


def _line(member: Member) -> MemberLine:
    certificate = member.certificate or member.guardian
    kind = CHILD if member.certificate is None else IDENTITY if member.certificate.id_type == IDENTITY_CARD else OTHER
    return MemberLine(
        member_id=member.member_id,
        name=mask(member.name, "name"),
        sex=int(member.sex),
        birthday=mask(member.birthday, "date"),
        kind=kind,
        id_no=mask(certificate.id_no, "number") if certificate else "",
        mobile=mask(member.mobile, "phone"),
    )


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in FIELDS:
        raise HTTPException(404)
    return kind


def _next(request: Request) -> str:
    return local(request.query_params.get("next", ""), FAMILY)


def _form(
    request: Request,
    session: CitizenSession,
    sent: Mapping[str, str] | None = None,
    unfit: MemberUnfit | None = None,
) -> FormPage:
    kind = _kind(request)
    rows = load("ehealth_card").codes["id_type"].rows
    return FormPage(
        kind=kind,
        fields=FIELDS[kind],
        path=here(request),
        back=adding(_next(request)),
        types={code: rows[code].title for code in OTHER_TYPES},
        me=mask(session.citizen.name, "name"),
        fault=unfit.field if unfit else "",
        refusal=unfit.name if unfit else "",
        message=unfit.message if unfit else "",
        values=_kept(sent, FIELDS[kind]),
        csrf=session.csrf,
    )


def _me(
    request: Request,
    session: CitizenSession,
    sent: Mapping[str, str] | None = None,
    unfit: MemberUnfit | None = None,
) -> FormPage:
    known = implied(Certificate(session.citizen.id_type, session.citizen.id_no))
    fields = ("mobile",) if known.birthday else ("sex", "birthday", "mobile")
    return FormPage(
        kind="me",
        fields=fields,
        path=here(request),
        back=local(request.query_params.get("next", ""), HOME),
        fault=unfit.field if unfit else "",
        refusal=unfit.name if unfit else "",
        message=unfit.message if unfit else "",
        values=_kept(sent, fields),
        csrf=session.csrf,
    )


def _kept(sent: Mapping[str, str] | None, fields: tuple[str, ...]) -> Mapping[str, str]:
    return {name: (sent or {}).get(name, "") for name in fields}


def _sex(sent: Mapping[str, str]) -> Sex | None:
    return SEXES.get(sent.get("sex", ""))


def _member(kind: str, sent: Mapping[str, str], citizen: Citizen) -> Member:
    """What was filled in, as far as it can be anything. Raises MemberUnfit."""
    sex = _sex(sent)
    if sex is None and "sex" in FIELDS[kind]:
        raise MemberUnfit("sex", "请选择性别")
    member = Member(sent.get("name", ""), sex or Sex.SECRET, sent.get("birthday", ""), sent.get("mobile", ""))
    if kind == CHILD:
        guardian, name = Certificate(citizen.id_type, citizen.id_no), citizen.name
        if sent.get("guardian") == "other":
            guardian = Certificate(IDENTITY_CARD, sent.get("guardian_no", ""))
            name = sent.get("guardian_name", "")
        return Member(member.name, member.sex, member.birthday, member.mobile, None, guardian, name)
    id_type = sent.get("id_type", "") if kind == OTHER else IDENTITY_CARD
    if kind == OTHER and id_type not in OTHER_TYPES:
        raise MemberUnfit("id_type", "请选择证件类型")
    return Member(member.name, member.sex, member.birthday, member.mobile, Certificate(id_type, sent.get("id_no", "")))


ONE = FAMILY + "/add/{kind:str}"
routes = [
    Route(FAMILY, for_citizens(show), methods=["GET"]),
    Route(FAMILY, for_citizens(remove, other=lambda _: FAMILY), methods=["POST"]),
    Route(FAMILY + "/add", for_citizens(add, other=_next), methods=["GET"]),
    Route(ONE, for_citizens(ask, other=_next), methods=["GET"]),
    Route(ONE, for_citizens(answer, other=_next), methods=["POST"]),
    Route(FAMILY + "/me", for_citizens(ask_me, other=_next), methods=["GET"]),
    Route(FAMILY + "/me", for_citizens(answer_me, other=_next), methods=["POST"]),
]
