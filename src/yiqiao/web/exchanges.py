"""Exchanges as the pages list them: one line each, told in the words of its standard."""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, select

from yiqiao.app.runtime import Runtime
from yiqiao.spec import Spec, load
from yiqiao.storage.tables.journal import journal

FAILURES = ("InternalError", "StorageFailed", "StorageUnreachable")
"""Refusals that are the hub's own fault, not the caller's."""


@dataclass(frozen=True)
class ExchangeLine:
    """One exchange. `at` epoch ms; `tone` is good (done), warn (refused) or bad (the hub failed); `ms` milliseconds."""

    chain: str
    seq: int
    at: int
    dialect: str
    operation: str
    title: str
    app_id: str
    partner: str
    outcome: str
    outcome_title: str
    tone: str
    ms: float

    @property
    def place(self) -> str:
        """Which exchange it is, as one word."""
        return f"{self.chain}/{self.seq}"


async def newest(runtime: Runtime, limit: int) -> tuple[ExchangeLine, ...]:
    """The newest exchanges, the newest first."""

    def work(connection: Connection) -> list[ExchangeLine]:
        rows = connection.execute(
            select(journal).order_by(journal.c.at.desc(), journal.c.chain.desc(), journal.c.seq.desc()).limit(limit)
        )
        return [
            line(runtime, r.chain, r.seq, r.at, r.dialect, r.operation, r.app_id, r.outcome, r.duration_us)
            for r in rows
        ]

    return tuple(await runtime.database.read(work))


def line(
    runtime: Runtime,
    chain: str,
    seq: int,
    at: int,
    dialect: str,
    operation: str,
    app_id: str,
    outcome: str,
    duration_us: int,
) -> ExchangeLine:
    """An entry of the journal, told."""
    spec = load(dialect)
    known = spec.operations.get(operation)
    code = spec.return_codes.get(outcome)
    partner = runtime.directory.find(dialect, app_id)
    return ExchangeLine(
        chain=chain,
        seq=seq,
        at=at,
        dialect=dialect,
        operation=operation,
        title=known.title if known else "",
        app_id=app_id,
        partner=partner.name if partner else "",
        outcome=outcome,
        outcome_title=code.title if code else "",
        tone=tone(spec, outcome),
        ms=round(duration_us / 1000, 1),
    )


def tone(spec: Spec, outcome: str) -> str:
    """How an outcome is to be seen."""
    if outcome == spec.success.code:
        return "good"
    return "bad" if outcome in _failures(spec.dialect) else "warn"


@cache
def _failures(dialect: str) -> frozenset[str]:
    spec = load(dialect)
    return frozenset(spec.code_for(name).code for name in FAILURES)
