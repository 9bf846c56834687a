"""The statements on reports of reconciliations. All run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.payments import pay_report


class ReportRow(NamedTuple):
    """A comparison that was kept; counts, away and findings are JSON."""

    merchant_id: str
    day: str
    at: int
    applied: int
    operator: str
    counts: str
    away: str
    findings: str


_REPORT = tuple(pay_report.c[name] for name in ReportRow._fields)


def add_report(connection: Connection, row: ReportRow) -> None:
    """Keep a report."""
    insert_many(connection, pay_report, ReportRow._fields, [row])


def report(connection: Connection, merchant_id: str, day: str, at: int) -> ReportRow | None:
    """One report."""
    r = pay_report.c
    row = connection.execute(select(*_REPORT).where(r.merchant_id == merchant_id, r.day == day, r.at == at)).first()
    return None if row is None else ReportRow._make(row)


def reports(connection: Connection, limit: int, merchant_id: str | None = None) -> list[ReportRow]:
    """The reports that were made last, the newest first; of one merchant or of all."""
    query = select(*_REPORT).order_by(pay_report.c.at.desc(), pay_report.c.merchant_id).limit(limit)
    if merchant_id is not None:
        query = query.where(pay_report.c.merchant_id == merchant_id)
    return [ReportRow._make(row) for row in connection.execute(query)]


def made(connection: Connection, merchant_id: str, day: str, operator: str) -> bool:
    """Whether somebody has made a report of a day."""
    r = pay_report.c
    mine = r.merchant_id == merchant_id, r.day == day, r.operator == operator
    return connection.execute(select(r.at).where(*mine).limit(1)).first() is not None
