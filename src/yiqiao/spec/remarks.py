"""Where the hub's own readings of a standard, and its differences from it, apply.

Their `where` names a place: an operation, a side of it, a field of it (`operation.request.parent/name`), a field by
its name wherever it stands, a parameter of the envelope (`envelope.name`), a code table (`codes.name`, `dictionary
name`, or the bare name), or a rule by its id.
"""

from dataclasses import dataclass

from yiqiao.spec.model import CodeTable, Field
from yiqiao.spec.operation import Operation
from yiqiao.spec.specification import Spec


@dataclass(frozen=True)
class Remark:
    """What is read or done here, and why. `taken` is empty where the difference is the row itself."""

    where: str
    taken: str
    why: str


def remarks(spec: Spec) -> tuple[Remark, ...]:
    """All readings, then all deviations."""
    readings = (Remark(one.where, one.reading, one.why) for one in spec.readings)
    return (*readings, *(Remark(one.where, "", one.why) for one in spec.deviations))


def on_operation(spec: Spec, operation: Operation) -> tuple[Remark, ...]:
    """Those that hold for the operation, or for one of its sides, as a whole."""
    places = {operation.name, f"{operation.name}.request", f"{operation.name}.response"}
    places |= {rule.id for rule in operation.rules}
    return _at(spec, places)


def on_field(spec: Spec, field: Field, place: str) -> tuple[Remark, ...]:
    """Those that hold for a field of a table; `place` is `operation.request`, `envelope.response` and the like."""
    places = {f"{place}.{field.parent}/{field.name}", f"{place}.{field.name}", field.name}
    if place.startswith("envelope."):
        places = {f"envelope.{field.name}", f"{place}.{field.name}"}
    return _at(spec, places)


def on_codes(spec: Spec, table: CodeTable) -> tuple[Remark, ...]:
    """Those that hold for a code table."""
    return _at(spec, {f"codes.{table.name}", f"dictionary {table.name}", table.name})


def _at(spec: Spec, places: set[str]) -> tuple[Remark, ...]:
    return tuple(one for one in remarks(spec) if one.where in places)
