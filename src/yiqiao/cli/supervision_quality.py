"""`yiqiao supervision rules|review|findings|archive|analyse`: the quality of what internet hospitals upload, and
analyses over an archive without persons.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving
from yiqiao.cli.options import AsJson, Data, DatabaseUrl, on_store, settings_from, told
from yiqiao.cli.tables import put
from yiqiao.clock import readable

if TYPE_CHECKING:
    from yiqiao.app.store import Store
    from yiqiao.region.supervision.analysis import Answer
    from yiqiao.region.supervision.quality.lines import Line
    from yiqiao.region.supervision.quality.rules import Rules

Day = tuple[str, str]
T = TypeVar("T")
LAST = "9999-12-31"

AppId = Annotated[str | None, typer.Argument(help="One internet hospital's appid; all of them.")]
Begins = Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="The first day; from the beginning.")]
Ends = Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="The last day; up to now.")]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file (UTF-8).")]


def rules(
    columns: Annotated[bool, typer.Option("--columns", help="Show the tables and columns that rules see.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Try every rule; exit code 1 if one cannot be run.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Rules of one's own; else the setting supervision_rules.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List the rules of quality, what they see, and whether all of them can be run."""
    if columns:
        _columns(as_json=as_json)
        return
    found = _rules(folder, data)
    if check:
        _check(found)
        return
    facts = [
        {"id": one.id, "title": one.title, "sort": one.sort, "weight": one.weight, "record": one.record}
        for one in found.by_id.values()
    ]
    _put(facts, as_json=as_json)


def review(
    app_id: AppId = None, begins: Begins = "", ends: Ends = LAST, data: Data = None, database_url: DatabaseUrl = None
) -> None:
    """Run the rules now over the days on file; a running hub does so by itself, a little after each upload."""

    async def work(store: "Store") -> tuple[int, int]:
        from yiqiao.app.supervision_quality import reviewer_of

        reviewer = reviewer_of(store)
        found = 0
        days = await _days(store, app_id, begins, ends)
        with _bar("days", days) as each:
            for one, day in each:
                found += (await reviewer.review(one, day)).findings
        return len(days), found

    number, found = on_store(settings_from(data, database_url), work)
    typer.echo(f"{number} days reviewed, {found} findings", err=True)


