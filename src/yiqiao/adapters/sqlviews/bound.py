"""A view of the mapping, found in the database: its questions are put in SQL with bound values, its rows are read.

Only names that the database itself has told of a view come into a statement, and they are quoted.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    TableClause,
    and_,
    false,
    func,
    inspect,
    or_,
    select,
    table,
    true,
)
from sqlalchemy import column as sql_column
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TypeEngine

from yiqiao.adapters.sqlviews.mapping import Column, View
from yiqiao.adapters.sqlviews.rows import ROWS, Kind
from yiqiao.adapters.sqlviews.values import YES, Unfit
from yiqiao.clock import BEIJING
from yiqiao.ports.hospital.values import Paging

Values = Mapping[str, Any]


SAMPLE = 1000
"""Rows of each view that a check reads."""


class UnfitView(Exception):
    """A view is not as its mapping says, or holds what it should not; names view, column and fault, no value."""


class Bound:
    """A view that can be asked."""

    def __init__(self, view: View, source: TableClause, names: Mapping[str, str]) -> None:
        self._view = view
        self._source = source
        self._names = names  # by field, as the database writes the column
        self._fields = ROWS[view.row].fields
        self._order = [source.c[names[name]] for name in ROWS[view.row].order if name in names]

    def rows(self, connection: Connection, *where: ColumnElement[bool], paging: Paging | None = None) -> list[Values]:
        """The rows that fit, in their order. Raises UnfitView."""
        query = select(*self._source.c).where(*where).order_by(*self._order)
        return [self._row(row._mapping) for row in connection.execute(_part(query, paging))]

    def sample(self, connection: Connection) -> None:
        """Read a few rows, to see whether they are what the mapping says. Raises UnfitView."""
        self.rows(connection, paging=Paging(1, SAMPLE))

    def count(self, connection: Connection, *where: ColumnElement[bool]) -> int:
        """How many rows fit."""
        found = connection.scalar(select(func.count()).select_from(self._source).where(*where))
        return int(found or 0)

    def distinct(
        self, connection: Connection, name: str, *where: ColumnElement[bool], paging: Paging | None = None
    ) -> tuple[int, list[str]]:
        """The different values of a text in the rows that fit: how many, and those of a page."""
        column = self._column(name)
        inner = select(column).where(*where).distinct()
        total = connection.scalar(select(func.count()).select_from(inner.subquery()))
        found = connection.execute(_part(inner.order_by(column), paging))
        return int(total or 0), [str(row[0]).strip() for row in found]

    def equals(self, name: str, value: object) -> ColumnElement[bool]:
        """Rows whose field is this; without a value, all rows."""
        if value is None:
            return true()
        if self._field_kind(name) is Kind.DAY:
            return self.between(name, str(value), str(value))
        return self.among(name, [value])

    def among(self, name: str, values: Collection[object]) -> ColumnElement[bool]:
        """Rows whose field is one of these."""
        source = self._view.columns.get(name)
        if source is None or source.column is None:
            constant = None if source is None else source.constant
            return true() if constant in values else false()
        column = self._column(name)
        raws: list[object] = []
        for value in values:
            known = source.form.raws(value)
            raws.extend([_plain(value)] if known is None or (not known and _free(source)) else known)
        if isinstance(column.type, Boolean):
            return column.in_([bool(YES.get(raw, raw)) for raw in raws])
        if self._field_kind(name) is Kind.YES and raws in ([True], [False]):
            raws = [raw for raw, yes in YES.items() if [yes] == raws and _suits(column.type, raw)]
        return column.in_([_as(column.type, raw) for raw in raws])

    def nothing(self, name: str) -> ColumnElement[bool]:
        """Rows whose field is nothing: null, empty, or a code that means so."""
        source = self._view.columns.get(name)
        if source is None or source.column is None:
            return true() if source is None or source.constant is None else false()
        column = self._column(name)
        raws = [raw for raw in source.form.raws(None) or [] if raw is not None]
        empty = [""] if self._field_kind(name) is Kind.TEXT else []
        return or_(column.is_(None), column.in_([_as(column.type, raw) for raw in (*raws, *empty)]))

    def between(self, name: str, first: str, last: str) -> ColumnElement[bool]:
        """Rows whose day is one of these (YYYY-MM-DD)."""
        begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last) + timedelta(days=1)
        return self._within(name, begin, end)

    def moments(self, name: str, first_ms: int, last_ms: int) -> ColumnElement[bool]:
        """Rows whose moment is from `first_ms` to `last_ms`."""
        begin, end = (datetime.fromtimestamp(ms / 1000, BEIJING).replace(tzinfo=None) for ms in (first_ms, last_ms + 1))
        return self._within(name, begin, end)

    def has(self, name: str) -> bool:
        """Whether the view tells of this field."""
        return name in self._view.columns

    def _within(self, name: str, begin: datetime, end: datetime) -> ColumnElement[bool]:
        """From `begin` to before `end`, by Beijing time, in the form in which the column holds it."""
        source = self._view.columns.get(name)
        if source is None or source.column is None:
            return false()
        column = self._column(name)
        low, high = (_moment(source, column.type, moment) for moment in (begin, end))
        return and_(column >= low, column < high)

    def _column(self, name: str) -> ColumnElement[Any]:
        return cast("ColumnElement[Any]", self._source.c[self._names[name]])

    def _field_kind(self, name: str) -> Kind:
        return self._fields[name].kind

    def _row(self, raw: Mapping[Any, object]) -> Values:
        told: dict[str, object] = dict.fromkeys(self._fields)
        for name, source in self._view.columns.items():
            try:
                value = source.constant if source.column is None else source.form.read(raw[self._names[name]])
            except Unfit as unfit:
                raise UnfitView(f"{self._view.name}.{source.column} ({name}): not {unfit}") from None
            if value is None and self._fields[name].required:
                raise UnfitView(f"{self._view.name}.{source.column} ({name}): null, or empty")
            told[name] = value
        return told


def bind(connection: Connection, view: View) -> tuple[Bound | None, list[str]]:
    """The view in the database, or what is wrong with it."""
    at = f"views.{view.row}"
    inspector = inspect(connection)
    found = []
    if view.schema is None or view.schema.casefold() in map(str.casefold, inspector.get_schema_names()):
        with suppress(NoSuchTableError):
            found = inspector.get_columns(view.name, view.schema)
    if not found:
        return None, [f"{at}.view: the database has no view {'.'.join(filter(None, (view.schema, view.name)))}"]
    types = {str(one["name"]): one["type"] for one in found}
    by_fold = {name.casefold(): name for name in types}
    names: dict[str, str] = {}
    faults = []
    for field, source in view.columns.items():
        if source.column is None:
            continue
        name = source.column if source.column in types else by_fold.get(source.column.casefold())
        if name is None:
            faults.append(f"{at}.columns.{field}: the view has no column {source.column}; it has {', '.join(types)}")
        else:
            names[field] = name
    if faults:
        return None, faults
    columns = [sql_column(name, types[name]) for name in dict.fromkeys(names.values())]
    return Bound(view, table(view.name, *columns, schema=view.schema), names), []


def _part(query: Select[Any], paging: Paging | None) -> Select[Any]:
    return query if paging is None else query.limit(paging.size).offset((paging.page - 1) * paging.size)


def _free(source: Column) -> bool:
    """Whether a value without a code of its own stands in the column as it is."""
    return source.form.field.kind is Kind.TEXT


def _plain(value: object) -> object:
    """A code by its number or word."""
    return getattr(value, "value", value)


def _suits(kind: TypeEngine[Any], raw: object) -> bool:
    return isinstance(raw, int) is isinstance(kind, Integer | BigInteger | Numeric)


def _as(kind: TypeEngine[Any], raw: object) -> object:
    """A value in the column's own type: a driver would not compare a number with a text."""
    if isinstance(kind, Integer | BigInteger | Numeric):
        return int(str(raw))
    return raw if isinstance(raw, bytes) else str(raw)


def _moment(source: Column, kind: TypeEngine[Any], moment: datetime) -> object:
    if isinstance(kind, DateTime):
        return moment.replace(tzinfo=BEIJING) if kind.timezone else moment
    if isinstance(kind, Date):
        whole = moment.time() == time()
        return moment.date() if whole else moment.date() + timedelta(days=1)
    if isinstance(kind, Integer | BigInteger | Numeric) and source.form.field.kind is Kind.MOMENT:
        return round(moment.replace(tzinfo=BEIJING).timestamp() * 1000)
    default = "%Y-%m-%d" if source.form.field.kind is Kind.DAY else "%Y-%m-%d %H:%M:%S"
    text = moment.strftime(source.form.pattern or default)
    return int(text) if isinstance(kind, Integer | BigInteger | Numeric) else text
