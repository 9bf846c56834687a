"""Who of the synthetic people is insured, and how: the same for the same person, whoever asks.

Residents with an identity card who are a year old at least are insured; employees with the employees' insurance, all
others with the residents'. The last character of the certificate's number makes cases: 0 has stopped paying, 1 is
somebody about whom the centre does not answer, 9 gets a code on the phone that the convenience dialect must bring (any
code will do). Some had another insurance before, some old people have a disability.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from yiqiao.ports.insurance_centre import Identity, Insurance
from yiqiao.sandbox.people import BORN_BY, Person, people
from yiqiao.sandbox.residents import PEOPLE

STOPPED, SILENT, CAREFUL = "0", "1", "9"
EMPLOYEES, RESIDENTS = "310", "390"
NORMAL, PAUSED, ENDED = "1", "2", "4"
_SOCIAL_SECURITY = "01"
_KINDS = ((6, "41"), (18, "42"), (60, "50"))
"""psn_type of residents below an age; above it is 60."""
_OLD = "60"
_AT_WORK, _RETIRED = "11", "21"
_RETIRES_AT = 60
_PAUSED_ON = "2026-06-30"
_CHANGED = 4
"""Every so many employees were insured as a resident before."""
_DISABLED = 6
"""Every so many old people are disabled."""
_DISABILITY = "03"
_LARGEST_BALANCE = 600_000
_NOTHING = Decimal("0.00")


class Cover(NamedTuple):
    """How somebody is insured. `balance`: what their account held at first, 分; `silent`: nobody answers about them."""

    psn_no: str
    who: Person
    present: Insurance
    former: tuple[Insurance, ...]
    identities: tuple[Identity, ...]
    balance: int
    card_no: str
    card_code: str
    silent: bool

    @property
    def birthday(self) -> str:
        """yyyy-MM-dd."""
        return dashed(self.who.birthday)


def dashed(day: str) -> str:
    """yyyyMMdd as yyyy-MM-dd."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def pays_for(certificate_no: str) -> bool:
    """Whether anything is paid for somebody who is insured."""
    return certificate_no[-1:] not in (STOPPED, SILENT)


def code_due(certificate_no: str) -> bool:
    """Whether somebody gets a code that must be brought."""
    return certificate_no[-1:] == CAREFUL


@cache
def covers() -> Mapping[str, Cover]:
    """All insured people by the number of their certificate."""
    found = (_cover(place, one) for place, one in enumerate(people(PEOPLE), 1) if _is_insured(one))
    return {cover.who.id_no: cover for cover in found}


@cache
def covers_by_number() -> Mapping[str, Cover]:
    """All insured people by 人员编号."""
    return {cover.psn_no: cover for cover in covers().values()}


@cache
def covers_by_card() -> Mapping[str, Cover]:
    """Those with a social-security card, by its number."""
    return {cover.card_no: cover for cover in covers().values() if cover.card_no}


@cache
def residents_by_number() -> Mapping[str, Person]:
    """All people with an identity card, insured or not, by its number."""
    return {one.id_no: one for one in people(PEOPLE) if one.id_type == "01"}


def _is_insured(one: Person) -> bool:
    return one.id_type == "01" and _age(one) > 0


def _age(one: Person) -> int:
    born = date(int(one.birthday[:4]), int(one.birthday[4:6]), int(one.birthday[6:]))
    return BORN_BY.year - born.year - ((BORN_BY.month, BORN_BY.day) < (born.month, born.day))


def _cover(place: int, one: Person) -> Cover:
    age, drawn = _age(one), int(hashlib.sha256(one.id_no.encode()).hexdigest()[:8], 16)
    works = one.work_unit is not None and age >= 18
    retired = not works and age >= _RETIRES_AT and drawn % 2 == 0
    employed = works or retired
    stopped = one.id_no[-1:] == STOPPED
    began = max(2004, int(one.birthday[:4]) + 18) if employed else max(2008, int(one.birthday[:4]))
    area = f"{one.id_no[:4]}00"
    present = Insurance(
        balance=_NOTHING,
        kind=EMPLOYEES if employed else RESIDENTS,
        person_kind=_person_kind(age, works=works, retired=retired),
        status=PAUSED if stopped else NORMAL,
        area=area,
        civil_servant=works and drawn % 10 == 0,
        since=f"{began}-07-01",
        paused=_PAUSED_ON if stopped else None,
        employer=one.work_unit or "" if works else "",
    )
    before: tuple[Insurance, ...] = ()
    if employed and began > 2008 and drawn % _CHANGED == 0:
        before = (Insurance(_NOTHING, RESIDENTS, "42", ENDED, area, False, "2008-01-01", f"{began}-06-30"),)
    disabled = (Identity(_DISABILITY, "2015-03-01 00:00:00", str(1 + drawn % 4)),)
    card = next((card.card_no for card in one.cards if card.card_type == _SOCIAL_SECURITY), "")
    return Cover(
        psn_no=f"98{place:010}",
        who=one,
        present=present,
        former=before,
        identities=disabled if age >= _RETIRES_AT and place % _DISABLED == 0 else (),
        balance=drawn % _LARGEST_BALANCE if employed else 0,
        card_no=card,
        card_code=hashlib.sha256(card.encode()).hexdigest()[:32].upper() if card else "",
        silent=one.id_no[-1:] == SILENT,
    )


def _person_kind(age: int, *, works: bool, retired: bool) -> str:
    if works:
        return _AT_WORK
    if retired:
        return _RETIRED
    return next((kind for below, kind in _KINDS if age < below), _OLD)
