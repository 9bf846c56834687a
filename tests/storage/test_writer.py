"""The gathered writer: one transaction for those who wait together, an outcome for each."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text

from yiqiao.errors import DomainError
from yiqiao.storage import NOTHING, Busy, Database, Lane, StorageFailed, StorageUnreachable, Write, Writer, ordinary
from yiqiao.storage import writer as writer_module


class Full(DomainError):
    """Refused by the lane's own rule."""


class Notes:
    """A ledger that writes what it is given into a table, and remembers what became of each transaction."""

    def __init__(self) -> None:
        self.settled: list[bool] = []
        self.sizes: list[int] = []

    def append(self, connection: Connection, entries: Sequence[str]) -> None:
        self.sizes.append(len(entries))
        for entry in entries:
            connection.execute(text("INSERT INTO note VALUES (:entry)"), {"entry": entry})

    def settle(self, committed: bool) -> None:
        self.settled.append(committed)


def counting(connection: Connection, commands: Sequence[int]) -> list[int | DomainError]:
    """A lane: files each number once; refuses negative ones; breaks on 666."""
    outcomes: list[int | DomainError] = []
    for command in commands:
        if command == 666:
            raise ZeroDivisionError
        if command < 0:
            outcomes.append(Full("满了"))
            continue
        connection.execute(text("INSERT INTO number VALUES (:n)"), {"n": command})
        outcomes.append(command * 2)
    return outcomes


COUNTING: Lane[int] = Lane("counting", counting)


def witness(outcome: int | DomainError) -> tuple[str, str]:
    return (f"refused {outcome.message}", "no") if isinstance(outcome, DomainError) else (f"done {outcome}", "yes")


@pytest.fixture
async def tables(database: Database) -> Database:
    def create(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE note (entry TEXT)"))
        connection.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY)"))

    await database.write(create)
    return database


async def count(database: Database, table: str) -> int:
    return int(await database.read(lambda c: c.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()))


async def test_calls_that_wait_together_share_a_transaction_and_each_gets_its_own_outcome(tables: Database) -> None:
    notes = Notes()
    writer: Writer[str] = Writer(tables, notes)
    calls = [writer.perform(Write(COUNTING, n), witness) for n in (1, -1, 2, 3)]
    assert await asyncio.gather(*calls) == ["done 2", "refused 满了", "done 4", "done 6"]
    assert await count(tables, "number") == 3
    assert await count(tables, "note") == 4
    assert sum(notes.sizes) == 4
    assert len(notes.sizes) < 4, "nobody waited together"


async def test_calls_that_arrive_one_turn_after_the_other_share_a_transaction(tables: Database) -> None:
    notes = Notes()
    writer: Writer[str] = Writer(tables, notes)

    async def arriving(n: int) -> str:
        for _ in range(n):
            await asyncio.sleep(0)
        return await writer.perform(Write(COUNTING, n), witness)

    await asyncio.gather(*(arriving(n) for n in range(20)))
    assert notes.sizes == [20]


async def test_one_bad_call_never_fails_its_neighbours(tables: Database) -> None:
    notes = Notes()
    writer: Writer[str] = Writer(tables, notes)
    calls = [writer.perform(Write(COUNTING, n), witness) for n in (1, 666, 2)]
    first, bad, last = await asyncio.gather(*calls, return_exceptions=True)
    assert (first, last) == ("done 2", "done 4")
    assert isinstance(bad, ZeroDivisionError)
    assert await count(tables, "number") == 2
    assert await count(tables, "note") == 2
    assert False in notes.settled


async def test_a_witness_that_fails_undoes_its_own_write_alone(tables: Database) -> None:
    def broken(_: int | DomainError) -> tuple[str, str]:
        raise KeyError("shape")

    writer: Writer[str] = Writer(tables, Notes())
    good = writer.perform(Write(COUNTING, 1), witness)
    bad = writer.perform(Write(COUNTING, 2), broken)
    done, failed = await asyncio.gather(good, bad, return_exceptions=True)
    assert done == "done 2"
    assert isinstance(failed, KeyError)
    assert await count(tables, "number") == 1


async def test_a_database_error_is_told_as_storage_failed_and_leaves_nothing(tables: Database) -> None:
    writer: Writer[str] = Writer(tables, Notes())
    await writer.perform(Write(COUNTING, 5), witness)
    with pytest.raises(StorageFailed):
        await writer.perform(Write(COUNTING, 5), witness)
    assert await count(tables, "note") == 1


async def test_nothing_writes_the_ledger_alone(tables: Database) -> None:
    writer: Writer[str] = Writer(tables, Notes())
    assert await writer.perform(NOTHING, lambda _: ("seen", "entry")) == "seen"
    assert await count(tables, "note") == 1


