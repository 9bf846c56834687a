"""What a step or an act changes, as one value that commits as a whole: rows, what is told of them, the books, the jobs.

Rows are changed by version, so of two who acted on the same row one is refused (`Moved`) with all that belongs to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from yiqiao.errors import DomainError
from yiqiao.jobs.queue import Due, put
from yiqiao.region.payments.books import Booking
from yiqiao.region.payments.states import State, may_follow
from yiqiao.storage import payment_books, payments
from yiqiao.storage.payment_books import TransferRow
from yiqiao.storage.payment_closing import DayClosed, held_open
from yiqiao.storage.payments import AttemptRow, EventRow, Row, TradeRow

TRADE_JOB, ATTEMPT_JOB, REFUND_JOB, NOTICE_JOB = "pay.trade", "pay.attempt", "pay.refund", "pay.notice"
SETTLEMENT_JOB = "ins.settlement"
"""Which waits for the trade of its personal part."""
WAITS_S = (2, 5, 15, 60, 300, 900, 1800)
"""Before a step is tried again, by how often it was tried."""
POLLS_S = (1, 2, 2, 3, 3, 5, 5, 10, 10, 20, 30)
"""Between two looks at something that others have to do."""
SAGA = "saga"


class Moved(DomainError):
    """Somebody else has acted meanwhile: nothing of this was written, look again."""

    def __init__(self) -> None:
        super().__init__("记录刚刚有了变化，请刷新后再试")


class Step(NamedTuple):
    """A row after a step, the row before it, and what is told of it; new rows have no row before."""

    row: Row
    before: Row | None
    event: EventRow | None


@dataclass(frozen=True)
class Change:
    """All that commits together. `same`: rows that it leaves as they are, and that must be as they were read."""

    steps: tuple[Step, ...] = ()
    bookings: tuple[Booking, ...] = ()
    jobs: tuple[Due, ...] = ()
    same: tuple[Row, ...] = ()

    def __add__(self, other: "Change") -> "Change":
        return Change(
            self.steps + other.steps,
            self.bookings + other.bookings,
            self.jobs + other.jobs,
            self.same + other.same,
        )

    @property
    def made_of(self) -> tuple[Row, ...]:
        """The rows that have to be as they were read."""
        return tuple(step.before for step in self.steps if step.before is not None) + self.same

    @property
    def transfers(self) -> Iterator[TransferRow]:
        """What it books."""
        return (one for booking in self.bookings for one in booking.transfers)

    def write(self, connection: Connection, now_ms: int) -> None:
        """Write it, in the caller's transaction. Raises Moved, DayClosed."""
        (refusal,) = write_many(connection, [(self, now_ms)])
        if refusal is not None:
            raise refusal


def write_many(connection: Connection, changes: Sequence[tuple[Change, int]]) -> list[DomainError | None]:
    """Write changes, each at its time (epoch ms), in the caller's transaction; answers for each None, or Moved where a
    row of it is not the one any more that it was made of, or DayClosed where it was made on a day that is closed by
    now. Such a change leaves nothing behind.
    """
    olds = [row for change, _ in changes for row in change.made_of]
    versions = dict(payments.versions(connection, olds))
    closed = held_open(connection, {one.merchant_id for change, _ in changes for one in change.transfers})
    outcomes: list[DomainError | None] = []
    standing: list[tuple[Change, int]] = []
    for change, now_ms in changes:
        mine = change.made_of
        if any(versions.get(payments.identity(row)) != row.version for row in mine):
            outcomes.append(Moved())
            continue
        late = next((one.day for one in change.transfers if one.day <= closed[one.merchant_id]), None)
        if late is not None:
            outcomes.append(DayClosed(late))
            continue
        for row in mine:  # who comes next with the same row comes too late
            del versions[payments.identity(row)]
        outcomes.append(None)
        standing.append((change, now_ms))
    steps = [step for change, _ in standing for step in change.steps]
    payments.add(connection, [step.row for step in steps if step.before is None])
    payments.change(connection, [(step.row, step.before) for step in steps if step.before is not None])
    payments.tell(connection, [step.event for step in steps if step.event is not None])
    bookings = [one for change, _ in standing for one in change.bookings]
    payment_books.open_accounts(connection, [account for one in bookings for account in one.accounts])
    payment_books.book(connection, [transfer for one in bookings for transfer in one.transfers], closed)
    put(connection, max((now for _, now in standing), default=0), [job for one, _ in standing for job in one.jobs])
    return outcomes


