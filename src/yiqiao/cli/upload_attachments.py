"""`yiqiao upload attachments`: the files that records name, of any size, to a supervision platform.

A file is sent as it is read. A break costs what was sent since the last full chunk; a command that was cut off is run
again, and what the platform has already is not sent twice.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.options import AsJson, DryRun
from yiqiao.cli.tables import put

if TYPE_CHECKING:
    from rich.progress import Progress

    from yiqiao.dialects.supervision.attachment_client import Uploader

_SERVICE = re.compile(r"\d{2}", re.ASCII)
COLUMNS = ("file", "service", "id", "type", "bytes", "outcome", "told")


class Planned(NamedTuple):
    """A file that is to be sent."""

    path: Path
    service: str
    atta_id: str
    file_type: str
    size: int


class Outcome(NamedTuple):
    """What became of a file: sent, unchanged, refused or lost; and what was said of it."""

    word: str
    told: str = ""


def attachments(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of them.")],
    url: Annotated[str, typer.Option("--url", help="The platform's address, e.g. https://ihs.example.")],
    app_id: Annotated[str, typer.Option("--app-id", help="The appid that the platform has assigned.")],
    service: Annotated[
        str | None,
        typer.Option(help="attaService, e.g. 11; else the folder that a file is in is named by it (11/visit-1.pdf)."),
    ] = None,
    atta_id: Annotated[
        str | None, typer.Option("--id", help="attaId, for a single file; else a file's name without its extension.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="File with the key; else YIQIAO_KEY, else a prompt.")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="The reading of the standard.")] = "reconstructed",
    concurrency: Annotated[int, typer.Option(min=1, max=16, help="Files at a time.")] = 2,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Upload attachments. A failed command is simply run again: what is there is not sent twice.

    Exit code 1: files were refused; 3: the platform cannot be reached.
    """
    from yiqiao.cli.call import secret_from
    from yiqiao.dialects.supervision.attachment_client import Uploader
    from yiqiao.spec import SpecError

    planned = _plan(paths, service, atta_id)
    if dry_run:
        _tell([(one, Outcome("planned")) for one in planned], as_json=as_json)
        return
    key = secret_from(key_file)
    try:
        uploaders = [Uploader(url, app_id=app_id, key=key, profile=profile) for _ in range(concurrency)]
    except SpecError as error:
        raise leaving(str(error), USAGE) from None
    outcomes = _sent(uploaders, planned)
    _tell(list(zip(planned, outcomes, strict=True)), as_json=as_json)
    words = {one.word for one in outcomes}
    if words & {"refused", "lost"}:
        raise typer.Exit(UNREACHABLE if "lost" in words else REFUSED)


def _plan(paths: Sequence[Path], service: str | None, atta_id: str | None) -> list[Planned]:
    """What is to be sent. Exits 2 where it cannot be told what a file is."""
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise leaving(f"no files in {', '.join(map(str, paths))}", USAGE)
    if atta_id is not None and len(files) != 1:
        raise leaving(f"--id names one file, and there are {len(files)}", USAGE)
    planned = []
    for path in files:
        known = service or path.parent.name
        if not _SERVICE.fullmatch(known):
            raise leaving(f"{path}: say --service, or put it into a folder that is named by it (11, 12 …)", USAGE)
        if not path.suffix[1:]:
            raise leaving(f"{path}: its name has no extension, which is its type", USAGE)
        planned.append(Planned(path, known, atta_id or path.stem, path.suffix[1:].lower(), path.stat().st_size))
    times = Counter(one.atta_id for one in planned)
    twice = [one.path for one in planned if times[one.atta_id] > 1]
    if twice:
        raise leaving(f"several files would have one id: {', '.join(map(str, twice[:5]))}", USAGE)
    return planned


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
    elif path.is_file():
        yield path
    else:
        raise leaving(f"{path}: no such file", USAGE)


def _sent(uploaders: "list[Uploader]", planned: Sequence[Planned]) -> list[Outcome]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    free = list(uploaders)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with (
        Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress,
        ThreadPoolExecutor(len(uploaders)) as pool,
    ):

        def send(one: Planned) -> Outcome:
            uploader = free.pop()
            try:
                return _one(uploader, one, progress)
            finally:
                free.append(uploader)

        try:
            return list(pool.map(send, planned))
        finally:
            for uploader in uploaders:
                uploader.close()


def _one(uploader: "Uploader", planned: Planned, progress: "Progress") -> Outcome:
    from yiqiao.dialects.supervision.attachment_client import Attachment
    from yiqiao.dialects.supervision.client import ConnectionFailed, Refused, Unanswered
    from yiqiao.dialects.supervision.verdicts import Verdict
    from yiqiao.errors import DomainError

    task = progress.add_task(planned.path.name, total=planned.size)
    try:
        receipt = uploader.upload(
            planned.path,
            Attachment(planned.service, planned.atta_id, planned.file_type),
            lambda sent, size: progress.update(task, completed=sent, total=size),
        )
    except Refused as refused:
        return Outcome("refused", str(refused))
    except (ConnectionFailed, Unanswered) as lost:
        return Outcome("lost", lost.message)
    except (DomainError, OSError) as unusable:
        return Outcome("refused", str(unusable))
    finally:
        progress.remove_task(task)
    unchanged = receipt.verdicts is not None and receipt.verdicts.count(Verdict.UNCHANGED) > 0
    return Outcome("unchanged" if unchanged else "sent")


def _tell(files: Sequence[tuple[Planned, Outcome]], *, as_json: bool) -> None:
    rows = [
        dict(zip(COLUMNS, (str(one.path), one.service, one.atta_id, one.file_type, one.size, *outcome), strict=True))
        for one, outcome in files
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        put(COLUMNS, [tuple(str(value) for value in row.values()) for row in rows])
