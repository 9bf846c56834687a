"""`yiqiao supervision`: the supervisor's side of internet hospitals, from the command line: who is opened and what is
bound, what came in, what waits, and records with their versions.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yiqiao.cli import supervision_quality as quality
from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.supervision_attachments import app as attachments
from yiqiao.cli.tables import put, put_facts
from yiqiao.clock import readable

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.region.supervision.institutions import Institution, Institutions
    from yiqiao.region.supervision.reading import Readings

T = TypeVar("T")
Facts = Mapping[str, object]

app = typer.Typer(help="Supervision: internet hospitals that upload, what waits, what is kept.", no_args_is_help=True)
for command in quality.COMMANDS:
    app.command()(command)

app.add_typer(attachments, name="attachment")

AppId = Annotated[str, typer.Argument(help="The internet hospital's appid.")]
Name = Annotated[str, typer.Option(help="Its name, as people read it.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
Begins = Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day.")]
Ends = Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day.")]


class Binding(StrEnum):
    """What can be bound."""

    SUBJECT = "subject"
    PARTNER = "partner"


@app.command("list")
def list_(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List internet hospitals."""
    rows = _with_institutions(data, database_url, lambda institutions: institutions.all())
    facts = [
        {
            "appid": row.app_id,
            "hospital": row.hosp_id,
            "name": row.name,
            "open": bool(row.open),
            "opened_at": readable(row.opened_at),
        }
        for row in rows
    ]
    _put(facts, as_json=as_json)