def job_of(row: Row, run_at: int) -> Due:
    """The job that carries a row on."""
    kind, number = _named(row)
    jobs = {"trade": TRADE_JOB, "attempt": ATTEMPT_JOB, "refund": REFUND_JOB}
    return Due(jobs[kind], f"{row.merchant_id}|{number}", {"merchant_id": row.merchant_id, "number": number}, run_at)


def awaited(row: Row, now: int) -> tuple[Due, ...]:
    """Who waits for the end of this row: the settlement of a trade that is its personal part."""
    if not isinstance(row, TradeRow) or not row.settles:
        return ()
    return (settlement_job(row.merchant_id, row.settles, now),)


def settlement_job(merchant_id: str, number: str, run_at: int) -> Due:
    """The job that carries a settlement on."""
    data = {"merchant_id": merchant_id, "number": number}
    return Due(SETTLEMENT_JOB, f"{merchant_id}|{number}", data, run_at)


def begun(row: Row, actor: str, told: str) -> Step:
    """A row that is new."""
    return Step(row, None, _event(row, "", actor, told, row.created_at))


def moved(
    row: Row,
    after: State,
    told: str,
    now: int,
    changes: Mapping[str, object] | None = None,
    *,
    actor: str = SAGA,
    next_at: int | None = None,
) -> Step:
    """A row that goes on to another state. Raises ValueError for a step that the table does not have."""
    kind, _ = _named(row)
    if not may_follow(kind, row.state, after):
        raise ValueError(f"{kind}: {row.state} may not become {after}")
    known = {} if isinstance(row, AttemptRow) else {"uncertain": 0}
    due = now if next_at is None else next_at
    return _step(row, {**known, "tries": 0, "next_at": due, **(changes or {}), "state": str(after)}, told, now, actor)


def waiting(
    row: Row, told: str, now: int, *, wait_s: float | None = None, uncertain: bool = False, latest: int | None = None
) -> Step:
    """A row whose step is taken again: in `wait_s`, or after the table's wait; not after `latest` (epoch ms).

    `uncertain`: somebody did not answer, so how far it got is not known.
    """
    tries = row.tries + 1
    pause = WAITS_S[min(tries, len(WAITS_S)) - 1] if wait_s is None else wait_s
    next_at = now + round(pause * 1000)
    if latest is not None:
        next_at = max(now, min(next_at, latest))
    changes: dict[str, object] = {"tries": tries, "next_at": next_at}
    if uncertain and not isinstance(row, AttemptRow):
        changes["uncertain"] = 1
    return _step(row, changes, told, now, SAGA)


def touched(row: Row, now: int, *, actor: str, told: str) -> Step:
    """A row that stays where it is, its timer due now."""
    return _step(row, {"next_at": now}, told, now, actor)


def poll_s(tries: int) -> float:
    """When to look again at what others have to do."""
    return POLLS_S[min(tries, len(POLLS_S) - 1)]


def _step(row: Row, changes: Mapping[str, Any], told: str, now: int, actor: str) -> Step:
    stamped: Mapping[str, Any] = {} if isinstance(row, AttemptRow) else {"changed_at": now}
    following = row._replace(**{**changes, **stamped, "version": row.version + 1})
    return Step(following, row, _event(following, row.state, actor, told, now))


def _named(row: Row) -> tuple[str, str]:
    if isinstance(row, TradeRow):
        return "trade", row.trace_no
    if isinstance(row, AttemptRow):
        return "attempt", row.order_no
    return "refund", row.out_refund_no


def _event(row: Row, before: str, actor: str, told: str, at: int) -> EventRow:
    kind, number = _named(row)
    return EventRow(
        row.merchant_id,
        f"{kind}/{number}",
        row.version,
        row.trace_no,
        at,
        before,
        row.state,
        actor,
        row.tries,
        told[:300],
    )
