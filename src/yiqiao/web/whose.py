"""Rooms about somebody's record at a hospital: which of the records that are known it is, chosen on a page of its own.

Addresses hold a hospital's id and a member's: no number of a patient, and nothing that anybody is called by.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.ports.hospital import HospitalSystem
from yiqiao.region.family.member import ME
from yiqiao.region.records.record import Patient, Record, UnknownRecord
from yiqiao.spec.masking import mask
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import Act, here
from yiqiao.web.render import page

RECORDS = "/citizen/records"
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Whose:
    """Of whom a page is: `name` is masked, and empty for the citizen. `change`: where somebody else is chosen."""

    hospital: str
    name: str
    change: str = ""


@dataclass(frozen=True)
class RecordLine:
    """A record to choose."""

    hospital: str
    name: str
    address: str


@dataclass(frozen=True)
class RecordsPage:
    """Whose record it shall be. Without any `records` a card has to be linked first, at `link`; `unproven`: somebody
    is known who has to show a card before this can be looked at.
    """

    room: str
    records: tuple[RecordLine, ...]
    link: str
    unproven: bool


@dataclass(frozen=True)
class Chosen:
    """A record, the hospital that keeps it, and what the page says of it."""

    room: str
    record: Record
    system: HospitalSystem
    whose: Whose

    def at(self, path: str) -> str:
        """The address of a page about the same record."""
        return address_of(path, self.record)


RoomAct = Callable[[Request, CitizenSession, Chosen], Awaitable[Response]]


def for_record(room: str, act: RoomAct, *, proven: bool = False) -> Act:
    """A page about a record, which is asked for where several are known. `room` is also the room's path behind
    /citizen/; `proven`: only of records that are theirs beyond doubt.
    """

    async def endpoint(request: Request, session: CitizenSession) -> Response:
        runtime, path = runtime_of(request), f"/citizen/{room}"
        everything = await runtime.records.of(session.citizen)
        known = [one for one in everything if one.proven or not proven]
        asked = tuple(request.query_params.get(name, "") for name in ("who", "hospital"))
        if any(asked):
            record = next((one for one in known if (one.patient.member_id, one.hospital_id) == asked), None)
            if record is None:
                raise UnknownRecord
        elif len(known) == 1:
            record = known[0]
        else:
            view = records_page(room, known, linking(here(request)), unproven=len(known) < len(everything))
            return page(request, "record_choose.html", view)
        change = path if len(known) > 1 else ""
        whose = Whose(record.hospital_name, shown_name(record.patient), change)
        return await act(request, session, Chosen(room, record, runtime.bookable.of(record.hospital_id), whose))

    return endpoint


def records_page(room: str, known: Iterable[Record], link: str, *, unproven: bool = False) -> RecordsPage:
    """The page on which one of these records is chosen for a room."""
    lines = tuple(
        RecordLine(one.hospital_name, shown_name(one.patient), address_of(f"/citizen/{room}", one)) for one in known
    )
    return RecordsPage(room, lines, link, unproven)


async def each(things: Iterable[T], ask: Callable[[T], Awaitable[R]]) -> list[tuple[T, R | DomainError]]:
    """What several hospitals answer, asked all at once; a refusal stands for itself."""

    async def one(thing: T) -> tuple[T, R | DomainError]:
        try:
            return thing, await ask(thing)
        except DomainError as refusal:
            return thing, refusal

    return await asyncio.gather(*map(one, things))


def linking(back: str) -> str:
    """Where a card is linked, to go on to `back`."""
    return f"{RECORDS}/link?{urlencode({'next': back})}"


def address_of(path: str, record: Record) -> str:
    """The address of a page about a record."""
    return f"{path}?{urlencode({'hospital': record.hospital_id, 'who': record.patient.member_id})}"


def shown_name(patient: Patient) -> str:
    """What somebody is called on a page: masked; nothing for the citizen."""
    return "" if patient.member_id == ME else mask(patient.name, "name")
