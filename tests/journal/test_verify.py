"""Whatever is done to the journal behind the hub's back is found, and named for what it is."""

import pytest
from sqlalchemy import text

from tests.journal.conftest import Process, tamper
from yiqiao.clock import FixedClock
from yiqiao.crypto import SealingKey
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal.chain import Head
from yiqiao.journal.verify import Report, Verifier
from yiqiao.journal.walk import What
from yiqiao.storage import Database
from yiqiao.storage.tables.journal import journal


@pytest.fixture
def verifier(database: Database, keyring: Keyring) -> Verifier:
    return Verifier(database, keyring)


def told(report: Report) -> list[tuple[str, int, What]]:
    return [(fault.chain, fault.seq, fault.what) for fault in report.faults]


async def test_an_empty_journal_is_whole(verifier: Verifier) -> None:
    report = await verifier.verify()
    assert report.clean
    assert (report.chains, report.entries) == (0, 0)


async def test_a_journal_left_alone_is_whole(verifier: Verifier, process: Process) -> None:
    await process.write_many([1, 3, 2])
    report = await verifier.verify()
    assert report.clean, report.faults
    assert (report.chains, report.entries, report.bundles, report.cut) == (1, 6, 3, 0)
    assert [(head.chain, head.seq) for head in report.heads] == [(process.chain, 6)]


async def test_chains_longer_than_a_page_are_whole(
    verifier: Verifier, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process.write_many([7] * 90)
    monkeypatch.setattr("yiqiao.journal.verify.BYTES", 3000)
    seen: list[int] = []
    report = await verifier.verify(progress=seen.append)
    assert report.clean
    assert (report.entries, report.bundles) == (630, 90)
    assert seen == [500, 130]


async def test_two_processes_write_side_by_side(
    verifier: Verifier, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    one, other = Process(database, keyring, clock), Process(database, keyring, clock)
    for _ in range(4):
        await one.write_many([2])
        await other.write_many([1])
    report = await verifier.verify()
    assert report.clean
    assert {head.chain: head.seq for head in report.heads} == {one.chain: 8, other.chain: 4}


async def test_a_request_with_secrets_cut_out_is_counted_as_cut(verifier: Verifier, process: Process) -> None:
    await process.write(process.entry(), process.entry(request=b'{"key":"***"}'))
    report = await verifier.verify()
    assert report.clean
    assert report.cut == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "1"),
        ("dialect", "'cmc'"),
        ("operation", "'x'"),
        ("app_id", "'x'"),
        ("direction", "'out'"),
        ("outcome", "'3002'"),
        ("duration_us", "1"),
        ("request_id", "'x'"),
        ("key_person", "5"),
        ("key_card", "5"),
        ("key_order", "5"),
        ("key_trace", "5"),
        ("digest", "mac"),
        ("place", "0"),
        ("mac", "digest"),
    ],
)
async def test_a_changed_column_is_found(
    verifier: Verifier, process: Process, database: Database, column: str, value: str
) -> None:
    await process.write_many([3, 3])
    await tamper(database, f"UPDATE journal SET {column} = {value} WHERE seq = 2")
    assert told(await verifier.verify()) == [(process.chain, 2, What.ENTRY_ALTERED)]


def test_every_column_that_can_be_changed_alone_is_tried() -> None:
    marks = test_a_changed_column_is_found.pytestmark  # type: ignore[attr-defined]
    tried = {column for column, _ in marks[0].args[1]}
    assert tried == {column.name for column in journal.columns} - {"chain", "seq", "bundle"}


async def test_an_entry_that_speaks_of_another_bundle_is_found(
    verifier: Verifier, process: Process, database: Database
) -> None:
    await process.write_many([3, 3])
    await tamper(database, "UPDATE journal SET bundle = 2 WHERE seq = 2")
    assert (process.chain, 2, What.ENTRY_ALTERED) in told(await verifier.verify())


async def test_a_deleted_entry_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([3, 3])
    await tamper(database, "DELETE FROM journal WHERE seq = 2")
    assert told(await verifier.verify()) == [(process.chain, 2, What.ENTRIES_MISSING)]


async def test_deleted_first_entries_are_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([3, 3])
    await tamper(database, "DELETE FROM journal WHERE seq <= 3", "DELETE FROM journal_bundle WHERE bundle = 1")
    (fault,) = (await verifier.verify()).faults
    assert (fault.seq, fault.what) == (1, What.ENTRIES_MISSING)
    assert "entries 1 to 3 are not there" in str(fault)


async def test_a_deleted_bundle_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([3, 3, 3])
    await tamper(database, "DELETE FROM journal_bundle WHERE bundle = 2")
    assert told(await verifier.verify()) == [(process.chain, 4, What.BUNDLE_MISSING)]


async def test_an_altered_bundle_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([3, 3, 3])
    await tamper(database, "UPDATE journal_bundle SET sealed = :sealed WHERE bundle = 2", sealed=bytes(100))
    assert told(await verifier.verify()) == [(process.chain, 4, What.BUNDLE_ALTERED)]


async def test_exchanged_bundles_are_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([1, 1])
    move = "UPDATE journal_bundle SET bundle = {} WHERE bundle = {}"
    await tamper(database, move.format(9, 1), move.format(1, 2), move.format(2, 9))
    expected = [(process.chain, 1, What.BUNDLE_ALTERED), (process.chain, 2, What.BUNDLE_ALTERED)]
    assert told(await verifier.verify()) == expected


