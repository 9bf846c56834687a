"""The statements that tell how a partner's calls went; both read the journal by (app_id, at), newest first."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from yiqiao.storage.tables.journal import journal


class OutcomeRow(NamedTuple):
    """How often an operation had an outcome; `since` epoch ms is the oldest of these calls."""

    operation: str
    outcome: str
    calls: int
    since: int


def newest_outcomes(connection: Connection, dialect: str, app_id: str, newest: int) -> list[OutcomeRow]:
    """The outcomes of a partner's newest calls, that many at most: what is older costs nothing."""
    calls = (
        select(journal.c.operation, journal.c.outcome, journal.c.at)
        .where(journal.c.app_id == app_id, journal.c.dialect == dialect, journal.c.direction == "in")
        .order_by(journal.c.at.desc())
        .limit(newest)
        .subquery()
    )
    by = (calls.c.operation, calls.c.outcome)
    query = select(*by, func.count(), func.min(calls.c.at)).group_by(*by).order_by(*by)
    return [OutcomeRow._make(row) for row in connection.execute(query)]


def last_calls(connection: Connection, partners: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """When each of these partners (dialect, app_id) called last, epoch ms; who never did is left out."""
    found = {}
    for dialect, app_id in partners:
        query = (
            select(journal.c.at)
            .where(journal.c.app_id == app_id, journal.c.dialect == dialect, journal.c.direction == "in")
            .order_by(journal.c.at.desc())
            .limit(1)
        )
        at: int | None = connection.scalar(query)
        if at is not None:
            found[dialect, app_id] = at
    return found
