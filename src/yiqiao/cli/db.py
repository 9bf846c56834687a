"""`yiqiao db`: bring the database to this version's form, check it, back it up and bring it back."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, leaving
from yiqiao.cli.options import (
    AsJson,
    Config,
    Data,
    DatabaseUrl,
    DryRun,
    Set,
    existing,
    no_file_yet,
    settings_from,
    told,
)
from yiqiao.cli.tables import put
from yiqiao.clock import SystemClock, readable

T = TypeVar("T")
app = typer.Typer(help="The database: upgrade, check, backup, restore.", no_args_is_help=True)


@app.command()
def upgrade(
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Bring the database to the form that this version needs. Take a backup first."""
    settings = settings_from(data, database_url, config, set_)
    if not dry_run:
        told(lambda: settings.folder.mkdir(parents=True, exist_ok=True))

    async def work() -> tuple[str | None, str]:
        from yiqiao.adapters.keyfile import FileKeys
        from yiqiao.app.store import KEYS_FILE
        from yiqiao.storage import migrate

        needed = migrate.newest()
        before = None if dry_run and no_file_yet(settings) else await migrate.current(settings.database)
        if before != needed and not dry_run:
            await migrate.upgrade(settings.database)
            FileKeys(settings.folder / KEYS_FILE).keyring()  # a new hub is complete: database and keys
        return before, needed

    before, needed = _done(work)
    if as_json:
        typer.echo(json.dumps({"before": before, "needed": needed, "dry_run": dry_run}))
    elif before == needed:
        typer.echo(f"the database is at revision {needed} already")
    else:
        typer.echo(f"{'would go' if dry_run else 'gone'} from {before or 'empty'} to revision {needed}")


@app.command()
def check(
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Look whether the database is whole and in this version's form. Exits 1 where it is not."""
    settings = settings_from(data, database_url, config, set_)

    from yiqiao.app.backup import check as look

    if no_file_yet(settings):
        existing(settings)
    found = _done(lambda: look(settings))
    if as_json:
        facts = {"good": found.good, "engine": found.engine, "revision": found.revision, "needed": found.needed}
        typer.echo(json.dumps({**facts, "damages": found.damages, "rows": found.rows}))
    else:
        _rows(found.rows)
        typer.echo(f"{found.engine}, revision {found.revision or 'none'}, needed {found.needed}")
        for damage in found.damages:
            typer.echo(damage)
        typer.echo("good" if found.good else "not good: " + ("damaged" if found.damages else "yiqiao db upgrade"))
    if not found.good:
        raise typer.Exit(REFUSED)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The archive to write (.tar).")],
    with_keys: Annotated[bool, typer.Option("--with-keys", help="Put the hub's keys in as well.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Write the database into one file, while the hub serves."""
    settings = settings_from(data, database_url, config, set_)
    existing(settings)

    from yiqiao.app.backup import back_up

    manifest = _done(lambda: back_up(settings, file, SystemClock(), with_keys=with_keys))
    if with_keys:
        typer.echo("the archive holds the hub's keys: whoever has it can read everything in it", err=True)
    else:
        typer.echo(f"the keys are not in it: keep {settings.folder / 'keys.json'} in another safe place", err=True)
    if as_json:
        parts = [part.__dict__ for part in manifest.parts]
        typer.echo(json.dumps({"file": str(file), "revision": manifest.revision, "parts": parts}))
        return
    for part in manifest.parts:
        typer.echo(f"{part.name:18} {part.size:12} bytes   SM3 {part.sm3}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="An archive that `yiqiao db backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Also over a database or keys that are there.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty hub, upgrade it, and prove its journal."""
    settings = settings_from(data, database_url, config, set_)

    from yiqiao.app.backup import restore as bring_back
    from yiqiao.cli.journal import report_facts, tell

    restored = _done(lambda: bring_back(settings, file, SystemClock(), force=force))
    if as_json:
        facts = {"revision": restored.manifest.revision, "made_at": restored.manifest.made_at}
        typer.echo(json.dumps({**facts, "rows": restored.rows, "journal": report_facts(restored.report)}))
    else:
        _rows(restored.rows)
        typer.echo(f"as of {readable(restored.manifest.made_at)}, by version {restored.manifest.version}")
        tell(restored.report)
    if not restored.report.clean:
        raise typer.Exit(REFUSED)


def _done(work: Callable[[], Awaitable[T]]) -> T:
    from yiqiao.app.archive import ArchiveUnusable
    from yiqiao.app.backup import BackupRefused
    from yiqiao.app.postgresql_tools import ToolFailed, ToolMissing

    async def run() -> T:
        return await work()

    try:
        return told(lambda: asyncio.run(run()))
    except (ArchiveUnusable, BackupRefused) as error:
        raise leaving(str(error), REFUSED) from None
    except (ToolMissing, ToolFailed) as error:
        raise leaving(str(error), UNREACHABLE) from None


def _rows(rows: Mapping[str, int]) -> None:
    put(("table", "rows"), ((name, f"{count:,}") for name, count in rows.items()))
