"""The region's appointments, wired: at the hospitals that are served here, paid at the cashier that there is."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import TypeVar

from yiqiao.app.store import Store
from yiqiao.errors import DomainError
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.journal import Entry
from yiqiao.ports.cashier import Cashier, NoCashier
from yiqiao.ports.hospital import Hospitals
from yiqiao.region.appointments.reconcile import Reconciliation
from yiqiao.region.appointments.saga import BACKOFF, KIND, Saga
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.appointments.steps import Perform, Steps
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import Write, Writer, appointments

T = TypeVar("T")
BACKOFFS = {KIND: BACKOFF}
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


def saga_of(store: Store, hospitals: Hospitals, cashier: Cashier, writer: Writer[Entry]) -> Saga:
    """The handler of the appointments' jobs."""
    return Saga(store.database, store.keyring, store.clock, Steps(hospitals, cashier, performing(writer)))


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
        since = reconciliation.clock.now_ms() - 3 * 86_400_000
        for hospital_id in await reconciliation.database.read(
            lambda c: appointments.hospitals_with_appointments(c, since)
        ):
            if hospital_id not in done:
                await reconciliation.run(hospital_id, day, BY_ITSELF)
        return Done()

    return reconcile
