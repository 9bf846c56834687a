"""Old exchanges go, what stays can still be proven, and tampering cannot be washed out by pruning."""

import pytest
from sqlalchemy import Connection, text

from tests.journal.conftest import Process, tamper
from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal.prune import AlreadyPruned, Pruned, prune, prune_journal
from yiqiao.journal.verify import Report, Verifier
from yiqiao.journal.walk import What
from yiqiao.storage import Database

DAY_S = 86_400


class Journal:
    """The journal under test."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database, self.keyring, self.clock = database, keyring, clock

    async def prune(self, days: float, *, dry_run: bool = False, broken_too: bool = False) -> Pruned:
        before = self.clock.now_ms() - round(days * DAY_S * 1000)
        return await prune(
            self.database,
            self.keyring,
            self.clock,
            before,
            dry_run=dry_run,
            broken_too=broken_too,
            slice_size=7,
            pause_s=0,
        )

    async def report(self) -> Report:
        return await Verifier(self.database, self.keyring).verify()

    async def count(self, table: str) -> int:
        return int(await self.database.read(lambda c: c.scalar(text(f"SELECT count(*) FROM {table}"))) or 0)


@pytest.fixture
def kept(database: Database, keyring: Keyring, clock: FixedClock) -> Journal:
    return Journal(database, keyring, clock)


async def test_what_is_older_goes_and_the_rest_is_still_whole(kept: Journal, process: Process) -> None:
    await process.write_many([3] * 10, seconds=DAY_S)
    pruned = await kept.prune(4.5)
    assert (pruned.entries, pruned.chains, pruned.faults) == (18, 1, ())
    report = await kept.report()
    assert report.clean, report.faults
    assert (report.entries, report.bundles, report.pruned) == (12, 4, 18)
    assert await kept.count("journal_bundle") == 4
    assert await kept.count("journal_checkpoint") == 1


async def test_pruning_again_takes_only_what_has_grown_old_since(kept: Journal, process: Process) -> None:
    await process.write_many([3] * 10, seconds=DAY_S)
    await kept.prune(4.5)
    assert (await kept.prune(4.5)).entries == 0
    assert (await kept.prune(2.5)).entries == 6
    report = await kept.report()
    assert report.clean
    assert (report.entries, report.pruned) == (6, 24)
    assert await kept.count("journal_checkpoint") == 1


async def test_a_process_goes_on_writing_a_chain_that_was_pruned_to_its_end(kept: Journal, process: Process) -> None:
    await process.write_many([3, 1], seconds=DAY_S)
    assert (await kept.prune(0)).entries == 4
    assert (await kept.report()).clean
    await process.write_many([2])
    report = await kept.report()
    assert report.clean, report.faults
    assert (report.entries, report.pruned) == (2, 4)


async def test_a_chain_opened_after_a_pruning_still_witnesses_the_older_one(
    kept: Journal, process: Process, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([3] * 4, seconds=DAY_S)
    await kept.prune(2.5)
    await Process(kept.database, keyring, clock).write_many([1])
    assert (await kept.report()).clean
    await kept.prune(-1)
    assert (await kept.report()).clean
    await tamper(kept.database, "DELETE FROM journal_checkpoint WHERE chain = :chain", chain=process.chain)
    assert {fault.what for fault in (await kept.report()).faults} == {What.ENTRIES_MISSING, What.CHAIN_MISSING}


async def test_a_bundle_goes_only_when_all_of_it_is_old(kept: Journal, process: Process, clock: FixedClock) -> None:
    old = process.entry()
    clock.advance(DAY_S)
    await process.write(old, process.entry())
    assert (await kept.prune(0.5)).entries == 0


async def test_a_dry_run_counts_and_deletes_nothing(kept: Journal, process: Process) -> None:
    await process.write_many([3] * 10, seconds=DAY_S)
    assert (await kept.prune(4.5, dry_run=True)).entries == 18
    assert await kept.count("journal") == 30
    assert await kept.count("journal_checkpoint") == 0


async def test_entries_made_to_look_old_are_not_pruned_away(
    kept: Journal, process: Process, database: Database
) -> None:
    await process.write_many([3, 3])
    await tamper(database, "UPDATE journal SET at = 1 WHERE seq <= 3")
    pruned = await kept.prune(1)
    assert pruned.entries == 0
    assert {fault.what for fault in pruned.faults} == {What.ENTRY_ALTERED}
    assert await kept.count("journal") == 6


async def test_a_hole_is_not_pruned_over_unless_told_to(kept: Journal, process: Process, database: Database) -> None:
    await process.write_many([3] * 4, seconds=DAY_S)
    await tamper(database, "DELETE FROM journal WHERE seq = 2")
    pruned = await kept.prune(1.5)
    assert (pruned.entries, [fault.what for fault in pruned.faults]) == (0, [What.ENTRIES_MISSING])
    pruned = await kept.prune(1.5, broken_too=True)
    assert (pruned.entries, [fault.what for fault in pruned.faults]) == (8, [What.ENTRIES_MISSING])
    assert (await kept.report()).clean


async def test_a_forged_checkpoint_keeps_its_chain_from_being_pruned(
    kept: Journal, process: Process, database: Database
) -> None:
    await process.write_many([3] * 4, seconds=DAY_S)
    await tamper(database, "INSERT INTO journal_checkpoint SELECT chain, seq, at, mac, mac FROM journal WHERE seq = 3")
    pruned = await kept.prune(1.5)
    assert (pruned.entries, [fault.what for fault in pruned.faults]) == (0, [What.CHECKPOINT_FORGED])


async def test_two_who_prune_at_once_do_not_prune_twice(
    kept: Journal, process: Process, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process.write_many([3] * 4, seconds=DAY_S)
    write = database.write
    once = iter([True])

    async def other_first(work):  # type: ignore[no-untyped-def]
        if next(once, False):
            await kept.prune(1.5)
        return await write(work)

    monkeypatch.setattr(database, "write", other_first)
    with pytest.raises(AlreadyPruned):
        await kept.prune(1.5)
    assert (await kept.report()).clean


async def test_verifying_beside_a_pruning_finds_nothing_wrong(
    kept: Journal, process: Process, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process.write_many([3] * 8, seconds=DAY_S)
    reads = 0
    read = kept.database.read

    async def with_prunings(work):  # type: ignore[no-untyped-def]
        nonlocal reads
        reads += 1
        if reads % 3 == 0:
            monkeypatch.setattr(kept.database, "read", read)
            await kept.prune(8 - reads / 3)
            monkeypatch.setattr(kept.database, "read", with_prunings)
        return await read(work)

    monkeypatch.setattr("yiqiao.journal.verify.ROWS", 4)
    monkeypatch.setattr(kept.database, "read", with_prunings)
    verifier = Verifier(kept.database, keyring)
    for _ in range(3):
        report = await verifier.verify()
        assert report.clean, report.faults
    assert reads > 9


async def test_the_daily_work_keeps_the_days_it_is_told_and_zero_keeps_all(
    kept: Journal, process: Process, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([1] * 10, seconds=DAY_S)
    assert await prune_journal(database, keyring, clock, 0) == Pruned()
    assert (await prune_journal(database, keyring, clock, 3)).entries == 7
    assert await kept.count("journal") == 3


async def test_a_deletion_that_fails_leaves_everything(
    kept: Journal, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process.write_many([3] * 4, seconds=DAY_S)

    def fail(connection: Connection, row: object) -> None:
        raise AlreadyPruned

    monkeypatch.setattr("yiqiao.storage.journal.replace_checkpoint", fail)
    with pytest.raises(AlreadyPruned):
        await kept.prune(1.5)
    assert await kept.count("journal") == 12
    assert (await kept.report()).clean
