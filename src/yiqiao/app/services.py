"""The region's services and the dialects' gateways over a store: wired here once, for a server and for a replay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yiqiao.app.store import Store
from yiqiao.dialects.cmc.dialect import Cmc
from yiqiao.dialects.cmc.envelope import Claim as LaunchClaim
from yiqiao.dialects.cmc.handlers import handlers as cmc_handlers
from yiqiao.dialects.ehealth_card.dialect import Claimed, EhealthCard
from yiqiao.dialects.ehealth_card.handlers import handlers as ehealth_card_handlers
from yiqiao.exchange.gateway import Gateway, Watcher
from yiqiao.journal import Entry
from yiqiao.ports.residents import NoRegister, ResidentRegister
from yiqiao.region.cards.service import Cards
from yiqiao.region.launches.service import Launches
from yiqiao.sandbox.register import SandboxRegister
from yiqiao.storage import Writer

Watch = Callable[[str, str, str, float], None]
AnyGateway = Gateway[Any, Any]


@dataclass(frozen=True)
class Gateways:
    """One gateway a dialect."""

    ehealth_card: Gateway[Claimed, Cards]
    cmc: Gateway[LaunchClaim, Launches]


def cards_of(store: Store) -> Cards:
    """The region's health cards; the sandbox's register of residents where this is a sandbox."""
    register: ResidentRegister = SandboxRegister() if store.settings.sandbox else NoRegister()
    return Cards(store.keyring, store.clock, register, store.settings.issuer)


def gateways(store: Store, cards: Cards, writer: Writer[Entry], watch: Watch | None = None) -> Gateways:
    """All gateways; `watch` sees every exchange."""
    watcher = watch or Watcher()
    admits_demo = store.settings.sandbox and store.settings.on_loopback
    return Gateways(
        ehealth_card=Gateway(
            EhealthCard(),
            ehealth_card_handlers,
            cards,
            store.directory,
            writer,
            store.clock,
            watcher=watcher,
            admits_demo=admits_demo,
        ),
        cmc=Gateway(
            Cmc(),
            cmc_handlers,
            Launches(store.keyring, store.clock),
            store.directory,
            writer,
            store.clock,
            watcher=watcher,
            admits_demo=admits_demo,
        ),
    )
