"""`yiqiao supervision attachment`: attachments of internet hospitals, what is missing, and the files themselves."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.tables import put
from yiqiao.clock import readable

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.region.supervision.attachments.service import Attachments

T = TypeVar("T")
Facts = Mapping[str, object]

app = typer.Typer(help="Attachments: what arrived, what is missing, and the files.", no_args_is_help=True)

AppId = Annotated[str, typer.Argument(help="The internet hospital's appid.")]
Id = Annotated[str, typer.Argument(help="The attachment's id (attaId).")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")]


@app.command("list")
def list_(
    app_id: AppId, limit: Limit = 100, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List the attachments that came last."""
    rows = _with(data, database_url, lambda kept, _: kept.latest(app_id, limit))
    facts = [
        {
            "id": row.atta_id,
            "version": row.version,
            "service": row.service,
            "type": row.file_type,
            "bytes": row.size,
            "sm3": row.digest,
            "received": readable(row.received_at),
        }
        for row in rows
    ]
    _put(facts, as_json=as_json)


@app.command()
def missing(
    app_id: AppId, limit: Limit = 100, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List what records name and what has not arrived, the longest missing first. Exit code 1: something is missing."""
    rows = _with(data, database_url, lambda kept, _: kept.missing(app_id, limit))
    facts = [{**row._asdict(), "since": readable(row.since)} for row in rows]
    _put(facts, as_json=as_json)
    if rows:
        raise typer.Exit(REFUSED)


@app.command()
def fetch(
    app_id: AppId,
    atta_id: Id,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; it must not be there yet.")],
    version: Annotated[int | None, typer.Option(help="Which version; else the one in force.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write an attachment to a file. It is audited."""
    if output.exists():
        raise leaving(f"{output} is there already", USAGE)

    async def work(kept: "Attachments", store: "Store") -> int:
        from yiqiao.app.appointments import BY_COMMAND
        from yiqiao.partners.audit import audit

        row = await kept.version(app_id, atta_id, version)
        detail = {"attachment": atta_id, "version": row.version}
        now = store.wall.now_ms()
        await store.database.write(lambda c: audit(c, now, BY_COMMAND, "supervision.attachment", app_id, detail))
        beside = output.with_name(f".{output.name}.part")
        try:
            with beside.open("wb") as file:
                async for piece in kept.content(row):
                    file.write(piece)
            beside.rename(output)
        finally:
            beside.unlink(missing_ok=True)
        return row.size

    size = _with(data, database_url, work)
    typer.echo(f"{output}: {size} bytes", err=True)


@app.command()
def parts(
    app_id: AppId, limit: Limit = 100, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """List uploads that broke off and wait for the rest."""
    rows = _with(data, database_url, lambda kept, _: kept.under_way(app_id, limit))
    facts = [
        {
            "place": row.place,
            "sm3": row.announced or "",
            "bytes": row.kept,
            "began": readable(row.began_at),
            "touched": readable(row.touched_at),
        }
        for row in rows
    ]
    _put(facts, as_json=as_json)


@app.command()
def drop(
    app_id: AppId,
    place: Annotated[str, typer.Argument(help="The broken upload's place, as `parts` shows it.")],
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Throw away a broken upload, before its time is up."""

    async def work(kept: "Attachments", _: "Store") -> bool:
        from yiqiao.region.supervision.attachments.sweeping import throw_away

        found = [row for row in await kept.under_way(app_id, 10_000) if row.place == place]
        return bool(found) and (dry_run or await throw_away(kept.means, found[0]))

    if not _with(data, database_url, work):
        raise leaving(f"no broken upload at {place}, or it goes on just now", REFUSED)
    typer.echo("would be thrown away (--dry-run)" if dry_run else "thrown away", err=True)


def _with(data: str | None, database_url: str | None, work: "Callable[[Attachments, Store], Awaitable[T]]") -> T:
    async def run(store: "Store") -> T:
        from yiqiao.app.supervision import attachments_of

        return await work(attachments_of(store), store)

    return on_store(settings_from(data, database_url), run)


def _put(facts: Sequence[Facts], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        columns = list(facts[0]) if facts else []
        put(columns, ([str(value) for value in one.values()] for one in facts), columns[:1])
