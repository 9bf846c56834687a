"""Somebody to book for, how that is kept, and what a hospital is told of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.region.identity.certificates import Certificate, implied, parse
from yiqiao.storage.family import MemberRow

ME = "me"
OTHER = 99
ID_TYPES: Mapping[str, int] = {"01": 1, "03": 5, "04": 6, "06": 2, "07": 3, "08": 7}
"""What hospitals call a kind of certificate (ID_TYPE), by the kind's code on health cards; all others are OTHER."""
LONGEST_NAME = 50
_MOBILE = re.compile(r"1\d{10}", re.ASCII)


class MemberUnfit(DomainError):
    """Something that was stated of somebody cannot be; `field` names it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.field = name


@dataclass(frozen=True)
class Member:
    """Somebody to book for. `birthday` is YYYY-MM-DD. A child without a certificate comes with the guardian's."""

    name: str = field(repr=False)
    sex: Sex
    birthday: str = field(repr=False)
    mobile: str = field(repr=False)
    certificate: Certificate | None = None
    guardian: Certificate | None = None
    guardian_name: str | None = field(default=None, repr=False)
    member_id: str = ""

    def visitor(self) -> Visitor:
        """As the hospital is told."""
        return Visitor(
            name=self.name,
            sex=self.sex,
            birthday=self.birthday,
            mobile=self.mobile,
            certificate=document(self.certificate),
            guardian=document(self.guardian),
            guardian_name=self.guardian_name,
        )

    def age_on(self, day: str) -> int:
        """Years of age on a day."""
        return int(day[:4]) - int(self.birthday[:4]) - (day[5:] < self.birthday[5:])


def document(certificate: Certificate | None) -> Document | None:
    """A certificate as hospitals name it."""
    if certificate is None:
        return None
    return Document(ID_TYPES.get(certificate.id_type, OTHER), certificate.id_no)


def checked(member: Member, today: date) -> Member:
    """The member as it can be filed: blanks gone, sex and birthday as the certificate's number has them.

    Raises MemberUnfit.
    """
    name = member.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise MemberUnfit("name", "请填写姓名")
    own = _certificate("id_no", member.certificate, today)
    guardian = _certificate("guardian_no", member.guardian, today)
    if own is None and guardian is None:
        raise MemberUnfit("id_no", "请填写证件号码")
    if own is None and not (member.guardian_name or "").strip():
        raise MemberUnfit("guardian_name", "请填写监护人的姓名")
    sex, birthday = member.sex, member.birthday
    if own is not None:
        told = implied(own)
        sex = Sex(int(told.sex)) if told.sex else sex
        birthday = told.birthday.isoformat() if told.birthday else birthday
    return replace(
        member,
        name=name,
        sex=sex,
        birthday=checked_birthday(birthday, today),
        mobile=checked_mobile(member.mobile),
        certificate=own,
        guardian=guardian,
        guardian_name=(member.guardian_name or "").strip() or None,
    )


def checked_mobile(text: str) -> str:
    """A mobile number without the blanks that people write in it. Raises MemberUnfit."""
    number = re.sub(r"[\s-]", "", text)
    if not _MOBILE.fullmatch(number):
        raise MemberUnfit("mobile", "手机号码应为 11 位数字，请核对")
    return number


def checked_birthday(text: str, today: date) -> str:
    """YYYY-MM-DD, not in the future. Raises MemberUnfit."""
    try:
        born = date.fromisoformat(text.strip())
    except ValueError:
        raise MemberUnfit("birthday", "请填写出生日期，例如 1946-05-08") from None
    if not date(1850, 1, 1) <= born <= today:
        raise MemberUnfit("birthday", "出生日期不对，请核对")
    return born.isoformat()


def _certificate(name: str, certificate: Certificate | None, today: date) -> Certificate | None:
    if certificate is None:
        return None
    try:
        return parse(certificate.id_type, certificate.id_no, today)
    except DomainError as refusal:
        raise MemberUnfit(name, refusal.message) from None


def seal(keyring: Keyring, person_id: str, member: Member, now: int) -> MemberRow:
    """The row that keeps somebody."""
    key_id, sealed = keyring.seal(orjson.dumps(member), _context(person_id, member.member_id))
    return MemberRow(person_id, member.member_id, key_id, sealed, now, now)


def opened(keyring: Keyring, row: MemberRow) -> Member:
    """Whom a row keeps. Raises SealingUnavailable."""
    found = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), _context(row.person_id, row.member_id)))
    for name in ("certificate", "guardian"):
        found[name] = Certificate(**found[name]) if found[name] else None
    return Member(**{**found, "sex": Sex(found["sex"])})


def _context(person_id: str, member_id: str) -> bytes:
    return f"family|{person_id}|{member_id}".encode()
