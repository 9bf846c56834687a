"""`yiqiao settlements`: what operators see of settlements with the insurance centre, and do to them.

An act is written down with its job, and a running hub goes on from there. Nothing that is printed is personal.
"""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.tables import put, put_facts
from yiqiao.clock import DAY_MS, beijing, readable
from yiqiao.money import yuan

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.region.insurance.check import Check, Report
    from yiqiao.region.insurance.service import Settlements
    from yiqiao.storage.insurance import EventRow, FindingRow, SettlementRow

COLUMNS = ("number", "merchant", "state", "tries", "next", "total", "funds", "account", "cash")
FINDINGS = ("number", "kind", "since", "here", "there", "amount", "remedy")

app = typer.Typer(help="Settlements with the insurance centre, and what stands on one side only.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="The settlement's number.")]
Yes = Annotated[bool, typer.Option("--yes", help="Needed: it moves money or ends something.")]


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="Only in this state, e.g. unconfirmed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List settlements, the newest first."""
    from yiqiao.region.insurance.states import STATES

    if state is not None and state not in STATES:
        raise leaving(f"no state {state!r}; there are {', '.join(sorted(STATES))}", USAGE)

    async def work(store: "Store") -> "list[SettlementRow]":
        settlements, _ = await _services(store)
        return await settlements.newest(limit, (state,) if state else ())

    _listed(COLUMNS, [_row(row) for row in on_store(settings_from(data, database_url), work)], as_json=as_json)


@app.command()
def show(number: Number, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show a settlement with its course."""

    async def work(store: "Store") -> dict[str, Any]:
        settlements, _ = await _services(store)
        course = await settlements.course(number)
        row = course.standing.row
        return {
            **_row(row),
            "institution": row.institution,
            "insured": bool(row.insured),
            "mdtrt_id": row.visit_id,
            "setl_id": row.settlement_id,
            "trace": row.trace_no,
            "callsn": row.callsn,
            "reason": row.reason,
            "course": [_step(event) for event in course.events],
        }

    found = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    put_facts((name, str(value)) for name, value in found.items() if not isinstance(value, list) and value != "")
    if found["course"]:
        columns = tuple(found["course"][0])
        put(columns, ([str(cell) for cell in one.values()] for one in found["course"]), columns[:1])


@app.command()
def retry(number: Number, dry_run: DryRun = False, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Have the next step taken now."""
    _act(number, "retry", data, database_url, dry_run=dry_run)


@app.command()
def confirm(
    number: Number, yes: Yes = False, dry_run: DryRun = False, data: Data = None, database_url: DatabaseUrl = None
) -> None:
    """Tell the HIS again; it is asked first whether it has it."""
    _act(number, "confirm", data, database_url, dry_run=dry_run, sure=yes)


@app.command()
def reverse(
    number: Number, yes: Yes = False, dry_run: DryRun = False, data: Data = None, database_url: DatabaseUrl = None
) -> None:
    """Take it back: at the HIS, at the centre, and the money to its source."""
    _act(number, "reverse", data, database_url, dry_run=dry_run, sure=yes)


@app.command("by-hand")
def by_hand(
    number: Number, yes: Yes = False, dry_run: DryRun = False, data: Data = None, database_url: DatabaseUrl = None
) -> None:
    """Say that it was mended outside the hub: the books follow."""
    _act(number, "by_hand", data, database_url, dry_run=dry_run, sure=yes)


@app.command()
def findings(
    look: Annotated[bool, typer.Option("--look", help="Look now, before what is on file is shown.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Those too that are so no more.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what stands on one side only, and the act that mends it. Exit code 1 where there is something."""

    async def work(store: "Store") -> "list[FindingRow]":
        from yiqiao.storage import insurance

        if look:
            _, check = await _services(store)
            await check.look(store.clock.now_ms() - DAY_MS)
        return await store.database.read(lambda c: insurance.findings(c, open_only=not all_))

    rows = on_store(settings_from(data, database_url), work)
    _listed(FINDINGS, [_finding(row) for row in rows], as_json=as_json)
    if any(row.gone_at is None for row in rows):
        raise leaving("", REFUSED)


@app.command()
def reconcile(
    day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The day; yesterday.")] = "",
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Compare a day with the centre's own statement. Exit code 1 where something differs or cannot be had."""

    async def work(store: "Store") -> "list[Report]":
        from yiqiao.region.insurance.check import reconcile_day

        _, check = await _services(store)
        wanted = day or f"{beijing(store.clock.now_ms()) - timedelta(days=1):%Y-%m-%d}"
        return await reconcile_day(check, wanted)

    reports = on_store(settings_from(data, database_url), work)
    told = [
        {
            "institution": one.institution,
            "day": one.day,
            "matched": one.matched,
            "away": one.away,
            "findings": [_finding(row) for row in one.findings],
        }
        for one in reports
    ]
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        put(
            ("institution", "day", "matched", "found", "statement"),
            (
                [one.institution, one.day, str(one.matched), str(len(one.findings)), "away" if one.away else "had"]
                for one in reports
            ),
            ("institution",),
        )
    if any(one.away or one.findings for one in reports):
        raise leaving("", REFUSED)


def _act(
    number: str, what: str, data: str | None, database_url: str | None, *, dry_run: bool, sure: bool = True
) -> None:
    if not (sure or dry_run):
        raise leaving(f"{what} cannot be undone: say --yes", USAGE)

    async def work(store: "Store") -> None:
        from yiqiao.app.appointments import BY_COMMAND
        from yiqiao.partners.audit import audit
        from yiqiao.region.insurance.states import STATES, Act

        settlements, _ = await _services(store)
        if dry_run:
            row = (await settlements.find(number)).row
            if Act(what) not in STATES[row.state].acts:
                raise leaving(f"a settlement that is {row.state} knows no {what}", REFUSED)
            return
        await settlements.act(number, Act(what), BY_COMMAND)
        await store.database.write(lambda c: audit(c, store.wall.now_ms(), BY_COMMAND, f"settlement.{what}", number))

    on_store(settings_from(data, database_url), work)
    told = "would be written down (--dry-run)" if dry_run else "is written down; a running hub goes on from there"
    typer.echo(f"{number}: {what} {told}", err=True)


async def _services(store: "Store") -> "tuple[Settlements, Check]":
    """The services over a store; those of a sandbox have its centre and its HIS."""
    from dataclasses import replace

    from yiqiao.app import insurance
    from yiqiao.app.payments import open_hub
    from yiqiao.storage import sandbox

    playing = (await store.database.read(sandbox.state)).open
    store = replace(store, settings=replace(store.settings, sandbox=store.settings.sandbox or playing))
    hub = await open_hub(store)
    return insurance.settlements_of(store, hub), insurance.check_of(store, hub)


def _listed(columns: tuple[str, ...], found: "list[dict[str, Any]]", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        put(columns, ([str(one[name]) for name in columns] for one in found), columns[:1])


def _row(row: "SettlementRow") -> dict[str, Any]:
    from yiqiao.region.insurance.states import FINAL

    return {
        "number": row.number,
        "merchant": row.merchant_id,
        "state": row.state,
        "tries": row.tries,
        "next": "" if row.state in FINAL else readable(row.next_at),
        "total": yuan(row.total),
        "funds": yuan(row.funds),
        "account": yuan(row.account),
        "cash": yuan(row.cash),
    }


def _step(event: "EventRow") -> dict[str, Any]:
    return {
        "at": readable(event.at),
        "before": event.before,
        "after": event.after,
        "actor": event.actor,
        "tries": event.tries,
        "told": event.told,
    }


def _finding(row: "FindingRow") -> dict[str, Any]:
    return {
        "number": row.subject,
        "kind": row.kind,
        "since": readable(row.since),
        "here": row.here,
        "there": row.there,
        "amount": yuan(row.amount),
        "remedy": row.remedy,
        "gone": "" if row.gone_at is None else readable(row.gone_at),
    }
