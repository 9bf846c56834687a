"""A running hub: everything opened, wired and handed out, and closed again in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from yiqiao.app import daily
from yiqiao.app.metrics import Metrics
from yiqiao.app.services import cards_of, gateways, login_of
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.clock import Clock
from yiqiao.dialects.ehealth_card.dialect import Claimed
from yiqiao.exchange.gateway import Gateway
from yiqiao.jobs import Runner
from yiqiao.journal import Entry, Recorder
from yiqiao.ports.login import Login
from yiqiao.region.cards.service import Cards
from yiqiao.sandbox import demo
from yiqiao.storage import Writer

log = structlog.get_logger("yiqiao.app")


@dataclass(frozen=True)
class Runtime(Store):
    """An open hub. `demo` is None outside the sandbox."""

    writer: Writer[Entry]
    cards: Cards
    ehealth_card: Gateway[Claimed, Cards]
    jobs: Runner
    metrics: Metrics
    login: Login
    demo: demo.Demo | None


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Open a hub, and close it: what is under way is finished first. Raises NotReadyToServe."""
    async with open_store(settings, clock) as store:
        writer: Writer[Entry] = Writer(store.database, Recorder(store.keyring, store.clock))
        cards = cards_of(store)
        metrics = Metrics()
        metrics.waiting.set_function(lambda: writer.waiting)
        work = daily.handlers(settings, store.database, store.keyring, store.clock)
        jobs = Runner(store.database, store.clock, work, daily=daily.PLAN)
        furnished = await _sandbox(store, cards)
        jobs.start()
        try:
            yield Runtime(
                **store.__dict__,
                writer=writer,
                cards=cards,
                ehealth_card=gateways(store, cards, writer, metrics.exchange).ehealth_card,
                jobs=jobs,
                metrics=metrics,
                login=login_of(settings),
                demo=furnished,
            )
        finally:
            await jobs.stop()
            await writer.drain()


async def _sandbox(store: Store, cards: Cards) -> demo.Demo | None:
    if not store.settings.sandbox:
        return None
    if not store.settings.on_loopback:
        log.warning("the sandbox's demo partner may not call: the hub listens on more than this machine")
    return await demo.furnish(store.database, store.keyring, store.clock, store.directory, cards)
