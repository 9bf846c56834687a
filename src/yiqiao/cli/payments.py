"""`yiqiao payments`: what the hub's operators see of trades, refunds and books, and do to them, from the command line.

An act is written down with its job, and a running hub goes on from there. Nothing that is printed is personal.
"""

import json
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.tables import put, put_facts
from yiqiao.clock import readable
from yiqiao.money import yuan

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from yiqiao.app.payments import PaymentHub
    from yiqiao.app.store import Store
    from yiqiao.region.payments.orders import Orders
    from yiqiao.region.payments.reconciliation import Report
    from yiqiao.region.payments.refunds import Refunds
    from yiqiao.region.payments.ways import Channels
    from yiqiao.storage.payment_closing import ClosingRow
    from yiqiao.storage.payments import AttemptRow, EventRow, RefundRow, TradeRow

ACTS = ("cancel", "retry", "tell", "give_back", "settle", "approve", "reject")
FOR_GOOD = frozenset(ACTS) - {"retry"}
"""Acts that move money or end something."""
TRADES = ("trace", "charge", "merchant", "state", "tries", "next", "channel", "amount", "refunded")
REFUNDS = ("refund", "out_refund", "merchant", "trace", "state", "tries", "next", "channel", "amount")
NOTICES = ("key", "state", "tries", "next", "error")
STEPS = ("at", "subject", "before", "after", "actor", "tries", "told")

app = typer.Typer(help="Payments: trades, refunds, books, and what needs a hand.", no_args_is_help=True)

