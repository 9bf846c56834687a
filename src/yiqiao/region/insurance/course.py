"""What a step or an act changes on a settlement, as one value that commits as a whole: its row, what is told of it, its
money, its job.

A row is changed by version, so of two who acted on it one is refused (`Moved`) with all that belongs to it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Done, Outcome
from yiqiao.jobs.job import Together
from yiqiao.jobs.queue import put
from yiqiao.ports.insurance_settlement import Settlement
from yiqiao.region.insurance.states import FINAL, HELD, may_follow
from yiqiao.region.payments import books
from yiqiao.region.payments import course as hub
from yiqiao.region.payments.course import SAGA, WAITS_S, Moved, settlement_job
from yiqiao.storage import insurance
from yiqiao.storage.insurance import EventRow, SettlementRow

NO_MONEY = hub.Change()
INSTITUTION = 12
"""Characters of an institution's code in the number of a message."""


@dataclass(frozen=True)
class Change:
    """A settlement after a step, and before it; they are the same where only that is to be held. `event` tells of it,
    `money` is what changes in the payment hub.
    """

    row: SettlementRow
    before: SettlementRow
    event: EventRow | None = None
    money: hub.Change = NO_MONEY

    def write(self, connection: Connection, now_ms: int, *, wake: bool = True) -> None:
        """Write it, in the caller's transaction. Raises Moved, DayClosed."""
        (refusal,) = write_many(connection, [(self, now_ms)])
        if refusal is not None:
            raise refusal
        if wake and self.row.state not in FINAL:
            put(connection, now_ms, [settlement_job(self.row.merchant_id, self.row.number, self.row.next_at)])


def write_many(connection: Connection, changes: Sequence[tuple[Change, int]]) -> list[DomainError | None]:
    """Write changes, each at its time (epoch ms), in the caller's transaction; answers for each None, or Moved or
    DayClosed. Such a change leaves nothing behind.
    """
    return [_written(connection, change, now) for change, now in changes]


def _written(connection: Connection, change: Change, now: int) -> DomainError | None:
    if not insurance.held(connection, change.before):
        return Moved()
    (refusal,) = hub.write_many(connection, [(change.money, now)])
    if refusal is not None:
        return refusal
    if change.row is not change.before:
        insurance.change(connection, change.row, change.before)
        if change.row.state not in HELD:
            insurance.let_go(connection, change.row.merchant_id, change.row.number)
    if change.event is not None:
        insurance.tell(connection, change.event)
    return None


def finished(change: Change, now: int) -> Outcome:
    """How the settlement's job ends with this change: done where nothing follows, due again otherwise."""
    writes = Together(write_many, (change, now))
    return Done(writes) if change.row.state in FINAL else Again(change.row.next_at, writes=writes)


def unchanged(row: SettlementRow, now: int) -> Together:
    """Nothing to do, provided that the row is still as it was read."""
    return Together(write_many, (Change(row, row), now))


def moved(
    row: SettlementRow,
    after: str,
    told: str,
    now: int,
    changes: Mapping[str, object] | None = None,
    *,
    actor: str = SAGA,
    next_at: int | None = None,
    booked: hub.Change | None = None,
) -> Change:
    """A settlement that goes on to another state. Raises ValueError for a step that the table does not have."""
    if not may_follow(row.state, after):
        raise ValueError(f"settlement: {row.state} may not become {after}")
    known: dict[str, object] = {"tries": 0, "uncertain": 0, "next_at": now if next_at is None else next_at}
    if after in FINAL:
        known |= {"ended_at": now, "told": 0, "ending": ""}
    values = {**known, **(changes or {}), "state": str(after)}
    return _changed(row, values, told, now, actor, booked or NO_MONEY)


def waiting(
    row: SettlementRow,
    told: str,
    now: int,
    *,
    wait_s: float | None = None,
    uncertain: bool = False,
    quiet: bool = False,
) -> Change:
    """A settlement whose step is taken again: in `wait_s`, or after the table's wait. `uncertain`: somebody did not
    answer, so how far it got is not known. `quiet`: nothing is told of it.
    """
    tries = row.tries + 1
    pause = WAITS_S[min(tries, len(WAITS_S)) - 1] if wait_s is None else wait_s
    values: dict[str, object] = {"tries": tries, "next_at": now + round(pause * 1000)}
    if uncertain:
        values["uncertain"] = 1
    change = _changed(row, values, told, now, SAGA, NO_MONEY)
    return Change(change.row, change.before) if quiet else change


def touched(row: SettlementRow, now: int, *, actor: str, told: str) -> Change:
    """A settlement that stays where it is, its timer due now."""
    return _changed(row, {"next_at": now}, told, now, actor, NO_MONEY)


def marked(row: SettlementRow, now: int, **values: object) -> Change:
    """A settlement of which something is noted that is no step."""
    following = row._replace(**{**values, "version": row.version + 1, "changed_at": now})  # type: ignore[arg-type]
    return Change(following, row)


def begun(row: SettlementRow, told: str, actor: str) -> EventRow:
    """What is told of a new settlement."""
    return _event(row, "", actor, told, row.created_at)


def message_number(row: SettlementRow, step: str) -> str:
    """The number of our message for a step (one letter): institution, time and serial, at most 30 characters."""
    return f"{row.institution[:INSTITUTION]:0<{INSTITUTION}}{row.number}{step}"


def shares_booked(row: SettlementRow, settled: Settlement, now: int) -> hub.Change:
    """The funds' shares and the own account's part, as they were promised."""
    return _booked(row, settled, now, books.settled)


def shares_taken_back(row: SettlementRow, settled: Settlement, now: int) -> hub.Change:
    """The same the other way round."""
    return _booked(row, settled, now, books.unsettled)


def _booked(row: SettlementRow, settled: Settlement, now: int, kind: Any) -> hub.Change:
    parts: Counter[str] = Counter({books.OWN_ACCOUNT: settled.account})
    for share in settled.shares:
        parts[share.kind] += share.paid
    booked = tuple((kind(row.number, fund), amount) for fund, amount in sorted(parts.items()) if amount)
    return hub.Change(bookings=(books.booking(row.merchant_id, row.trace_no or row.number, now, *booked),))


def _changed(
    row: SettlementRow, values: Mapping[str, Any], told: str, now: int, actor: str, booked: hub.Change
) -> Change:
    following = row._replace(**{**values, "version": row.version + 1, "changed_at": now})
    return Change(following, row, _event(following, row.state, actor, told, now), booked)


def _event(row: SettlementRow, before: str, actor: str, told: str, at: int) -> EventRow:
    return EventRow(row.merchant_id, row.number, row.version, at, before, row.state, actor, row.tries, told[:300])


def number_of(now: int, chance: int) -> str:
    """The number of a settlement that begins now: the day and ten digits."""
    return f"{beijing(now):%y%m%d}{chance:010}"
