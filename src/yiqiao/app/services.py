"""The region's services and the dialects' gateways over a store: wired here once, for a server and for a replay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yiqiao.app.existing_his import connected
from yiqiao.app.hospitals import AllHospitals, LocalHospitals
from yiqiao.app.insurance import insurer_of
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store
from yiqiao.clock import Clock
from yiqiao.dialects.cmc.dialect import Cmc
from yiqiao.dialects.cmc.envelope import Claim as LaunchClaim
from yiqiao.dialects.cmc.handlers import handlers as cmc_handlers
from yiqiao.dialects.convenience.dialect import Claim as DocumentClaim
from yiqiao.dialects.convenience.dialect import Convenience
from yiqiao.dialects.convenience.handlers.complete import handlers as convenience_handlers
from yiqiao.dialects.convenience.handlers.platform import handlers as platform_handlers
from yiqiao.dialects.ehealth_card.dialect import Claimed, EhealthCard
from yiqiao.dialects.ehealth_card.handlers import handlers as ehealth_card_handlers
from yiqiao.dialects.onetrans.dialect import NAME as ONETRANS
from yiqiao.dialects.onetrans.dialect import Claimed as DeskClaim
from yiqiao.dialects.onetrans.dialect import OneTrans, laborious
from yiqiao.dialects.onetrans.handlers.complete import handlers as onetrans_handlers
from yiqiao.dialects.onetrans.messages import MessageIds
from yiqiao.dialects.onetrans.services import OneTransServices, PaymentDesk, SettlementDesk
from yiqiao.exchange.gateway import Gateway, Watcher
from yiqiao.exchange.repeats import FirstAnswers
from yiqiao.hospital.house import House
from yiqiao.journal import Entry
from yiqiao.journal.reader import Reader
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.notices import Desks
from yiqiao.ports.login import Login, NoLogin
from yiqiao.ports.residents import NoRegister, ResidentRegister
from yiqiao.region.cards.service import Cards
from yiqiao.region.launches.service import Launches
from yiqiao.region.reading.service import Readings
from yiqiao.sandbox.login import SandboxLogin
from yiqiao.sandbox.register import SandboxRegister
from yiqiao.storage import Writer

Watch = Callable[[str, str, str, float], None]
AnyGateway = Gateway[Any, Any]


@dataclass(frozen=True)
class Gateways:
    """One gateway a dialect."""

    ehealth_card: Gateway[Claimed, Cards]
    cmc: Gateway[LaunchClaim, Launches]
    convenience: Gateway[DocumentClaim, Hospitals]


def cards_of(store: Store, clock: Clock | None = None) -> Cards:
    """The region's health cards (by another clock than the hub's); a sandbox has its own register of residents."""
    register: ResidentRegister = SandboxRegister() if store.settings.sandbox else NoRegister()
    return Cards(store.keyring, clock or store.clock, register, store.settings.issuer, store.settings.address)


def login_of(settings: Settings) -> Login:
    """How citizens sign in; the sandbox's way asks for no proof, so it is for this machine alone."""
    return SandboxLogin() if settings.sandbox and settings.on_loopback else NoLogin()


def hospitals_of(store: Store) -> LocalHospitals:
    """The hospitals that keep their data here; to be opened by whoever serves them."""
    return LocalHospitals(House(store.database, store.keyring, store.clock), insurer_of(store))


def all_hospitals_of(store: Store) -> AllHospitals:
    """Also those that have a HIS already, for who serves: a rehearsal cannot undo what a HIS has done.

    Raises NotReadyToServe.
    """
    return AllHospitals(hospitals_of(store), connected(store))


def gateways(
    store: Store, cards: Cards, hospitals: Hospitals, writer: Writer[Entry], watch: Watch | None = None
) -> Gateways:
    """All gateways; `watch` sees every exchange."""
    watcher, first_answers = watch or Watcher(), FirstAnswers(Reader(store.database, store.keyring))
    admits_demo = store.settings.sandbox and store.settings.on_loopback
    return Gateways(
        ehealth_card=Gateway(
            EhealthCard(),
            ehealth_card_handlers,
            cards,
            store.directory,
            writer,
            first_answers,
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
            first_answers,
            store.clock,
            watcher=watcher,
            admits_demo=admits_demo,
        ),
        convenience=Gateway(
            Convenience(),
            convenience_handlers,
            hospitals,
            store.directory,
            writer,
            first_answers,
            store.clock,
            watcher=watcher,
            admits_demo=admits_demo,
        ),
    )


def onetrans_of(
    store: Store,
    desk: PaymentDesk,
    settlements: SettlementDesk,
    readings: Readings,
    writer: Writer[Entry],
    watch: Watch | None = None,
) -> Gateway[DeskClaim, OneTransServices]:
    """The gateway of the unified library's platform."""
    return Gateway(
        OneTrans(store.keyring.signing_key(ONETRANS), store.settings.area),
        onetrans_handlers,
        OneTransServices(MessageIds(store.database, store.clock), desk, settlements, readings),
        store.directory,
        writer,
        FirstAnswers(Reader(store.database, store.keyring)),
        store.clock,
        watcher=watch or Watcher(),
        laborious=laborious,
        admits_demo=store.settings.sandbox and store.settings.on_loopback,
    )


def platform_of(
    store: Store, desks: Desks, writer: Writer[Entry], watch: Watch | None = None
) -> Gateway[DocumentClaim, Desks]:
    """The gateway of the platform's side of the convenience dialect."""
    return Gateway(
        Convenience("platform"),
        platform_handlers,
        desks,
        store.directory,
        writer,
        FirstAnswers(Reader(store.database, store.keyring)),
        store.clock,
        watcher=watch or Watcher(),
        admits_demo=store.settings.sandbox and store.settings.on_loopback,
    )