MerchantId = Annotated[str, typer.Argument(help="The merchant's number (payAppId).")]
State = Annotated[str | None, typer.Option(help="Only in this state, e.g. stuck.")]
OfMerchant = Annotated[str | None, typer.Option("--merchant", help="Only of this merchant.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]


@app.command("list")
def list_(
    state: State = None,
    merchant: OfMerchant = None,
    limit: Limit = 50,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List trades, the newest first."""
    from yiqiao.region.payments.states import Trade
    from yiqiao.storage import payments

    states = _states(state, set(Trade))

    async def work(store: "Store") -> "list[TradeRow]":
        return await store.database.read(
            lambda c: payments.newest_trades(c, limit, states=states, merchant_id=merchant)
        )

    _listed(TRADES, [_trade(row) for row in on_store(settings_from(data, database_url), work)], as_json=as_json)


@app.command()
def refunds(
    state: State = None,
    merchant: OfMerchant = None,
    limit: Limit = 50,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List refunds, the newest first."""
    from yiqiao.region.payments.states import Refund
    from yiqiao.storage import payments

    states = _states(state, set(Refund))

    async def work(store: "Store") -> "list[RefundRow]":
        return await store.database.read(
            lambda c: payments.newest_refunds(c, limit, states=states, merchant_id=merchant)
        )

    _listed(REFUNDS, [_refund(row) for row in on_store(settings_from(data, database_url), work)], as_json=as_json)


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="Our number of a trade, of an order at a channel, or of a refund.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show a trade with its attempts, its refunds and its course."""

    async def work(store: "Store") -> "dict[str, Any]":
        subject = await _subject(store, number)
        orders, _ = _services(store)
        course = await orders.course(subject.merchant_id, subject.trace_no)
        standing = course.standing
        return {
            **_trade(standing.trade),
            "reason": standing.trade.reason,
            "callsn": standing.trade.callsn or "",
            "attempts": [_attempt(one) for one in standing.attempts],
            "refunds": [_refund(one) for one in standing.refunds],
            "course": [_step(event) for event in course.events],
        }

    found = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    put_facts((name, str(value)) for name, value in found.items() if not isinstance(value, list) and value != "")
    for name in ("attempts", "refunds", "course"):
        if found[name]:
            columns = tuple(found[name][0])
            put(columns, ([str(cell) for cell in one.values()] for one in found[name]), columns[:1])


@app.command()
def act(
    number: Annotated[str, typer.Argument(help="Our number of a trade, of an order at a channel, or of a refund.")],
    what: Annotated[str, typer.Argument(metavar="ACT", help=f"{', '.join(ACTS)}.")],
    yes: Annotated[bool, typer.Option("--yes", help="Needed for all but retry: they move money or end it.")] = False,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Have the next step taken now, a trade given up, money given back, a refund approved."""
    if what not in ACTS:
        raise leaving(f"no act {what!r}; there are {', '.join(ACTS)}", USAGE)
    if what in FOR_GOOD and not (yes or dry_run):
        raise leaving(f"{what} cannot be undone: say --yes", USAGE)

    async def work(store: "Store") -> None:
        from yiqiao.app.appointments import BY_COMMAND
        from yiqiao.region.payments.states import TABLES, Act
        from yiqiao.storage.payments import AttemptRow, RefundRow

        subject = await _subject(store, number)
        orders, backs = _services(store)
        kind = "refund" if isinstance(subject, RefundRow) else "attempt" if isinstance(subject, AttemptRow) else "trade"
        chosen = Act(what)
        if dry_run:
            about = TABLES[kind][subject.state]
            if chosen not in about.acts:
                raise leaving(f"a {kind} that is {subject.state} knows no {what}", REFUSED)
            return
        if isinstance(subject, RefundRow):
            await backs.act(subject.merchant_id, subject.out_refund_no, chosen, BY_COMMAND)
        elif isinstance(subject, AttemptRow):
            await orders.act_on_attempt(subject.merchant_id, subject.order_no, chosen, BY_COMMAND)
        else:
            await orders.act(subject.merchant_id, subject.trace_no, chosen, BY_COMMAND)
        await _audit(store, f"payment.{what}", number)

    on_store(settings_from(data, database_url), work)
    told = "would be written down (--dry-run)" if dry_run else "is written down; a running hub goes on from there"
    typer.echo(f"{number}: {what} {told}", err=True)


@app.command()
def balances(
    merchant_id: MerchantId, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Show what stands on a merchant's accounts, patients' accounts as one. Exit code 1 where it is not zero in all."""
    from yiqiao.storage import payment_books

    async def work(store: "Store") -> "dict[str, int]":
        found = await store.database.read(lambda c: payment_books.balances(c, merchant_id))
        summed: dict[str, int] = {}
        for name, amount in sorted(found.items()):
            shown = "deposit" if name.startswith("deposit/") else name
            summed[shown] = summed.get(shown, 0) + amount
        return summed

    found = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps({name: yuan(amount) for name, amount in found.items()}))
    else:
        put(("account", "balance"), ([name, yuan(amount)] for name, amount in found.items()), ("account",))
    if sum(found.values()):
        raise leaving("the balances do not add up to nothing: the books are broken", REFUSED)


@app.command()
def statement(
    merchant_id: MerchantId,
    since: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The first day.")],
    until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The last day; the first.")] = "",
    account: Annotated[str | None, typer.Option(help="Of this account in the books, with its balances.")] = None,
    encoding: Annotated[str, typer.Option(help="Of the file: gbk or utf-8.")] = "utf-8",
    out: Annotated[Path | None, typer.Option(help="Where the file goes; stdout.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write a merchant's statement as CSV (or JSON), or an account's as JSON."""
    if encoding not in ("gbk", "utf-8"):
        raise leaving("--encoding is gbk or utf-8", USAGE)

    async def work(store: "Store") -> bytes:
        from yiqiao.region.payments.statements import Encoding, Statements

        statements, last = Statements(store.database), until or since
        if account is not None:
            found = asdict(await statements.account(merchant_id, account, since, last))
            entries = [entry._asdict() for entry in found.pop("entries")]
            return json.dumps({**found, "entries": entries}, ensure_ascii=False).encode()
        if as_json:
            lines = [line._asdict() async for part in statements.lines(merchant_id, since, last) for line in part]
            return json.dumps(lines, ensure_ascii=False).encode()
        return b"".join([part async for part in statements.csv(merchant_id, since, last, Encoding(encoding))])

    written = on_store(settings_from(data, database_url), work)
    if out is None:
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(written)


@app.command("close-day")
def close_day(
    merchant_id: MerchantId,
    day: Annotated[str | None, typer.Argument(metavar="YYYY-MM-DD", help="Which; none: all that are over.")] = None,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Close days of a merchant's books: nothing is booked on them any more."""

    async def work(store: "Store") -> "list[ClosingRow]":
        from yiqiao.app.appointments import BY_COMMAND
        from yiqiao.region.payments.closing import Closing

        closing = Closing(store.database, store.clock)
        if dry_run:
            following = await closing.next_day(merchant_id)
            due = following is not None and closing.due(following)
            typer.echo(f"next: {following or 'nothing was booked'}{', can be closed' if due else ''}", err=True)
            return []
        if day is not None:
            done = [await closing.close_day(merchant_id, day, BY_COMMAND)]
        else:
            done = await closing.close_due(BY_COMMAND, merchant_id)
        for row in done:
            await _audit(store, "payment.close_day", f"{merchant_id}/{row.day}")
        return done

    done = [
        {**row._asdict(), "turnover": yuan(row.turnover)} for row in on_store(settings_from(data, database_url), work)
    ]
    if as_json:
        typer.echo(json.dumps(done, ensure_ascii=False))
    elif done:
        columns = ("day", "transfers", "turnover")
        put(columns, ([str(one[name]) for name in columns] for one in done), columns[:1])


@app.command()
def reconcile(
    merchant_id: MerchantId,
    day: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Which day; yesterday.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Put right what can be.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Compare a day with the HIS and the channels. Exit code 1 where something is left for a person, or for --apply."""
    from yiqiao.region.payments.findings import SETTLED, Apply, in_words, side_title

    async def work(store: "Store") -> "Report":
        from yiqiao.app.appointments import BY_COMMAND
        from yiqiao.region.payments.closing import yesterday

        hub = await _hub(store)
        chosen = day or yesterday(store.clock.now_ms())
        try:
            report = await hub.reconciliation.run(merchant_id, chosen, BY_COMMAND, apply=apply)
        finally:
            await hub.close()
        await _audit(store, f"payment.reconcile_{'apply' if apply else 'preview'}", f"{merchant_id}/{chosen}")
        return report

    report = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        for line in in_words(report.findings):
            typer.echo(line)
    counts = ", ".join(f"{kind} {count}" for kind, count in report.counts.items()) or "nothing happened"
    typer.echo(f"{merchant_id} {report.day}: {counts}{f', {report.asked} applied' if apply else ''}", err=True)
    if report.away:
        typer.echo(f"not compared: {', '.join(side_title(side) for side in report.away)}", err=True)
    left = [
        one for one in report.findings if one.kind not in SETTLED and not (apply and one.apply is not Apply.NOTHING)
    ]
    if left or report.away:
        raise typer.Exit(REFUSED)


@app.command()
def notices(
    again: Annotated[str | None, typer.Option(metavar="KEY", help="Send this one now.")] = None,
    limit: Limit = 50,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List notices to partners: those that wait or have failed first, and what came of them."""

    async def work(store: "Store") -> "list[dict[str, Any]]":
        from yiqiao.jobs import JobState
        from yiqiao.jobs.listing import list_jobs
        from yiqiao.jobs.queue import reopen
        from yiqiao.region.payments.course import NOTICE_JOB

        if again is not None:
            now = store.clock.now_ms()
            if not await store.database.write(lambda c: reopen(c, now, NOTICE_JOB, again)):
                raise leaving(f"there is no notice {again}", REFUSED)
            await _audit(store, "payment.notice_again", again)
        order = (JobState.FAILED, JobState.RUNNING, JobState.DUE, JobState.DONE)
        found = [
            line
            for state in order
            for line in await store.database.read(partial(list_jobs, state=state, kind=NOTICE_JOB, limit=limit))
        ]
        return [
            {
                "key": line.key,
                "state": str(line.state),
                "tries": line.attempts,
                "next": readable(line.run_at) if line.state is JobState.DUE else "",
                "error": line.last_error or "",
            }
            for line in found[:limit]
        ]

    _listed(NOTICES, on_store(settings_from(data, database_url), work), as_json=as_json)


def _services(store: "Store") -> "tuple[Orders, Refunds]":
    """What people do with trades and refunds; channels are for a running hub to deal with."""
    from yiqiao.region.payments.orders import Orders
    from yiqiao.region.payments.refunds import Refunds

    channels: Channels = {}
    known = store.database, store.keyring, store.clock, channels
    return Orders(*known), Refunds(*known)


async def _hub(store: "Store") -> "PaymentHub":
    """The hub; that of a sandbox has the sandbox's channels and its HIS."""
    from yiqiao.app.payments import open_hub
    from yiqiao.storage import sandbox

    playing = (await store.database.read(sandbox.state)).open
    return await open_hub(replace(store, settings=replace(store.settings, sandbox=store.settings.sandbox or playing)))


async def _subject(store: "Store", number: str) -> "TradeRow | AttemptRow | RefundRow":
    """What is named by one of our numbers. Exits 1 where nothing is."""
    from yiqiao.storage import payments

    def look(connection: "Connection") -> "TradeRow | AttemptRow | RefundRow | None":
        return (
            payments.trade_by_trace_no(connection, number)
            or payments.attempt_by_order_no(connection, number)
            or payments.refund_by_refund_no(connection, number)
        )

    found = await store.database.read(look)
    if found is not None:
        return found
    raise leaving(f"there is no trade, order or refund {number}", REFUSED)


async def _audit(store: "Store", what: str, target: str) -> None:
    from yiqiao.app.appointments import BY_COMMAND
    from yiqiao.partners.audit import audit

    await store.database.write(lambda c: audit(c, store.wall.now_ms(), BY_COMMAND, what, target))


def _states(name: str | None, known: "set[Any]") -> tuple[str, ...]:
    if name is None:
        return ()
    if name not in known:
        raise leaving(f"no state {name!r}; there are {', '.join(sorted(known))}", USAGE)
    return (name,)


def _listed(columns: tuple[str, ...], found: "list[dict[str, Any]]", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        put(columns, ([str(one[name]) for name in columns] for one in found), columns[:1])


def _trade(row: "TradeRow") -> dict[str, Any]:
    from yiqiao.region.payments.states import FINAL_TRADES

    return {
        "trace": row.trace_no,
        "charge": row.out_charge_no,
        "merchant": row.merchant_id,
        "state": row.state,
        "tries": row.tries,
        "next": "" if row.state in FINAL_TRADES else readable(row.next_at),
        "channel": row.channel or "",
        "amount": yuan(row.amount),
        "refunded": yuan(row.refunded),
    }


def _attempt(row: "AttemptRow") -> dict[str, Any]:
    return {
        "order": row.order_no,
        "channel": row.channel,
        "state": row.state,
        "amount": yuan(row.amount),
        "external": row.external_no or "",
        "told": row.told,
    }


def _refund(row: "RefundRow") -> dict[str, Any]:
    from yiqiao.region.payments.states import FINAL_REFUNDS

    return {
        "refund": row.refund_no,
        "out_refund": row.out_refund_no,
        "merchant": row.merchant_id,
        "trace": row.trace_no,
        "state": row.state,
        "tries": row.tries,
        "next": "" if row.state in FINAL_REFUNDS else readable(row.next_at),
        "channel": row.channel,
        "amount": yuan(row.amount),
    }


def _step(event: "EventRow") -> dict[str, Any]:
    return {**{name: getattr(event, name) for name in STEPS}, "at": readable(event.at)}
