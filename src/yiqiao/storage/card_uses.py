"""The statements that count and list uses of cards, on both engines (用卡监测).

Counts read the index on time alone, whose further columns are what is counted by: one pass over the time range, then
sums of its few groups. The list is newest first in the order (at, app_id, way, number).
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)

from yiqiao.storage.cards import PersonRow
from yiqiao.storage.tables.cards import card_use, desk_operator, person

BEIJING_MS = 8 * 3_600_000
"""Days and hours begin where they do in Beijing."""

Place = tuple[int, str, str, str]
"""Where a use stands in the list: (at, app_id, way, number)."""


class UseFilter(NamedTuple):
    """Which uses: a time range (epoch ms, `until` not included), and columns that are to be equal where given."""

    since: int
    until: int
    treatment_code: str | None = None
    office_code: str | None = None
    app_id: str | None = None
    term_id: str | None = None
    operator_id: str | None = None


EQUALITY = UseFilter._fields[2:]


class CountRow(NamedTuple):
    """How many uses share a value. `by` is slot, treatment_code, office_code, app_id or term_id (of `app_id`);
    the `key` of a slot is its number since 1970, in steps as asked for."""

    by: str
    key: str | None
    app_id: str | None
    uses: int


class OperatorCountRow(NamedTuple):
    """How many uses an operator served, with the name on file, sealed."""

    app_id: str
    operator_id: str
    uses: int
    key_id: str | None
    sealed: bytes | None


class UseLineRow(NamedTuple):
    """One use with whoever's card it was, and the operator's name as on file, sealed."""

    at: int
    app_id: str
    way: str
    number: str
    person_id: str
    issue_no: int
    code_kind: str
    treatment_code: str
    office_code: str | None
    term_id: str
    operator_id: str
    ip_addr: str | None
    operator_key_id: str | None
    operator_sealed: bytes | None
    person: PersonRow | None


_LINE = tuple(card_use.c[name] for name in UseLineRow._fields[:12])
_OPERATOR = (desk_operator.c.key_id, desk_operator.c.sealed)
_PERSON = tuple(person.c[name] for name in PersonRow._fields)


def counts(connection: Connection, wanted: UseFilter, step_ms: int) -> list[CountRow]:
    """How many uses there were by stretch of time (`step_ms` long), stage, office, partner and terminal."""
    slot: ColumnElement[int] = literal_column(f"(at + {BEIJING_MS}) / {step_ms}").label("slot")
    by = (card_use.c.treatment_code, card_use.c.office_code, card_use.c.app_id, card_use.c.term_id)
    base = select(slot, *by, func.count().label("uses")).where(_wanted(wanted)).group_by(slot, *by).cte("base")

    def summed(name: str, *of: ColumnElement[Any]) -> Select[Any]:
        owner = base.c.app_id if name == "term_id" else cast(null(), Text)
        return select(literal(name), cast(base.c[name], Text), owner, func.sum(base.c.uses)).group_by(base.c[name], *of)

    query = union_all(
        summed("slot"),
        summed("treatment_code"),
        summed("office_code"),
        summed("app_id"),
        summed("term_id", base.c.app_id),
    )
    return [CountRow(row[0], row[1], row[2], int(row[3])) for row in connection.execute(query)]


def operator_counts(connection: Connection, wanted: UseFilter, limit: int) -> list[OperatorCountRow]:
    """The operators who served most uses, those with most first."""
    who = (card_use.c.app_id, card_use.c.operator_id)
    uses = func.count().label("uses")
    most = select(*who, uses).where(_wanted(wanted)).group_by(*who).order_by(uses.desc(), *who).limit(limit).subquery()
    named = and_(desk_operator.c.app_id == most.c.app_id, desk_operator.c.operator_id == most.c.operator_id)
    query = (
        select(most, *_OPERATOR)
        .outerjoin(desk_operator, named)
        .order_by(most.c.uses.desc(), most.c.app_id, most.c.operator_id)
    )
    return [OperatorCountRow._make(row) for row in connection.execute(query)]


def newest_uses(connection: Connection, wanted: UseFilter, limit: int, after: Place | None = None) -> list[UseLineRow]:
    """Up to `limit` uses, newest first, from behind `after` on."""
    return _lines(connection, _newest(limit, after).where(_wanted(wanted)))


def uses_of(connection: Connection, person_id: str, limit: int, after: Place | None = None) -> list[UseLineRow]:
    """Up to `limit` uses of a person's cards, newest first, from behind `after` on."""
    return _lines(connection, _newest(limit, after).where(card_use.c.person_id == person_id))


def _newest(limit: int, after: Place | None) -> Select[Any]:
    order = (card_use.c.at, card_use.c.app_id, card_use.c.way, card_use.c.number)
    query = select(*_LINE).order_by(*(column.desc() for column in order)).limit(limit)
    if after is None:
        return query
    return query.where(card_use.c.at <= after[0], tuple_(*order) < after)


def _lines(connection: Connection, newest: Select[Any]) -> list[UseLineRow]:
    # The page is cut first: persons are looked up for those lines only.
    found = newest.cte("found")
    c = found.c
    query = (
        select(found, *_OPERATOR, *_PERSON)
        .outerjoin(
            desk_operator, and_(desk_operator.c.app_id == c.app_id, desk_operator.c.operator_id == c.operator_id)
        )
        .outerjoin(person, person.c.person_id == c.person_id)
        .order_by(c.at.desc(), c.app_id.desc(), c.way.desc(), c.number.desc())
    )
    return [
        UseLineRow._make((*row[:14], PersonRow._make(row[14:]) if row[14] is not None else None))
        for row in connection.execute(query)
    ]


def _wanted(wanted: UseFilter) -> ColumnElement[bool]:
    given = (card_use.c[name] == getattr(wanted, name) for name in EQUALITY if getattr(wanted, name) is not None)
    return and_(card_use.c.at >= wanted.since, card_use.c.at < wanted.until, *given)
