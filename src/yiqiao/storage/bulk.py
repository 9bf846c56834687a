"""Many rows in one statement, on both engines.

PostgreSQL takes one array a column and unnests them, so the statement's text does not depend on the number of rows and
stays prepared; SQLite takes one VALUES list. Thousands of rows that are known to be new are copied.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
import orjson
from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, Row, SmallInteger, Table, Text
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import await_only

from yiqiao.storage.errors import StorageFailed

_ARRAYS = (
    (BigInteger, "bigint[]"),
    (SmallInteger, "smallint[]"),
    (Integer, "integer[]"),
    (LargeBinary, "bytea[]"),
    (Text, "text[]"),
)
SQLITE_PARAMETERS = 30_000


def insert_many(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[object, ...]],
    *,
    skip_conflicts: bool = False,
    returning: tuple[str, ...] = (),
) -> Sequence[Row[tuple[object, ...]]]:
    """Insert `rows` (values in the order of `columns`); answer the `returning` columns of the rows really inserted.

    With `skip_conflicts` a row whose unique key exists already, in the table or earlier in `rows`, is left out.
    """
    if not rows:
        return ()
    if connection.dialect.name == "postgresql":
        statement = _postgresql(table, columns, skip_conflicts, returning)
        result = connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))
        return result.all() if returning else ()
    if not returning:
        statement = _sqlite(table, columns, 1, skip_conflicts, ())
        connection.exec_driver_sql(statement, list(rows))
        return ()
    found: list[Row[tuple[object, ...]]] = []
    step = SQLITE_PARAMETERS // len(columns)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        statement = _sqlite(table, columns, len(part), skip_conflicts, returning)
        result = connection.exec_driver_sql(statement, tuple(value for row in part for value in row))
        found.extend(result.all())
    return found


def copy_many(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Write new rows: by COPY on PostgreSQL, which takes half the time of an INSERT and has no word for conflicts.

    The caller has written or locked something before, so that a transaction has begun. Raises StorageFailed where a
    row is there already.
    """
    if connection.dialect.name != "postgresql":
        insert_many(connection, table, columns, rows)
        return
    if not rows:
        return
    driver: Any = connection.connection.driver_connection
    if not driver.is_in_transaction():
        raise RuntimeError("rows are copied inside of a transaction, or half of them might stay")
    try:
        await_only(driver.copy_records_to_table(table.name, records=rows, columns=columns))
    except asyncpg.PostgresError as fault:
        raise StorageFailed from fault


def update_many(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Set `columns` of the rows found by `keys`; `rows` hold the values of keys and columns, in this order."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement = _postgresql_update(table, keys, columns)
        connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))
    else:
        split = len(keys)
        statement = _sqlite_update(table, keys, columns)
        connection.exec_driver_sql(statement, [(*row[split:], *row[:split]) for row in rows])


def upsert_many(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    rows: Sequence[tuple[object, ...]],
    *,
    sets: Mapping[str, str],
    unless_same: tuple[str, ...],
    only: str = "",
) -> None:
    """Insert `rows` (each key once), or change the rows that have these keys already by `sets` (column: SQL).

    A row whose `unless_same` columns are all as they were is left alone; so is one for which `only` does not hold.
    """
    if not rows:
        return
    changes = ", ".join(f"{name} = {value}" for name, value in sets.items())
    differs = " OR ".join(f"{table.name}.{name} IS DISTINCT FROM excluded.{name}" for name in unless_same)
    held = " AND ".join(part for part in (f"({differs})" if differs else "", only) if part)
    tail = f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}" + (f" WHERE {held}" if held else "")
    if connection.dialect.name == "postgresql":
        statement = _postgresql(table, columns, False, ()) + tail
        connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))
    else:
        connection.exec_driver_sql(_sqlite(table, columns, 1, False, ()) + tail, list(rows))


