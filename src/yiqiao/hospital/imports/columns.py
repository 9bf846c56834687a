"""A column of a sheet: what it is called, what it means, and how its text is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from yiqiao.clock import BEIJING

Values = Mapping[str, object]
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", re.ASCII)
_DEGREES = re.compile(r"-?\d{1,3}(\.\d+)?", re.ASCII)

LONGEST_DEGREES = 12
"""Characters that the standard has for a longitude or latitude."""
LONGEST_ID = 32
"""Characters of a number by which the standard's questions name something: what has more cannot be asked for."""
SHOWN = 9
"""So many codes of a table are told with a fault."""


class Unfit(ValueError):
    """What a column, or a row as a whole, does not take; says what to do."""

    def __init__(self, message: str, column: str = "") -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Column:
    """One column. `form` says to a reader what may stand in it; an empty text is None, or `default`."""

    name: str
    meaning: str
    form: str
    read: Callable[[str], object]
    required: bool = False
    default: object = None

    def value(self, given: str) -> object:
        """What stands in it. Raises Unfit; the text itself is never repeated, it may be personal."""
        cleaned = given.strip()
        if not cleaned:
            if self.required:
                raise Unfit("必填，请补齐")
            return self.default
        return self.read(cleaned)


def text(name: str, meaning: str, *, required: bool = False, most: int = 2000, default: str | None = None) -> Column:
    """Any text."""

    def read(given: str) -> str:
        if len(given) > most:
            raise Unfit(f"最多 {most} 个字符，请缩短")
        if not given.isprintable() and any(ord(char) < 32 and char not in "\n\r\t" for char in given):
            raise Unfit("含有控制字符，请删去")
        return given

    return Column(name, meaning, f"文本，最多 {most} 字", read, required, default)


def number(
    name: str, meaning: str, *, required: bool = False, most: int = 32_000, least: int = 0, default: int | None = None
) -> Column:
    """A whole number."""

    def read(given: str) -> int:
        if not (given.isascii() and given.isdecimal() and len(given) < 12) or not least <= int(given) <= most:
            raise Unfit(f"应为 {least} 至 {most} 的整数")
        return int(given)

    return Column(name, meaning, f"整数 {least}–{most}", read, required, default)


def code(
    name: str,
    meaning: str,
    table: Mapping[str, str],
    *,
    required: bool = False,
    default: object = None,
    kept: Callable[[str], object] = int,
) -> Column:
    """A code of a table, kept as a number; the code's words may stand for it."""
    words = {word: key for key, word in table.items()}

    def read(given: str) -> object:
        if given in table:
            return kept(given)
        if given in words:
            return kept(words[given])
        shown = "、".join(f"{key}（{word}）" for key, word in list(table.items())[:SHOWN])
        raise Unfit(f"应为 {shown}" + ("等，全部代码见 yiqiao hospital columns" if len(table) > SHOWN else ""))

    return Column(name, meaning, "；".join(f"{key} {word}" for key, word in table.items()), read, required, default)


def degrees(name: str, meaning: str, *, most: int) -> Column:
    """A longitude or latitude in degrees, kept as it is written; below 0 to the west and to the south."""

    def read(given: str) -> str:
        if len(given) > LONGEST_DEGREES or not _DEGREES.fullmatch(given) or abs(Decimal(given)) > most:
            raise Unfit(f"应为 -{most} 至 {most} 的度数，用小数，如 {most / 2:.6f}，最多 {LONGEST_DEGREES} 个字符")
        return given

    return Column(name, meaning, f"度，-{most} 至 {most} 的小数，最多 {LONGEST_DEGREES} 个字符", read)


def day(name: str, meaning: str, *, required: bool = False) -> Column:
    """A day."""

    def read(given: str) -> str:
        try:
            return date.fromisoformat(given).isoformat()
        except ValueError:
            raise Unfit("应为 YYYY-MM-DD 的日期") from None

    return Column(name, meaning, "YYYY-MM-DD", read, required)


def time(name: str, meaning: str, *, required: bool = False) -> Column:
    """A time of the day."""

    def read(given: str) -> str:
        if not _TIME.fullmatch(given):
            raise Unfit("应为 HH:MM 的时间")
        return given

    return Column(name, meaning, "HH:MM", read, required)


def moment(name: str, meaning: str, *, required: bool = False) -> Column:
    """A moment by Beijing time, kept as epoch ms; a day alone is its beginning."""

    def read(given: str) -> int:
        try:
            if not _MOMENT.fullmatch(given):
                raise ValueError
            return round(datetime.fromisoformat(given).replace(tzinfo=BEIJING).timestamp() * 1000)
        except ValueError:
            raise Unfit("应为 YYYY-MM-DD HH:MM 或 YYYY-MM-DD HH:MM:SS 的时间") from None

    return Column(name, meaning, "YYYY-MM-DD HH:MM[:SS]，可只填日期", read, required)


def yuan(
    name: str,
    meaning: str,
    *,
    decimals: int = 2,
    required: bool = False,
    default: object = None,
    reversible: bool = False,
) -> Column:
    """An amount in 元, kept as a whole number of its smallest part (分 with two decimals); below 0 if `reversible`."""
    form = f"元，最多 {decimals} 位小数" + ("，冲销为负" if reversible else "")
    return _scaled(Column(name, meaning, form, int, required, default), "金额（元）", decimals, reversible)


def quantity(name: str, meaning: str, *, required: bool = False, reversible: bool = False) -> Column:
    """How many of something, kept in ten-thousandths; below 0 if `reversible`."""
    form = "数量，最多 4 位小数" + ("，冲销为负" if reversible else "")
    return _scaled(Column(name, meaning, form, int, required), "数量", 4, reversible)


def _scaled(column: Column, what: str, decimals: int, below_nought: bool) -> Column:
    def read(given: str) -> int:
        try:
            scaled = Decimal(given).scaleb(decimals)
        except InvalidOperation:
            raise Unfit(f"应为{what}，最多 {decimals} 位小数") from None
        if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) >= 10**15:
            raise Unfit(f"应为{what}，最多 {decimals} 位小数")
        if scaled < 0 and not below_nought:
            raise Unfit(f"应为不小于 0 的{what}，最多 {decimals} 位小数")
        return int(scaled)

    return replace(column, read=read)
