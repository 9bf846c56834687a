"""Which of the synthetic people a sandbox's hospitals know, and which doctors may see them."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.booking.archives import IDENTITY_CARD, VISIT_CARD, card_row, patient_row
from yiqiao.hospital.booking.rules import age_on
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.sandbox import people as synthetic
from yiqiao.sandbox.staff import CHILD_AGE, CHILDREN, WOMEN
from yiqiao.storage import archives

PEOPLE = 400
"""Among whom they are; those with an identity card are residents."""
_OBSTETRICS, _MOTHERS = "产科", range(20, 45)
_WOMEN_FROM = 12


class Resident(NamedTuple):
    """Somebody whom both hospitals know, under the same number."""

    number: int
    patient_id: str
    id_no: str
    visitor: Visitor

    def age(self, day: date) -> int:
        """In years; negative before birth."""
        return age_on(day.isoformat(), self.visitor.birthday)


@cache
def residents(among: int = PEOPLE) -> tuple[Resident, ...]:
    """All of them, or those among the first so many people."""
    made = [one for one in synthetic.people(among) if one.id_type == "01"]
    found = []
    for number, one in enumerate(made, 1):
        born = f"{one.birthday[:4]}-{one.birthday[4:6]}-{one.birthday[6:]}"
        certificate = Document(IDENTITY_CARD, one.id_no)
        visitor = Visitor(one.name, Sex(int(one.sex)), born, one.mobile_phone, certificate, address=one.address)
        found.append(Resident(number, f"P98{number:09}", one.id_no, visitor))
    return tuple(found)


def card_no(number: int) -> str:
    """The number of somebody's visit card, at either hospital."""
    return f"98{number:08}"


def file_residents(
    connection: Connection, keyring: Keyring, hospital_id: str, who: Sequence[Resident], at: int
) -> None:
    """File their records, each with a visit card."""
    records = [patient_row(keyring, hospital_id, one.patient_id, one.visitor, at) for one in who]
    cards = [
        card_row(keyring, hospital_id, one.patient_id, Document(VISIT_CARD, card_no(one.number)), at) for one in who
    ]
    archives.add_patients(connection, records, cards)


def may_be_seen(one: Resident, department: str, day: date) -> bool:
    """Whether a department takes somebody: as its rules have it, and as people would go to it."""
    age = one.age(day)
    if department in CHILDREN:
        return 0 <= age <= CHILD_AGE
    if department in WOMEN and (one.visitor.sex != Sex.FEMALE or age < _WOMEN_FROM):
        return False
    return age in _MOTHERS if department == _OBSTETRICS else age > CHILD_AGE
