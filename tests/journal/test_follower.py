"""Business keys are filed behind the writers' backs; whoever looks for one finds it before, meanwhile and after."""

import asyncio
from collections.abc import Callable
from typing import TypeVar, cast

import pytest
from sqlalchemy import Connection, select, text

from tests.journal.conftest import Process, tamper
from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal import Keys
from yiqiao.journal.follower import Follower, catch_up, file_portion
from yiqiao.journal.prune import prune
from yiqiao.journal.reader import Reader, Search
from yiqiao.journal.recorder import LONG_MS
from yiqiao.storage import Database, StorageUnreachable, journal_keys
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.journal_keys import KEYS, found_by
from yiqiao.storage.tables.journal import journal

R = TypeVar("R")
DAY_S = 86_400
KINDS = ("person", "card", "order", "trace")


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def reader(database: Database, keyring: Keyring) -> Reader:
    return Reader(database, keyring)


async def found(reader: Reader, **search: object) -> list[int]:
    return [line.seq for line in (await reader.search(Search(**search))).lines]  # type: ignore[arg-type]


async def rows(database: Database, table: str) -> list[tuple[object, ...]]:
    """All that stands in a table, in order."""
    asked = text(f"SELECT * FROM {table} ORDER BY 1, 2")
    return await database.read(lambda c: [tuple(row) for row in c.execute(asked)])


async def marks(database: Database) -> dict[object, object]:
    return {row[0]: row[1] for row in await rows(database, "journal_mark")}


async def caught_up(database: Database, wanted: dict[object, object]) -> None:
    """Wait until a follower has brought the marks so far."""
    async with asyncio.timeout(30):
        while await marks(database) != wanted:  # noqa: ASYNC110 - the follower tells nobody
            await asyncio.sleep(0.001)


async def file_all(database: Database, chain: str, portion: int = 100) -> list[int]:
    """File a chain to its end; answers how far each portion went."""
    reached: list[int] = []
    while (at := await file_portion(database, chain, portion)) is not None:
        reached.append(at)
    return reached


async def test_an_entry_is_found_before_its_keys_are_filed_and_after(
    reader: Reader, process: Process, database: Database
) -> None:
    await process.write(*(process.entry(keys=Keys(**{kind: "same text"})) for kind in KINDS))
    for filed in (0, 4):
        assert len(await rows(database, "journal_key")) == filed
        for seq, kind in enumerate(KINDS, 1):
            assert await found(reader, **{kind: "same text"}) == [seq]
            assert await found(reader, **{kind: "other text"}) == []
        await file_all(database, process.chain)


async def test_filed_and_unfiled_entries_stand_in_one_list_page_by_page(
    reader: Reader, process: Process, database: Database, clock: FixedClock
) -> None:
    for _ in range(6):
        await process.write(process.entry(keys=Keys(person="p", card="c")), process.entry(keys=Keys(person="q")))
        clock.advance(1)
    assert await file_portion(database, process.chain, 5) == 5
    assert await found(reader, person="p") == [11, 9, 7, 5, 3, 1]
    assert await found(reader, person="p", card="c", chain=process.chain) == [11, 9, 7, 5, 3, 1]
    search = Search(person="p")
    first = await reader.search(search, limit=2)
    second = await reader.search(search, limit=2, after=first.next)
    third = await reader.search(search, limit=2, after=second.next)
    assert [[line.seq for line in page.lines] for page in (first, second, third)] == [[11, 9], [7, 5], [3, 1]]
    assert await reader.newer(third.lines[0], search) == second.lines[1]
    assert await reader.older(second.lines[1], search) == third.lines[0]


async def test_portions_follow_one_another_to_the_end(process: Process, database: Database) -> None:
    await process.write_many([7, 7])
    assert await file_all(database, process.chain, 5) == [5, 10, 14]
    assert await marks(database) == {process.chain: 14}
    assert {row[3] for row in await rows(database, "journal_key")} == set(range(1, 15))


