"""`yiqiao journal`: look into the journal, prove it, send a message again, let go of what is old."""

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.moments import HINT, moment
from yiqiao.cli.options import AsJson, Config, Data, DatabaseUrl, DryRun, Set, on_store, settings_from
from yiqiao.cli.tables import put
from yiqiao.clock import SystemClock, readable

if TYPE_CHECKING:
    from yiqiao.app.replay import Replayed
    from yiqiao.app.store import Store
    from yiqiao.journal.chain import Head
    from yiqiao.journal.prune import Pruned
    from yiqiao.journal.reader import Line, Page, Record, Reference
    from yiqiao.journal.verify import Report

app = typer.Typer(help="The journal: every exchange, kept sealed and chained.", no_args_is_help=True)

Ref = Annotated[str, typer.Argument(metavar="CHAIN/SEQ", help="The entry, as `journal list` shows it.")]
Dialect = Annotated[str | None, typer.Option(help="The standard, e.g. ehealth_card.")]
OperationName = Annotated[str | None, typer.Option(help="The operation's full name.")]
PartnerId = Annotated[str | None, typer.Option(help="The partner's app_id.")]
Outcome = Annotated[str | None, typer.Option(help="The return code, e.g. 0000.")]
RequestId = Annotated[str | None, typer.Option(help="The hub's own number of the request, as logs have it.")]
Since = Annotated[str | None, typer.Option(help=f"From this time on: {HINT}.")]
Until = Annotated[str | None, typer.Option(help="Before this time.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
After = Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on from where the last list ended.")]
Person = Annotated[str | None, typer.Option(help="person_id, or 'ID_TYPE ID_NO'; - reads it from stdin.")]


@app.command("list")
def list_(
    dialect: Dialect = None,
    operation: OperationName = None,
    partner: PartnerId = None,
    outcome: Outcome = None,
    request_id: RequestId = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    after: After = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """List exchanges, newest first."""
    given = _columns(dialect, operation, partner, outcome, request_id, since, until)
    _list((data, database_url, config, set_), given, None, limit, after, as_json)


@app.command()
def search(
    person: Person = None,
    card: Annotated[str | None, typer.Option(help="ehealth_card_id.")] = None,
    order: Annotated[str | None, typer.Option(help="The order's number.")] = None,
    trace: Annotated[str | None, typer.Option(help="The caller's serial (out_…_no).")] = None,
    dialect: Dialect = None,
    operation: OperationName = None,
    partner: PartnerId = None,
    outcome: Outcome = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 20,
    after: After = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Find the exchanges about a person, a card, an order or a serial."""
    if not any((person, card, order, trace)):
        raise leaving("say --person, --card, --order or --trace", USAGE)
    given = _columns(dialect, operation, partner, outcome, None, since, until)
    given |= {"card": card, "order": order, "trace": trace}
    _list((data, database_url, config, set_), given, person, limit, after, as_json)


@app.command()
def show(
    reference: Ref,
    full: Annotated[bool, typer.Option("--full", help="Personal data in the clear, and the wire bytes.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Show one exchange, personal values masked."""
    wanted = _reference(reference)

    async def work(store: "Store") -> "Record":
        from yiqiao.journal.reader import Reader

        return await Reader(store.database, store.keyring).show(wanted.chain, wanted.seq)

    record = on_store(settings_from(data, database_url, config, set_), work)
    if full:
        typer.echo("this is personal data in the clear: keep it off tickets, chats and shared screens", err=True)
    facts = _facts(record, full=full)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        shown = json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict) else value
        typer.echo(f"{name:12} {'' if shown is None else shown}")


@app.command()
def replay(
    reference: Ref,
    now: Annotated[bool, typer.Option("--now", help="Sign the same content anew, with the present time.")] = False,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Send a kept request through the hub again, as a new exchange. A write that has succeeded: only as a dry run."""
    wanted = _reference(reference)

    async def work(store: "Store") -> "Replayed":
        from yiqiao.app.replay import gateways_of
        from yiqiao.app.replay import replay as send_again

        return await send_again(store, gateways_of(store), wanted, dry_run=dry_run, seal_anew=now)

    done = on_store(settings_from(data, database_url, config, set_), work)
    facts = {name: value for name, value in asdict(done).items() if name != "response"}
    facts |= {"of": str(done.of), "record": str(done.record) if done.record else None}
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        typer.echo(f"then {done.code_then}, now {done.code} {done.message or done.title}")
        if done.dry_run:
            typer.echo(f"dry run: {'the work was done and undone' if done.would_write else 'nothing would be written'}")
        else:
            typer.echo(f"recorded as {done.record}")
    if done.refusal is not None:
        raise typer.Exit(REFUSED)


@app.command()
def verify(
    heads: Annotated[
        Path | None, typer.Option(help="An earlier `verify --json`: what stood there then must still be there.")
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Prove that nothing was changed, taken out or put in. Exits 1 where something was."""
    known = _heads(heads) if heads else []

    async def work(store: "Store") -> "Report":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        from yiqiao.journal.verify import Verifier

        console = Console(stderr=True)
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn()
        with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("entries", total=None)
            verifier = Verifier(store.database, store.keyring)
            return await verifier.verify(known, lambda entries: progress.advance(task, entries))

    report = on_store(settings_from(data, database_url, config, set_), work)
    if as_json:
        typer.echo(json.dumps(report_facts(report), ensure_ascii=False))
    else:
        tell(report)
    if not report.clean:
        raise typer.Exit(REFUSED)


@app.command()
def prune(
    before: Annotated[str | None, typer.Option(help=f"Delete what is older than this: {HINT}.")] = None,
    broken_too: Annotated[bool, typer.Option(help="Also where the journal does not verify.")] = False,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Delete old exchanges (default: older than the setting journal_days); what is left still verifies."""
    settings = settings_from(data, database_url, config, set_)
    if before is None and settings.journal_days <= 0:
        raise leaving("journal_days is 0, all is kept: say --before", USAGE)
    limit = _moment(before or f"{settings.journal_days}d")

    async def work(store: "Store") -> "Pruned":
        from yiqiao.journal.prune import prune as let_go

        return await let_go(store.database, store.keyring, store.clock, limit, dry_run=dry_run, broken_too=broken_too)

    pruned = on_store(settings, work)
    faults = [str(fault) for fault in pruned.faults]
    if as_json:
        facts = {"before": limit, "dry_run": dry_run, "entries": pruned.entries, "chains": pruned.chains}
        typer.echo(json.dumps({**facts, "faults": faults}, ensure_ascii=False))
    else:
        would = "would go" if dry_run else "deleted"
        typer.echo(f"{pruned.entries} entries of {pruned.chains} chains from before {readable(limit)} {would}")
        for fault in faults:
            typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(REFUSED)


def report_facts(report: "Report") -> dict[str, object]:
    """A verification's report for JSON."""
    counts = ("clean", "chains", "entries", "bundles", "cut", "pruned", "fault_count")
    return {
        **{name: getattr(report, name) for name in counts},
        "faults": [asdict(fault) for fault in report.faults],
        "heads": [head.text() for head in report.heads],
    }


def tell(report: "Report") -> None:
    """A verification's report for people."""
    kept = f"{report.cut} without their secrets or cut short, {report.pruned} pruned by right"
    typer.echo(f"{report.entries} entries in {report.chains} chains and {report.bundles} bundles; {kept}")
    for fault in report.faults:
        typer.echo(f"  {fault}")
    if report.fault_count > len(report.faults):
        typer.echo(f"  … and {report.fault_count - len(report.faults)} more")
    typer.echo("the journal is whole" if report.clean else f"the journal is broken: {report.fault_count} faults")


def _columns(
    dialect: str | None,
    operation: str | None,
    partner: str | None,
    outcome: str | None,
    request_id: str | None,
    since: str | None,
    until: str | None,
) -> dict[str, Any]:
    return {
        "dialect": dialect,
        "operation": operation,
        "app_id": partner,
        "outcome": outcome,
        "request_id": request_id,
        "since": _moment(since) if since else None,
        "until": _moment(until) if until else None,
    }


def _list(
    where: tuple[str | None, str | None, Path | None, list[str] | None],
    given: dict[str, Any],
    person: str | None,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    from yiqiao.journal.reader import Cursor, Search

    if person == "-":
        person = sys.stdin.readline().strip()
        if not person:
            raise leaving("--person -: nothing on standard input", USAGE)
    try:
        cursor = Cursor.parse(after) if after else None
    except ValueError as error:
        raise leaving(str(error), USAGE) from None

    async def work(store: "Store") -> "Page":
        from yiqiao.journal.reader import Reader

        wanted = Search(**given, person=_person_id(store, person) if person is not None else None)
        return await Reader(store.database, store.keyring).search(wanted, limit=limit, after=cursor)

    page = on_store(settings_from(*where), work)
    if as_json:
        entries = [{"reference": str(line.reference), **asdict(line)} for line in page.lines]
        typer.echo(json.dumps({"entries": entries, "next": str(page.next) if page.next else None}, ensure_ascii=False))
        return
    _table(page.lines)
    if page.next:
        typer.echo(f"older ones: --after {page.next}", err=True)


def _table(lines: "tuple[Line, ...]") -> None:
    columns = ("reference", "time", "operation", "partner", "outcome", "ms")
    rows = (
        (
            str(line.reference),
            readable(line.at),
            line.operation.rsplit(".", 1)[-1],
            line.app_id,
            line.outcome,
            f"{line.duration_us / 1000:.1f}",
        )
        for line in lines
    )
    put(columns, rows, whole=("reference", "outcome"))


def _facts(record: "Record", *, full: bool) -> dict[str, object]:
    from yiqiao.journal.masked import masked
    from yiqiao.spec import load
    from yiqiao.spec.masking import mask_stray

    line, view = record.line, record.view
    spec = load(line.dialect)
    operation, code = spec.operations.get(line.operation), spec.return_codes.get(line.outcome)
    request, answer = dict(view.request), dict(view.answer) if view.answer is not None else None
    if not full:
        asked, answered = (operation.request, operation.response) if operation else ((), ())
        request = masked(request, asked, spec.personal)
        answer = masked(answer, answered, spec.personal) if answer is not None else None
    facts: dict[str, object] = {
        "reference": str(line.reference),
        "time": readable(line.at),
        "dialect": line.dialect,
        "operation": line.operation,
        "title": operation.title if operation else None,
        "partner": line.app_id,
        "terminal": view.terminal,
        "peer": view.peer,
        "direction": line.direction,
        "outcome": line.outcome,
        "meaning": code.title if code else None,
        "refusal": view.refusal,
        "message": mask_stray(view.message) if view.message and not full else view.message,
        "duration_us": line.duration_us,
        "request_id": line.request_id,
        "replay_of": str(view.replay_of) if view.replay_of else None,
        "fault": view.fault,
        "repeat_of": str(view.repeat_of) if view.repeat_of else None,
        "digest": record.digest.hex(),
        "kept": "as it came" if record.whole else "cut",
        "request": request,
        "answer": answer,
    }
    if full:
        facts["wire_request"] = record.request.decode(errors="replace")
        facts["wire_response"] = record.response.decode(errors="replace")
    return facts


def _person_id(store: "Store", text: str) -> str:
    """A person_id as it is, or that of a certificate given as `ID_TYPE ID_NO`."""
    from yiqiao.clock import beijing
    from yiqiao.region.identity import certificates
    from yiqiao.region.identity.identifiers import IdentityKeys, person_id

    id_type, blank, id_no = text.partition(" ")
    if not blank:
        if not re.fullmatch(r"[0-9a-f]{32}", text):
            raise leaving("--person: 'ID_TYPE ID_NO' (as in '01 …'), or a person_id of 32 hexadecimal digits", USAGE)
        return text
    certificate = certificates.parse(id_type, id_no, beijing(store.clock.now_ms()).date())
    return person_id(IdentityKeys.derive(store.keyring.identity), certificate)


def _reference(text: str) -> "Reference":
    from yiqiao.journal.reader import Reference

    try:
        return Reference.parse(text)
    except ValueError as error:
        raise leaving(str(error), USAGE) from None


def _moment(text: str) -> int:
    try:
        return moment(text, SystemClock().now_ms())
    except ValueError as error:
        raise leaving(str(error), USAGE) from None


def _heads(path: Path) -> "list[Head]":
    """The heads that an earlier report states."""
    from yiqiao.journal.chain import Head

    try:
        return [Head.parse(text) for text in json.loads(path.read_text(encoding="utf-8"))["heads"]]
    except OSError as error:
        raise leaving(f"--heads: {path}: {error.strerror}", UNREACHABLE) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise leaving(f"--heads: {path} is no report of `yiqiao journal verify --json`", USAGE) from None
