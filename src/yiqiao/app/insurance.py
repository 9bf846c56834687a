"""The medical insurance of a running hub: whom to ask who somebody is to it, and with whom to settle.

A sandbox has a centre of its own, with one set of people and accounts for all dialects; any other hub has none yet.
"""

from yiqiao.adapters.insurer import CentreInsurer
from yiqiao.app.store import Store
from yiqiao.ports.insurance_centre import InsuranceCentre, NoCentre
from yiqiao.ports.insurance_settlement import InsuranceSettlement, NoSettlement
from yiqiao.ports.insured import Insurer, NoInsurer
from yiqiao.sandbox.insurance import code_due
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.mischief import OnOrder
from yiqiao.sandbox.settlement.benefits import benefits
from yiqiao.sandbox.settlement.centre import INSURANCE, SandboxSettlement
from yiqiao.storage.shelves import DatabaseStore


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
