"""The hospital's records of its patients: creating, finding, cards, insured identity."""

from dataclasses import dataclass, field
from typing import Protocol

from yiqiao.ports.hospital.booking import Document, Serial, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.ports.insured import InsuredIdentity
from yiqiao.storage import Write


@dataclass(frozen=True)
class NewPatient:
    """Somebody to be filed. `password` is for the hospital's own system; the default is the certificate's end."""

    serial: Serial
    visitor: Visitor
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Filed:
    """A record, and the card to come with. `certificate` is the guardian's for a child without one."""

    patient_id: str
    card: Document
    certificate: Document
    name: str = field(repr=False)


@dataclass(frozen=True)
class PatientRecord:
    """What is on file of a patient. `card_state` is CARD_STATUS; times are epoch ms, `birthday` YYYY-MM-DD."""

    patient_id: str
    created_at: int
    certified: bool
    certificate: Document
    card: Document
    card_state: int
    card_issued_at: int
    card_used_at: int | None
    visited: bool
    sex: Sex
    name: str = field(repr=False)
    birthday: str = field(repr=False)
    mobile: str = field(repr=False)
    address: str | None = field(repr=False)


@dataclass(frozen=True)
class Stated:
    """What a caller says of a patient beside the card; None where it says nothing."""

    patient_id: str | None = None
    name: str | None = field(default=None, repr=False)
    certificate_no: str | None = field(default=None, repr=False)


class Patients(Protocol):
    """The hospital's records of its patients."""

    async def create(self, wish: NewPatient) -> Write[Filed]:
        """File somebody; who is on file already stays as they are.

        Refused with PatientNotCreated, SeveralArchives.
        """
        ...

    async def find(self, card: Document, stated: Stated) -> PatientRecord:
        """Who holds a card. What is stated beside it must go with the record: a card's number alone is easily guessed.

        Raises UnknownPatient, SeveralArchives.
        """
        ...

    async def authenticate(self, patient_id: str) -> Write[InsuredIdentity]:
        """Ask the insurer who a patient is to it, and keep what a settlement needs.

        Raises UnknownPatient, and what the insurer's port raises.
        """
        ...
