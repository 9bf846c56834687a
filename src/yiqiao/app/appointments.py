"""The region's appointments and charges, wired: at which hospitals, paid at which cashier, told by which way."""

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import TypeVar

from yiqiao.adapters.lines import MissingSecret, secret
from yiqiao.adapters.messages import HttpMessenger
from yiqiao.app.store import NotReadyToServe, Store
from yiqiao.clock import DAY_MS
from yiqiao.errors import DomainError
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.journal import Entry
from yiqiao.ports.cashier import Cashier, NoCashier
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.notices import Desks
from yiqiao.ports.messenger import Messenger
from yiqiao.region.appointments.messages import MESSAGE, MESSAGE_BACKOFF, MessageSender, Tell, silent, tell
from yiqiao.region.appointments.news import HospitalNews
from yiqiao.region.appointments.order_news import OrderNews
from yiqiao.region.appointments.push import PUSH, PushSender, push
from yiqiao.region.appointments.reconcile import Reconciliation
from yiqiao.region.appointments.saga import BACKOFF, KIND, Saga
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.appointments.steps import Perform, Steps
from yiqiao.region.charges import saga as charging
from yiqiao.region.charges.news import ChargeNews
from yiqiao.region.charges.service import Charges
from yiqiao.region.hospitals.sync import SYNC, SYNC_BACKOFF, Sync
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.sandbox.messages import SandboxMessenger
from yiqiao.storage import Write, Writer, appointments

T = TypeVar("T")
BACKOFFS = {
    KIND: BACKOFF,
    MESSAGE: MESSAGE_BACKOFF,
    PUSH: MESSAGE_BACKOFF,
    SYNC: SYNC_BACKOFF,
    charging.KIND: charging.BACKOFF,
}
RECONCILE = Daily("appointments.reconcile", time(1, 30), catch_up=3)
BY_ITSELF = "system"
"""Who made a report that nobody has asked for."""
BY_COMMAND = "(command line)"
"""As whom the command line acts."""


def cashier_of(store: Store) -> Cashier:
    """Where citizens pay; outside a sandbox at the hospital alone, until there is a payment hub."""
    return SandboxCashier(store.database, store.clock) if store.settings.sandbox else NoCashier()


def appointments_of(store: Store, woken: Callable[[], None] = lambda: None) -> Appointments:
    """What people do with appointments."""
    return Appointments(store.database, store.keyring, store.clock, woken)


def charges_of(store: Store, woken: Callable[[], None] = lambda: None) -> Charges:
    """What citizens pay beside appointments."""
    return Charges(store.database, store.keyring, store.clock, woken)


def messenger_of(store: Store) -> Messenger | None:
    """How citizens are told of what happens; None where there is no way. Raises NotReadyToServe."""
    settings = store.settings
    if settings.message_url:
        try:
            key = secret(settings.message_key, settings.folder)
        except MissingSecret as missing:
            raise NotReadyToServe(f"message_key: {missing}") from None
        return HttpMessenger(settings.message_url, key, store.wall)
    return SandboxMessenger(store.database, store.clock) if settings.sandbox else None


def desks_of(store: Store) -> Desks:
    """The desks at which hospitals' notices arrive. Raises NotReadyToServe."""
    messenger = messenger_of(store)
    return Desks(
        HospitalNews(store.clock, telling(messenger)),
        OrderNews(store.database, store.keyring, store.clock, push if messenger is not None else None),
        ChargeNews(store.database, store.clock),
    )


def handlers(store: Store, hospitals: Hospitals, cashier: Cashier, writer: Writer[Entry]) -> Mapping[str, Handler]:
    """Who does the work of appointments and charges. Raises NotReadyToServe."""
    steps, messenger = Steps(hospitals, cashier, performing(writer)), messenger_of(store)
    work: dict[str, Handler] = {
        KIND: Saga(store.database, store.keyring, store.clock, steps, telling(messenger)),
        charging.KIND: charging.Saga(
            store.database, store.keyring, store.clock, hospitals, cashier, performing(writer)
        ),
        SYNC: Sync(store.database, store.clock, hospitals),
        RECONCILE.kind: reconciling(Reconciliation(store.database, store.clock, hospitals)),
    }
    if messenger is not None:
        work[MESSAGE] = MessageSender(store.database, store.keyring, messenger)
        work[PUSH] = PushSender(store.database, store.keyring, messenger)
    return work


def telling(messenger: Messenger | None) -> Tell:
    """How messages are put on their way: not at all where nobody would send them."""
    return silent if messenger is None else tell


def performing(writer: Writer[Entry]) -> Perform:
    """Has hospitals of our own act in the same gathered transactions as everybody else's calls."""

    async def perform(write: Write[T]) -> T:
        def witness(outcome: T | DomainError) -> tuple[T | DomainError, None]:
            return outcome, None

        outcome: T | DomainError = await writer.perform(write, witness)
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    return perform


def reconciling(reconciliation: Reconciliation) -> Handler:
    """The daily job that compares the day before with every hospital where something has happened: a preview, kept."""

    async def reconcile(job: Job) -> Outcome:
        day = date.fromisoformat(str(job.data["day"])) - timedelta(days=1)
        done = {
            one.hospital_id for one in await reconciliation.kept() if (one.day, one.operator) == (f"{day}", BY_ITSELF)
        }
        since = reconciliation.clock.now_ms() - 3 * DAY_MS
        for hospital_id in await reconciliation.database.read(
            lambda c: appointments.hospitals_with_appointments(c, since)
        ):
            if hospital_id not in done:
                await reconciliation.run(hospital_id, day, BY_ITSELF)
        return Done()

    return reconcile
