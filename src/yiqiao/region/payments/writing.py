"""How a step's change is handed to the job that took it: both commit together, or neither."""

from collections.abc import Collection

from sqlalchemy import Connection

from yiqiao.jobs import Again, Done, Outcome
from yiqiao.jobs.job import Together, Writes
from yiqiao.region.payments.course import Change, Moved, job_of, write_many
from yiqiao.storage import payments
from yiqiao.storage.payments import AttemptRow, Row, TradeRow


def finished(change: Change, row: Row, final: Collection[str], now: int) -> Outcome:
    """How the job of `row` ends with this change: done where nothing follows, due again otherwise."""
    following = next(step.row for step in change.steps if step.before is row)
    own = job_of(row, now)
    rest = Change(change.steps, change.bookings, tuple(job for job in change.jobs if (job.kind, job.key) != own[:2]))
    writes = Together(write_many, (rest, now))
    return Done(writes) if following.state in final else Again(following.next_at, writes=writes)


def unchanged(row: Row) -> Writes:
    """Nothing to do yet, provided that the row is still as it was read. Raises Moved."""

    def write(connection: Connection) -> None:
        found = _again(connection, row)
        if found is None or found.version != row.version:
            raise Moved

    return write


def _again(connection: Connection, row: Row) -> Row | None:
    if isinstance(row, TradeRow):
        return payments.trade(connection, row.merchant_id, row.trace_no)
    if isinstance(row, AttemptRow):
        return payments.attempt(connection, row.merchant_id, row.order_no)
    return payments.refund(connection, row.merchant_id, row.out_refund_no)
