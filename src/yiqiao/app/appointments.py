"""The region's appointments, wired: at the hospitals that are served here, paid at the cashier that there is."""

from collections.abc import Callable
from typing import TypeVar

from yiqiao.app.store import Store
from yiqiao.errors import DomainError
from yiqiao.journal import Entry
from yiqiao.ports.cashier import Cashier, NoCashier
from yiqiao.ports.hospital import Hospitals
from yiqiao.region.appointments.saga import BACKOFF, KIND, Saga
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.appointments.steps import Perform, Steps
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import Write, Writer

T = TypeVar("T")
BACKOFFS = {KIND: BACKOFF}


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
