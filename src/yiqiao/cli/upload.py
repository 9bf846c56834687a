"""`yiqiao upload`: an internet hospital's records to a supervision platform, from files or from a database's view.

Everything is checked before a byte is sent, kept sealed until it has arrived, and sent in the calling order. Cut off
anywhere, the same command goes on.
"""

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.options import AsJson, DatabaseUrl, settings_from, told
from yiqiao.cli.tables import put
from yiqiao.cli.upload_attachments import attachments
from yiqiao.spreadsheet import csv_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from yiqiao.app.settings import Settings
    from yiqiao.app.uploads import Account, Checked, Source, Uploads
    from yiqiao.hospital.supervision.sending import Pace
    from yiqiao.spec import Spec

FOLDER = "yiqiao-upload"
"""The data folder of a hospital that has no hub."""
SHOWN = 20
"""Wrong rows that are listed; all of them are in the report."""
DONE_FOLDER = "done"
LOOK_S = 10.0

app = typer.Typer(help="Upload records and their attachments to a supervision platform.", no_args_is_help=True)
app.command()(attachments)

Url = Annotated[str, typer.Option("--url", help="The platform's address, e.g. https://ihs.example.")]
AppId = Annotated[str, typer.Option("--app-id", help="The appid that the platform has assigned.")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="File with the key; else YIQIAO_KEY, else a prompt.")]
Profile = Annotated[str, typer.Option("--profile", help="The reading of the standard.")]