async def test_exchanged_entries_are_found_and_their_neighbours_are_not_blamed(
    verifier: Verifier, process: Process, database: Database
) -> None:
    await process.write_many([8])
    move = "UPDATE journal SET seq = {} WHERE seq = {}"
    await tamper(database, move.format(99, 5), move.format(5, 6), move.format(6, 99))
    expected = [(process.chain, 5, What.ENTRY_ALTERED), (process.chain, 6, What.ENTRY_ALTERED)]
    assert told(await verifier.verify()) == expected


async def test_an_entry_put_in_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([3])
    columns = ", ".join(column.name for column in journal.columns if column.name != "seq")
    await tamper(database, f"INSERT INTO journal (seq, {columns}) SELECT 4, {columns} FROM journal WHERE seq = 3")
    assert told(await verifier.verify()) == [(process.chain, 4, What.ENTRY_ALTERED)]


async def test_an_end_cut_within_a_bundle_is_found_at_once(
    verifier: Verifier, process: Process, database: Database
) -> None:
    await process.write_many([3, 3])
    await tamper(database, "DELETE FROM journal WHERE seq > 4")
    assert told(await verifier.verify()) == [(process.chain, 5, What.END_CUT)]


async def test_an_end_cut_whose_bundle_was_left_is_found_at_once(
    verifier: Verifier, process: Process, database: Database
) -> None:
    await process.write_many([3, 3])
    await tamper(database, "DELETE FROM journal WHERE seq > 3")
    assert told(await verifier.verify()) == [(process.chain, 4, What.END_CUT)]


CUT = (
    "DELETE FROM journal WHERE chain = :chain AND seq > 3",
    "DELETE FROM journal_bundle WHERE chain = :chain AND bundle > 1",
)


async def test_an_end_cut_cleanly_is_found_once_a_newer_chain_has_recorded_it(
    verifier: Verifier, process: Process, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([3, 3])
    newer = Process(database, keyring, clock)
    await newer.write_many([1])
    await tamper(database, *CUT, chain=process.chain)
    (fault,) = (await verifier.verify()).faults
    assert (fault.chain, fault.seq, fault.what) == (process.chain, 4, What.END_CUT)
    assert newer.chain in fault.detail


async def test_an_end_cut_cleanly_is_found_against_an_earlier_report(
    verifier: Verifier, process: Process, database: Database
) -> None:
    await process.write_many([3, 3])
    heads = [Head.parse(head.text()) for head in (await verifier.verify()).heads]
    await tamper(database, *CUT, chain=process.chain)
    assert (await verifier.verify()).clean, "nothing inside the database can show this"
    assert told(await verifier.verify(heads)) == [(process.chain, 4, What.END_CUT)]


async def test_a_chain_taken_away_whole_is_found_once_recorded(
    verifier: Verifier, process: Process, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await process.write_many([3])
    await Process(database, keyring, clock).write_many([1])
    tables = ("journal", "journal_bundle", "journal_chain")
    await tamper(database, *(f"DELETE FROM {table} WHERE chain = :chain" for table in tables), chain=process.chain)
    assert told(await verifier.verify()) == [(process.chain, 0, What.CHAIN_MISSING)]


async def test_openings_record_only_what_no_other_has_recorded(
    verifier: Verifier, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    for _ in range(4):
        await Process(database, keyring, clock).write_many([1])
        clock.advance(60)
    texts = await database.read(lambda c: list(c.scalars(text("SELECT heads FROM journal_chain ORDER BY opened_at"))))
    assert [heads.count("[") - 1 for heads in texts] == [0, 1, 1, 1]
    assert (await verifier.verify()).clean


async def test_a_missing_opening_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([1])
    await tamper(database, "DELETE FROM journal_chain")
    assert told(await verifier.verify()) == [(process.chain, 0, What.OPENING_MISSING)]


async def test_an_altered_opening_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([1])
    await tamper(database, "UPDATE journal_chain SET opened_at = opened_at - 1")
    assert told(await verifier.verify()) == [(process.chain, 0, What.OPENING_FORGED)]


async def test_a_forged_checkpoint_is_found(verifier: Verifier, process: Process, database: Database) -> None:
    await process.write_many([3, 3])
    forge = "INSERT INTO journal_checkpoint SELECT chain, seq, at, mac, mac FROM journal WHERE seq = 3"
    remove = ("DELETE FROM journal WHERE seq <= 3", "DELETE FROM journal_bundle WHERE bundle = 1")
    await tamper(database, forge, *remove)
    expected = [(process.chain, 3, What.CHECKPOINT_FORGED), (process.chain, 1, What.ENTRIES_MISSING)]
    assert told(await verifier.verify()) == expected


async def test_a_sealing_key_that_was_lost_is_named(database: Database, process: Process, keyring: Keyring) -> None:
    await process.write_many([2])
    other = SealingKey("k2", bytes(16))
    without = Keyring(keyring.identity, keyring.index, keyring.chain, sealing=other, sealing_by_id={"k2": other})
    report = await Verifier(database, without).verify()
    assert told(report) == [(process.chain, 1, What.KEY_UNKNOWN)]


async def test_under_another_chain_key_nothing_holds(database: Database, process: Process, keyring: Keyring) -> None:
    await process.write_many([2])
    other = Keyring(
        keyring.identity, keyring.index, b"d" * 32, sealing=keyring.sealing, sealing_by_id=keyring.sealing_by_id
    )
    assert (await Verifier(database, other).verify()).fault_count == 3
