"""What is kept: the hub's database, keys and partners, opened for a server or for one command."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app.keycheck import strange_keys
from yiqiao.app.settings import Settings
from yiqiao.clock import Clock, SystemClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory
from yiqiao.ports.keys import KeyProvider
from yiqiao.sandbox.clock import SandboxClock
from yiqiao.storage import Database, open_database
from yiqiao.storage.migrate import current, newest, upgrade

KEYS_FILE = "keys.json"


class NotReadyToServe(RuntimeError):
    """The hub cannot be opened as it is; the message says what to do."""


@dataclass(frozen=True)
class Store:
    """What the command line needs of a hub that need not run: its database, its keys, its partners.

    `clock` is the hub's time, which a sandbox may move; `wall` the machine's, for keys and for those who sign in.
    """

    settings: Settings
    clock: Clock
    wall: Clock
    keyring: Keyring
    database: Database
    directory: Directory


async def prepare_database(settings: Settings, set_up: Callable[[Settings], Awaitable[None]] | None = None) -> None:
    """An empty database is set up; an old one is left to the operator, who will want a backup first.

    `set_up` may do it elsewhere; where that comes to nothing, it is done here, and the reason is told as ever.
    """
    url = settings.database
    try:
        revision = await current(url)
        if revision is None and set_up is not None:
            await set_up(settings)
            revision = await current(url)
        if revision is None:
            await upgrade(url)
            revision = newest()
    except OSError as error:
        raise NotReadyToServe(f"the database cannot be reached: {error}") from error
    if revision != newest():
        raise NotReadyToServe(
            f"the database is at revision {revision}, this version needs {newest()}: yiqiao db upgrade"
        )


@asynccontextmanager
async def open_store(
    settings: Settings, clock: Clock | None = None, keys: KeyProvider | None = None
) -> AsyncIterator[Store]:
    """Open what is kept, and close it again; the keys come from `keys`, else from a file. Raises NotReadyToServe."""
    wall = clock or SystemClock()
    settings.folder.mkdir(parents=True, exist_ok=True)
    keyring = (keys or FileKeys(settings.folder / KEYS_FILE)).keyring()
    await prepare_database(settings)
    database = await open_database(settings.database)
    try:
        strange = await strange_keys(database, keyring)
        if strange:
            raise NotReadyToServe(
                f"{settings.folder / KEYS_FILE}: the keys ({', '.join(strange)}) are not those this database was "
                "filled with; put the right keys.json back, or name another database"
            )
        directory = Directory(database, keyring, wall)
        await directory.open()
        try:
            hub_clock = SandboxClock(wall) if settings.playground else wall
            yield Store(settings, hub_clock, wall, keyring, database, directory)
        finally:
            await directory.close()
    finally:
        await database.close()