@app.command()
def rows(
    url: Url,
    app_id: AppId,
    paths: Annotated[list[Path] | None, typer.Argument(help="CSV, XLSX or NDJSON files, or folders of them.")] = None,
    operation: Annotated[str | None, typer.Option(help="A2000 …; else the files' names begin with it.")] = None,
    key_file: KeyFile = None,
    profile: Profile = "reconstructed",
    db: Annotated[str | None, typer.Option(help="A database's URL, or env:NAME where that stands.")] = None,
    view: Annotated[str | None, typer.Option(help="The view in it whose rows are uploaded.")] = None,
    skip_wrong: Annotated[
        bool, typer.Option("--skip-wrong", help="Send the rows that are right all the same.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Try rows again that the platform has refused.")] = False,
    check_only: Annotated[bool, typer.Option("--check-only", help="Check; keep and send nothing.")] = False,
    batch_rows: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Rows a request; default: as advised.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=32, help="Requests at a time.")] = 4,
    patience: Annotated[int, typer.Option(min=0, help="Failures of one batch until one gives up; 0: never.")] = 8,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on looking for new files, or for changes of the view.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = LOOK_S,
    report: Annotated[Path | None, typer.Option(help="CSV file for what was wrong or refused.")] = None,
    data: Annotated[str | None, typer.Option(help=f"Data folder; default: {FOLDER}.")] = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Check, keep and send records; without any, send what was kept. A failed command is simply run again.

    Exit code 1: rows were wrong or refused, or the platform does not let us in; 3: it cannot be reached.
    """
    from yiqiao.app.uploads import Account, pace_of
    from yiqiao.cli.call import secret_from
    from yiqiao.spec import SpecError

    given = paths or []
    key = "" if check_only else secret_from(key_file)
    account = Account(url, app_id, key, profile)
    try:
        spec = account.spec
    except SpecError as error:
        raise leaving(str(error), USAGE) from None
    if operation is not None and operation not in spec.operations:
        raise leaving(f"no operation {operation!r}; there are: {', '.join(spec.operations)}", USAGE)
    if (db is None) is not (view is None) or (view is not None and operation is None):
        raise leaving("--db, --view and --operation belong together", USAGE)
    if watch and view is None and not (len(given) == 1 and given[0].is_dir()):
        raise leaving("--watch wants one folder, or --db and --view", USAGE)
    run = _Run(
        account=account,
        spec=spec,
        paths=given,
        operation=operation,
        view=(_address(db), view) if db is not None and view is not None else None,
        skip_wrong=skip_wrong or watch,
        again=again,
        pace=pace_of(spec, batch_rows, concurrency, 0 if watch else patience),
        report=report,
        as_json=as_json,
    )
    settings = _settings(data, database_url)
    if check_only:
        told(lambda: asyncio.run(run.check_only()))
    else:
        told(lambda: asyncio.run(run.watch(settings, every) if watch else run.once(settings)))


@app.command()
def status(
    app_id: AppId,
    report: Annotated[Path | None, typer.Option(help="CSV file for the rows that were refused.")] = None,
    data: Annotated[str | None, typer.Option(help=f"Data folder; default: {FOLDER}.")] = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """How the outbox stands: what has arrived, what waits, what was refused and why."""
    from yiqiao.app.uploads import Account, open_uploads

    async def show() -> None:
        async with open_uploads(_settings(data, database_url), Account("", app_id, "")) as uploads:
            await _reported(uploads, [], report, as_json=as_json)

    told(lambda: asyncio.run(show()))


def _settings(data: str | None, database_url: str | None) -> "Settings":
    return settings_from(data or (None if "YIQIAO_DATA" in os.environ else FOLDER), database_url)


def _address(db: str) -> str:
    """A URL may hold a password, which belongs into the environment."""
    if not db.startswith("env:"):
        return db
    found = os.environ.get(db.removeprefix("env:"))
    if not found:
        raise leaving(f"{db}: the environment has no such value", USAGE)
    return found


class _Run:
    """One run of the command."""

    def __init__(
        self,
        *,
        account: "Account",
        spec: "Spec",
        paths: Sequence[Path],
        operation: str | None,
        view: tuple[str, str] | None,
        skip_wrong: bool,
        again: bool,
        pace: "Pace",
        report: Path | None,
        as_json: bool,
    ) -> None:
        self._account = account
        self._spec = spec
        self._paths = paths
        self._operation = operation
        self._view = view
        self._skip_wrong = skip_wrong
        self._again = again
        self._pace = pace
        self._report = report
        self._as_json = as_json
        self._wrong: list[tuple[str, str, str]] = []

    async def check_only(self) -> None:
        """Check all, keep and send nothing."""
        with _progress() as progress:
            found = [self._check(source, progress) for source in await self._sources()]
        counts = {"ready": sum(one.ready for one in found), "wrong": sum(one.wrong for one in found)}
        typer.echo(json.dumps(counts) if self._as_json else f"{counts['ready']} ready, {counts['wrong']} wrong")
        if self._wrong:
            raise typer.Exit(self._wrong_told())

    async def once(self, settings: "Settings") -> None:
        """Check all, keep it, send it."""
        from yiqiao.app.uploads import open_uploads

        with _progress() as progress:
            sources = await self._sources()
            for source in sources:
                self._check(source, progress)
            if self._wrong and not self._skip_wrong:
                raise leaving("nothing was sent; mend the rows, or say --skip-wrong", self._wrong_told())
            async with open_uploads(settings, self._account) as uploads:
                for source in sources:
                    await uploads.put(source, again=self._again)
                await self._send(uploads, progress)
                await _reported(uploads, self._wrong, self._report, as_json=self._as_json)

    async def watch(self, settings: "Settings", every: float) -> None:
        """Look again and again; never ends by itself."""
        from yiqiao.app.uploads import open_uploads

        async with open_uploads(settings, self._account) as uploads:
            looks: dict[Path, tuple[int, int]] = {}
            with _progress() as progress:
                await self._send(uploads, progress)
                while True:
                    looks = await self._look(uploads, looks, progress)
                    await asyncio.sleep(every)

    async def _look(
        self, uploads: "Uploads", looks: dict[Path, tuple[int, int]], progress: "Progress"
    ) -> dict[Path, tuple[int, int]]:
        """Take in what is new, and send it. A file is moved to `done` when its rows are in the outbox."""
        from yiqiao.app.uploads import in_order, ripe, source_of
        from yiqiao.errors import DomainError

        self._wrong.clear()
        if self._view is not None:
            try:
                for source in await self._sources():
                    self._check(source, progress)
                    await uploads.put(source, again=self._again)
            except DomainError as lost:
                typer.echo(lost.message, err=True)
                return looks
            await self._send(uploads, progress)
            return looks
        folder = self._paths[0]
        files, now = ripe(folder, looks, self._spec, self._operation)
        by_source = {}
        for path in files:
            try:
                source = source_of(path, self._spec, self._operation)
                found = self._check(source, progress)
            except DomainError as unfit:
                typer.echo(unfit.message, err=True)
                path.replace(_beside(path, "unfit"))
                continue
            by_source[source.name] = (path, source, found)
        for source in in_order((one for _, one, _ in by_source.values()), self._spec):
            path, _, found = by_source[source.name]
            await uploads.put(source, again=self._again)
            _write_wrong(path, found)
            path.replace(_beside(path, DONE_FOLDER))
        await self._send(uploads, progress)
        return now

    async def _sources(self) -> "list[Source]":
        from yiqiao.app.uploads import in_order, is_named, source_of, view_of

        if self._view is not None and self._operation is not None:
            return [await view_of(*self._view, self._spec, self._operation)]
        files: list[Path] = []
        for path in self._paths:
            if path.is_dir():
                files += [one for one in sorted(path.iterdir()) if is_named(one, self._spec, self._operation)]
            elif path.is_file():
                files.append(path)
            else:
                raise leaving(f"{path}: no such file", USAGE)
        return in_order([source_of(path, self._spec, self._operation) for path in files], self._spec)

    def _check(self, source: "Source", progress: "Progress") -> "Checked":
        from yiqiao.app.uploads import check, wrong_rows

        bar = progress.add_task(f"checking {source.name}", total=None)
        try:
            found = check(source, self._spec, _steps(lambda step: progress.advance(bar, step)))
        finally:
            progress.remove_task(bar)
        self._wrong += wrong_rows(found.told)
        return found

    async def _send(self, uploads: "Uploads", progress: "Progress") -> None:
        from yiqiao.hospital.supervision.outbox import open_rows
        from yiqiao.hospital.supervision.sending import Stopped

        left = sum(open_rows(await uploads.outbox.tallies()).values())
        if not left:
            return
        bar = progress.add_task("sending", total=left)
        try:
            await uploads.send(self._pace, lambda rows: progress.advance(bar, rows))
        except Stopped as stopped:
            await _reported(uploads, self._wrong, self._report, as_json=self._as_json, leave=False)
            raise leaving(stopped.message, REFUSED if stopped.reached else UNREACHABLE) from None
        finally:
            progress.remove_task(bar)

    def _wrong_told(self) -> int:
        for source, field, message in self._wrong[:SHOWN]:
            typer.echo(f"{source}: {field}{message}", err=True)
        if len(self._wrong) > SHOWN:
            typer.echo(f"… and {len(self._wrong) - SHOWN} more; --report writes all", err=True)
        _write_report(self._report, self._wrong)
        return REFUSED


async def _reported(
    uploads: "Uploads", wrong: list[tuple[str, str, str]], report: Path | None, *, as_json: bool, leave: bool = True
) -> None:
    """Tell how it stands; exits 1 where rows were wrong or refused."""
    tallies = await uploads.outbox.tallies()
    refused = [(row.source, row.service, row.told or "") for row in await uploads.outbox.refused()]
    if as_json:
        facts = [{"operation": t.service, "state": t.state, "fate": t.fate, "rows": t.rows} for t in tallies]
        told_rows = [{"source": s, "operation": o, "message": m} for s, o, m in refused]
        typer.echo(json.dumps({"rows": facts, "refused": told_rows, "wrong": len(wrong)}, ensure_ascii=False))
    else:
        put(("operation", "state", "fate", "rows"), [(t.service, t.state, t.fate or "", str(t.rows)) for t in tallies])
        for source, field, message in [*wrong, *refused][:SHOWN]:
            typer.echo(f"{source}: {field} {message}", err=True)
    _write_report(report, [*wrong, *refused])
    if leave and (wrong or refused):
        raise typer.Exit(REFUSED)


def _write_report(path: Path | None, rows: Sequence[tuple[str, str, str]]) -> None:
    if path is not None:
        path.write_bytes(csv_of([("source", "field", "message"), *rows]))


def _write_wrong(path: Path, found: "Checked") -> None:
    """Beside a watched file, in `done`: what was wrong in it."""
    from yiqiao.app.uploads import wrong_rows

    if found.told:
        beside = _beside(path, DONE_FOLDER)
        _write_report(beside.with_name(f"{beside.name}.wrong.csv"), wrong_rows(found.told))


def _beside(path: Path, folder: str) -> Path:
    """A place in a folder beside, under the same name, or a numbered one where that is taken."""
    there = path.parent / folder
    there.mkdir(exist_ok=True)
    names = [path.name, *(f"{path.stem}.{number}{path.suffix}" for number in range(1, 10_000))]
    return next(there / name for name in names if not (there / name).exists())


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _steps(advance: Callable[[int], None], step: int = 500) -> Callable[[int], None]:
    """Tell of many rows at a time: a bar that is drawn for every row takes longer than the row."""
    count = 0

    def counted(rows: int) -> None:
        nonlocal count
        count += rows
        if count >= step:
            advance(count)
            count = 0

    return counted
