"""A running hub: everything opened, wired and handed out, and closed again in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app import daily
from yiqiao.app.metrics import Metrics
from yiqiao.app.settings import Settings
from yiqiao.clock import Clock, SystemClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.dialects.ehealth_card.dialect import Claimed, EhealthCard
from yiqiao.dialects.ehealth_card.handlers import handlers as ehealth_card_handlers
from yiqiao.exchange.gateway import Gateway
from yiqiao.jobs import Runner
from yiqiao.journal import Entry, Recorder
from yiqiao.partners import Directory
from yiqiao.ports.residents import NoRegister, ResidentRegister
from yiqiao.region.cards.service import Cards
from yiqiao.sandbox import demo
from yiqiao.sandbox.register import SandboxRegister
from yiqiao.storage import Database, Writer, open_database
from yiqiao.storage.keycheck import strange_keys
from yiqiao.storage.migrate import current, newest, upgrade

KEYS_FILE = "keys.json"
log = structlog.get_logger("yiqiao.app")


class NotReadyToServe(RuntimeError):
    """The hub cannot be opened as it is; the message says what to do."""


@dataclass(frozen=True)
class Store:
    """What the command line needs of a hub that need not run: its database, its keys, its partners."""

    settings: Settings
    clock: Clock
    keyring: Keyring
    database: Database
    directory: Directory


@dataclass(frozen=True)
class Runtime(Store):
    """An open hub. `demo` is None outside the sandbox."""

    writer: Writer[Entry]
    cards: Cards
    ehealth_card: Gateway[Claimed, Cards]
    jobs: Runner
    metrics: Metrics
    demo: demo.Demo | None


async def prepare_database(settings: Settings) -> None:
    """An empty database is set up; an old one is left to the operator, who will want a backup first."""
    url = settings.database
    try:
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
async def open_store(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Store]:
    """Open what is kept, and close it again. Raises NotReadyToServe."""
    clock = clock or SystemClock()
    settings.folder.mkdir(parents=True, exist_ok=True)
    keyring = FileKeys(settings.folder / KEYS_FILE).keyring()
    await prepare_database(settings)
    database = await open_database(settings.database)
    try:
        strange = await database.write(lambda connection: strange_keys(connection, keyring))
        if strange:
            raise NotReadyToServe(
                f"{settings.folder / KEYS_FILE}: the keys ({', '.join(strange)}) are not those this database was filled "
                "with; put the right keys.json back, or name another database"
            )
        directory = Directory(database, keyring, clock)
        await directory.open()
        try:
            yield Store(settings, clock, keyring, database, directory)
        finally:
            await directory.close()
    finally:
        await database.close()


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Open a hub, and close it: what is under way is finished first. Raises NotReadyToServe."""
    async with open_store(settings, clock) as store:
        writer: Writer[Entry] = Writer(store.database, Recorder(store.keyring, store.clock))
        register: ResidentRegister = SandboxRegister() if settings.sandbox else NoRegister()
        cards = Cards(store.keyring, store.clock, register, settings.issuer)
        metrics = Metrics()
        metrics.waiting.set_function(lambda: writer.waiting)
        gateway = Gateway(
            EhealthCard(),
            ehealth_card_handlers,
            cards,
            store.directory,
            writer,
            store.clock,
            watcher=metrics.exchange,
        )
        work = daily.handlers(settings, store.database, store.keyring, store.clock)
        jobs = Runner(store.database, store.clock, work, daily=daily.PLAN)
        furnished = await _sandbox(store, cards)
        jobs.start()
        try:
            yield Runtime(
                **store.__dict__,
                writer=writer,
                cards=cards,
                ehealth_card=gateway,
                jobs=jobs,
                metrics=metrics,
                demo=furnished,
            )
        finally:
            await jobs.stop()
            await writer.drain()


async def _sandbox(store: Store, cards: Cards) -> demo.Demo | None:
    settings = store.settings
    furnished = None
    if settings.sandbox:
        furnished = await demo.furnish(store.database, store.keyring, store.clock, store.directory, cards)
    await demo.admit(store.directory, store.clock, allowed=settings.sandbox and settings.on_loopback)
    return furnished
