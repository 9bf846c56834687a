"""By which cards hospitals know the citizen and their family: the list of them, and linking another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.region.records.service import CARD, KINDS, LONGEST
from yiqiao.sandbox.visits import card_of
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import HOME, for_citizens, here
from yiqiao.web.reception import form, local
from yiqiao.web.render import page
from yiqiao.web.whose import RECORDS, linking, shown_name


@dataclass(frozen=True)
class LinkedLine:
    """Somebody whom a hospital knows; `name` is masked and empty for the citizen, `by_card`: the citizen linked it."""

    hospital_id: str
    member_id: str
    hospital: str
    name: str
    by_card: bool


@dataclass(frozen=True)
class LinkedPage:
    """The list."""

    records: tuple[LinkedLine, ...]
    link: str
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class Option:
    """Something to choose; without an `address` it cannot be."""

    title: str
    address: str


@dataclass(frozen=True)
class AskPage:
    """A question before the card's number: `what` is hospital or person. An empty title is the citizen's."""

    what: str
    options: tuple[Option, ...]
    family: str
    back: str


@dataclass(frozen=True)
class CardPage:
    """The card's number. `example` is a number that will do, in a sandbox alone."""

    hospital: str
    name: str
    kinds: tuple[str, ...]
    kind: str
    longest: int
    example: str
    path: str
    back: str
    refusal: str = ""
    message: str = ""
    number: str = field(default="", repr=False)
    csrf: str = field(default="", repr=False)


async def show(request: Request, session: CitizenSession) -> Response:
    """The list."""
    found = await runtime_of(request).records.of(session.citizen)
    lines = tuple(
        LinkedLine(one.hospital_id, one.patient.member_id, one.hospital_name, shown_name(one.patient), one.by_card)
        for one in found
    )
    return page(request, "records.html", LinkedPage(lines, linking(RECORDS), session.csrf))


async def remove(request: Request, session: CitizenSession) -> Response:
    """A card is taken off the list."""
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    records = runtime_of(request).records
    record = await records.find(session.citizen, sent.get("who", ""), sent.get("hospital", ""))
    await records.unlink(session.citizen, record.patient.member_id, record.hospital_id)
    return RedirectResponse(RECORDS, 303)


async def ask(request: Request, session: CitizenSession) -> Response:
    """At which hospital, whose card, which number: one question a page, and none that has one answer."""
    runtime, chosen = runtime_of(request), _asked(request)
    systems = runtime.bookable.all()
    if "hospital" not in chosen:
        if len(systems) == 1:
            return RedirectResponse(_at(request, hospital=systems[0].hospital_id), 303)
        options = []
        for system in systems:
            try:
                options.append(
                    Option((await system.catalogue.hospital()).name, _at(request, hospital=system.hospital_id))
                )
            except (Busy, StorageUnreachable, StorageFailed):
                raise
            except DomainError:  # its system is away: the others can be chosen all the same
                options.append(Option(system.hospital_id, ""))
        return page(request, "record_ask.html", AskPage("hospital", tuple(options), "", _next(request)))
    runtime.bookable.of(chosen["hospital"])
    people = await runtime.records.people(session.citizen)
    if "who" not in chosen:
        if len(people) == 1:
            return RedirectResponse(_at(request, who=people[0].member_id), 303)
        options = [Option(shown_name(one), _at(request, who=one.member_id)) for one in people]
        back = _at(request, hospital="") if len(systems) > 1 else _next(request)
        return page(request, "record_ask.html", AskPage("person", tuple(options), "/citizen/family", back))
    return await _card(request, session)


async def link(request: Request, session: CitizenSession) -> Response:
    """A number was filled in: the hospital says whether it is theirs."""
    sent, chosen = await form(request), _asked(request)
    session.check_form(sent.get("csrf", ""))
    who, hospital = chosen.get("who", ""), chosen.get("hospital", "")
    kind, number = sent.get("kind", ""), sent.get("number", "")
    try:
        await runtime_of(request).records.link(session.citizen, who, hospital, kind, number)
    except (Busy, StorageUnreachable, StorageFailed):
        raise
    except DomainError as refusal:
        return await _card(request, session, sent, refusal)
    return RedirectResponse(_next(request), 303)


async def _card(
    request: Request,
    session: CitizenSession,
    sent: Mapping[str, str] | None = None,
    refusal: DomainError | None = None,
) -> Response:
    runtime, chosen, filled = runtime_of(request), _asked(request), sent or {}
    patient = await runtime.records.person(session.citizen, chosen.get("who", ""))
    hospital = await runtime.bookable.of(chosen.get("hospital", "")).catalogue.hospital()
    alone = len(await runtime.records.people(session.citizen)) == 1
    view = CardPage(
        hospital=hospital.name,
        name=shown_name(patient),
        kinds=tuple(KINDS),
        kind=filled.get("kind", "") if filled.get("kind") in KINDS else CARD,
        longest=LONGEST,
        example=card_of(patient.certificate.number) if runtime.demo and runtime.settings.sandbox_hospitals else "",
        path=here(request),
        back=_next(request) if alone else _at(request, who=""),
        refusal=refusal.name if refusal else "",
        message=refusal.message if refusal else "",
        number=filled.get("number", "")[:LONGEST],
        csrf=session.csrf,
    )
    return page(request, "record_card.html", view, 422 if refusal else 200)


def _asked(request: Request) -> dict[str, str]:
    """What was chosen so far."""
    chosen = {name: request.query_params.get(name, "")[:64] for name in ("hospital", "who")}
    return {name: value for name, value in chosen.items() if value}


def _at(request: Request, **more: str) -> str:
    """The next question, with something more chosen."""
    chosen = {**_asked(request), **more, "next": _next(request)}
    return f"{RECORDS}/link?{urlencode({name: value for name, value in chosen.items() if value})}"


def _next(request: Request) -> str:
    return local(request.query_params.get("next", ""), RECORDS)


routes = [
    Route(RECORDS, for_citizens(show), methods=["GET"]),
    Route(RECORDS, for_citizens(remove, other=lambda _: RECORDS), methods=["POST"]),
    Route(RECORDS + "/link", for_citizens(ask, other=lambda _: HOME), methods=["GET"]),
    Route(RECORDS + "/link", for_citizens(link, other=lambda _: HOME), methods=["POST"]),
]