def plan_afresh(connection: Connection) -> None:
    """Have the statements of this transaction planned for the tables as they are.

    PostgreSQL keeps plans: one made while a table was empty is a scan of all of it, and stays so while it is filled.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def having_keys(
    connection: Connection,
    table: Table,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
    wanted: Sequence[tuple[object, ...]],
    *,
    lock: bool = False,
) -> list[tuple[Any, ...]]:
    """`columns` of the rows on file whose `keys` have one of the `wanted` values; with `lock` kept from all others."""
    if not wanted:
        return []
    if connection.dialect.name == "postgresql":
        statement = _having_keys(table, keys, columns, _unnested(table, keys)) + (" FOR UPDATE OF t" if lock else "")
        found = connection.exec_driver_sql(statement, tuple(map(list, zip(*wanted, strict=True))))
        return [tuple(row) for row in found]
    rows: list[tuple[Any, ...]] = []
    step = SQLITE_PARAMETERS // len(keys)
    for start in range(0, len(wanted), step):
        part = wanted[start : start + step]
        names = ", ".join(f"column{n} AS {name}" for n, name in enumerate(keys, 1))
        values = ", ".join([f"({', '.join('?' * len(keys))})"] * len(part))
        statement = _having_keys(table, keys, columns, f"(SELECT {names} FROM (VALUES {values})) v")
        found = connection.exec_driver_sql(statement, tuple(value for row in part for value in row))
        rows += [tuple(row) for row in found]
    return rows


def matching(connection: Connection, column: str, number: int = 1) -> str:
    """The SQL that keeps rows whose text `column` is in a set; the set is given by `as_set` as parameter `number`."""
    if connection.dialect.name == "postgresql":
        return f"{column} = ANY(${number}::text[])"
    return f"{column} IN (SELECT value FROM json_each(?{number}))"


def on_file(connection: Connection, table: Table, column: str, hospital_id: str, values: Sequence[str]) -> set[str]:
    """Which of these values a hospital has in a column of a table."""
    sql = (
        f"SELECT {column} FROM {table.name} WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND {matching(connection, column, 2)}"
    )
    sets = (as_set(connection, [hospital_id]), as_set(connection, values))
    return {row[0] for row in connection.exec_driver_sql(sql, sets)}


def as_set(connection: Connection, values: Sequence[str]) -> object:
    """`values` in the form in which the engine takes a set as one parameter."""
    if connection.dialect.name == "postgresql":
        return list(values)
    return orjson.dumps(list(values)).decode()


@cache
def _postgresql(table: Table, columns: tuple[str, ...], skip: bool, returning: tuple[str, ...]) -> str:
    arrays = ", ".join(f"${n}::{_array(table.c[name].type)}" for n, name in enumerate(columns, 1))
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM unnest({arrays}){_tail(skip, returning)}"


@cache
def _sqlite(table: Table, columns: tuple[str, ...], count: int, skip: bool, returning: tuple[str, ...]) -> str:
    one = f"({', '.join('?' * len(columns))})"
    values = ", ".join([one] * count)
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {values}{_tail(skip, returning)}"


@cache
def _postgresql_update(table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> str:
    sets = ", ".join(f"{name} = v.{name}" for name in columns)
    found = " AND ".join(f"t.{name} = v.{name}" for name in keys)
    return f"UPDATE {table.name} t SET {sets} FROM {_unnested(table, keys + columns)} WHERE {found}"


@cache
def _sqlite_update(table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> str:
    sets, found = ", ".join(f"{name} = ?" for name in columns), " AND ".join(f"{name} = ?" for name in keys)
    return f"UPDATE {table.name} SET {sets} WHERE {found}"


def _having_keys(table: Table, keys: tuple[str, ...], columns: tuple[str, ...], values: str) -> str:
    names = ", ".join(f"t.{name}" for name in columns)
    found = " AND ".join(f"t.{name} = v.{name}" for name in keys)
    return f"SELECT {names} FROM {values} JOIN {table.name} t ON {found}"


def _unnested(table: Table, names: tuple[str, ...]) -> str:
    arrays = ", ".join(f"${n}::{_array(table.c[name].type)}" for n, name in enumerate(names, 1))
    return f"unnest({arrays}) AS v({', '.join(names)})"


def _tail(skip: bool, returning: tuple[str, ...]) -> str:
    return (" ON CONFLICT DO NOTHING" if skip else "") + (f" RETURNING {', '.join(returning)}" if returning else "")


def _array(kind: TypeEngine[Any]) -> str:
    for base, name in _ARRAYS:
        if isinstance(kind, base):
            return name
    raise TypeError(f"no array form for a column of type {kind!r}")
