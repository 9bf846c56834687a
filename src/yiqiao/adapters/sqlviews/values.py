"""Values of a HIS column as the port has them, and back for the questions that are put to it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeVar

from yiqiao.adapters.sqlviews.rows import Field, Kind
from yiqiao.clock import BEIJING
from yiqiao.ports.hospital.codes import Codes

T = TypeVar("T")
YES: Mapping[object, bool] = {1: True, 0: False, "1": True, "0": False, "Y": True, "N": False, "是": True, "否": False}
_TIME = re.compile(r"([01]\d|2[0-3]):?([0-5]\d)(?::?[0-5]\d)?")
FEN = {"fen": Decimal(1), "yuan": Decimal(100)}


class Unfit(ValueError):
    """A value is not what its field holds; says what it should be, not what it is."""


class Form:
    """How a column writes a field: date format of text, unit of money, the HIS's own codes."""

    def __init__(
        self, field: Field, *, pattern: str = "", unit: str = "fen", codes: Mapping[object, object] | None = None
    ) -> None:
        self.field = field
        self.pattern = pattern
        self._fen = FEN[unit]
        self._codes = None if codes is None else {_key(raw): coded(field, told) for raw, told in codes.items()}
        self._read = _READ[field.kind] if field.table is None else _held_to(field.table, _READ[field.kind])

    def read(self, raw: object) -> object:
        """A column's value inside; None for nothing. Raises Unfit."""
        if isinstance(raw, str):
            raw = raw.strip() or None
        if self._codes is not None:
            return self._decoded(self._codes, raw)
        return None if raw is None else self._read(self, raw)

    def raws(self, value: object) -> list[object] | None:
        """What a column holds for a value, where it has codes of its own; None where it has none."""
        if self._codes is None:
            return None
        return [raw for raw, told in self._codes.items() if told == value]

    def _decoded(self, codes: Mapping[object, object], raw: object) -> object:
        key = _key(raw)
        if key in codes:
            return codes[key]
        if raw is None:
            return None
        if self.field.kind is Kind.TEXT:  # codes of a text only say which of its values mean something else
            return self._read(self, raw)
        raise Unfit("a code that the mapping does not have")

    def _text(self, raw: object) -> str:
        return str(raw)

    def _number(self, raw: object) -> int:
        number = _decimal(raw)
        if number != int(number):
            raise Unfit("a whole number")
        return int(number)

    def _money(self, raw: object) -> int:
        fen = _decimal(raw) * self._fen
        if fen != int(fen):
            raise Unfit("an amount without parts of a 分")
        return int(fen)

    def _yes(self, raw: object) -> bool:
        key = int(raw) if isinstance(raw, bool | Decimal) else raw
        if key not in YES:
            raise Unfit("yes or no (1, 0, Y, N, 是, 否)")
        return YES[key]

    def _day(self, raw: object) -> str:
        if isinstance(raw, date):
            return raw.strftime("%Y-%m-%d")
        return self._parsed(raw, "%Y-%m-%d").strftime("%Y-%m-%d")

    def _moment(self, raw: object) -> int:
        if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return int(raw)
        moment = raw if isinstance(raw, datetime) else self._parsed(raw, "%Y-%m-%d %H:%M:%S")
        return round((moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).timestamp() * 1000)

    def _time(self, raw: object) -> str:
        if isinstance(raw, datetime | time):
            return raw.strftime("%H:%M")
        found = _TIME.fullmatch(str(raw))
        if found is None:
            raise Unfit("a time, HH:MM")
        return f"{found[1]}:{found[2]}"

    def _bytes(self, raw: object) -> bytes:
        if not isinstance(raw, bytes | bytearray | memoryview):
            raise Unfit("bytes")
        return bytes(raw)

    def _code(self, raw: object) -> object:
        return coded(self.field, raw)

    def _parsed(self, raw: object, default: str) -> datetime:
        try:
            return datetime.strptime(str(raw), self.pattern or default).replace(tzinfo=BEIJING)
        except ValueError:
            raise Unfit(f"text of the form {self.pattern or default}") from None


def built(kind: type[T], row: Mapping[str, Any], **more: object) -> T:
    """A dataclass of the row's fields of the same names, and more; what neither tells is left at its default."""
    known = [entry.name for entry in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in known if row.get(name) is not None} | more)


def coded(field: Field, told: object) -> object:
    """A value as a mapping file writes it: a code by its number or its name. Raises Unfit."""
    if told is None:
        return None
    if field.codes is None:
        return Form(field).read(told)
    for one in field.codes:
        if told == one.value or str(told) == str(one.value) or str(told) == one.name.lower():
            return one
    raise Unfit(f"one of {', '.join(_shown(one) for one in field.codes)}")


def _held_to(table: Codes, read: Callable[[Form, object], object]) -> Callable[[Form, object], object]:
    """Reading that refuses what stands in no row of the standard's table: nobody could be told of it."""

    def held(form: Form, raw: object) -> object:
        value = read(form, raw)
        if str(value) not in table:
            raise Unfit(f"a code of the standard: {', '.join(f'{code} {title}' for code, title in table.items())}")
        return value

    return held


def _shown(one: Enum) -> str:
    return f"{one.value} ({one.name.lower()})" if isinstance(one.value, int) else str(one.value)


def _key(raw: object) -> object:
    """Under what a code is looked up: a mapping file cannot know whether a column's 1 is a number or a text."""
    if isinstance(raw, str):
        raw = raw.strip()
    return None if raw is None or raw == "" else str(int(raw) if isinstance(raw, bool | Decimal) else raw)


def _decimal(raw: object) -> Decimal:
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        raise Unfit("a number") from None
    if not number.is_finite():
        raise Unfit("a number")
    return number


_READ: Mapping[Kind, Callable[[Form, object], object]] = {
    Kind.TEXT: Form._text,
    Kind.NUMBER: Form._number,
    Kind.YES: Form._yes,
    Kind.DAY: Form._day,
    Kind.TIME: Form._time,
    Kind.MOMENT: Form._moment,
    Kind.MONEY: Form._money,
    Kind.PRICE: lambda _, raw: _decimal(raw),
    Kind.CODE: Form._code,
    Kind.BYTES: Form._bytes,
}
