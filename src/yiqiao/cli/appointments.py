"""`yiqiao appointments`: what the region's operators see of appointments, and do to them, from the command line.

An act is written down with its job, and a running hub goes on from there. Nothing that is printed is personal.
"""

import json
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, on_store, settings_from
from yiqiao.cli.tables import put, put_facts
from yiqiao.clock import beijing, readable
from yiqiao.money import yuan

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yiqiao.app.store import Store
    from yiqiao.region.appointments.reconcile import Report
    from yiqiao.region.appointments.states import State
    from yiqiao.storage.appointments import AppointmentRow, EventRow

SESSIONS = {1: "morning", 2: "afternoon", 3: "evening", 4: "day"}
ACTS = ("check", "retry", "refund", "close")
FOR_GOOD = frozenset({"refund", "close"})
"""Acts that move money or end an appointment."""
COLUMNS = ("order", "hospital", "dept", "doctor", "day", "session", "state", "tries", "next", "fee", "paid")

app = typer.Typer(help="Appointments: how they stand, and what needs a hand.", no_args_is_help=True)

OrderId = Annotated[str, typer.Argument(help="The platform's number of the appointment.")]


@app.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option(help="stuck, acting, waiting, ended, or a single state such as refunding.")
    ] = None,
    hospital: Annotated[str | None, typer.Option(help="Only at this hospital.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List appointments: the newest first, of those stuck or acting the first due."""
    from yiqiao.region.appointments.groups import DUE_FIRST
    from yiqiao.region.appointments.states import ACTING
    from yiqiao.storage import appointments
    from yiqiao.storage.appointments import Wanted

    states = _states(state)
    wanted, due_first = Wanted(states, [hospital] if hospital else None), state in DUE_FIRST | ACTING

    async def work(store: "Store") -> "list[AppointmentRow]":
        return await store.database.read(lambda c: appointments.listed(c, wanted, limit, due_first=due_first))

    found = [_facts(row) for row in on_store(settings_from(data, database_url), work)]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        put(COLUMNS, ([str(one[name]) for name in COLUMNS] for one in found), COLUMNS[:1])


@app.command()
def show(order_id: OrderId, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show an appointment and its course."""
    from yiqiao.storage import appointments

    def read(connection: "Connection") -> "tuple[AppointmentRow, list[EventRow]] | None":
        row = appointments.find_by_order(connection, order_id)
        return row and (row, appointments.events(connection, row.person_id, order_id))

    async def work(store: "Store") -> "tuple[AppointmentRow, list[EventRow]] | None":
        return await store.database.read(read)

    found = on_store(settings_from(data, database_url), work)
    if found is None:
        raise leaving(f"there is no appointment {order_id}", REFUSED)
    row, course = found
    facts, steps = {**_facts(row), **_more(row)}, [_step(event) for event in course]
    if as_json:
        typer.echo(json.dumps({**facts, "course": steps}, ensure_ascii=False))
        return
    put_facts((name.replace("_", " "), str(value)) for name, value in facts.items() if value != "")
    put(("at", "before", "after", "actor", "tries", "told"), ([str(cell) for cell in step.values()] for step in steps))


@app.command()
def act(
    order_id: OrderId,
    what: Annotated[str, typer.Argument(metavar="ACT", help=f"{', '.join(ACTS)}.")],
    yes: Annotated[bool, typer.Option("--yes", help="Needed for refund and close, which cannot be undone.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Have the hospital asked, the next step tried now, the money given back, or an appointment closed."""
    if what not in ACTS:
        raise leaving(f"no act {what!r}; there are {', '.join(ACTS)}", USAGE)
    if what in FOR_GOOD and not yes:
        raise leaving(f"{what} cannot be undone: say --yes", USAGE)

    async def work(store: "Store") -> None:
        from yiqiao.app.appointments import BY_COMMAND, appointments_of
        from yiqiao.partners.audit import audit
        from yiqiao.region.appointments.appointment import UnknownAppointment
        from yiqiao.region.appointments.states import Act

        def written_down(connection: "Connection", before: "AppointmentRow") -> None:
            audit(connection, store.wall.now_ms(), BY_COMMAND, f"appointment.{what}", before.order_id)

        try:
            await appointments_of(store).operate(order_id, Act(what), BY_COMMAND, written_down)
        except UnknownAppointment:
            raise leaving(f"there is no appointment {order_id}", REFUSED) from None

    on_store(settings_from(data, database_url), work)
    typer.echo(f"{order_id}: {what} is written down; a running hub goes on from there", err=True)


@app.command()
def reconcile(
    hospital_id: Annotated[str, typer.Argument(help="The hospital's id.")],
    day: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Which day; yesterday.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Put right what can be.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Compare a day with the hospital. Exit code 1 where something is left for a person, or for --apply."""
    from yiqiao.region.appointments.reconcile import APPLIED, Kind, in_words

    chosen = _day(day)

    async def work(store: "Store") -> "Report":
        return await _compare(store, hospital_id, chosen, apply=apply)

    report = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        for line in in_words(report.findings):
            typer.echo(line)
    counts = ", ".join(f"{kind} {count}" for kind, count in report.counts.items()) or "no appointments"
    typer.echo(f"{hospital_id} {report.day}: {counts}{', applied' if apply else ''}", err=True)
    done = {Kind.IN_FLIGHT} | (APPLIED if apply else set())
    if any(one.kind not in done for one in report.findings):
        raise typer.Exit(REFUSED)


async def _compare(store: "Store", hospital_id: str, day: date | None, *, apply: bool) -> "Report":
    """Compare with a hospital that is served here. Exits 3 where it cannot be reached."""
    from yiqiao.app.appointments import BY_COMMAND
    from yiqiao.app.remote_hospitals import RegionHospitals
    from yiqiao.app.services import all_hospitals_of
    from yiqiao.ports.hospital.refusals import HospitalUnreachable
    from yiqiao.region.appointments.reconcile import Reconciliation

    chosen = day or beijing(store.clock.now_ms()).date() - timedelta(days=1)
    hospitals = all_hospitals_of(store)
    bookable = RegionHospitals(store, hospitals)
    try:
        await hospitals.open()
        await bookable.open()
        report = await Reconciliation(store.database, store.clock, bookable).run(
            hospital_id, chosen, BY_COMMAND, apply=apply
        )
    except HospitalUnreachable as away:
        raise leaving(away.message, UNREACHABLE) from None
    finally:
        await bookable.close()
        await hospitals.close()
    await _audit(store, f"reconciliation.{'apply' if apply else 'preview'}", f"{hospital_id}/{chosen}")
    return report


async def _audit(store: "Store", what: str, target: str) -> None:
    from yiqiao.app.appointments import BY_COMMAND
    from yiqiao.partners.audit import audit

    await store.database.write(lambda c: audit(c, store.wall.now_ms(), BY_COMMAND, what, target))


def _states(name: str | None) -> "list[State]":
    """The states that are meant. Exits 2 where there are no such."""
    from yiqiao.region.appointments.groups import GROUPS
    from yiqiao.region.appointments.states import State

    if name is None:
        return list(State)
    if name in GROUPS:
        return sorted(GROUPS[name])
    if name in set(State):
        return [State(name)]
    raise leaving(f"no state {name!r}; there are {', '.join([*GROUPS, *sorted(set(State) - set(GROUPS))])}", USAGE)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise leaving(f"{text!r} is no day; say YYYY-MM-DD", USAGE) from None


def _facts(row: "AppointmentRow") -> dict[str, object]:
    from yiqiao.region.appointments.states import FINAL

    return {
        "order": row.order_id,
        "hospital": row.hospital_id,
        "dept": row.dept_name,
        "doctor": row.doctor_name,
        "day": row.day,
        "session": SESSIONS.get(row.session, row.session),
        "state": row.state,
        "tries": row.tries,
        "next": "" if row.state in FINAL else readable(row.next_at),
        "fee": yuan(row.fee),
        "paid": row.paid,
    }


def _more(row: "AppointmentRow") -> dict[str, object]:
    return {
        "hospital_name": row.hospital_name,
        "schedule": row.schedule_id,
        "order_no": row.order_no or "",
        "trade_no": row.trade_no or "",
        "paid_at": readable(row.paid_at) if row.paid_at else "",
        "refunded_at": readable(row.refunded_at) if row.refunded_at else "",
        "ending": row.ending,
        "reason": row.reason,
        "created": readable(row.created_at),
        "changed": readable(row.changed_at),
    }


def _step(event: "EventRow") -> dict[str, object]:
    return {
        "at": readable(event.at),
        "before": event.before,
        "after": event.after,
        "actor": event.actor,
        "tries": event.tries,
        "told": event.told,
    }
