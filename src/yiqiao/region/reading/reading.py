"""What is asked when something is read, and what comes of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from yiqiao.ports.card_platform import CardCaller, CardHolder
from yiqiao.ports.card_reader import Presented
from yiqiao.ports.hospital_cards import HospitalCard
from yiqiao.ports.insurance_centre import Insurance, InsuredPerson

ENDED = frozenset({"0", "3", "4"})
"""psn_insu_stas: never insured, void, ended. Normal and paused insurances are somebody's present ones."""


class Proof(StrEnum):
    """By what somebody was recognised."""

    VOUCHER = "voucher"
    IDENTITY_CARD = "identity_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    TERMINAL_CODE = "terminal_code"  # a voucher, read by a terminal at which the patient chose so
    TERMINAL_FACE = "terminal_face"
    HEALTH_CARD = "health_card"
    HOSPITAL_CARD = "hospital_card"


@dataclass(frozen=True)
class CardCall:
    """As whom the card platform is asked, at which stage of care, and when (yyyyMMddHHmmss)."""

    caller: CardCaller
    treatment_code: str
    at: str


@dataclass(frozen=True)
class Question:
    """Where something is read, and what has to be known for it.

    `since` (yyyy-MM-dd): with the insurances that ended after that day. `scanned` is a code's text that the desk has
    read already. `card_call` is None where the caller has no credentials of the card platform.
    """

    desk: str
    business_type: str
    operator_id: str
    operator_name: str
    since: str | None = None
    scanned: str = field(default="", repr=False)
    card_call: CardCall | None = None
    ip_addr: str = ""


@dataclass(frozen=True)
class Reading:
    """Who was recognised by what.

    `person` is always told: as the insurance centre knows them, or as what was read says, without insurances. `holder`
    where a health card was shown, `presented` where a device has read something. `cards` are the hospital's.
    """

    proof: Proof
    person: InsuredPerson
    holder: CardHolder | None = None
    presented: Presented | None = None
    cards: tuple[HospitalCard, ...] = ()
    hospital_card_no: str = field(default="", repr=False)

    @property
    def present(self) -> Insurance | None:
        """The insurance that somebody has now, paused ones too."""
        return next((one for one in self.person.insurances if one.status not in ENDED), None)

    @property
    def former(self) -> tuple[Insurance, ...]:
        """The insurances that they had, in the centre's order."""
        return tuple(one for one in self.person.insurances if one.status in ENDED)
