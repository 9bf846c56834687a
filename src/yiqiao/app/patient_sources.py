"""The sources of the doctor's workstation: what this hub knows of a patient, wired here in one place."""

from yiqiao.clock import Clock, beijing
from yiqiao.ports.patients import Fact, PatientRef, PatientSource, Sheet
from yiqiao.region.cards.acts import NoSuchRecord
from yiqiao.region.cards.service import Cards
from yiqiao.region.cards.upkeep import Enquiry, Found
from yiqiao.region.identity import certificates
from yiqiao.region.identity.certificates import IdentityNumberInvalid
from yiqiao.spec.masking import mask
from yiqiao.storage import Database

_IDENTITY_CARD = "01"


def patient_sources(cards: Cards, database: Database, clock: Clock) -> tuple[PatientSource, ...]:
    """All sources, in the order in which a page shows them."""
    return (HealthCards(cards, database, clock),)


class HealthCards:
    """Whether the patient holds a health card, looked up by certificate and name."""

    def __init__(self, cards: Cards, database: Database, clock: Clock) -> None:
        self._cards = cards
        self._database = database
        self._clock = clock

    async def about(self, patient: PatientRef) -> Sheet:
        if patient.id_no is None:
            return Sheet("health_card", "unknown")
        today = beijing(self._clock.now_ms()).date()
        try:
            certificate = certificates.parse(_IDENTITY_CARD, patient.id_no, today)
        except IdentityNumberInvalid:
            return Sheet("health_card", "unknown")
        write = self._cards.upkeep.find(Enquiry(certificate=certificate, name=patient.name))
        found = (await self._database.read(lambda c: write.lane.execute(c, [write.command])))[0]
        if isinstance(found, NoSuchRecord):
            return Sheet("health_card", "none")
        if not isinstance(found, Found):
            raise found
        return Sheet("health_card", "active" if found.live else "closed", _facts(found))


def _facts(found: Found) -> tuple[Fact, ...]:
    person = found.card.person
    facts = (
        ("card_id", _ends(found.card.ehealth_card_id)),
        ("mobile_phone", mask(person.mobile_phone, "phone")),
        ("bound_cards", str(len(person.cards))),
    )
    return tuple(Fact(name, value) for name, value in facts)


def _ends(card_id: str) -> str:
    """A long identifier by its ends: enough to compare with what the patient shows."""
    return f"{card_id[:6]}…{card_id[-6:]}"
