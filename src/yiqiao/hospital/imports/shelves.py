"""Rows of a sheet in the table of their kind: new ones go in, changed ones replace, the others are left alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.sheet import Filing
from yiqiao.storage.bulk import having_keys, upsert_many

_QUIET = frozenset({"key_id", "sealed", "changed_at"})
"""Columns that differ in every run, though nothing has changed."""


@dataclass(frozen=True)
class TableShelf:
    """A table whose rows are `kind`, a NamedTuple. `keeps`: columns that a later import does not change; `sets`: SQL
    for columns that change otherwise than to the new value.

    `opened` reads what a row keeps sealed: two sealings of one text differ, so only this tells whether it has changed.
    """

    table: Table
    kind: type[Any]
    keeps: frozenset[str] = frozenset()
    sets: Mapping[str, str] = field(default_factory=dict)
    opened: Callable[[Keyring, Any], object] | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the table's primary key."""
        return tuple(column.name for column in self.table.primary_key)

    def put(self, connection: Connection, at: Filing, rows: Sequence[Any], *, dry_run: bool) -> Mapping[int, Unfit]:
        """File rows. Raises SealingUnavailable where what is on file cannot be opened."""
        if not dry_run:
            fields = self.kind._fields
            changing = [name for name in fields if name not in self.keys and name not in self.keeps]
            sets = {**{name: f"excluded.{name}" for name in changing}, **self.sets}
            telling = tuple(name for name in changing if name not in _QUIET)
            if self.opened is None:
                upsert_many(connection, self.table, self.keys, fields, rows, sets=sets, unless_same=telling)
            else:
                changed = self._changed(connection, at.keyring, rows, telling, self.opened)
                upsert_many(connection, self.table, self.keys, fields, changed, sets=sets, unless_same=())
        return {}

    def _changed(
        self,
        connection: Connection,
        keyring: Keyring,
        rows: Sequence[Any],
        telling: Sequence[str],
        opened: Callable[[Keyring, Any], object],
    ) -> list[Any]:
        """The rows that are new, or say something else than what is on file."""

        def key(row: Any) -> tuple[object, ...]:
            return tuple([getattr(row, name) for name in self.keys])

        def said(row: Any) -> tuple[object, ...]:
            return (opened(keyring, row), *[getattr(row, name) for name in telling])

        found = having_keys(connection, self.table, self.keys, self.kind._fields, [key(row) for row in rows])
        before = {key(row): row for row in map(self.kind._make, found)}
        return [row for row in rows if key(row) not in before or said(before[key(row)]) != said(row)]
