"""The region's hospitals in the console: where each is, when it was last looked at, and what it has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.partners.roles import Right
from yiqiao.region.hospitals.sync import TITLES, Kind
from yiqiao.storage import remote_hospitals, synced
from yiqiao.storage.hospital import hospital_names
from yiqiao.storage.remote_hospitals import RemoteRow
from yiqiao.storage.synced import ChangeRow, LookRow
from yiqiao.web.reception import operator
from yiqiao.web.render import page

AT = "/console/hospitals"
CHANGES = 60
LONGEST = 60


@dataclass(frozen=True)
class LookLine:
    """What was seen of a kind: how many entries, when, and why not since."""

    kind: str
    title: str
    entries: int
    seen: str
    trouble: str


@dataclass(frozen=True)
class HospitalLine:
    """A hospital; `url` is empty for one that keeps its data here. `active`: whether anything is booked there."""

    hospital_id: str
    name: str
    url: str
    profile: str
    active: bool
    looks: tuple[LookLine, ...]


@dataclass(frozen=True)
class Difference:
    """A value before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangeLine:
    """Something that a hospital has changed."""

    at: str
    hospital_id: str
    kind: str
    what: str
    entry_id: str
    title: str
    differs: tuple[Difference, ...]


@dataclass(frozen=True)
class HospitalsPage:
    """The room; `chosen` is the hospital whose changes alone are shown."""

    hospitals: tuple[HospitalLine, ...]
    changes: tuple[ChangeLine, ...]
    chosen: str


async def show(request: Request) -> Response:
    """The room."""
    await operator(request, Right.SEE)
    chosen = request.query_params.get("hospital", "").strip()[:32]

    def read(
        connection: Connection,
    ) -> tuple[Mapping[str, str], list[RemoteRow], list[LookRow], list[ChangeRow]]:
        return (
            hospital_names(connection),
            remote_hospitals.all_of(connection),
            synced.looks(connection),
            synced.changes(connection, chosen or None, CHANGES),
        )

    here, elsewhere, looks, changes = await runtime_of(request).database.read(read)
    of: dict[str, list[LookRow]] = {}
    for look in looks:
        of.setdefault(look.hospital_id, []).append(look)
    lines = [HospitalLine(one, name, "", "", True, _looks(of.get(one, []))) for one, name in here.items()]
    lines += [
        HospitalLine(
            row.hospital_id, row.name, row.url, row.profile, bool(row.active), _looks(of.get(row.hospital_id, []))
        )
        for row in elsewhere
    ]
    view = HospitalsPage(tuple(lines), tuple(map(_change, changes)), chosen)
    return page(request, "console_hospitals.html", view)


def _looks(rows: list[LookRow]) -> tuple[LookLine, ...]:
    order = list(Kind)
    return tuple(
        LookLine(
            row.kind,
            TITLES[Kind(row.kind)],
            row.entries,
            readable(row.seen_at) if row.seen_at else "",
            row.trouble,
        )
        for row in sorted(rows, key=lambda row: order.index(Kind(row.kind)))
    )


def _change(row: ChangeRow) -> ChangeLine:
    differs = tuple(Difference(name, _told(old), _told(new)) for name, old, new in orjson.loads(row.differs))
    title = TITLES[Kind(row.kind)]
    return ChangeLine(readable(row.at), row.hospital_id, title, row.what, row.entry_id, row.title, differs)


def _told(value: Any) -> str:
    text = "—" if value in (None, "", []) else value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


routes = [Route(AT, show, methods=["GET"])]
