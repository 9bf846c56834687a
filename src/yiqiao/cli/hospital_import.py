"""`yiqiao hospital import` and `columns`: a hospital's data from a folder of CSV files, and what stands in them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, DryRun, on_store, settings_from
from yiqiao.cli.tables import put

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.hospital.imports.files import Result

SHOWN = 50
"""Faults that are listed; all of them are in --json, and their rows in FILE.rejected.csv."""


def bring_in(
    folder: Annotated[Path, typer.Argument(help="Folder of CSV files (UTF-8 or GB18030), and photos/DOCTOR_ID.jpg.")],
    hospital: Annotated[str, typer.Option("--hospital", help="The hospital's id.")],
    dry_run: DryRun = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Bring a hospital's data in. Rows that do not fit are set aside in FILE.rejected.csv; exit code 1 then."""
    if not folder.is_dir():
        raise leaving(f"{folder}: no such folder", USAGE)

    async def work(store: "Store") -> "list[Result]":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        from yiqiao.app import hospital_import as importing

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
        results = []
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            for sheet, path in importing.files(folder):
                bar = progress.add_task(path.name, total=None)

                def advanced(rows: int, bar: object = bar) -> None:
                    progress.advance(bar, rows)  # type: ignore[arg-type]

                results.extend(
                    await importing.bring_in(store, hospital, sheet, path, dry_run=dry_run, advanced=advanced)
                )
            if photos := sorted((folder / "photos").glob("*.jpg")):
                results.append(await importing.bring_in_photos(store, hospital, photos, dry_run=dry_run))
        return results

    results = on_store(settings_from(data, database_url), work)
    faults = [fault for result in results for fault in result.faults]
    if as_json:
        facts = [{**result._asdict(), "faults": [fault._asdict() for fault in result.faults]} for result in results]
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        put(("file", "rows", "filed", "set aside"), [_cells(result) for result in results])
        for fault in faults[:SHOWN]:
            typer.echo(f"{fault.file}:{fault.line}: {fault.column}: {fault.message}", err=True)
        if len(faults) > SHOWN:
            typer.echo(f"… and {len(faults) - SHOWN} more", err=True)
    if faults:
        raise typer.Exit(REFUSED)


def columns(table: Annotated[str | None, typer.Argument(help="Of one file, e.g. doctors; all.")] = None) -> None:
    """Show the files of an import and their columns."""
    from yiqiao.hospital.imports.sheets import LAYOUTS

    if table is not None and table not in LAYOUTS:
        raise leaving(f"no file is called {table}; there are {', '.join(LAYOUTS)}", USAGE)
    for layout in LAYOUTS.values() if table is None else [LAYOUTS[table]]:
        typer.echo(f"{layout.name}.csv  {layout.title}")
        rows = [(one.name, "*" if one.required else "", one.meaning, one.form) for one in layout.columns]
        put(("column", "", "meaning", "form"), rows, ("column",))


def _cells(result: "Result") -> tuple[str, ...]:
    return result.file, str(result.rows), str(result.filed), str(result.rows - result.filed)
