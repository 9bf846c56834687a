"""A running hub: everything opened, wired and handed out, and closed again in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from yiqiao.adapters.callback import outcomes
from yiqiao.app import (
    appointments,
    daily,
    door,
    insurance,
    notices,
    payment_days,
    payments,
    sandbox_internet_days,
    supervision_quality,
)
from yiqiao.app.hospitals import AllHospitals
from yiqiao.app.metrics import Metrics
from yiqiao.app.playground import Playground
from yiqiao.app.reading import readings_of
from yiqiao.app.remote_hospitals import RegionHospitals
from yiqiao.app.services import AnyGateway, all_hospitals_of, cards_of, gateways, login_of, onetrans_of, platform_of
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.app.supervision import SWEEP_PARTS, Supervision, gateway_of, job_handlers, supervision_of
from yiqiao.clock import Clock
from yiqiao.dialects.cmc.envelope import Claim as LaunchClaim
from yiqiao.dialects.convenience.dialect import Claim as DocumentClaim
from yiqiao.dialects.ehealth_card.dialect import Claimed
from yiqiao.dialects.onetrans.dialect import Claimed as DeskClaim
from yiqiao.dialects.onetrans.services import OneTransServices, PaymentDesk, SettlementDesk
from yiqiao.dialects.supervision.handlers.records import Supervisor
from yiqiao.dialects.supervision.uploads import Claimed as UploadClaim
from yiqiao.exchange.gateway import Gateway
from yiqiao.exchange.http import Answers
from yiqiao.jobs import Pace, Runner
from yiqiao.jobs.job import Handler
from yiqiao.journal import Entry, Recorder
from yiqiao.journal.follower import Follower
from yiqiao.ports.cashier import Cashier
from yiqiao.ports.his_billing import HisBilling
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.notices import Desks
from yiqiao.ports.login import Login
from yiqiao.region.appointments.reconcile import Reconciliation
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.cards.service import Cards
from yiqiao.region.charges.service import Charges
from yiqiao.region.family.service import Family
from yiqiao.region.insurance.check import Check
from yiqiao.region.insurance.service import Settlements
from yiqiao.region.launches.service import Launches
from yiqiao.region.payments.closing import Closing
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.orders import Orders
from yiqiao.region.payments.reconciliation import Reconciliation as PaymentReconciliation
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.statements import Statements
from yiqiao.region.payments.ways import Channels
from yiqiao.region.reading.service import Readings
from yiqiao.region.records.service import Records
from yiqiao.region.supervision.quality.review import Reviewer
from yiqiao.sandbox import booking_platform, demo, desk_partner, internet_hospital, launching
from yiqiao.sandbox import hospitals as sandbox_hospitals
from yiqiao.sandbox.clock import SandboxClock
from yiqiao.sandbox.controls import Controls
from yiqiao.sandbox.unreliable import Unreliable
from yiqiao.storage import Writer
from yiqiao.storage import sandbox as switches

JOBS_AT_ONCE = 64
"""Most of them wait for somebody else: a hospital that is slow must not keep the others waiting."""
log = structlog.get_logger("yiqiao.app")


@dataclass(frozen=True)
class Runtime(Store):
    """An open hub. `demo` and `desk_demo` are None, `launch_demo` and `merchants_demo` are empty outside the sandbox,
    `playground` is None where nothing may go wrong on purpose.
    """

    writer: Writer[Entry]
    cards: Cards
    ehealth_card: Gateway[Claimed, Cards]
    cmc: Gateway[LaunchClaim, Launches]
    hospitals: AllHospitals
    """Those whose side of the wire this hub is."""
    bookable: RegionHospitals
    """Those at which the region's citizens book: the same, and those elsewhere."""
    convenience: Gateway[DocumentClaim, Hospitals]
    onetrans: Gateway[DeskClaim, OneTransServices]
    platform: Gateway[DocumentClaim, Desks]
    """The platform's side of the convenience dialect, which hospitals call."""
    uploads: Gateway[UploadClaim, Supervisor]
    """Where internet hospitals upload to their supervisor."""
    supervision: Supervision
    reviewer: Reviewer
    appointments: Appointments
    charges: Charges
    cashier: Cashier
    reconciliation: Reconciliation
    channels: Channels
    orders: Orders
    refunds: Refunds
    his_billing: HisBilling
    closing: Closing
    statements: Statements
    reconciliation_of_payments: PaymentReconciliation
    channel_notices: payments.ChannelNotices
    settlements: Settlements
    one_sided: Check
    readings: Readings
    family: Family
    records: Records
    jobs: Runner
    metrics: Metrics
    login: Login
    demo: demo.Demo | None
    playground: Playground | None
    launch_demo: tuple[launching.LaunchPartner, ...]
    merchants_demo: tuple[Merchant, ...]
    desk_demo: desk_partner.DeskPartner | None

    @property
    def gateways(self) -> Mapping[str, AnyGateway]:
        """The gateways by dialect."""
        return {
            gateway.dialect.name: gateway
            for gateway in (self.ehealth_card, self.cmc, self.convenience, self.onetrans, self.uploads)
        }

    def answering(self, gateway: Gateway[Any, Any]) -> Answers:
        """What is hung on HTTP for a gateway."""
        return gateway if self.playground is None else Unreliable(gateway, self.playground.controls)


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Open a hub, and close it: what is under way is finished first. Raises NotReadyToServe."""
    async with open_store(settings, clock) as store:
        # A journal's chain for each transaction that can be under way.
        chains = [Recorder(store.keyring, store.wall) for _ in range(store.database.writes_at_once)]
        writer = await _writer(store, chains)
        follower = Follower(store.database, chains)
        cards = cards_of(store)
        hospitals = all_hospitals_of(store)
        bookable = RegionHospitals(store, hospitals)
        metrics = Metrics()
        metrics.waiting.set_function(lambda: writer.waiting)
        metrics.unfiled.set_function(lambda: follower.behind)
        desks = appointments.desks_of(store)
        cashier = appointments.cashier_of(store)
        hub = await payments.open_hub(store, lambda: jobs.wake(), metrics.notice)
        reviewer = supervision_quality.reviewer_of(store)
        supervisor = supervision_of(store, lambda: jobs.wake(), reviewer.valid)
        work: dict[str, Handler] = {
            **daily.handlers(settings, store.database, store.keyring, store.clock, store.wall),
            **notices.handlers(store),
            outcomes.JOB: outcomes.Outcomes(hospitals.acts),
            **appointments.handlers(store, bookable, cashier, writer),
            **payments.handlers(store, hub),
            **job_handlers(store, supervisor),
            **supervision_quality.handlers(store, reviewer),
            **insurance.handlers(store, hub),
        }
        backoffs = {
            **notices.BACKOFFS,
            **appointments.BACKOFFS,
            **payments.BACKOFFS,
            **insurance.BACKOFFS,
            outcomes.JOB: outcomes.BACKOFF,
        }
        with_hospitals = settings.sandbox and settings.sandbox_hospitals
        plan = [
            *daily.PLAN,
            appointments.RECONCILE,
            *payment_days.PLAN,
            insurance.RECONCILE,
            *supervision_quality.PLAN,
            SWEEP_PARTS,
        ]
        if with_hospitals:
            work |= sandbox_hospitals.handlers(store.database, store.keyring, store.clock)
            work |= sandbox_internet_days.handlers(store, supervisor, writer)
            plan += [sandbox_hospitals.TOP_UP, sandbox_internet_days.UPLOAD]
        jobs = Runner(store.database, store.clock, work, backoffs, plan, Pace(at_once=JOBS_AT_ONCE))
        playground = await _playground(store, cards)
        furnished = await _sandbox(store, cards)
        if playground is not None and furnished is not None:
            playground.controls.when_renewed(_renewal(cards, furnished))
        launchers = await launching.furnish(store.keyring, store.clock, store.directory) if furnished else ()
        merchants = await payments.furnish(store, hub.channels) if furnished else ()
        desk = await desk_partner.furnish(store.keyring, store.clock, store.directory) if furnished else None
        if furnished:
            await booking_platform.furnish(store.keyring, store.clock, store.directory)
            await internet_hospital.furnish(store.keyring, store.clock, store.directory, supervisor.institutions)
        if with_hospitals:
            await store.database.write(sandbox_hospitals.furnishing(store.keyring, store.clock))
        await hospitals.open()
        await bookable.open()
        await insurance.begin(store)
        jobs.start()
        follower.start()
        if hub.postman is not None:
            hub.postman.start()
        booked = appointments.appointments_of(store, jobs.wake)
        readings = readings_of(store, cards, writer)
        family = Family(store.database, store.keyring, store.clock)
        till = PaymentDesk(hub.orders, hub.refunds, hub.his, settings.address)
        settlements = insurance.settlements_of(store, hub, jobs.wake)
        try:
            yield Runtime(
                **store.__dict__,
                writer=writer,
                cards=cards,
                hospitals=hospitals,
                bookable=bookable,
                **gateways(store, cards, hospitals, writer, metrics.exchange).__dict__,
                onetrans=onetrans_of(
                    store, till, SettlementDesk(settlements, settings.address), readings, writer, metrics.exchange
                ),
                platform=platform_of(store, desks, writer, metrics.exchange),
                uploads=gateway_of(store, supervisor, writer, metrics.exchange),
                supervision=supervisor,
                reviewer=reviewer,
                appointments=booked,
                charges=appointments.charges_of(store, jobs.wake),
                cashier=cashier,
                reconciliation=Reconciliation(store.database, store.clock, bookable),
                channels=hub.channels,
                orders=hub.orders,
                refunds=hub.refunds,
                his_billing=hub.his,
                closing=hub.closing,
                statements=hub.statements,
                reconciliation_of_payments=hub.reconciliation,
                channel_notices=hub.notices,
                settlements=settlements,
                one_sided=insurance.check_of(store, hub),
                readings=readings,
                family=family,
                records=Records(store.database, store.keyring, store.clock, bookable, booked, family),
                jobs=jobs,
                metrics=metrics,
                login=login_of(settings),
                demo=furnished,
                playground=playground,
                launch_demo=launchers,
                merchants_demo=merchants,
                desk_demo=desk,
            )
        finally:
            if playground is not None:
                await playground.controls.close()
            await hub.close()
            await jobs.stop()
            await bookable.close()
            await hospitals.close()
            await writer.drain()
            await follower.stop()


async def _writer(store: Store, chains: Sequence[Recorder]) -> Writer[Entry]:
    """The writer of these chains, with a connection for each that is open before the first call."""
    await asyncio.gather(*(store.database.write(lambda _: None) for _ in chains))
    return Writer(store.database, *chains)


async def _playground(store: Store, cards: Cards) -> Playground | None:
    if not isinstance(store.clock, SandboxClock):
        await store.database.write(lambda connection: switches.set_open(connection, False))
        return None
    controls = Controls(store.database, store.clock)
    await controls.open()
    await asyncio.to_thread(door.open_door, store.settings)
    return Playground.of(store, controls, cards)


def _renewal(cards: Cards, furnished: demo.Demo) -> Callable[[], Awaitable[None]]:
    """What this process has to do once its data was replaced as a whole."""

    async def renew() -> None:
        cards.forget()
        await furnished.renew()

    return renew


async def _sandbox(store: Store, cards: Cards) -> demo.Demo | None:
    if not store.settings.sandbox:
        return None
    if not store.settings.on_loopback:
        log.warning("the sandbox's demo partner may not call: the hub listens on more than this machine")
    return await demo.furnish(store.database, store.keyring, store.clock, store.directory, cards)
