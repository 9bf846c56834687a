"""The sandbox's synthetic people: invented residents of the invented town 云桥, the same ones for the same seed.

They pass every check that real people pass, and can be nobody:

- Identity numbers have real birth dates, order numbers and check digits (GB 11643), under the real province codes of
  eastern China, but with 98 for the city: GB/T 2260 has never given that number to one. Residence permits stand
  under 8198 and 8398 (real ones under 8100, 8200, 8300), permanent residence cards under region 98, country 999.
- Travel permits count from 99 million, far above the number of holders; birth certificates stand under region 98.
- Mobile numbers begin with 154, a block that no operator has been given; most software takes it for a mobile number.
- Cards are of all five kinds, with 98 after the kind's letters.

Some people are there for what they bring to light: names with characters beyond the basic plane, compound surnames,
names with a dot, certificates of other kinds, a newborn, a centenarian. Where they stand depends on their place in
the row alone; the first and the last of two hundred are ordinary residents of age.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, TypeVar

import yaml
from pydantic import TypeAdapter
from stdnum.cn import ric

SEED = 20261121
BORN_BY = date(2026, 11, 21)
"""The day on which ages are counted by default; fixed, so that the people of a sandbox stay who they are."""

Sex = Literal["1", "2"]
T = TypeVar("T")

_PROVINCES = ("31", "32", "33", "34", "35", "36", "37")
_AREAS = tuple(f"{province}98{county:02}" for county in range(1, 10) for province in _PROVINCES)
_ORDERS = 499
MOST = len(_AREAS) * _ORDERS
"""How many people there are numbers for."""

_AREA_HEADS: Mapping[str, str] = {"01": "", "A1": "8198", "A2": "8398", "A3": "998999"}
_OTHER_HEADS: Mapping[str, tuple[str, int]] = {
    "03": ("XZ", 7),
    "06": ("H99", 6),
    "07": ("99", 6),
    "08": ("Z98", 7),
    "99": ("YQ", 8),
}
"""For certificates that do not tell a birth date: how the number begins, and how many digits follow."""
_OTHER_TYPES = ("08", "A1", "06", "A2", "07", "A3", "03", "99")
"""In turn for every 25th person; all others have an identity card."""
_FOREIGN = frozenset({"A3", "03"})

_AGES = ((0, 5, 5), (5, 10, 5), (10, 20, 11), (20, 30, 13), (30, 40, 16), (40, 50, 15), (50, 60, 15), (60, 70, 11))
_OLD_AGES = ((70, 80, 6), (80, 90, 2), (90, 101, 1))
_AGE_BANDS = tuple(range(start, end) for start, end, share in _AGES + _OLD_AGES for _ in range(share))
"""From which age to below which, once for each of a hundred people in the band."""
_FIXED_AGES = {21: 0, 121: 100, 199: 34}
"""By place among two hundred: there is always a newborn and a centenarian, and the last is of age."""

_HOUSE_PARTS = (("house", 288), ("stair", 24), ("floor", 18), ("door", 4))
_CARD_HEADS: Mapping[str, str] = {"01": "SB98", "02": "SM98", "03": "LS98", "04": "JX98", "05": "JM98"}
_HOLDINGS = (
    ("01",),
    ("01", "02"),
    ("01",),
    ("02",),
    ("01", "05"),
    (),
    ("04", "01"),
    ("05",),
    ("03",),
    ("01", "02", "05"),
)
_HOLDINGS_WITHOUT_INSURANCE = ((), ("03",))


@dataclass(frozen=True)
class Card:
    """A card that the person holds: 01 社保卡, 02 市民正式卡, 03 市民临时卡, 04 经信局市民卡, 05 居民健康卡."""

    card_type: str
    card_no: str


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist. Codes are those of the standard's dictionaries; `birthday` is yyyyMMdd."""

    id_type: str
    id_no: str
    name: str
    sex: Sex
    birthday: str
    mobile_phone: str
    nation: str | None
    address: str
    work_unit: str | None
    cards: tuple[Card, ...]


