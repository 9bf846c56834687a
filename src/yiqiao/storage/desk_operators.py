"""The statements on the operators at partners' desks: which name a partner gave last for an operator's number."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.storage.bulk import as_set, insert_many, matching, update_many
from yiqiao.storage.tables.cards import desk_operator


class OperatorRow(NamedTuple):
    """An operator at a desk as stored: the name sealed, with an index that tells whether it is still the same."""

    app_id: str
    operator_id: str
    key_id: str
    sealed: bytes
    name_index: int
    at: int


_COLUMNS = OperatorRow._fields


def name_indexes(connection: Connection, operators: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The name on file, as its index, of those among `operators` (app_id, operator_id) who have one."""
    apps, numbers = zip(*operators, strict=True)
    sql = (
        "SELECT app_id, operator_id, name_index FROM desk_operator "
        f"WHERE {matching(connection, 'app_id', 1)} AND {matching(connection, 'operator_id', 2)}"
    )
    rows = connection.exec_driver_sql(sql, (as_set(connection, apps), as_set(connection, numbers)))
    return {(row[0], row[1]): row[2] for row in rows}


def add_operators(connection: Connection, rows: Iterable[OperatorRow]) -> None:
    """File operators; where another process has just filed one, that one stands."""
    insert_many(connection, desk_operator, _COLUMNS, sorted(rows), skip_conflicts=True)


def rename_operators(connection: Connection, rows: Iterable[OperatorRow]) -> None:
    """Put these names in the place of those on file."""
    update_many(connection, desk_operator, _COLUMNS[:2], _COLUMNS[2:], sorted(rows))
