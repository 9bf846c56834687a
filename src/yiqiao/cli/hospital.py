"""`yiqiao hospital`: the staff of a hospital that keeps its data here, and the region's operator for all of them."""

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import typer

from yiqiao.cli import hospital_check, hospital_import, remote_hospitals, views
from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.tables import put

if TYPE_CHECKING:
    from yiqiao.hospital.stops.service import Affected, Stops
    from yiqiao.storage.stops import NamedStop, Scope

T = TypeVar("T")
BY = "(command line)"
LAST_DAY = "9999-12-31"
SESSIONS = {"morning": 1, "afternoon": 2, "evening": 3, "day": 4}
_SHOWN = {number: name for name, number in SESSIONS.items()}


class Meant(NamedTuple):
    """Which schedules of the days are meant; None does not restrict."""

    schedule_id: str | None = None
    dept_id: str | None = None
    doctor_id: str | None = None
    session: int | None = None


app = typer.Typer(help="Hospitals: those that keep their data here, and those elsewhere.", no_args_is_help=True)
app.add_typer(views.app, name="views")
app.command("import")(hospital_import.bring_in)
app.command("columns")(hospital_import.columns)
app.command("connect")(remote_hospitals.connect)
app.command("check")(hospital_check.check)
app.command("list")(remote_hospitals.list_)
app.command("suspend")(remote_hospitals.suspend)
app.command("reinstate")(remote_hospitals.reinstate)
app.command("disconnect")(remote_hospitals.disconnect)

HospitalId = Annotated[str, typer.Argument(help="The hospital's id.")]
Schedule = Annotated[str | None, typer.Option(help="One schedule, by its id (REG_ID).")]
Doctor = Annotated[str | None, typer.Option(help="A doctor's schedules; without --dept in any department.")]
Dept = Annotated[str | None, typer.Option(help="A department's schedules.")]
FromDay = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day; today.")]
ToDay = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day; that of --from.")]
Part = Annotated[str | None, typer.Option("--session", help=f"{', '.join(SESSIONS)}; any.")]


@app.command()
def stop(
    hospital_id: HospitalId,
    schedule: Schedule = None,
    doctor: Doctor = None,
    dept: Dept = None,
    from_day: FromDay = None,
    to_day: ToDay = None,
    session: Part = None,
    keep: Annotated[bool, typer.Option("--keep", help="What is booked stays booked (停诊但保留预约).")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; patients and the platform read it.")] = None,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Call sessions off (停诊): their orders are closed, and the platform is told."""
    meant = _meant(schedule, doctor, dept, session)

    async def work(stops: "Stops") -> "list[Affected]":
        scope = _scope(stops, meant, from_day, to_day)
        if dry_run:
            return await stops.would_stop(scope, keep=keep)
        return await stops.stop(scope, keep=keep, reason=reason, operator=BY)

    _put_affected(_with_stops(hospital_id, data, database_url, work), "called off", dry_run, as_json)


@app.command()
def resume(
    hospital_id: HospitalId,
    schedule: Schedule = None,
    doctor: Doctor = None,
    dept: Dept = None,
    from_day: FromDay = None,
    to_day: ToDay = None,
    session: Part = None,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Let sessions take place again, and tell the platform; orders that were closed stay closed."""
    meant = _meant(schedule, doctor, dept, session)

    async def work(stops: "Stops") -> "list[Affected]":
        scope = _scope(stops, meant, from_day, to_day)
        return await (stops.would_resume(scope) if dry_run else stops.resume(scope))

    _put_affected(_with_stops(hospital_id, data, database_url, work), "taken up again", dry_run, as_json)


@app.command("stops")
def stops_(
    hospital_id: HospitalId,
    from_day: FromDay = None,
    to_day: ToDay = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the sessions that are called off, from today on."""

    async def work(stops: "Stops") -> "list[NamedStop]":
        return await stops.standing(_scope(stops, Meant(), from_day, to_day or LAST_DAY))

    facts = [_stop_facts(found) for found in _with_stops(hospital_id, data, database_url, work)]
    _put(facts, as_json)


def _meant(schedule: str | None, doctor: str | None, dept: str | None, session: str | None) -> Meant:
    """Which schedules are meant. Exits 2 where all of a hospital's would be, which nobody means."""
    if not (schedule or doctor or dept):
        raise leaving("say which: --schedule, --doctor or --dept", USAGE)
    if session is not None and session not in SESSIONS:
        raise leaving(f"no session {session!r}; there are: {', '.join(SESSIONS)}", USAGE)
    part = SESSIONS[session] if session else None
    return Meant(schedule, dept, doctor, part)


def _scope(stops: "Stops", meant: Meant, from_day: str | None, to_day: str | None) -> "Scope":
    from yiqiao.clock import beijing
    from yiqiao.storage.stops import Scope

    first = _day(from_day) or beijing(stops.house.clock.now_ms()).date().isoformat()
    last = _day(to_day) or (LAST_DAY if meant.schedule_id else first)  # a schedule's id says its day
    return Scope(stops.hospital_id, first, last, *meant)


def _day(text: str | None) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise leaving(f"{text!r} is no day; say YYYY-MM-DD", USAGE) from None


def _with_stops(
    hospital_id: str, data: str | None, database_url: str | None, work: "Callable[[Stops], Awaitable[T]]"
) -> T:
    from yiqiao.app.store import Store
    from yiqiao.hospital.house import House
    from yiqiao.hospital.stops.service import Stops

    async def run(store: Store) -> T:
        return await work(Stops(House(store.database, store.keyring, store.clock), hospital_id))

    return on_store(settings_from(data, database_url), run)


def _put_affected(affected: "Iterable[Affected]", what: str, dry_run: bool, as_json: bool) -> None:
    facts: list[dict[str, object]] = [
        {
            "schedule": row.schedule_id,
            "day": row.day,
            "session": _SHOWN[row.session],
            "dept": row.dept_id,
            "doctor": row.doctor_id,
            "orders_closed": orders,
        }
        for row, orders in affected
    ]
    _put(facts, as_json)
    typer.echo(f"{len(facts)} session(s) {'would be ' if dry_run else ''}{what}", err=True)


def _stop_facts(found: "NamedStop") -> dict[str, object]:
    row = found.row
    return {
        "schedule": row.schedule_id,
        "day": row.day,
        "session": _SHOWN[row.session],
        "dept": row.dept_id,
        "doctor": row.doctor_id,
        "bookings": "kept" if row.keeps else "closed",
        "orders_closed": row.orders,
        "reason": row.reason,
        "by": row.operator,
    }


def _put(facts: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    columns = [name.replace("_", " ") for name in facts[0]] if facts else []
    put(columns, (["" if value is None else str(value) for value in one.values()] for one in facts), columns[:1])
