"""From a cell of a sheet, a view or a JSON line to a field's value, as the standard wants it on the wire.

Sheets and databases have types of their own: a code that looks like a number has become one, a date is a date. What can
be meant in one way only is put right here; the rest is left for the check to tell.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from yiqiao.clock import BEIJING
from yiqiao.spec import Field, Table
from yiqiao.spec.formats import ALIASES

_WRITTEN = {"yyyy-MM-dd": "%Y-%m-%d", "yyyy-MM-dd HH:mm:ss": "%Y-%m-%d %H:%M:%S"}
_INTEGRAL = 10**15


class HeadingUnfit(ValueError):
    """A heading of which the operation's fields cannot be told; the message is Chinese and says what to change."""


def columns(table: Table, heading: Sequence[str]) -> tuple[Field | None, ...]:
    """The field of each column, by its name or by its title; None for a column without a heading.

    Raises HeadingUnfit for a column that is no field, one that stands twice, and a required field that has none.
    """
    top = [field for field in table.fields if not field.parent]
    names = {field.name: field for field in top}
    titles: dict[str, Field] = {}
    for field in top:
        titles.setdefault(field.title, field)
    found = tuple(names.get(name) or titles.get(name) for name in heading)
    unknown = [name for name, field in zip(heading, found, strict=True) if name and field is None]
    given = [field.name for field in found if field is not None]
    missing = [field.name for field in top if field.required is True and field.name not in given]
    told = [f"不认识的列 {'、'.join(unknown)}"] if unknown else []
    told += [f"重复的列 {'、'.join(sorted({name for name in given if given.count(name) > 1}))}"] * (
        len(set(given)) < len(given)
    )
    told += [f"缺少的列 {'、'.join(missing)}"] if missing else []
    if told:
        raise HeadingUnfit("；".join(told) + "。列名用字段名或字段的中文名称")
    return found


def value_of(field: Field, cell: object) -> object:
    """A cell as its field has it; None for an empty one."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if field.kind in ("node", "json"):
        return _node(cell)
    if isinstance(cell, dt.datetime | dt.date):
        return _moment(field, cell)
    if field.kind == "text":
        return _text(cell)
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _INTEGRAL:
        return int(cell)
    return cell


def _node(cell: object) -> object:
    """A column for what stands in several rows holds JSON."""
    if not isinstance(cell, str | bytes):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def _moment(field: Field, cell: dt.datetime | dt.date) -> str:
    if not isinstance(cell, dt.datetime):
        cell = dt.datetime.combine(cell, dt.time())
    if cell.tzinfo is not None:
        cell = cell.astimezone(BEIJING)
    name = ALIASES.get(field.format or "", field.format or "")
    return cell.strftime(_WRITTEN.get(name, "%Y-%m-%d %H:%M:%S"))


def _text(cell: object) -> object:
    """Text, where a sheet or a database has made a number of it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    if not isinstance(cell, float | Decimal):
        return cell
    number = Decimal(repr(cell)) if isinstance(cell, float) else cell
    if not number.is_finite():
        return cell  # the check tells its row
    if not number:
        return "0"  # and not -0
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def values_of(fields: Sequence[Field | None], cells: Sequence[object]) -> dict[str, object]:
    """The values of a row; empty cells are left out. There may be fewer cells than columns, and no more."""
    pairs = zip(fields, cells, strict=False)
    found = {field.name: value_of(field, cell) for field, cell in pairs if field is not None}
    return {name: value for name, value in found.items() if value is not None}


def named_values(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    """The values of a JSON object. Unknown names stay, for the check to tell."""
    fields = {field.name: field for field in table.fields if not field.parent}
    found = {name: value_of(fields[name], cell) if name in fields else cell for name, cell in row.items()}
    return {name: value for name, value in found.items() if value is not None}
