"""How a row of each operation becomes a record of the supervisor: its kind and key, what stands beside its sealed
content, and on which facts it depends. Wire names end here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

import orjson

from yiqiao.crypto import sm3
from yiqiao.dialects.supervision.dialect import NAME, depends
from yiqiao.region.supervision.attachments.mentions import Reader
from yiqiao.region.supervision.attachments.naming import ids_in
from yiqiao.region.supervision.attachments.refusals import AttachmentIdUnfit
from yiqiao.region.supervision.intake import Arrival, Plain
from yiqiao.region.supervision.kinds import Bound, Kind
from yiqiao.spec import Fault, Operation, Spec, load
from yiqiao.storage.supervision_records import Fact

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "A1000": Kind.HOSPITAL,
        "A1001": Kind.DEPARTMENT,
        "A1002": Kind.STAFF,
        "A2000": Kind.ORDER,
        "A2001": Kind.VISIT,
        "A2010": Kind.CONSULTATION,
        "A2020": Kind.RECIPE,
        "A2030": Kind.PURCHASE,
        "A2031": Kind.DRUGS,
        "A2040": Kind.EMR,
    }
)
_DAYS: Mapping[Kind, str] = {
    Kind.ORDER: "createTime",
    Kind.VISIT: "startTime",
    Kind.CONSULTATION: "startTime",
    Kind.RECIPE: "createTime",
    Kind.PURCHASE: "createTime",
    Kind.EMR: "visitTime",
}
"""Of which field the day of the business is taken; departments, staff and drugs have none."""
ATTACHMENT_ID = "attaId"
_DAY = len("2026-11-20")
DIGEST = 16
"""Bytes of a content's SM3 that are kept: they tell the contents of one record apart."""
LONGEST_KEY = 64
Blind = Callable[[str, str], int]


@dataclass(frozen=True)
class Need:
    """A field whose value must be known: as the key of a record, or as what is bound on the console."""

    path: tuple[str, ...]
    kind: str
    field: str

    def values(self, row: Mapping[str, Any]) -> list[str]:
        """The values that a row has there."""
        if len(self.path) == 1:  # nearly always
            value = row.get(self.path[0])
            return [value] if value.__class__ is str else []
        return _reached(row, self.path)


@dataclass(frozen=True)
class Filing:
    """How the rows of one operation are filed under one profile."""

    kind: Kind
    operation: Operation
    key: str
    needs: tuple[Need, ...]
    no_recipe: str
    naming: tuple[tuple[str, ...], ...] = ()
    """Paths of the fields in which its attachments are named."""

    def key_of(self, content: bytes) -> str:
        """What a row that is wrong calls its record; "" where it does not say."""
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            return ""
        key = value.get(self.key) if isinstance(value, dict) else None
        return key[:LONGEST_KEY] if isinstance(key, str) else ""

    def arrival(
        self,
        position: int,
        place: int,
        values: Mapping[str, Any],
        needs: tuple[Fact, ...],
        attachments: tuple[str, ...],
        blind: Blind,
    ) -> Arrival:
        """A row that has been checked. Its content is what the standard knows of it: how that was spelled, spaced and
        ordered makes no difference.
        """
        digest = sm3(orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS))[:DIGEST]
        return Arrival(position, values[self.key], digest, place, self._plain(values, blind), needs, attachments)

    def facts(self, values: Mapping[str, Any]) -> dict[Fact, str]:
        """What a row that has been checked depends on, each with the field that says so."""
        return {
            Fact(need.kind, value): need.field
            for need in self.needs
            for value in need.values(values)
            if value != self.no_recipe or need.kind != Kind.RECIPE
        }

    def names(self, values: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Fault, ...]]:
        """The attachments that a row that has been checked names, each once, and what is wrong with their ids."""
        ids: dict[str, None] = {}
        faults: list[Fault] = []
        for path in self.naming:
            for field in _reached(values, path):
                try:
                    ids |= dict.fromkeys(ids_in(field))
                except AttachmentIdUnfit as unfit:
                    faults.append(Fault("/".join(path), unfit.name, unfit.message))
        return tuple(ids), tuple(faults)

    def _plain(self, values: Mapping[str, Any], blind: Blind) -> Plain:
        get, amount = values.get, values.get("amount")
        certificate, card = get("certificateNo"), get("cardNo")
        return Plain(
            str(get(_DAYS.get(self.kind, "")) or "")[:_DAY],
            get("flowNo"),
            get("orderId"),
            get("deptCode"),
            get("code") if self.kind is Kind.STAFF else get("docCode"),
            get("recipeId"),
            get("recordId"),
            None if amount is None else int(Decimal(amount) * 100),
            None if certificate is None else blind("certificate", f"{get('certificateType')}|{certificate.upper()}"),
            None if card is None else blind("supervision card", f"{get('cardType')}|{card}"),
        )


@cache
def filing(profile: str, name: str) -> Filing:
    """How the rows of an operation are filed. Raises KeyError for one that uploads no records."""
    spec = load(NAME, profile)
    operation = spec.operations[name]
    if operation.repeat is None:
        raise KeyError(name)
    return Filing(
        kind=KINDS[name],
        operation=operation,
        key=operation.repeat.serial[0],
        needs=_needs(spec, name),
        no_recipe=str(spec.settings["no_recipe"]),
        naming=_naming(operation),
    )


@cache
def readers(profile: str) -> Mapping[str, Reader]:
    """By kind of record, of those that name attachments: which ones a content on file names, as a profile reads it."""
    known = load(NAME, profile).operations
    return {
        kind.value: _reader(how)
        for name, kind in KINDS.items()
        if name in known and (how := filing(profile, name)).naming
    }


def _reader(how: Filing) -> Reader:
    return lambda content: how.names(orjson.loads(content))[0]


def _needs(spec: Spec, name: str) -> tuple[Need, ...]:
    told = [Need((field,), KINDS[where].value, field) for field, (where, _) in depends(spec, name).items()]
    bound = spec.settings["bound"]
    mine = bound.get(name, {}) if isinstance(bound, Mapping) else {}
    return (*told, *(Need(tuple(field.split("/")), Bound(kind).value, field) for field, kind in mine.items()))


def _naming(operation: Operation) -> tuple[tuple[str, ...], ...]:
    """The paths of an operation's fields that are called attaId."""
    found = [field for field in operation.request if field.name == ATTACHMENT_ID]
    return tuple((field.parent, field.name) if field.parent else (field.name,) for field in found)


def _reached(value: object, path: tuple[str, ...]) -> list[str]:
    """The texts at a path, through lists."""
    if isinstance(value, list):
        return [found for one in value for found in _reached(one, path)]
    if not path:
        return [value] if isinstance(value, str) else []
    return _reached(value.get(path[0]), path[1:]) if isinstance(value, Mapping) else []
