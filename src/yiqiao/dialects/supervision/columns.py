"""The standard's tables as rules of quality and the archive see them: columns by kind of record."""

from collections.abc import Iterable, Mapping
from functools import cache

from yiqiao.dialects.supervision.dialect import NAME
from yiqiao.dialects.supervision.filing import KINDS
from yiqiao.region.supervision.quality.columns import Column, Shapes, Sort
from yiqiao.spec import Field, load

_SORTS: Mapping[str, Sort] = {"Int": Sort.WHOLE, "Decimal": Sort.EXACT}
_FORMATS: Mapping[str, Sort] = {"yyyy-MM-dd": Sort.DAY, "yyyy-MM-dd HH:mm:ss": Sort.MOMENT}


@cache
def shapes(profile: str) -> Shapes:
    """The columns of each kind of record, as a profile of the standard has them."""
    operations = load(NAME, profile).operations
    return {kind.value: _columns(operations[code].request) for code, kind in KINDS.items() if code in operations}


def _columns(fields: Iterable[Field]) -> tuple[Column, ...]:
    members: dict[str, list[Column]] = {}
    for field in fields:
        if field.parent:
            members.setdefault(field.parent, []).append(_column(field))
    return tuple(
        Column(field.name, Sort.LIST, tuple(members[field.name])) if field.name in members else _column(field)
        for field in fields
        if not field.parent
    )


def _column(field: Field) -> Column:
    sort = _SORTS.get(field.type) or _FORMATS.get(field.format or "") or Sort.TEXT
    return Column(field.name, sort, personal=bool(field.personal))
