"""The chain goes on from what really took effect, whatever became of the transactions before."""

import pytest
from sqlalchemy import Connection, text

from tests.journal.conftest import Process
from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal import Recorder
from yiqiao.journal.verify import Verifier
from yiqiao.storage import Database
from yiqiao.storage.tables import metadata


class Undone(Exception):
    """Rolls a transaction back."""


async def undone(process: Process) -> None:
    """A transaction that fails behind the journal's entry."""

    def work(connection: Connection) -> None:
        process.recorder.append(connection, [process.entry(trace="never happened")])
        raise Undone

    with pytest.raises(Undone):
        await process.database.write(work)
    process.recorder.settle(False)


async def in_doubt(process: Process) -> None:
    """A transaction that takes effect, and whose writer never learns of it."""
    await process.database.write(lambda c: process.recorder.append(c, [process.entry()]))
    process.recorder.settle(False)


async def entries(process: Process, keyring: Keyring) -> int:
    report = await Verifier(process.database, keyring).verify()
    assert report.clean, report.faults
    return report.entries


async def test_a_transaction_rolled_back_leaves_the_chain_whole(process: Process, keyring: Keyring) -> None:
    await undone(process)
    await process.write_many([2])
    await undone(process)
    await undone(process)
    await process.write_many([1])
    assert await entries(process, keyring) == 3


async def test_a_commit_in_doubt_that_took_effect_is_gone_on_from(process: Process, keyring: Keyring) -> None:
    await in_doubt(process)
    await process.write_many([2])
    await in_doubt(process)
    await in_doubt(process)
    await process.write_many([1])
    assert await entries(process, keyring) == 6


async def test_a_commit_in_doubt_that_shows_only_after_another_failed_is_gone_on_from(
    process: Process, keyring: Keyring
) -> None:
    await process.write_many([1])
    late = process.recorder.append
    held: list[tuple[object, ...]] = []

    def work(connection: Connection) -> None:
        late(connection, [process.entry()])
        held.extend(connection.execute(text("SELECT * FROM journal WHERE seq = 2")).all())
        held.extend(connection.execute(text("SELECT * FROM journal_bundle WHERE bundle = 2")).all())
        raise Undone

    with pytest.raises(Undone):
        await process.database.write(work)
    process.recorder.settle(False)
    await undone(process)

    def appear(connection: Connection) -> None:
        for name, row in zip(("journal", "journal_bundle"), held, strict=True):
            connection.execute(metadata.tables[name].insert().values(tuple(row)))

    await process.database.write(appear)
    await process.write_many([1])
    assert await entries(process, keyring) == 3


async def test_every_process_has_a_chain_of_its_own(keyring: Keyring, clock: FixedClock) -> None:
    assert len({Recorder(keyring, clock).chain for _ in range(50)}) == 50


async def test_nothing_personal_stands_in_the_tables_in_the_clear(process: Process, database: Database) -> None:
    await process.write(process.entry(trace="OUT-2026-0007"))
    clear = ["宋若安".encode(), b"350203199002290710", b"OUT-2026-0007", b"ret_code", b"10.1.2.3"]

    def everything(connection: Connection) -> bytes:
        found = b""
        for name in ("journal", "journal_bundle", "journal_chain", "journal_checkpoint"):
            for row in connection.execute(metadata.tables[name].select()):
                found += b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
        return found

    held = await database.read(everything)
    assert b"ehc.ehealthcode.verify" in held
    assert [word for word in clear if word in held] == []