@app.command()
def show(app_id: AppId, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show an internet hospital with what is bound for it."""
    found = _with_institutions(data, database_url, lambda institutions: institutions.show(app_id))
    _show(found, as_json=as_json)


@app.command("open")
def open_(
    app_id: AppId,
    hospital: Annotated[str, typer.Option(help="The code that the platform gave it (hospId).")],
    name: Name,
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """开通医疗机构: what it uploads is taken in from now on."""
    new = _act(data, database_url, lambda by, who: by.open(who, app_id, hospital, name), dry_run=dry_run)
    _say("opened" if new else "opened again", dry_run=dry_run)


@app.command()
def close(app_id: AppId, dry_run: DryRun = False, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Take in nothing more from an internet hospital; what is on file stays."""
    _act(data, database_url, lambda by, who: by.close(who, app_id), dry_run=dry_run)
    _say("closed", dry_run=dry_run)


@app.command()
def bind(
    app_id: AppId,
    kind: Annotated[Binding, typer.Argument(help="A department to a subject, or a hospital as partner.")],
    code: Annotated[str, typer.Argument(help="The department's code; the partner's hospId.")],
    name: Name,
    subject: Annotated[str, typer.Option(help="The subject's code (诊疗科目), for a department.")] = "",
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """绑定科目, 绑定合作医院: what waited for it is judged again."""
    if (kind is Binding.SUBJECT) != bool(subject):
        raise leaving("--subject is said of a department, and of nothing else", USAGE)

    async def work(by: "Institutions", who: str) -> None:
        if kind is Binding.SUBJECT:
            await by.bind_subject(who, app_id, code, subject, name)
        else:
            await by.bind_partner(who, app_id, code, name)

    _act(data, database_url, work, dry_run=dry_run)
    _say("bound", dry_run=dry_run)


@app.command()
def unbind(
    app_id: AppId,
    kind: Annotated[Binding, typer.Argument(help="subject or partner.")],
    code: Annotated[str, typer.Argument(help="The department's code; the partner's hospId.")],
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Take a binding back; what is valid stays so."""
    from yiqiao.region.supervision.kinds import Bound

    if not _act(data, database_url, lambda by, who: by.unbind(who, app_id, Bound(kind), code), dry_run=dry_run):
        raise leaving(f"{code} is not bound", REFUSED)
    _say("no longer bound", dry_run=dry_run)


@app.command()
def judge(app_id: AppId, dry_run: DryRun = False, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """Look anew at what waits; a running hub judges it again."""
    come = _act(data, database_url, lambda by, who: by.judge_again(who, app_id), dry_run=dry_run)
    _say(f"{come} facts had come and were not seen", dry_run=dry_run)


@app.command()
def waiting(
    app_id: AppId, limit: Limit = 50, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List what is waited for, and by how many records."""
    found = _with_readings(data, database_url, lambda readings: readings.wanted(app_id, limit))
    facts = [
        {"kind": one.fact.kind, "key": one.fact.key, "waiting": one.number, "since": readable(one.since)}
        for one in found
    ]
    _put(facts, as_json=as_json)


@app.command()
def batches(
    app_id: AppId, limit: Limit = 50, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List what came in, the newest first."""
    found = _with_readings(data, database_url, lambda readings: readings.batches(app_id, limit))
    facts = [
        {
            "batch": row.batch_id,
            "kind": row.kind,
            "received": readable(row.received_at),
            "bytes": row.size,
            "accepted": row.accepted,
            "waiting": row.waiting,
            "refused": row.refused,
            "unchanged": row.unchanged,
        }
        for row in found
    ]
    _put(facts, as_json=as_json)


@app.command()
def refusals(
    app_id: AppId,
    batch: Annotated[int, typer.Argument(help="The batch's number.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List the rows of a batch that were refused."""
    found = _with_readings(data, database_url, lambda readings: readings.refusals(app_id, batch))
    facts = [{"row": one.position + 1, "key": one.record_key, "code": one.code, "why": one.told} for one in found]
    _put(facts, as_json=as_json)


@app.command()
def record(
    app_id: AppId,
    kind: Annotated[str, typer.Argument(help="order, visit, recipe, emr, staff, department …")],
    key: Annotated[str, typer.Argument(help="The record's number, e.g. orderId.")],
    content: Annotated[bool, typer.Option("--content", help="Show contents too: they are personal.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show a record's versions, the newest first. That it was read is written down."""
    from yiqiao.app.appointments import BY_COMMAND

    found = _with_readings(data, database_url, lambda readings: readings.record(BY_COMMAND, app_id, kind, key))
    facts = [
        {
            "version": one.row.version,
            "state": one.row.state,
            "in_force": bool(one.row.in_force),
            "sent": readable(one.row.sent_at),
            "received": readable(one.row.received_at),
            "waits_for": [f"{fact.kind} {fact.key}" for fact in one.wants],
            **({"content": one.content} if content else {}),
        }
        for one in found
    ]
    _put(facts, as_json=as_json)


@app.command()
def totals(
    begins: Begins = "",
    ends: Ends = "9999-12-31",
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Count what is on file by internet hospital and kind, on these days of the business."""
    found = _with_readings(data, database_url, lambda readings: readings.totals(begins, ends))
    facts = [
        {"appid": row.app_id, "kind": row.kind, "in_force": row.in_force, "waiting": row.waiting}
        for row in sorted(found)
    ]
    _put(facts, as_json=as_json)


def _act(
    data: str | None,
    database_url: str | None,
    work: "Callable[[Institutions, str], Awaitable[T]]",
    *,
    dry_run: bool,
) -> T:
    from yiqiao.app.appointments import BY_COMMAND

    async def act(institutions: "Institutions") -> T:
        return await work(institutions, BY_COMMAND)

    return _with_institutions(data, database_url, act, rehearsal=dry_run)


def _with_institutions(
    data: str | None,
    database_url: str | None,
    work: "Callable[[Institutions], Awaitable[T]]",
    *,
    rehearsal: bool = False,
) -> T:
    async def run(store: "Store") -> T:
        from yiqiao.region.supervision.institutions import Institutions

        return await work(Institutions(store.database, store.clock, store.wall, rehearsal=rehearsal))

    return on_store(settings_from(data, database_url), run)


def _with_readings(data: str | None, database_url: str | None, work: "Callable[[Readings], Awaitable[T]]") -> T:
    async def run(store: "Store") -> T:
        from yiqiao.region.supervision.reading import Readings

        return await work(Readings(store.database, store.keyring, store.wall))

    return on_store(settings_from(data, database_url), run)


def _show(found: "Institution", *, as_json: bool) -> None:
    row = found.row
    facts = {"appid": row.app_id, "hospital": row.hosp_id, "name": row.name, "open": bool(row.open)}
    subjects = {one.code: f"{one.subject} {one.name}" for one in found.subjects}
    partners = {one.code: one.name for one in found.partners}
    if as_json:
        typer.echo(json.dumps({**facts, "subjects": subjects, "partners": partners}, ensure_ascii=False))
        return
    lines = [(name, _cell(value)) for name, value in facts.items()]
    lines += [(f"subject of {code}", told) for code, told in subjects.items()]
    put_facts([*lines, *((f"partner {code}", told) for code, told in partners.items())])


def _put(facts: Sequence[Facts], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    elif facts:
        put(list(facts[0]), ([_cell(value) for value in one.values()] for one in facts), list(facts[0])[:1])


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _say(what: str, *, dry_run: bool) -> None:
    typer.echo(f"would be {what} (--dry-run: nothing was changed)" if dry_run else what, err=True)
