"""Our own values as they go out: a tree of fields made ready once, and walked for every answer.

What a field asks for is looked up when the plan is made, not for every value: an answer may list thousands of rows.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from yiqiao.spec.compiled import Tables
from yiqiao.spec.conditions import due
from yiqiao.spec.errors import SpecError
from yiqiao.spec.model import CodeTable, Field
from yiqiao.spec.tree import Branch
from yiqiao.spec.wire_codes import answered

Values = Mapping[str, object]


class Place(NamedTuple):
    """One field of an answer. `name` is ours, `wire` the profile's; `table` is set where its codes are checked."""

    name: str
    wire: str
    blank: bool
    required: bool
    conditional: bool
    table: CodeTable | None
    node: bool
    repeats: bool
    below: tuple["Place", ...]
    field: Field


def planned(branches: Sequence[Branch], codes: Tables) -> tuple[Place, ...]:
    """The plan of a field table."""
    return tuple(
        Place(
            name=branch.field.name,
            wire=branch.field.wire or branch.field.name,
            blank=branch.field.blank,
            required=branch.field.required is True,
            conditional=branch.field.checkable,
            table=_checked(branch, codes),
            node=bool(branch.children),
            repeats=branch.field.repeats,
            below=planned(branch.children, codes),
            field=branch.field,
        )
        for branch in branches
    )


def _checked(branch: Branch, codes: Tables) -> CodeTable | None:
    table = codes[branch.field.codes] if branch.field.codes and not branch.children else None
    return table if table is not None and table.binding else None


def loosened(plan: tuple[Place, ...]) -> tuple[Place, ...]:
    """The plan of an answer in which nothing is required: of what is not done yet."""
    return tuple(
        place._replace(blank=False, required=False, conditional=False, below=loosened(place.below)) for place in plan
    )


def shaped(plan: tuple[Place, ...], values: Values, top: Values, where: str) -> dict[str, object]:
    """Known fields only, None dropped, in the table's order, with the profile's names and codes.

    `where` names the table in faults. Raises SpecError, naming the field and never the value.
    """
    out: dict[str, object] = {}
    get = values.get
    for name, wire, blank, required, conditional, table, node, repeats, below, field in plan:
        value = get(name)
        if value is None or value == "":
            if blank:
                out[wire] = ""
            elif required or (conditional and due(field, values, top)):
                raise SpecError(f"{where}: required field {name} is missing")
        elif table is not None:
            if not _in_table(value, table.rows):
                value = table.told_as.get(str(value))
                if value is None:
                    raise SpecError(f"{where}: field {name}: value outside code table {field.codes}")
            out[wire] = answered(field, table, value) if table.wire else value
        elif not node:
            out[wire] = value
        elif not repeats:
            out[wire] = shaped(below, _row(value, name, where), top, where)
        elif isinstance(value, list | tuple):
            out[wire] = [shaped(below, _row(row, name, where), top, where) for row in value]
        else:
            raise SpecError(f"{where}: field {name}: a list is due")
    return out


def _in_table(value: object, rows: Values) -> bool:
    if isinstance(value, str):
        return value in rows
    if value.__class__ is int:
        return str(value) in rows
    values = value if isinstance(value, list | tuple) else (value,)
    return all(str(one) in rows for one in values)


def _row(value: object, name: str, where: str) -> Values:
    if value.__class__ is dict or isinstance(value, Mapping):
        return value
    raise SpecError(f"{where}: field {name}: an object is due")
