"""The reading of cards in a running hub: what a desk reads with, and who is asked whose it is.

A sandbox has simulated devices, an insurance centre and the visit cards of its hospitals; any other hub has none of
them yet and takes the codes that a desk's own scanner has read.
"""

from yiqiao.app.card_platform import card_platform_of
from yiqiao.app.insurance import centre_of
from yiqiao.app.store import Store
from yiqiao.journal import Entry
from yiqiao.ports.card_reader import CardReader, NoReader
from yiqiao.ports.hospital_cards import HospitalCards, NoHospitalCards
from yiqiao.region.cards.service import Cards
from yiqiao.region.reading.choices import Choices
from yiqiao.region.reading.service import Readings
from yiqiao.sandbox.hospital_cards import SandboxHospitalCards
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.presenting import Presenting
from yiqiao.sandbox.reader import SandboxReader
from yiqiao.storage import Writer
from yiqiao.storage.shelves import DatabaseStore


def readings_of(store: Store, cards: Cards, writer: Writer[Entry]) -> Readings:
    """The reading of cards over a store."""
    return Readings(
        reader=_reader(store),
        centre=centre_of(store),
        platform=card_platform_of(store, cards, writer),
        hospital=_hospital(store),
        choices=Choices(store.database, store.keyring, store.clock, store.settings.address),
        keyring=store.keyring,
        clock=store.clock,
    )


def _reader(store: Store) -> CardReader:
    return SandboxReader(DatabaseStore(store.database), store.clock) if store.settings.sandbox else NoReader()


def _hospital(store: Store) -> HospitalCards:
    if store.settings.sandbox and store.settings.sandbox_hospitals:
        return SandboxHospitalCards(DatabaseStore(store.database))
    return NoHospitalCards()


def presenting_of(store: Store, cards: Cards) -> Presenting:
    """The hand that presents cards and codes at a sandbox's devices."""
    rows = DatabaseStore(store.database)
    return Presenting(store.database, cards, SandboxReader(rows, store.clock), SandboxCentre(rows, store.clock))
