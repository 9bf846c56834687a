"""What a hospital has answered, read by the types that its reader needs.

Nothing is refused here. Hospitals leave elements out or empty, write numbers as texts and dates in several formats, and
use codes that no table has: what cannot be read is as good as not told.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

from yiqiao.clock import parse_compact

V = TypeVar("V")
OLDEST, FIRST_YEAR = "1850", "1971"
"""Years of the oldest birthday, and of the first moment that can be meant."""
LONGEST = 18
"""Digits of a number before its point; what has more of them is none."""
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):?(\d{2})(?::?(\d{2}))?", re.ASCII)


class Told:
    """The values of an answer, or of a part of one, by the standard's own names."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """A text without the blanks around it; "" where there is none."""
        value = self._values.get(name)
        return "" if value is None or isinstance(value, Mapping | list) else str(value).strip()

    def maybe(self, name: str) -> str | None:
        """The same, None where there is none."""
        return self.text(name) or None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of an element that stands several times."""
        value = self._values.get(name)
        found = value if isinstance(value, list) else [value]
        return tuple(str(one).strip() for one in found if one is not None and not isinstance(one, Mapping))

    def decimal(self, name: str) -> Decimal | None:
        """A number with a fixed point; None where it is none."""
        return decimal(self.text(name))

    def number(self, name: str) -> int | None:
        """A whole number; None where it is none."""
        value = self.decimal(name)
        return int(value) if value is not None and value == value.to_integral_value() else None

    def count(self, name: str) -> int:
        """How many; none where it is not told."""
        return self.number(name) or 0

    def yuan(self, name: str) -> int:
        """An amount in 元, as 分; nothing where it is not told."""
        return fen(self.text(name)) or 0

    def maybe_yuan(self, name: str) -> int | None:
        """The same, None where it is not told."""
        return fen(self.text(name))

    def yes(self, name: str) -> bool:
        """Whether a flag is 1."""
        return self.text(name) == "1"

    def day(self, name: str) -> str:
        """A day as YYYY-MM-DD; "" where it is none."""
        return day(self.text(name))

    def moment(self, name: str) -> int | None:
        """A moment, epoch ms; None where it is none."""
        return moment(self.text(name))

    def clock(self, name: str) -> str | None:
        """A time of the day, or that of a moment, as HH:MM; None where it is none."""
        found = _TIME.fullmatch(self.text(name).rpartition(" ")[2])
        return f"{int(found[1]):02}:{found[2]}" if found else None

    def code(self, name: str, table: Mapping[str, V], otherwise: V) -> V:
        """What a code stands for; `otherwise` for one that the table does not have."""
        stated = self.text(name)
        found = table.get(stated)
        return found if found is not None else table.get(stated.lstrip("0") or "0", otherwise)

    def part(self, name: str) -> "Told":
        """A part; an empty one where it is absent. Of several the first."""
        return next(iter(self.rows(name)), Told({}))

    def rows(self, name: str) -> tuple["Told", ...]:
        """The parts of a list, one alone included."""
        value = self._values.get(name)
        found = value if isinstance(value, list) else [value]
        return tuple(Told(row) for row in found if isinstance(row, Mapping) and row)


def decimal(text: str) -> Decimal | None:
    """A number as people write it; None where it is none."""
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < LONGEST else None


def fen(text: str) -> int | None:
    """元 as 分, rounded half up; None where it is no amount."""
    amount = decimal(text)
    return None if amount is None else int((amount * 100).to_integral_value(ROUND_HALF_UP))


def day(text: str) -> str:
    """A day, or the day of a moment, as YYYY-MM-DD; "" where it is none, or one that stands for none."""
    found = _DATE.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat() if found and found[1] >= OLDEST else ""
    except ValueError:
        return ""


def moment(text: str) -> int | None:
    """A moment, or a day's beginning, epoch ms; None where it is none, or one that stands for none: databases have
    0001-01-01 and 1900-01-01 for that.
    """
    found = _DATE.match(text)
    if found is None or found[1] < FIRST_YEAR:
        return None
    time = _TIME.match(text[found.end() :].lstrip("日T "))
    hours, minutes, seconds = (int(part or 0) for part in time.groups()) if time else (0, 0, 0)
    try:
        return parse_compact(f"{day(text).replace('-', '')}{hours:02}{minutes:02}{seconds:02}")
    except ValueError:
        return None
