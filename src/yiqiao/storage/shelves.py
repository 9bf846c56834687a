"""Rows by their keys, in the database or in memory.

What stands in for the outside world (payment channels, a HIS) has to serve a running sandbox, which several processes
share and which is restarted, and a simulation of a million acts, for which a database is too slow. Its logic is written
once, over a `Book`; a `Store` keeps the rows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Table, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.database import Database

R = TypeVar("R", bound=tuple[Any, ...])
T = TypeVar("T")
Key = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Shelf(Generic[R]):
    """A table of which all columns, in order, are a row's fields; its primary key is the first of them."""

    table: Table
    make: Callable[[Iterable[Any]], R]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.table.columns)

    @property
    def width(self) -> int:
        """Of how many columns the key is."""
        return len(self.table.primary_key.columns)


class Book(Protocol):
    """The rows during one transaction."""

    def get(self, shelf: Shelf[R], *key: object) -> R | None:
        """A row by its key; where the transaction may write, it is held until that ends."""
        ...

    def add(self, shelf: Shelf[R], row: R) -> R:
        """File a row, unless there is one under its key; answers the one on file, held."""
        ...

    def put(self, shelf: Shelf[R], row: R) -> None:
        """Put a row in the place of the one on file."""
        ...

    def where(self, shelf: Shelf[R], column: str, value: object) -> list[R]:
        """The rows with this value in a column, by their keys."""
        ...


class Store(Protocol):
    """Where the rows are kept."""

    async def read(self, work: Callable[[Book], T]) -> T:
        """Run `work`, which only looks."""
        ...

    async def write(self, work: Callable[[Book], T]) -> T:
        """Run `work` in one transaction: what it raises undoes it."""
        ...


class DatabaseStore:
    """`Store` over the hub's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, work: Callable[[Book], T]) -> T:
        """Raises StorageUnreachable, StorageFailed, and what `work` raises; `write` too."""
        return await self._database.read(lambda connection: work(_Rows(connection, hold=False)))

    async def write(self, work: Callable[[Book], T]) -> T:
        return await self._database.write(lambda connection: work(_Rows(connection, hold=True)))


class MemoryStore:
    """`Store` in memory, for one event loop."""

    def __init__(self) -> None:
        self._book = _Kept()

    async def read(self, work: Callable[[Book], T]) -> T:
        return work(self._book)

    async def write(self, work: Callable[[Book], T]) -> T:
        self._book.undo.clear()
        try:
            return work(self._book)
        except BaseException:
            self._book.take_back()
            raise


class _Rows:
    """`Book` over a connection."""

    def __init__(self, connection: Connection, *, hold: bool) -> None:
        self._connection, self._hold = connection, hold

    def get(self, shelf: Shelf[R], *key: object) -> R | None:
        query = select(*shelf.table.c).where(*_same(shelf, key))
        row = self._connection.execute(query.with_for_update() if self._hold else query).first()
        return None if row is None else shelf.make(row)

    def add(self, shelf: Shelf[R], row: R) -> R:
        insert_many(self._connection, shelf.table, shelf.fields, [row], skip_conflicts=True)
        return self.get(shelf, *row[: shelf.width]) or row

    def put(self, shelf: Shelf[R], row: R) -> None:
        values = dict(zip(shelf.fields, row, strict=True))
        self._connection.execute(update(shelf.table).where(*_same(shelf, row[: shelf.width])).values(values))

    def where(self, shelf: Shelf[R], column: str, value: object) -> list[R]:
        query = select(*shelf.table.c).where(shelf.table.c[column] == value).order_by(*shelf.table.primary_key.columns)
        return [shelf.make(row) for row in self._connection.execute(query)]


def _same(shelf: Shelf[R], key: Key) -> list[Any]:
    return [column == value for column, value in zip(shelf.table.primary_key.columns, key, strict=True)]


class _Kept:
    """`Book` over dictionaries; a column that is searched gets an index when it is searched first."""

    def __init__(self) -> None:
        self.undo: list[tuple[Shelf[Any], Key, Any]] = []
        self._rows: dict[Table, dict[Key, Any]] = {}
        self._found: dict[tuple[Table, str], dict[object, set[Key]]] = {}

    def get(self, shelf: Shelf[R], *key: object) -> R | None:
        return self._rows.get(shelf.table, {}).get(key)

    def add(self, shelf: Shelf[R], row: R) -> R:
        known = self.get(shelf, *row[: shelf.width])
        if known is None:
            self.put(shelf, row)
        return known or row

    def put(self, shelf: Shelf[R], row: R) -> None:
        key = row[: shelf.width]
        self.undo.append((shelf, key, self.get(shelf, *key)))
        self._set(shelf, key, row)

    def where(self, shelf: Shelf[R], column: str, value: object) -> list[R]:
        rows = self._rows.get(shelf.table, {})
        index = self._found.get((shelf.table, column))
        if index is None:
            index = self._found[shelf.table, column] = {}
            place = shelf.fields.index(column)
            for key, row in rows.items():
                index.setdefault(row[place], set()).add(key)
        return [rows[key] for key in sorted(index.get(value, ()), key=repr)]

    def take_back(self) -> None:
        """Undo what was written since `undo` was emptied."""
        for shelf, key, before in reversed(self.undo):
            self._set(shelf, key, before)
        self.undo.clear()

    def _set(self, shelf: Shelf[Any], key: Key, row: Any) -> None:
        rows = self._rows.setdefault(shelf.table, {})
        before = rows.get(key)
        for place, column in enumerate(shelf.fields):
            index = self._found.get((shelf.table, column))
            if index is None:
                continue
            if before is not None:
                index[before[place]].discard(key)
            if row is not None:
                index.setdefault(row[place], set()).add(key)
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
