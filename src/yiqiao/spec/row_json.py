"""Validated values as the JSON text of a row: numbers bare, whole ones without a point."""

from collections.abc import Mapping
from decimal import Decimal

import orjson


def row_json(values: Mapping[str, object]) -> bytes:
    """The row in UTF-8; the same for the same values in the same order."""
    return orjson.dumps(values, default=_bare)


def _bare(value: object) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return int(value) if value == value.to_integral_value() else float(value)
