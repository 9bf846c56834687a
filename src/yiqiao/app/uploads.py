"""Uploading a hospital's records to a supervision platform: files and views in, checked, into the outbox, and sent.

It needs a data folder of its own and nothing else: no server has to run.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy import Connection, text

from yiqiao.adapters.hisdb import HisDatabase
from yiqiao.adapters.lines import NoAnswer, NotConnected
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.clock import DAY_MS
from yiqiao.dialects.supervision.client import AsyncClient
from yiqiao.dialects.supervision.dialect import NAME, calling_order, number
from yiqiao.dialects.supervision.remote import RemotePlatform
from yiqiao.errors import DomainError
from yiqiao.hospital.supervision import files
from yiqiao.hospital.supervision.cells import HeadingUnfit, columns, values_of
from yiqiao.hospital.supervision.checking import Ready, Wrong, checked
from yiqiao.hospital.supervision.files import FileUnfit, Line
from yiqiao.hospital.supervision.outbox import Outbox, Put
from yiqiao.hospital.supervision.sending import Pace, Sender
from yiqiao.spec import Operation, Spec, load

WRONG_KEPT = 10_000
"""Wrong rows of a source that are told; beyond them only their number."""
VIEW_TIMEOUT_S = 600
OVERTAKEN_DAYS = 30
"""How long it is remembered what was sent of a version that has a later one."""


class AlreadyRunning(DomainError):
    """Another program is sending this outbox."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"{app_id} 的上传已在运行；同一数据目录同时只能有一个，请等它结束或先停止它")


@dataclass(frozen=True)
class Account:
    """Who uploads, to whom, in which reading of the standard."""

    url: str
    app_id: str
    key: str = field(repr=False)
    profile: str = "standard"

    @property
    def spec(self) -> Spec:
        """Raises SpecError."""
        return load(NAME, self.profile)


class ViewUnread(DomainError):
    """The database was not reached, or did not give the view's rows; nothing has been done."""

    def __init__(self, view: str, reason: str) -> None:
        super().__init__(f"视图 {view} 未能读取（{reason}），请检查数据库是否可用、视图是否存在")


class Source(NamedTuple):
    """Where rows of one operation come from: a file, or what a view held."""

    service: str
    name: str
    lines: Callable[[], Iterable[Line]]


@dataclass
class Checked:
    """What a check found: how many rows are ready, how many wrong, and the first of these."""

    ready: int = 0
    wrong: int = 0
    told: list[Wrong] = field(default_factory=list)


def source_of(path: Path, spec: Spec, service: str | None) -> Source:
    """A file as a source; its name begins with the operation's number where none is given. Raises FileUnfit."""
    found = service or next((name for name in spec.operations if path.name.upper().startswith(name)), None)
    if found is None or found not in spec.operations:
        told = "、".join(spec.operations)
        raise FileUnfit(f"{path.name}：不知道是哪个接口，请用 --operation 说明，或让文件名以接口号开头（{told}）")
    if path.suffix.lower() not in files.READERS:
        raise FileUnfit(f"{path.name} 不是可以上传的文件，应为 {'、'.join(files.READERS)}")
    table = spec.operations[found].asks
    return Source(found, path.name, lambda: files.read(path, table))


async def view_of(url: str, view: str, spec: Spec, service: str) -> Source:
    """The rows of a database view, read now. Raises FileUnfit, UnusableDatabase, ViewUnread."""
    operation = spec.operations[service]
    database = HisDatabase(url, timeout_s=VIEW_TIMEOUT_S)
    try:
        lines = await database.read(lambda connection: _view(connection, view, operation))
    except (NotConnected, NoAnswer) as lost:
        raise ViewUnread(view, str(lost)) from None
    finally:
        await database.close()
    return Source(service, view, lambda: lines)


def _view(connection: Connection, view: str, operation: Operation) -> list[Line]:
    quote = connection.dialect.identifier_preparer.quote
    name = ".".join(quote(part) for part in view.split("."))
    result = connection.execute(text(f"SELECT * FROM {name}"))
    try:
        fields = columns(operation.asks, tuple(result.keys()))
    except HeadingUnfit as unfit:
        raise FileUnfit(f"视图 {view} 的列有误：{unfit}") from None
    return [Line(f"{view}:{place}", values_of(fields, row)) for place, row in enumerate(result, 1)]


