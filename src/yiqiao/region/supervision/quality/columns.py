"""What rules see of a kind of record: a table with the standard's fields as columns, and some of ours before them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Sort(StrEnum):
    """What a column holds. What cannot be read as that is NULL."""

    TEXT = "VARCHAR"
    WHOLE = "BIGINT"
    EXACT = "DECIMAL(18,4)"
    DAY = "DATE"
    MOMENT = "TIMESTAMP"
    LIST = "LIST"


class Column(NamedTuple):
    """A field. Members of a list are read as texts. What is `personal` may be compared, and never told or archived."""

    name: str
    sort: Sort
    members: tuple["Column", ...] = ()
    personal: bool = False


Shapes = Mapping[str, tuple[Column, ...]]
"""The columns of each kind of record."""

OURS = ("_key", "_own", "_received", "_sent")
"""The record's key; whether it belongs to the day under review; when it came and when it was sent (Beijing)."""


def structure(columns: tuple[Column, ...]) -> str:
    """How DuckDB is to read a row's JSON text: every value as text."""
    members = ", ".join(f'"{one.name}": {_read(one)}' for one in columns)
    return (
        f'[{{"_key": "VARCHAR", "_own": "BOOLEAN", "_received": "BIGINT", "_sent": "BIGINT", "_row": {{{members}}}}}]'
    )


def selection(columns: tuple[Column, ...]) -> str:
    """The columns of the table, out of what was read."""
    moments = ", ".join(f"make_timestamp(({name} + 28800000) * 1000) AS {name}" for name in OURS[2:])
    return ", ".join([*OURS[:2], moments, *(_chosen(one) for one in columns)])


def _read(column: Column) -> str:
    if column.sort is not Sort.LIST:
        return '"VARCHAR"'
    return "[{" + ", ".join(f'"{one.name}": "VARCHAR"' for one in column.members) + "}]"


def _chosen(column: Column) -> str:
    value = f'_row."{column.name}"'
    if column.sort in (Sort.TEXT, Sort.LIST):
        return f'{value} AS "{column.name}"'
    return f'TRY_CAST({value} AS {column.sort.value}) AS "{column.name}"'
