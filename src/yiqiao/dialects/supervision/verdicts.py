"""What became of each row, as the answer's `data` tells it (the standard leaves `data` open; the form is ours).

    {"rows": 3, "verdicts": ["valid", "waiting", "refused"],
     "faults": [{"row": 3, "code": "PARAM_ERROR", "field": "sex", "message": "…"}, …]}

Rows are numbered from 1, as people count them. A row that waits has a fault too: it names what it waits for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import orjson

from yiqiao.exchange.strict_json import UnreadableMessage, loads


class Verdict(StrEnum):
    """What became of a row."""

    VALID = "valid"
    UNCHANGED = "unchanged"
    """The same content was there already."""
    WAITING = "waiting"
    """Kept, and judged again when what it depends on has come."""
    REFUSED = "refused"


class RowFault(NamedTuple):
    """What is wrong with a row. `row` counts from 1, `field` is a path ("" for the row itself)."""

    row: int
    code: str
    field: str
    message: str


@dataclass(frozen=True)
class Verdicts:
    """A verdict a row, and the faults."""

    verdicts: Sequence[Verdict]
    faults: Sequence[RowFault] = field(default=(), repr=False)

    def count(self, verdict: Verdict) -> int:
        """How many rows it was said of."""
        return self.verdicts.count(verdict)


def written(told: Verdicts) -> str:
    """As it stands in an answer."""
    faults = [fault._asdict() for fault in told.faults]
    return orjson.dumps({"rows": len(told.verdicts), "verdicts": list(told.verdicts), "faults": faults}).decode()


def read(data: str) -> Verdicts | None:
    """What an answer tells; None where another platform's `data` is none of this form."""
    try:
        value = loads(data.encode(), "应答的 data")
    except UnreadableMessage:
        return None
    verdicts = value.get("verdicts") if isinstance(value, dict) else None
    faults = value.get("faults", []) if isinstance(value, dict) else None
    if not isinstance(verdicts, list) or not isinstance(faults, list) or not set(map(str, verdicts)) <= set(Verdict):
        return None
    return Verdicts([Verdict(str(one)) for one in verdicts], tuple(_faults(faults)))


def _faults(rows: list[object]) -> list[RowFault]:
    return [
        RowFault(int(str(row.get("row", 0))), *(str(row.get(name, "")) for name in ("code", "field", "message")))
        for row in rows
        if isinstance(row, dict) and str(row.get("row", 0)).isdecimal()
    ]