async def test_a_witness_without_an_entry_leaves_the_ledger_as_it_is(tables: Database) -> None:
    """And it learns nothing either: a transaction that did not write it says nothing about one that is in doubt."""
    notes = Notes()
    writer: Writer[str] = Writer(tables, notes)
    assert await writer.perform(Write(COUNTING, 1), lambda outcome: (outcome, None)) == 2
    assert (notes.sizes, notes.settled) == ([], [])
    quiet = writer.perform(NOTHING, lambda _: ("quiet", None))
    told, done = await asyncio.gather(quiet, writer.perform(Write(COUNTING, 2), witness))
    assert (told, done) == ("quiet", "done 4")
    assert await count(tables, "number") == 2
    assert await count(tables, "note") == sum(notes.sizes) == 1


async def test_an_ordinary_write_that_refuses_takes_back_what_it_did_itself(tables: Database) -> None:
    def half(connection: Connection) -> int:
        connection.execute(text("INSERT INTO number VALUES (9)"))
        raise Full("满了")

    writer: Writer[str] = Writer(tables, Notes())
    told, done = await asyncio.gather(
        writer.perform(ordinary(half), witness), writer.perform(Write(COUNTING, 1), witness)
    )
    assert (told, done) == ("refused 满了", "done 2")
    assert await count(tables, "number") == 1


async def test_a_caller_that_goes_away_does_not_undo_what_has_begun(tables: Database) -> None:
    writer: Writer[str] = Writer(tables, Notes())
    call = asyncio.create_task(writer.perform(Write(COUNTING, 1), witness))
    await asyncio.sleep(0)
    call.cancel()
    await writer.drain()
    assert await count(tables, "number") == 1


async def test_too_many_waiting_calls_are_turned_away(tables: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", 2)
    writer: Writer[str] = Writer(tables, Notes())
    calls = [asyncio.create_task(writer.perform(Write(COUNTING, n), witness)) for n in range(5)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(Busy) == 3
    assert await count(tables, "number") == 2


async def test_a_lost_database_fails_all_who_wait_without_another_try() -> None:
    class Gone:
        tries = 0

        async def write_briefly(self, work: object) -> object:
            self.tries += 1
            raise StorageUnreachable

    gone = Gone()
    writer: Writer[str] = Writer(gone, Notes())  # type: ignore[arg-type]
    calls = [writer.perform(Write(COUNTING, n), witness) for n in range(4)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, StorageUnreachable) for outcome in outcomes)
    assert gone.tries <= 2


async def test_a_call_made_at_the_very_moment_the_last_transaction_ends_is_not_forgotten(tables: Database) -> None:
    writer: Writer[str] = Writer(tables, Notes())

    async def one_after_the_other(start: int) -> None:
        for n in range(start, start + 20):
            await writer.perform(Write(COUNTING, n), witness)

    async with asyncio.timeout(60):
        await asyncio.gather(*(one_after_the_other(100 * n) for n in range(5)))
    assert await count(tables, "number") == 100


async def test_as_many_transactions_are_under_way_as_there_are_ledgers(tables: Database) -> None:
    busiest = 0

    class Slow(Notes):
        """Sees how many transactions are between their ledger's entry and their end."""

        open = 0

        def append(self, connection: Connection, entries: Sequence[str]) -> None:
            nonlocal busiest
            Slow.open += 1
            busiest = max(busiest, Slow.open)
            super().append(connection, entries)

        def settle(self, committed: bool) -> None:
            Slow.open -= 1
            super().settle(committed)

    ledgers = [Slow() for _ in range(tables.writes_at_once)]
    writer: Writer[str] = Writer(tables, *ledgers)

    async def caller(start: int) -> None:
        for n in range(start, start + 30):
            assert await writer.perform(Write(COUNTING, n), witness) == f"done {2 * n}"

    await asyncio.gather(*(caller(100 * n) for n in range(40)))
    assert await count(tables, "number") == await count(tables, "note") == 1200
    assert busiest == tables.writes_at_once
    assert sum(sum(ledger.sizes) for ledger in ledgers) == 1200


async def test_a_laborious_witness_is_heard_beside_the_loop_and_a_quick_one_on_it(tables: Database) -> None:
    writer: Writer[str] = Writer(tables, Notes())
    heard: list[threading.Thread] = []

    def hears(outcome: int | DomainError) -> tuple[object, str | None]:
        heard.append(threading.current_thread())
        return witness(outcome)

    await writer.perform(Write(COUNTING, 1), hears, laborious=True)
    await writer.perform(Write(COUNTING, 2), hears)
    assert [thread is threading.main_thread() for thread in heard] == [False, True]
    assert await count(tables, "number") == 2


async def test_a_laborious_witness_that_fails_undoes_its_write_alone(tables: Database) -> None:
    writer: Writer[str] = Writer(tables, Notes())

    def stumbles(_: object) -> tuple[object, str | None]:
        raise ZeroDivisionError

    calls = [writer.perform(Write(COUNTING, n), witness, laborious=True) for n in range(3)]
    outcomes = await asyncio.gather(
        *calls, writer.perform(Write(COUNTING, 9), stumbles, laborious=True), return_exceptions=True
    )
    assert isinstance(outcomes[3], ZeroDivisionError)
    assert await count(tables, "number") == 3
