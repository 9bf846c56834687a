"""Rows of a batch, each read and held to its operation's table: the one check that both sides of the wire make.

Good rows take the quick way (spec/quick.py), some 10 µs each. A row that is right comes out as its values; of one that
is wrong, all faults are told with their places.
"""

from typing import NamedTuple

import msgspec

from yiqiao.exchange.strict_json import UnreadableMessage, loads
from yiqiao.spec import Fault, Invalid, Table


class Row(NamedTuple):
    """One row: its values by the standard's names, or what is wrong with it."""

    values: dict[str, object]
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return f"Row({len(self.values)} values, {len(self.faults)} faults)"


def read_row(raw: msgspec.Raw | bytes, table: Table) -> Row:
    """One row. Numbers come out as int and Decimal, everything else as it was; empty values and unknown fields are
    left out.
    """
    quick = table.read(raw)
    if quick is not None:
        return Row(quick)
    try:
        value = loads(bytes(raw), "该行")
    except UnreadableMessage as unreadable:
        return Row({}, (Fault("", "json", unreadable.message),))
    if not isinstance(value, dict):
        return Row({}, (Fault("", "type", "该行应为 JSON 对象"),))
    return check_row(value, table)


def check_row(values: dict[str, object], table: Table) -> Row:
    """The same of a row that has been read already."""
    try:
        return Row(table.validate(values))
    except Invalid as invalid:
        return Row({}, invalid.faults)
