"""The medical insurance of a running hub: whom to ask who somebody is to it, and with whom to settle.

A sandbox has a centre of its own, with one set of people and accounts for all dialects; any other hub has none yet.
"""

from collections.abc import Callable, Mapping
from datetime import time

from yiqiao.adapters.insurer import CentreInsurer
from yiqiao.app.payments import PaymentHub
from yiqiao.app.store import Store
from yiqiao.jobs import Daily, enqueue
from yiqiao.jobs.backoff import Backoffs
from yiqiao.jobs.job import Handler
from yiqiao.ports.insurance_centre import InsuranceCentre, NoCentre
from yiqiao.ports.insurance_settlement import InsuranceSettlement, NoSettlement
from yiqiao.ports.insured import Insurer, NoInsurer
from yiqiao.region.insurance.check import CHECK_JOB, Check, DailyReconciliation
from yiqiao.region.insurance.saga import BACKOFF, SettlementSaga
from yiqiao.region.insurance.service import Settlements
from yiqiao.region.payments.course import SETTLEMENT_JOB
from yiqiao.sandbox.insurance import code_due
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.mischief import OnOrder
from yiqiao.sandbox.settlement.benefits import benefits
from yiqiao.sandbox.settlement.centre import INSURANCE, SandboxSettlement
from yiqiao.storage.shelves import DatabaseStore

BACKOFFS: Backoffs = {SETTLEMENT_JOB: BACKOFF, CHECK_JOB: BACKOFF}
RECONCILE = Daily("ins.reconcile", time(10, 50), catch_up=3)
"""The centre's statement of a day is whole in the small hours; that of the channels has been looked at by then."""


def centre_of(store: Store) -> InsuranceCentre:
    """Who tells of people."""
    return SandboxCentre(DatabaseStore(store.database), store.clock) if store.settings.sandbox else NoCentre()


def settlement_of(store: Store) -> InsuranceSettlement:
    """With whom is settled."""
    if not store.settings.sandbox:
        return NoSettlement()
    rows = DatabaseStore(store.database)
    return SandboxSettlement(rows, store.clock, OnOrder(rows, INSURANCE))


def insurer_of(store: Store) -> Insurer:
    """Whom the hospitals that keep their data here ask; in a sandbox all in the name of one institution."""
    if not store.settings.sandbox:
        return NoInsurer()
    institution = next(iter(benefits().institutions.items()))
    return CentreInsurer(
        centre_of(store), settlement_of(store), store.clock, institution, store.settings.area, code_due
    )


def settlements_of(store: Store, hub: PaymentHub, woken: Callable[[], None] = lambda: None) -> Settlements:
    """The settlements of patients' bills, whose personal part the payment hub takes."""
    return Settlements(store.database, store.keyring, store.clock, hub.his, centre_of(store), woken)


def check_of(store: Store, hub: PaymentHub) -> Check:
    """Who looks for settlements that stand on one side only."""
    return Check(store.database, store.clock, settlement_of(store), hub.his)


def handlers(store: Store, hub: PaymentHub) -> Mapping[str, Handler]:
    """Who carries settlements on, and looks for those that stand on one side only."""
    known = store.database, store.keyring, store.clock
    check = check_of(store, hub)
    return {
        SETTLEMENT_JOB: SettlementSaga(*known, settlement_of(store), hub.his, hub.orders, hub.refunds),
        CHECK_JOB: check,
        RECONCILE.kind: DailyReconciliation(check),
    }


async def begin(store: Store) -> None:
    """Have settlements looked into from now on: one job for all processes, again and again."""
    now = store.clock.now_ms()
    await store.database.write(lambda c: enqueue(c, now, CHECK_JOB, "all", {}))