def check(source: Source, spec: Spec, advanced: Callable[[int], None] = lambda _: None) -> Checked:
    """Read a source and hold every row to the standard. Raises FileUnfit."""
    found = Checked()
    for row in checked(source.lines(), spec.operations[source.service]):
        if isinstance(row, Ready):
            found.ready += 1
        else:
            found.wrong += 1
            if len(found.told) < WRONG_KEPT:
                found.told.append(row)
        advanced(1)
    return found


def in_order(sources: Iterable[Source], spec: Spec) -> list[Source]:
    """Sources in the calling order."""
    rank = {service: place for place, service in enumerate(calling_order(spec))}
    return sorted(sources, key=lambda source: rank.get(source.service, len(rank)))


@dataclass(frozen=True)
class Uploads:
    """An open outbox, and who sends it."""

    account: Account
    outbox: Outbox

    async def put(self, source: Source, *, again: bool = False) -> Put:
        """Put the ready rows of a source into the outbox. Raises FileUnfit."""
        rows = checked(source.lines(), self.account.spec.operations[source.service])
        return await self.outbox.put(source.service, (row for row in rows if isinstance(row, Ready)), again=again)

    async def send(self, pace: Pace, advanced: Callable[[int], None] = lambda _: None) -> None:
        """Send until nothing is left to be sent, and forget what was overtaken long ago. Raises Stopped."""
        account = self.account
        client = AsyncClient(account.url, app_id=account.app_id, key=account.key, profile=account.profile)
        async with client:
            await Sender(self.outbox, RemotePlatform(client), calling_order(account.spec), pace, advanced).run()
        await self.outbox.prune(self.outbox.clock.now_ms() - OVERTAKEN_DAYS * DAY_MS)


def pace_of(spec: Spec, rows: int | None, concurrency: int, patience: int) -> Pace:
    """How batches are cut: by default as many rows as the standard advises, and never more than it allows."""
    most = number(spec, "max_rows")
    return Pace(
        rows=min(rows or number(spec, "advised_rows"), most),
        size=number(spec, "sent_bytes") - 1024,
        concurrency=concurrency,
        patience=patience,
    )


@asynccontextmanager
async def open_uploads(settings: Settings, account: Account) -> AsyncIterator[Uploads]:
    """Open the outbox in a data folder, which is made where there is none. Raises AlreadyRunning, NotReadyToServe."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    with alone(settings.folder / f"upload-{account.app_id}.lock", account.app_id):
        async with open_store(settings) as store:
            yield Uploads(account, Outbox(store.database, store.keyring, store.clock, account.app_id))


@contextmanager
def alone(path: Path, app_id: str) -> Iterator[None]:
    """Hold a lock that the system lets go of when the program ends, however that is. Raises AlreadyRunning."""
    with path.open("a+b") as file:
        try:
            _lock(file)
        except OSError:
            raise AlreadyRunning(app_id) from None
        yield


if sys.platform == "win32":

    def _lock(file: IO[bytes]) -> None:
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _lock(file: IO[bytes]) -> None:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_named(path: Path, spec: Spec, service: str | None) -> bool:
    """Whether a file of a folder is one of ours: by its ending, and by its name where no operation is given."""
    named = service is not None or any(path.name.upper().startswith(name) for name in spec.operations)
    return named and path.suffix.lower() in files.READERS


def ripe(
    folder: Path, before: dict[Path, tuple[int, int]], spec: Spec, service: str | None
) -> tuple[list[Path], dict[Path, tuple[int, int]]]:
    """Files of a watched folder that have not changed since the last look, and what they look like now."""
    now: dict[Path, tuple[int, int]] = {}
    for path in sorted(folder.iterdir()):
        if is_named(path, spec, service):
            with suppress(FileNotFoundError):
                now[path] = (path.stat().st_size, path.stat().st_mtime_ns)
    return [path for path, looks in now.items() if before.get(path) == looks], now


def wrong_rows(found: Sequence[Wrong]) -> list[tuple[str, str, str]]:
    """Source, field and message of every fault."""
    return [(row.source, fault.path, fault.message) for row in found for fault in row.faults]
