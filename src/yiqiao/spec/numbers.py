"""Numbers as the wires carry them: ASCII digits in a text, or bare in JSON.

Strict where Python's own conversions are lenient: no `1_000`, no full-width digits, no blanks, no `1e3`, no `12.0` for
a whole number. Every refusal is a `NumberFault` whose text says what was wrong with the form, never the value.
"""

import re
from decimal import Decimal

_WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
_POINT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)
LONGEST = 18
"""Digits of a whole number at most, so that it fits 64 bits."""


class NumberFault(ValueError):
    """Not a number of the kind that is due."""


def whole(value: object, digits: int | None, least: int | None, most: int | None) -> int:
    """A whole number of at most `digits` digits within least..most (both inclusive)."""
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise NumberFault("应为整数：只含半角数字，不带小数点、逗号、空格或下划线")
        if len(value.lstrip("-")) > (digits or LONGEST):
            raise NumberFault(f"数字过长，最多 {digits or LONGEST} 位")
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
        if abs(number) >= 10 ** (digits or LONGEST):
            raise NumberFault(f"数字过长，最多 {digits or LONGEST} 位")
    else:
        raise NumberFault("应为整数")
    if least is not None and number < least:
        raise NumberFault(f"不得小于 {least}")
    if most is not None and number > most:
        raise NumberFault(f"不得大于 {most}")
    return number


def point(value: object, digits: int | None, scale: int | None, least: int | None, most: int | None) -> Decimal:
    """A decimal number of at most `digits` digits in all, `scale` of them behind the point, within least..most."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise NumberFault("应为数字")
    if isinstance(value, int) and abs(value) >= 10**LONGEST:
        raise NumberFault(f"数字过长，总共最多 {digits or LONGEST} 位")
    # The shortest text that reads back as the same float is what the sender wrote.
    text = value if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else repr(value)
    found = _POINT.fullmatch(text)
    if found is None:
        raise NumberFault("应为数字：只含半角数字和至多一个小数点，不用科学计数法、逗号、空格或下划线")
    before, behind = found[2].lstrip("0"), found[3] or ""
    if scale is not None and len(behind) > scale:
        raise NumberFault(f"小数位数过多，最多 {scale} 位")
    if len(before) > (digits or LONGEST) - (scale or 0) or len(behind) > LONGEST:
        raise NumberFault(f"数字过长，总共最多 {digits or LONGEST} 位" + (f"，其中小数 {scale} 位" if scale else ""))
    number = Decimal(text)
    if least is not None and number < least:
        raise NumberFault(f"不得小于 {least}")
    if most is not None and number > most:
        raise NumberFault(f"不得大于 {most}")
    return number
