"""The outbox, on both engines: each version of a record once, the newest counts, nothing is lost with its sender."""

import pytest

from tests.hospital.supervision.reporting import APP_ID, ready
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.hospital.supervision.outbox import Outbox, Put, open_rows, wire_size
from yiqiao.storage import Database
from yiqiao.storage.uploads import DONE, REFUSED, Outcome

NOW = 1_795_224_600_000


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database, KEYRING, FixedClock(NOW), APP_ID)


async def sent(outbox: Outbox, state: str = DONE) -> list[bytes]:
    """All that there is to send, sent."""
    rows = await outbox.claim("A1001", 100, 10**9)
    await outbox.settle([Outcome(row.number, state, "valid", None) for row in rows])
    return [row.text for row in rows]


async def test_the_same_content_is_put_in_once_whatever_became_of_it(outbox: Outbox) -> None:
    rows = [ready(1), ready(2)]
    assert await outbox.put("A1001", rows) == Put(2, 0)
    assert await outbox.put("A1001", rows) == Put(0, 2)
    assert await sent(outbox) == [rows[0].text, rows[1].text]
    assert await outbox.put("A1001", rows) == Put(0, 2)
    assert await outbox.put("A1002", rows) == Put(2, 0)
    assert open_rows(await outbox.tallies()) == {"A1002": 2}


async def test_a_later_version_is_sent_and_an_earlier_one_that_waits_is_not(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1, "内科")])
    await outbox.put("A1001", [ready(1, "外科")])
    assert await sent(outbox) == [ready(1, "外科").text]
    assert await outbox.put("A1001", [ready(1, "内科")]) == Put(1, 0)
    assert await sent(outbox) == [ready(1, "内科").text]


async def test_of_one_record_in_one_file_the_last_row_counts(outbox: Outbox) -> None:
    assert await outbox.put("A1001", [ready(1, "内科"), ready(1, "外科")]) == Put(1, 1)
    assert await sent(outbox) == [ready(1, "外科").text]


async def test_of_one_record_no_two_versions_are_on_their_way(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1, "内科")])
    (first,) = await outbox.claim("A1001", 10, 10**9)
    await outbox.put("A1001", [ready(1, "外科"), ready(2)])
    assert [row.text for row in await outbox.claim("A1001", 10, 10**9)] == [ready(2).text]
    await outbox.settle([Outcome(first.number, DONE, "valid", None)])
    assert [row.text for row in await outbox.claim("A1001", 10, 10**9)] == [ready(1, "外科").text]


async def test_a_batch_is_cut_by_rows_and_by_bytes_and_has_one_row_at_least(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(number) for number in range(1, 8)])
    size = wire_size(ready(1).text)
    assert len(await outbox.claim("A1001", 3, 10**9)) == 3
    assert len(await outbox.claim("A1001", 10, 2 * size)) == 2
    assert len(await outbox.claim("A1001", 10, 1)) == 1
    assert len(await outbox.claim("A1001", 10, 10**9)) == 1
    assert await outbox.claim("A1001", 10, 10**9) == []


async def test_what_a_lost_sender_had_is_sent_again(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1), ready(2)])
    await outbox.claim("A1001", 1, 10**9)
    assert await outbox.release() == 1
    assert await sent(outbox) == [ready(1).text, ready(2).text]


async def test_what_was_refused_is_tried_again_only_when_asked_or_changed(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1)])
    await sent(outbox, REFUSED)
    assert [row.source for row in await outbox.refused()] == ["depts.csv:1"]
    assert await outbox.put("A1001", [ready(1)]) == Put(0, 1)
    assert await outbox.put("A1001", [ready(1)], again=True) == Put(1, 0)
    await sent(outbox, REFUSED)
    assert await outbox.put("A1001", [ready(1, "外科")]) == Put(1, 0)
    assert await outbox.refused() == []
    assert await sent(outbox) == [ready(1, "外科").text]


async def test_rows_are_sealed_and_emptied_when_they_have_arrived(outbox: Outbox, database: Database) -> None:
    await outbox.put("A1001", [ready(1, "秘密")])

    def blobs(connection: object) -> list[bytes | None]:
        found = connection.exec_driver_sql("SELECT sealed FROM upload_row")  # type: ignore[attr-defined]
        return [None if row[0] is None else bytes(row[0]) for row in found]

    (sealed,) = await database.read(blobs)
    assert sealed
    assert "秘密".encode() not in sealed
    await sent(outbox)
    assert await database.read(blobs) == [None]


async def test_versions_that_have_a_later_one_are_forgotten_in_time(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1, "内科")])
    await sent(outbox)
    await outbox.put("A1001", [ready(1, "外科")])
    assert await outbox.prune(NOW) == 0
    assert await outbox.prune(NOW + 1) == 1
    assert await outbox.put("A1001", [ready(1, "外科")]) == Put(0, 1)
