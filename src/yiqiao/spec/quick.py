"""The quick way of validation, for rows that come by the ten thousand as JSON text.

A field table is compiled into a decoder that reads a row and holds it to the table in one go. What it accepts comes out
just as `Table.validate` would have it; what it does not is no fault yet, but is read the long way, which knows all that
is let pass and words what is not. So whatever is rare may be left to that: numbers as text, blanks, control characters.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

from yiqiao.spec.compiled import Tables
from yiqiao.spec.formats import ALIASES, known_format
from yiqiao.spec.model import Field
from yiqiao.spec.numbers import LONGEST, NumberFault, point
from yiqiao.spec.tree import Branch

Judge = Callable[[str], bool]
_RARE = re.compile(
    rb"[\x7f]|\\(?:[bfnrt]|u(?:00|16|20|30|[dD][89a-fA-F]|[fF][eE]))|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]"
    rb'|"(?:[ \t\r\n]|\xc2\xa0|\xe1\x9a\x80|\xe2(?:\x80[\x80-\x8a\xaf]|\x81\x9f)|\xe3\x80\x80)'
)
"""In the bytes of a row: what may be a control character, or a text of blanks only."""
_BEFORE_VALUE = b'":'
_ABSENT: tuple[object, ...] = (None, "", [])
_DATE, _MOMENT = len("2026-01-31"), len("2026-01-31 09:30:00")


class Quick:
    """The decoder of one field table. `Unfit` is raised for a table that it cannot be made for."""

    def __init__(self, name: str, branches: tuple[Branch, ...], codes: Tables) -> None:
        self._decoder = msgspec.json.Decoder(_object(name, branches, codes))
        self._steps = _steps(branches)

    def read(self, raw: bytes | msgspec.Raw) -> dict[str, object] | None:
        """A row's values; None where the row must be read the long way. Names stand in the row's own order."""
        text = bytes(raw)
        if _RARE.search(text) is not None:
            return None
        try:
            values: dict[str, Any] = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        # Unknown names are dropped, and of one that stands twice the last is kept: both are for the long way.
        if text.count(_BEFORE_VALUE) != _names(values, self._steps):
            return None
        return values if _finish(values, self._steps) else None


class Unfit(ValueError):
    """A table that says something which only the long way knows."""


class _Steps:
    """What is left to do in an object after decoding."""

    def __init__(self) -> None:
        self.judged: list[tuple[str, Judge]] = []
        self.decimals: list[tuple[str, Field, int, int]] = []
        self.nodes: list[tuple[str, _Steps]] = []
        self.optional: list[str] = []


def _object(name: str, branches: tuple[Branch, ...], codes: Tables) -> Any:
    fields = {branch.field.name: _typed(name, branch, codes) for branch in branches}
    return TypedDict(name.replace("/", "_"), fields)  # type: ignore[operator]


def _typed(name: str, branch: Branch, codes: Tables) -> Any:
    field = branch.field
    make = _MAKERS.get(field.kind)
    if make is None or field.handler or field.rest or field.blank or field.length_unit != "characters":
        raise Unfit(f"{name}/{field.name}")
    if (field.kind == "node") is not field.repeats:
        raise Unfit(f"{name}/{field.name}")
    made = make(f"{name}/{field.name}", branch, codes)
    return made if field.required is True else NotRequired[made | None]


def _text(name: str, branch: Branch, codes: Tables) -> Any:
    field = branch.field
    if field.least is not None or field.most is not None:
        raise Unfit(name)
    if field.codes and codes[field.codes].binding:
        return Literal[(*codes[field.codes].rows, *_none(field))]
    least = 1 if field.required is True else 0
    if field.length is None:
        return Annotated[str, msgspec.Meta(min_length=least)]
    return Annotated[str, msgspec.Meta(min_length=least, max_length=field.length)]


def _int(name: str, branch: Branch, codes: Tables) -> Any:
    field = branch.field
    if field.codes and codes[field.codes].binding:
        return Literal[(*_numbers(name, codes[field.codes].rows), *_none(field))]
    bound = 10 ** (field.length or LONGEST) - 1
    least = max(-bound, field.least) if field.least is not None else -bound
    most = min(bound, field.most) if field.most is not None else bound
    whole = Annotated[int, msgspec.Meta(ge=least, le=most)]
    return whole | Literal[""] if field.required is not True else whole


def _numbers(name: str, rows: Mapping[str, object]) -> list[int]:
    if any(str(int(code)) != code for code in rows):
        raise Unfit(name)
    return [int(code) for code in rows]


def _none(field: Field) -> tuple[str, ...]:
    return () if field.required is True else ("",)


def _decimal(name: str, branch: Branch, codes: Tables) -> Any:
    if branch.field.codes:
        raise Unfit(name)
    return int | float | str


def _node(name: str, branch: Branch, codes: Tables) -> Any:
    row = _object(name, branch.children, codes)
    rows = list[row]  # type: ignore[valid-type]
    return Annotated[rows, msgspec.Meta(min_length=1)] if branch.field.required is True else rows


_MAKERS: Mapping[str, Callable[[str, Branch, Tables], Any]] = {
    "text": _text,
    "int": _int,
    "decimal": _decimal,
    "node": _node,
}


def _steps(branches: tuple[Branch, ...]) -> _Steps:
    steps = _Steps()
    for branch in branches:
        field = branch.field
        if field.required is not True:
            steps.optional.append(field.name)
        if field.kind == "decimal":
            most = 10 ** ((field.length or LONGEST) - (field.scale or 0)) - 1
            least = max(field.least, 0) if field.least is not None else 0
            steps.decimals.append((field.name, field, least, min(most, field.most or most)))
        elif field.kind == "node":
            steps.nodes.append((field.name, _steps(branch.children)))
        elif field.kind == "text" and field.formats:
            steps.judged.append((field.name, _judge(field)))
    return steps


def _judge(field: Field) -> Judge:
    quick = QUICK_FORMATS.get(ALIASES.get(field.formats[0], field.formats[0])) if len(field.formats) == 1 else None
    if quick is not None:
        return quick
    patterns = [found.pattern for name in field.formats if (found := known_format(name)) is not None]
    whole = re.compile(f"(?:{'|'.join(patterns)})").fullmatch
    return lambda text: whole(text) is not None


def is_date(text: str) -> bool:
    """yyyy-MM-dd, a real date of the years 1000 to 2999."""
    if len(text) != _DATE or text[4] != "-" or text[7] != "-" or not "1" <= text[0] <= "2":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return text.isascii()


def is_moment(text: str) -> bool:
    """yyyy-MM-dd HH:mm:ss, a real time of the same years."""
    if len(text) != _MOMENT or text[10] != " " or text[13] != ":" or text[16] != ":" or not "1" <= text[0] <= "2":
        return False
    if text[4] != "-" or text[7] != "-":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return text.isascii()


QUICK_FORMATS: Mapping[str, Judge] = {"yyyy-MM-dd": is_date, "yyyy-MM-dd HH:mm:ss": is_moment}


def _names(values: dict[str, Any], steps: _Steps) -> int:
    count = len(values)
    for name, below in steps.nodes:
        for row in values.get(name) or ():
            count += _names(row, below)
    return count


def _finish(values: dict[str, Any], steps: _Steps) -> bool:
    """Judge what the decoder cannot, drop what is absent, make decimals; whether all is well."""
    for name in steps.optional:
        if name in values and values[name] in _ABSENT:
            del values[name]
    for name, judge in steps.judged:
        if name in values and not judge(values[name]):
            return False
    for name, field, least, most in steps.decimals:
        if name not in values:
            continue
        number = values[name]
        if number.__class__ is int and least <= number <= most:
            values[name] = Decimal(number)
            continue
        try:
            values[name] = point(number, field.length, field.scale, field.least, field.most)
        except NumberFault:
            return False
    for name, below in steps.nodes:
        for row in values.get(name) or ():
            if not _finish(row, below):
                return False
    return True