async def test_a_portion_that_fails_moves_nothing_and_once_more_is_once(process: Process, database: Database) -> None:
    await process.write_many([6])

    def dying(connection: Connection) -> None:
        journal_keys.file_portion(connection, process.chain, 4)
        raise Undone

    with pytest.raises(Undone):
        await database.write(dying)
    assert (await marks(database), await rows(database, "journal_key")) == ({process.chain: 0}, [])
    await file_all(database, process.chain)
    filed = await rows(database, "journal_key")
    await tamper(database, "UPDATE journal_mark SET seq = 0")
    assert await file_all(database, process.chain) == [6]
    assert await rows(database, "journal_key") == filed


async def test_keys_are_filed_by_the_part_of_their_chain_and_found_in_each(
    reader: Reader, process: Process, database: Database
) -> None:
    await process.write(*(process.entry(keys=Keys(trace=f"T{n % 2}")) for n in range(6)))
    await file_all(database, process.chain)
    # As if the entries had stood that far apart: their keys only are moved.
    await tamper(database, "UPDATE journal_key SET part = seq * 3")
    assert await found(reader, trace="T0") == [5, 3, 1]


async def test_two_processes_file_their_own_chains_and_take_their_marks_when_they_end(
    reader: Reader, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    processes = [Process(database, keyring, clock) for _ in range(2)]
    followers = [Follower(database, [process.recorder], pause_s=0.001) for process in processes]
    for process, follower in zip(processes, followers, strict=True):
        follower.start()
        await process.write_many([3, 1])
        assert follower.behind <= 4
    await followers[0].stop()
    assert followers[0].behind == 0
    assert set(await marks(database)) == {processes[1].chain}
    await processes[1].write_many([2])
    await followers[1].stop()
    assert await marks(database) == {}
    assert len(await rows(database, "journal_key")) == 10
    assert sorted(await found(reader, trace="T0")) == [1, 1, 4, 4, 5]


class Bustling:
    """A database in whose journal another entry was written each time a transaction has ended."""

    def __init__(self, process: Process) -> None:
        self.transactions = 0
        self._process = process

    async def write(self, work: Callable[[Connection], R]) -> R:
        self.transactions += 1
        done = await self._process.database.write(work)
        await self._process.write_many([1])
        return done


async def test_what_is_written_while_a_portion_is_filed_waits_for_the_next_turn(process: Process) -> None:
    await process.write_many([3])
    database = Bustling(process)
    async with asyncio.timeout(10):  # it would go on for ever, an entry at a time
        await Follower(cast("Database", database), [process.recorder]).stop()
    assert database.transactions == 2  # one portion, and the attempt to take the mark
    assert await marks(process.database) == {process.chain: 3}


async def test_what_is_written_while_nothing_is_found_to_file_is_not_taken_for_filed(process: Process) -> None:
    await process.write_many([3])
    await catch_up(process.database)
    follower = Follower(cast("Database", Bustling(process)), [process.recorder])
    await follower.stop()
    assert follower.behind == 2  # one was written while the follower looked, one while it took the mark
    assert await marks(process.database) == {process.chain: 3}


async def test_what_a_dead_process_left_is_filed_by_the_next(
    process: Process, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([5])
    living = Process(database, keyring, clock)
    follower = Follower(database, [living.recorder], pause_s=0.001)
    follower.start()
    await caught_up(database, {process.chain: 5})
    await follower.stop()
    assert await catch_up(database) == 0


async def test_many_who_catch_up_at_once_file_everything_once(process: Process, database: Database) -> None:
    await process.write_many([30] * 5)
    await asyncio.gather(*(file_all(database, process.chain, 10) for _ in range(4)))
    assert await marks(database) == {process.chain: 150}
    assert len(await rows(database, "journal_key")) == 150


async def test_a_chain_whose_end_is_in_doubt_keeps_its_mark(process: Process, database: Database) -> None:
    await process.write_many([2])
    process.recorder.settle(False)
    await Follower(database, [process.recorder]).stop()
    assert await marks(database) == {process.chain: 2}


async def test_a_process_ends_though_the_database_is_gone(
    process: Process, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process.write_many([2])

    async def lost(work: object) -> None:
        raise StorageUnreachable

    follower = Follower(database, [process.recorder], pause_s=0.001)
    with monkeypatch.context() as gone:
        gone.setattr(database, "write", lost)
        gone.setattr(database, "read", lost)
        follower.start()
        await asyncio.sleep(0.01)
        await follower.stop()
    assert follower.behind == 2
    assert await catch_up(database) == 1


async def pruned(process: Process, keyring: Keyring, days: float) -> int:
    clock = process.clock
    before = clock.now_ms() - round(days * DAY_S * 1000)
    return (await prune(process.database, keyring, clock, before, slice_size=7, pause_s=0)).entries


@pytest.mark.parametrize("filed", [0, 4, 10])
async def test_keys_go_with_their_entries_and_others_stay(
    process: Process, database: Database, keyring: Keyring, filed: int
) -> None:
    await process.write_many([1] * 10, seconds=DAY_S)
    if filed:
        await file_portion(database, process.chain, filed)
    assert await pruned(process, keyring, 4.5) == 6
    await file_all(database, process.chain)
    assert {row[3] for row in await rows(database, "journal_key")} == {7, 8, 9, 10}
    assert await marks(database) == {process.chain: 10}


async def test_the_mark_of_a_chain_goes_when_nothing_was_left_of_it_for_a_day(
    reader: Reader, process: Process, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([2])
    assert await pruned(process, keyring, -1) == 2
    assert await marks(database) == {process.chain: 0}
    clock.advance(DAY_S + 1)
    await pruned(process, keyring, 365)
    assert await marks(database) == {}
    # Whoever writes it after all says so first, and is found.
    assert LONG_MS < DAY_S * 1000
    await process.write_many([1])
    assert await marks(database) == {process.chain: 2}
    assert await found(reader, trace="T0") == [3]
    await file_all(database, process.chain)
    assert await found(reader, trace="T0") == [3]


async def test_a_chain_that_is_still_written_keeps_its_mark(
    process: Process, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([2])
    await pruned(process, keyring, -1)
    clock.advance(DAY_S + 1)
    await process.write_many([1])
    await pruned(process, keyring, 365)
    assert await marks(database) == {process.chain: 0}


MANY = 15_000


STEPS = {
    "sqlite": (
        "SEARCH journal_key USING PRIMARY KEY (part=? AND key=?)",
        "SEARCH journal USING INDEX sqlite_autoindex_journal_1 (chain=? AND seq=?)",
        "SEARCH journal USING INDEX sqlite_autoindex_journal_1 (chain=? AND seq>? AND seq<?)",
    ),
    "postgresql": (
        "Index Cond: ((part = part.number) AND (key = ",
        "Index Cond: ((chain = journal_key.chain) AND (seq = journal_key.seq))",
        "Index Cond: ((chain = 'c'::text) AND (seq > 14900) AND (seq <= 15000))",
    ),
}


def furnish(connection: Connection) -> None:
    """Entries of one partner, two of most keys, all but a hundred filed."""
    many: list[tuple[object, ...]] = []
    for seq in range(1, MANY + 1):
        keys = (seq // 2, MANY + seq // 2, None, 2 * MANY + seq)
        many.append(("c", seq, seq, "d", "o", "a", "in", "0", 1, "r", *keys, b"", seq, 0, b""))
    insert_many(connection, journal, tuple(column.name for column in journal.columns), many)
    journal_keys.mark(connection, "c", 0)
    journal_keys.file_portion(connection, "c", MANY - 100)


def plan(connection: Connection, column: str) -> str:
    """How the engine means to search by a key."""
    source = found_by(connection, column, 7)
    query = select(source).where(source.c[column] == 7, source.c.app_id == "a", source.c.at > 0)
    query = query.order_by(source.c.at.desc(), source.c.chain.desc(), source.c.seq.desc()).limit(50)
    sql = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + sql))


async def test_the_engines_look_keys_up_and_never_read_the_journal_from_end_to_end(
    database: Database,
) -> None:
    plans: list[str] = []

    def work(connection: Connection) -> None:
        furnish(connection)
        if database.kind == "postgresql":
            connection.execute(text("ANALYZE journal, journal_key, journal_mark"))
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows it would rather read
        plans.extend(plan(connection, column) for column in KEYS)
        raise Undone

    with pytest.raises(Undone):
        await database.write(work)
    for told in plans:
        assert [step for step in STEPS[database.kind] if step not in told] == [], told
        assert [step for step in ("SCAN journal", "Seq Scan on journal", "ix_journal_") if step in told] == [], told