def findings(
    app_id: AppId = None,
    begins: Begins = "",
    ends: Ends = LAST,
    rule: Annotated[str | None, typer.Option(help="Of one rule.")] = None,
    csv: Csv = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a workbook.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what the rules have found, the latest day first, at most 50,000."""

    async def work(store: "Store") -> "list[Line]":
        from yiqiao.app.supervision_quality import rules_of
        from yiqiao.region.supervision.quality import lines
        from yiqiao.storage import supervision
        from yiqiao.storage import supervision_quality as stored

        known = rules_of(store.settings)
        if rule is not None and rule not in known.by_id:
            raise ValueError(f"no rule is called {rule}")
        hospitals, rows = await store.database.read(
            lambda c: (
                {row.app_id: row.name for row in supervision.institutions(c)},
                stored.findings(c, begins, ends, lines.MOST, app_id=app_id, rules=[rule] if rule else None),
            )
        )
        return [lines.line(row, hospitals, known) for row in rows]

    found = on_store(settings_from(data, database_url), work)
    if csv or xlsx:
        _files(found, csv, xlsx)
        return
    facts = [
        {
            "day": one.row.day,
            "appid": one.row.app_id,
            "rule": one.row.rule,
            "weight": one.weight,
            "record": f"{one.row.kind} {one.row.record_key}",
            "told": one.row.told,
            "found": readable(one.row.found_at),
        }
        for one in found
    ]
    _put(facts, as_json=as_json)


def archive(
    folder: Annotated[Path, typer.Argument(help="Where the Parquet files go; made when missing.")],
    app_id: AppId = None,
    begins: Begins = "",
    ends: Ends = LAST,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write records into an archive without persons. A day is written whole, and may be written again at any time."""

    async def work(store: "Store") -> dict[str, int]:
        from yiqiao.app.supervision_quality import archive_of

        kept = archive_of(store, folder)
        days = await _days(store, app_id, begins, ends)
        records = files = 0
        with _bar("days", days) as each:
            for one, day in each:
                written = await kept.write(one, day)
                records += written.records
                files += written.files
        return {"days": len(days), "records": records, "files": files}

    report = on_store(settings_from(data, database_url), work)
    if as_json:
        typer.echo(json.dumps(report))
    else:
        typer.echo(f"{report['days']} days, {report['records']} records, {report['files']} files in {folder}", err=True)


def analyse(
    folder: Annotated[Path, typer.Argument(help="The archive.")],
    name: Annotated[str | None, typer.Argument(help="The analysis; left out: they are listed.")] = None,
    sql: Annotated[Path | None, typer.Option("--sql", metavar="FILE", help="A question of one's own.")] = None,
    csv: Csv = None,
    as_json: AsJson = False,
) -> None:
    """Ask an archive: one of the analyses that come with the hub, or a file with a SELECT."""
    from yiqiao.app.supervision_quality import columns
    from yiqiao.region.supervision import analysis

    known = analysis.analyses()
    if name is None and sql is None:
        _put(
            [{"name": one.name, "title": one.title, "english": one.english} for one in known.values()], as_json=as_json
        )
        return
    if (name is None) == (sql is None) or (name is not None and name not in known):
        raise leaving(f"one of {', '.join(known)}, or --sql FILE", USAGE)
    asked = known[name] if name is not None else told(lambda: analysis.read(str(sql), _text(sql)))
    _answer(told(lambda: analysis.ask(folder, columns(), asked)), csv, as_json=as_json)


COMMANDS = (rules, review, findings, archive, analyse)


def _rules(folder: Path | None, data: str | None) -> "Rules":
    from yiqiao.app.supervision_quality import rules_of
    from yiqiao.region.supervision.quality.rules import load_rules

    return told(lambda: load_rules(folder) if folder is not None else rules_of(settings_from(data)))


def _check(found: "Rules") -> None:
    from yiqiao.app.supervision_quality import columns
    from yiqiao.region.supervision.quality.workbench import unusable

    wrong = unusable(columns(), found.by_id.values())
    for one in wrong:
        typer.echo(one.message, err=True)
    if wrong:
        raise typer.Exit(REFUSED)
    typer.echo(f"{len(found.by_id)} rules can be run", err=True)


def _columns(*, as_json: bool) -> None:
    from yiqiao.app.supervision_quality import columns

    facts = [
        {
            "record": kind,
            "column": one.name,
            "type": one.sort.value if not one.members else f"LIST of {', '.join(part.name for part in one.members)}",
            "personal": one.personal,
        }
        for kind, shape in columns().items()
        for one in shape
    ]
    _put(facts, as_json=as_json)


async def _days(store: "Store", app_id: str | None, begins: str, ends: str) -> list[Day]:
    from yiqiao.storage import supervision_quality as stored

    days = await store.database.read(lambda connection: stored.days_on_file(connection, begins, ends))
    return [one for one in days if app_id in (None, one[0])]


@contextmanager
def _bar(what: str, days: Sequence[T]) -> Iterator[Iterable[T]]:
    """Show how far the work has come, where somebody looks on."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        yield progress.track(days, description=what)


def _files(found: "Sequence[Line]", csv: Path | None, xlsx: Path | None) -> None:
    from yiqiao.region.supervision.quality.lines import HEADINGS
    from yiqiao.spreadsheet import csv_of, xlsx_of

    rows = [HEADINGS, *(one.cells for one in found)]
    if csv:
        csv.write_bytes(csv_of(rows))
    if xlsx:
        xlsx.write_bytes(xlsx_of("质控问题", rows))
    typer.echo(f"{len(found)} findings written", err=True)


def _answer(answer: "Answer", csv: Path | None, *, as_json: bool) -> None:
    from yiqiao.spreadsheet import csv_of

    if csv:
        csv.write_bytes(
            csv_of([answer.columns, *(["" if cell is None else str(cell) for cell in row] for row in answer.rows)])
        )
        typer.echo(f"{len(answer.rows)} rows written", err=True)
    else:
        _put([dict(zip(answer.columns, row, strict=True)) for row in answer.rows], as_json=as_json)


def _text(path: Path | None) -> str:
    return path.read_text("utf-8") if path is not None else ""


def _put(facts: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    first = list(facts[0])[:1] if facts else []
    put(list(facts[0]) if facts else [], ([_cell(value) for value in one.values()] for one in facts), first)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
