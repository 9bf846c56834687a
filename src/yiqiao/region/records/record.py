"""People on a citizen's account, the number by which a hospital knows one of them, and how a link is kept."""

from dataclasses import dataclass, field

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.login import Citizen
from yiqiao.region.family.member import ME, Member, document
from yiqiao.region.identity.certificates import Certificate
from yiqiao.storage.patient_links import LinkRow


class UnknownRecord(DomainError):
    """Nobody of this account is known to this hospital."""

    def __init__(self) -> None:
        super().__init__("没有找到这份就诊档案，请重新选择")


@dataclass(frozen=True)
class Patient:
    """The citizen, or a member of their family. `certificate` is the guardian's for a child without one."""

    member_id: str
    name: str = field(repr=False)
    certificate: Document = field(repr=False)
    guarded: bool = False

    @classmethod
    def citizen(cls, citizen: Citizen) -> "Patient":
        """Whoever has signed in."""
        return cls.member(ME, citizen.name, Certificate(citizen.id_type, citizen.id_no), None)

    @classmethod
    def of(cls, member: Member) -> "Patient":
        """A member of the family."""
        return cls.member(member.member_id, member.name, member.certificate, member.guardian)

    @classmethod
    def member(cls, member_id: str, name: str, own: Certificate | None, guardian: Certificate | None) -> "Patient":
        """Somebody by what they have."""
        held = document(own or guardian)
        if held is None:
            raise ValueError("somebody without any certificate")
        return cls(member_id, name, held, own is None)

    def is_(self, visitor: Visitor) -> bool:
        """Whether an appointment was made for them."""
        held = visitor.certificate or visitor.guardian
        return (visitor.name, held, visitor.certificate is None) == (self.name, self.certificate, self.guarded)


@dataclass(frozen=True)
class Record:
    """Somebody as a hospital knows them. `by_card`: proven to the hospital with a card of theirs."""

    hospital_id: str
    hospital_name: str
    patient: Patient
    patient_id: str = field(repr=False)
    by_card: bool

    @property
    def proven(self) -> bool:
        """Whether it is theirs beyond doubt: who has signed in has shown who they are, a family member's name and
        certificate may be known to many.
        """
        return self.by_card or self.patient.member_id == ME


@dataclass(frozen=True)
class Link:
    """What a citizen has linked: a card, whose it is at the hospital, and the hospital's name."""

    patient_id: str = field(repr=False)
    hospital_name: str
    card: Document = field(repr=False)


def seal(keyring: Keyring, person_id: str, member_id: str, hospital_id: str, link: Link, now: int) -> LinkRow:
    """The row that keeps a link."""
    key_id, sealed = keyring.seal(orjson.dumps(link, default=list), _context(person_id, member_id, hospital_id))
    return LinkRow(person_id, member_id, hospital_id, key_id, sealed, now)


def opened(keyring: Keyring, row: LinkRow) -> Link:
    """What a row keeps. Raises SealingUnavailable."""
    context = _context(row.person_id, row.member_id, row.hospital_id)
    kept = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), context))
    return Link(**{**kept, "card": Document(*kept["card"])})


def _context(person_id: str, member_id: str, hospital_id: str) -> bytes:
    return f"patient link|{person_id}|{member_id}|{hospital_id}".encode()