@lru_cache(maxsize=4)
def people(count: int = 200, seed: int = SEED, today: date = BORN_BY) -> tuple[Person, ...]:
    """So many people, 0 to 100 years old on this day. Who comes first does not depend on how many follow.

    Certificate numbers, phones and card numbers are each given once in the row. ValueError beyond MOST people.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"between 0 and {MOST} people can be made, not {count}")
    return tuple(_person(_Dice(seed, place), place, today) for place in range(count))


class _Dice:
    """Chance that is the same on every machine and with every Python: a digest of seed, place and question."""

    def __init__(self, seed: int, place: int) -> None:
        self._head = f"{seed}/{place}/"

    def below(self, question: str, bound: int) -> int:
        digest = hashlib.sha256((self._head + question).encode()).digest()
        return int.from_bytes(digest[:8], "big") % bound

    def pick(self, question: str, options: Sequence[T]) -> T:
        return options[self.below(question, len(options))]


@dataclass(frozen=True)
class _People:
    nation: str
    given: dict[str, tuple[str, ...]]
    family: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """names.yaml, which says what each list is for."""

    surnames: tuple[str, ...]
    compound_surnames: tuple[str, ...]
    given: dict[str, tuple[str, ...]]
    rare: tuple[str, ...]
    peoples: tuple[_People, ...]
    nations: tuple[str, ...]
    foreign: dict[str, tuple[str, ...]]
    towns: tuple[str, ...]
    roads: tuple[str, ...]
    schools: tuple[str, ...]
    employers: tuple[str, ...]


@cache
def invented_words() -> Words:
    """What the synthetic people are called, and where they live."""
    text = (files(__package__) / "names.yaml").read_text(encoding="utf-8")
    return TypeAdapter(Words).validate_python(yaml.load(text, Loader=yaml.CSafeLoader))


def _person(dice: _Dice, place: int, today: date) -> Person:
    id_type = _OTHER_TYPES[place // 25 % len(_OTHER_TYPES)] if place % 25 == 10 else "01"
    sex: Sex = "1" if dice.below("sex", 100) < 51 else "2"
    age = 0 if id_type == "08" else _age(dice, place)
    birthday = _years_before(today, age) - timedelta(days=dice.below("birthday", 365))
    name, nation = _name(dice, place, id_type, sex)
    return Person(
        id_type=id_type,
        id_no=_number(id_type, place, birthday, sex),
        name=name,
        sex=sex,
        birthday=f"{birthday:%Y%m%d}",
        mobile_phone="154" + _serial(place, 8),
        nation=nation,
        address=_address(dice),
        work_unit=_work_unit(dice, age),
        cards=_cards(dice, place, insured=id_type == "01" and age > 0),
    )


def _age(dice: _Dice, place: int) -> int:
    fixed = _FIXED_AGES.get(place % 200)
    return dice.pick("age", dice.pick("age band", _AGE_BANDS)) if fixed is None else fixed


def _years_before(day: date, years: int) -> date:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - years, day=last) if years else day


def _serial(place: int, digits: int) -> str:
    """Digits that look drawn, and are another for every place: the factor has no divisor in common with ten."""
    return f"{(place * 7_368_787 + 2_718_281) % 10**digits:0{digits}}"


def _number(id_type: str, place: int, birthday: date, sex: Sex) -> str:
    if id_type in _OTHER_HEADS:
        head, digits = _OTHER_HEADS[id_type]
        return head + _serial(place, digits)
    # Area and order together tell the place, so that no number comes twice, whatever the birthdays are.
    head = _AREA_HEADS[id_type]
    area = head + _AREAS[place % len(_AREAS)][len(head) :]
    order = place // len(_AREAS) * 37 % _ORDERS * 2 + int(sex)
    body = f"{area}{birthday:%Y%m%d}{order:03}"
    return body + ric.calc_check_digit(body + "0")


def _name(dice: _Dice, place: int, id_type: str, sex: Sex) -> tuple[str, str | None]:
    """A name, and the nation (民族) that goes with it; foreigners have none."""
    words = invented_words()
    if id_type in _FOREIGN:
        return dice.pick("name", words.foreign[sex]), None
    surname = dice.pick("surname", words.surnames)
    given = _given(dice, words, sex)
    match place % 20:
        case 3:
            return surname + given, dice.pick("nation", words.nations)
        case 7:
            return surname + words.rare[place // 20 % len(words.rare)], "01"
        case 13:
            return dice.pick("surname", words.compound_surnames) + given, "01"
        case 17:
            people = words.peoples[place // 20 % len(words.peoples)]
            parts = [dice.pick("name", people.given[sex])]
            if people.family:
                parts.append(dice.pick("family", people.family))
            return "·".join(parts), people.nation
    return surname + given, "01"


def _given(dice: _Dice, words: Words, sex: Sex) -> str:
    own = dice.pick("given", words.given[sex])
    if dice.below("given length", 10) < 3:
        return own
    other = dice.pick("given too", words.given["both"])
    return other + own if dice.below("given order", 2) else own + other


def _address(dice: _Dice) -> str:
    words = invented_words()
    house, stair, floor, door = (1 + dice.below(part, most) for part, most in _HOUSE_PARTS)
    return f"{dice.pick('town', words.towns)}{dice.pick('road', words.roads)}{house}号{stair}幢{floor}{door:02}室"


def _work_unit(dice: _Dice, age: int) -> str | None:
    if 6 <= age < 18:
        return dice.pick("work unit", invented_words().schools)
    if 18 <= age < 60 and dice.below("works", 4):
        return dice.pick("work unit", invented_words().employers)
    return None


def _cards(dice: _Dice, place: int, *, insured: bool) -> tuple[Card, ...]:
    kinds = dice.pick("cards", _HOLDINGS if insured else _HOLDINGS_WITHOUT_INSURANCE)
    return tuple(Card(kind, _CARD_HEADS[kind] + _serial(place, 8)) for kind in kinds)
