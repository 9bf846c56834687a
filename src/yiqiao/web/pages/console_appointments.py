"""The region's appointments in the console: a list by what there is to do. Nobody's name stands in it."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import Right
from yiqiao.region.appointments.groups import DUE_FIRST, GROUPS
from yiqiao.region.appointments.states import State
from yiqiao.storage import appointments
from yiqiao.storage.appointments import AppointmentRow, Wanted, Where
from yiqiao.web.appointment_lines import AT, AppointmentLine
from yiqiao.web.reception import operator
from yiqiao.web.render import page

SHOWN = 30


@dataclass(frozen=True)
class Asked:
    """What the address asks for; empty where it does not restrict."""

    group: str = ""
    hospital: str = ""
    day: str = ""
    order: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """What a query says; a group that there is not is left out."""
        given = {name: query.get(name, "").strip() for name in cls.__dataclass_fields__}
        kept = {name: value for name, value in given.items() if value.isprintable() and len(value) <= 64}
        return cls(**kept | ({} if kept.get("group") in GROUPS else {"group": ""}))

    def link(self, **changed: str) -> str:
        """The address of this list with something changed."""
        query = {name: value for name, value in {**asdict(self), **changed}.items() if value}
        return f"{AT}?{urlencode(query)}" if query else AT


@dataclass(frozen=True)
class Choice:
    """A group of states to choose, `name` empty for all of them."""

    name: str
    link: str
    here: bool


@dataclass(frozen=True)
class AppointmentsPage:
    """The room. `fault` names what of the question cannot be; `hospitals` are (id, name)."""

    asked: Asked
    groups: tuple[Choice, ...]
    hospitals: tuple[tuple[str, str], ...]
    lines: tuple[AppointmentLine, ...]
    due_first: bool
    older: str
    first: str
    fault: str = ""


async def show(request: Request) -> Response:
    """The room."""
    await operator(request, Right.SEE)
    asked, after = Asked.of(request.query_params), _where(request.query_params.get("after", ""))
    fault = "" if _is_day(asked.day) else "day"
    if fault:
        asked = replace(asked, day="")
    due_first = asked.group in DUE_FIRST

    def read(connection: Connection) -> tuple[dict[str, str], list[AppointmentRow]]:
        names = appointments.hospital_names(connection)
        wanted = _wanted(asked, names)
        return names, appointments.listed(connection, wanted, SHOWN + 1, due_first=due_first, after=after)

    runtime = runtime_of(request)
    names, rows = await runtime.database.read(read)
    now, more = runtime.clock.now_ms(), len(rows) > SHOWN
    view = AppointmentsPage(
        asked=asked,
        groups=tuple(Choice(name, asked.link(group=name), name == asked.group) for name in (*GROUPS, "")),
        hospitals=tuple(names.items()),
        lines=tuple(AppointmentLine.of(row, now) for row in rows[:SHOWN]),
        due_first=due_first,
        older=asked.link(after=_place(rows[SHOWN - 1], due_first=due_first)) if more else "",
        first=asked.link() if after else "",
        fault=fault,
    )
    return page(request, "console_appointments.html", view, 400 if fault else 200)


def _wanted(asked: Asked, names: dict[str, str]) -> Wanted:
    """The question as the store is asked it: a day is looked for at every hospital, one after the other."""
    states = [state.value for state in GROUPS.get(asked.group, frozenset(State))]
    hospitals = [asked.hospital] if asked.hospital else list(names) if asked.day else None
    return Wanted(states, hospitals, asked.day or None, asked.order or None)


def _is_day(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _place(row: AppointmentRow, *, due_first: bool) -> str:
    return f"{row.next_at if due_first else row.created_at}.{row.order_id}"


def _where(text: str) -> Where | None:
    """The place after which a page begins. Raises HTTPException 400."""
    if not text:
        return None
    at, _, order_id = text.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 16 and order_id.isascii() and order_id.isprintable()):
        raise HTTPException(400)
    return int(at), order_id


routes = [Route(AT, show, methods=["GET"])]
