"""Certificates: which kind of paper somebody shows (证件类型), its number (证件号), and whether it can be one.

Carries the `id_type` dictionary of 电子健康卡平台对接技术标准, 附录二 字典说明. The number of an identity card
(公民身份号码, GB 11643) has 18 characters: six for the area, eight for the birth date, three for the order within area
and day (odd for men, even for women) and a check digit after ISO 7064 MOD 11-2. Residence permits of people from Hong
Kong, Macao and Taiwan are numbered in the same way, under 81, 82 and 83; permanent residence cards since 2023 begin
with 9 and end with the same check digit, before that they had three letters and twelve digits.

The area is not looked up: districts are merged and renumbered, and people keep the number they were given.
A number is refused only where it certainly cannot be one. Kinds without a published form pass if they can be printed.

>>> parse("01", " 32980119900307101x", date(2026, 1, 1)).id_no
'32980119900307101X'
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from stdnum.cn import ric

from yiqiao.errors import DomainError

LONGEST = 32
"""Characters that the standard allows in a certificate's number."""

_OUTER_BLANKS = " \t\r\n\u00a0\u3000"
_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_TO_UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_EARLIEST_BIRTH = date(1850, 1, 1)


class IdentityNumberInvalid(DomainError):
    """The number cannot be one of a certificate of its kind."""


@dataclass(frozen=True)
class Certificate:
    """A kind of certificate (code of the `id_type` dictionary) and its number, normalised; one person each."""

    id_type: str
    id_no: str = field(repr=False)


@dataclass(frozen=True)
class Implied:
    """What a number says of its holder; None where it says nothing. `sex` is 1 (男) or 2 (女)."""

    birthday: date | None = None
    sex: Literal["1", "2"] | None = None


class Disagreement(NamedTuple):
    """A statement that the number contradicts: `birthday` or `sex`, and a Chinese message that repeats no value."""

    field: str
    message: str


@dataclass(frozen=True)
class _Form:
    """How numbers of a kind look, and what to say where one does not. `length` where there is but one."""

    title: str
    pattern: re.Pattern[str]
    rule: str
    length: int | None = None


def _form(title: str, pattern: str, rule: str, length: int | None = None) -> _Form:
    return _Form(title, re.compile(pattern, re.ASCII), rule, length)


_FORMS: Mapping[str, _Form] = {
    "01": _form("居民身份证", r"\d{17}[\dX]", "应为 17 位数字加 1 位校验码（数字或 X）", 18),
    "06": _form("港澳居民来往内地通行证", r"[HM][A-Z\d]\d{7}(\d\d)?", "应以 H 或 M 开头，共 9 位（旧证 11 位）"),
    "07": _form("台湾居民来往内地通行证", r"[A-Z]?\d{8}(\d\d(\([A-Z\d]\))?)?", "应为 8 位数字（旧证另加签发次数等）"),
    "08": _form("出生医学证明", r"[A-Z]\d{9}", "应为 1 位字母加 9 位数字", 10),
    "A1": _form("港澳居民居住证", r"8[12]\d{15}[\dX]", "应以 81 或 82 开头，17 位数字加 1 位校验码", 18),
    "A2": _form("台湾居民居住证", r"83\d{15}[\dX]", "应以 83 开头，17 位数字加 1 位校验码", 18),
    "A3": _form(
        "外国人永久居留证", r"9\d{16}[\dX]|[A-Z]{3}\d{12}", "应以 9 开头，共 18 位（旧证为 3 位字母加 12 位数字）"
    ),
}
_WITH_BIRTH_DATE = frozenset({"01", "A1", "A2"})
_WITH_CHECK_DIGIT = _WITH_BIRTH_DATE | {"A3"}


def parse(id_type: str, id_no: str, today: date) -> Certificate:
    """The certificate with its number normalised: outer blanks gone, ASCII letters in upper case.

    Raises IdentityNumberInvalid where the number cannot be one of its kind on this day; the message says what is wrong
    and does not repeat the number.
    """
    certificate = Certificate(id_type, id_no.strip(_OUTER_BLANKS).translate(_TO_UPPER))
    _check_characters(certificate.id_no)
    form = _FORMS.get(id_type)
    if form:
        _check_form(form, certificate, today)
    return certificate


def implied(certificate: Certificate) -> Implied:
    """Birthday and sex as the number gives them; empty for kinds whose numbers do not, and for impossible numbers."""
    number = certificate.id_no
    if certificate.id_type not in _WITH_BIRTH_DATE or not _FORMS[certificate.id_type].pattern.fullmatch(number):
        return Implied()
    return Implied(_birth_date(number), "1" if int(number[16]) % 2 else "2")


def disagreements(certificate: Certificate, birthday: str | None, sex: str | None) -> tuple[Disagreement, ...]:
    """What contradicts the number, of a stated birthday (yyyyMMdd) and sex (code of the `sex` dictionary).

    Nothing stated contradicts nothing. Sex unknown (0, 9) agrees with every number, and so does a changed one (5, 6):
    whoever keeps the old certificate keeps the old number.
    """
    by_number = implied(certificate)
    found = []
    if birthday and by_number.birthday and birthday != f"{by_number.birthday:%Y%m%d}":
        found.append(Disagreement("birthday", "出生日期与证件号码中的出生日期不一致，请核对"))
    if sex in {"1", "2"} and by_number.sex and sex != by_number.sex:
        found.append(Disagreement("sex", "性别与证件号码中的性别不一致，请核对"))
    return tuple(found)


def _check_characters(number: str) -> None:
    if not number:
        raise IdentityNumberInvalid("证件号码不能为空，请填写")
    if number.isascii() and number.isalnum() and len(number) <= LONGEST:
        return  # nearly all of them: neither full-width nor invisible
    if _FULL_WIDTH.search(number):
        raise IdentityNumberInvalid("证件号码含有全角数字或字母，请改用半角字符")
    if any(unicodedata.category(character) in _INVISIBLE for character in number):
        raise IdentityNumberInvalid("证件号码含有控制字符或不可见字符，请去掉")
    if len(number) > LONGEST:
        raise IdentityNumberInvalid(f"证件号码过长：最多 {LONGEST} 位，收到 {len(number)} 位，请核对")


def _check_form(form: _Form, certificate: Certificate, today: date) -> None:
    number = certificate.id_no
    if form.length and len(number) != form.length:
        raise IdentityNumberInvalid(f"{form.title}号码长度不正确：应为 {form.length} 位，收到 {len(number)} 位，请核对")
    if not form.pattern.fullmatch(number):
        raise IdentityNumberInvalid(f"{form.title}号码格式不正确：{form.rule}，请核对")
    if certificate.id_type in _WITH_BIRTH_DATE:
        _check_birth_date(form, _birth_date(number), today)
    # A permanent residence card of the older form has fifteen characters and no check digit of this kind.
    if certificate.id_type in _WITH_CHECK_DIGIT and len(number) == 18 and number[-1] != ric.calc_check_digit(number):
        raise IdentityNumberInvalid(f"{form.title}号码校验码不正确，请核对是否有误录")


def _check_birth_date(form: _Form, birthday: date | None, today: date) -> None:
    if birthday is None or birthday < _EARLIEST_BIRTH:
        raise IdentityNumberInvalid(f"{form.title}号码中的出生日期不存在（第 7 至 14 位），请核对")
    if birthday > today:
        raise IdentityNumberInvalid(f"{form.title}号码中的出生日期晚于今天（第 7 至 14 位），请核对")


def _birth_date(number: str) -> date | None:
    """The date in a number of the right form; None where there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
