"""The journal is listed newest first, searched by every key, and opened record by record."""

import orjson
import pytest

from tests.journal.conftest import REQUEST, Process, tamper
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal import Direction, Keys
from yiqiao.journal.reader import Cursor, Reader, Reference, Search, UnknownEntry, UnreadableEntry
from yiqiao.storage import Database


@pytest.fixture
def reader(database: Database, keyring: Keyring) -> Reader:
    return Reader(database, keyring)


async def seqs(reader: Reader, **search: object) -> list[int]:
    page = await reader.search(Search(**search))  # type: ignore[arg-type]
    return [line.seq for line in page.lines]


async def test_the_newest_stand_first(reader: Reader, process: Process) -> None:
    await process.write_many([1, 2, 1])
    assert await seqs(reader) == [4, 3, 2, 1]


async def test_pages_follow_one_another_without_loss_or_repeat_though_new_ones_come(
    reader: Reader, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    processes = [Process(database, keyring, clock) for _ in range(3)]
    for _ in range(3):
        for process in processes:
            await process.write_many([2], seconds=0)
        clock.advance(1)
    before = [line.reference for line in (await reader.search(limit=100)).lines]
    assert len(before) == 18
    seen: list[Reference] = []
    cursor = None
    while True:
        page = await reader.search(limit=4, after=cursor)
        seen += [line.reference for line in page.lines]
        if page.next is None:
            break
        cursor = Cursor.parse(str(page.next))
        await processes[0].write_many([1])
    assert seen == before


async def test_the_last_page_says_that_nothing_follows(reader: Reader, process: Process) -> None:
    await process.write_many([4])
    page = await reader.search(limit=4)
    assert len(page.lines) == 4
    assert page.next is None


@pytest.mark.parametrize("kind", ["person", "card", "order", "trace"])
async def test_a_business_key_finds_its_own_and_never_another_kinds(
    reader: Reader, process: Process, kind: str
) -> None:
    kinds = ["person", "card", "order", "trace"]
    await process.write(*(process.entry(keys=Keys(**{each: "same text"})) for each in kinds))
    await process.write(*(process.entry(keys=Keys(**{each: "another"})) for each in kinds), process.entry())
    assert await seqs(reader, **{kind: "same text"}) == [kinds.index(kind) + 1]
    assert await seqs(reader, **{kind: "same tex"}) == []


async def test_keys_and_columns_narrow_together(reader: Reader, process: Process, clock: FixedClock) -> None:
    await process.write(
        process.entry(keys=Keys(person="p")),
        process.entry(keys=Keys(person="p", card="c"), outcome="3002"),
        process.entry(keys=Keys(person="p", card="c")),
    )
    assert await seqs(reader, person="p", card="c") == [3, 2]
    assert await seqs(reader, person="p", card="c", outcome="3002") == [2]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("dialect", "cmc"),
        ("operation", "other"),
        ("app_id", "ward-9"),
        ("outcome", "9003"),
        ("request_id", "r9"),
        ("direction", Direction.OUT),
    ],
)
async def test_a_column_finds_its_own(reader: Reader, process: Process, column: str, value: str) -> None:
    await process.write(process.entry(), process.entry(**{column: value}))
    assert await seqs(reader, **{column: value}) == [2]


async def test_a_time_range_has_its_beginning_and_not_its_end(
    reader: Reader, process: Process, clock: FixedClock
) -> None:
    start = clock.now_ms()
    await process.write_many([1, 1, 1, 1])
    assert await seqs(reader, since=start + 1000, until=start + 3000) == [3, 2]
    assert await seqs(reader, chain="unknown") == []


async def test_a_record_shows_wire_and_view(reader: Reader, process: Process) -> None:
    said = {"peer": "10.0.0.1", "terminal": "T", "refusal": "CodeExpired", "message": "m", "request": {"a": "b"}}
    await process.write(process.entry(), process.entry(view=orjson.dumps({**said, "replay_of": "ab/7"})))
    record = await reader.show(process.chain, 2)
    assert (record.request, record.response) == (REQUEST, b'{"ret_code":"0000"}')
    assert record.whole
    assert record.digest == sm3(REQUEST)
    assert (record.view.refusal, record.view.request, record.view.answer) == ("CodeExpired", {"a": "b"}, None)
    assert record.view.replay_of == Reference("ab", 7)
    assert not {"350203199002290710", "10.0.0.1'"} & set(repr(record).split())
    assert "350203199002290710" not in repr(record)


async def test_a_record_whose_secret_was_cut_out_is_not_whole(reader: Reader, process: Process) -> None:
    await process.write(process.entry(request=b"***"))
    assert not (await reader.show(process.chain, 1)).whole


async def test_neighbours_are_found_in_the_list_of_those_that_match(reader: Reader, process: Process) -> None:
    await process.write_many([1, 1])
    await process.write(process.entry(outcome="3002"))
    await process.write_many([1])
    lines = (await reader.search()).lines
    assert await reader.older(lines[0]) == lines[1]
    assert await reader.newer(lines[1]) == lines[0]
    assert await reader.newer(lines[0]) is None
    assert await reader.older(lines[-1]) is None
    assert await reader.newer(lines[2], Search(outcome="0000")) == (await reader.search()).lines[0]


async def test_neighbours_of_a_record_shown_need_no_second_opening(
    reader: Reader, process: Process, database: Database
) -> None:
    await process.write_many([3])
    await reader.show(process.chain, 1)
    await tamper(database, "DELETE FROM journal_bundle")
    assert (await reader.show(process.chain, 2)).request == REQUEST


async def test_little_is_kept_opened(
    reader: Reader, process: Process, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr("yiqiao.journal.reader.CACHED_BYTES", 1000)
    await process.write_many([1] * 20)
    for seq in range(1, 21):
        await reader.show(process.chain, seq)
    await tamper(database, "DELETE FROM journal_bundle")
    with pytest.raises(UnreadableEntry):
        await reader.show(process.chain, 1)


async def test_what_is_not_there_is_named(reader: Reader, process: Process, database: Database) -> None:
    await process.write_many([1, 1])
    with pytest.raises(UnknownEntry, match="/9"):
        await reader.show(process.chain, 9)
    await tamper(database, "UPDATE journal_bundle SET sealed = :x WHERE bundle = 2", x=bytes(40))
    with pytest.raises(UnreadableEntry):
        await reader.show(process.chain, 2)


async def test_operations_are_tallied(reader: Reader, process: Process, clock: FixedClock) -> None:
    start = clock.now_ms()
    await process.write(*(process.entry(duration_us=n) for n in range(1, 21)), process.entry(outcome="3002"))
    await process.write(process.entry(operation="other", duration_us=7))
    (verify, other) = await reader.tally(start, start + 1)
    assert (verify.operation, verify.calls, verify.outcomes) == ("ehc.ehealthcode.verify", 21, {"0000": 20, "3002": 1})
    assert verify.p95_us == 20
    assert (other.calls, other.p95_us) == (1, 7)
    assert await reader.tally(start + 1, start + 2) == ()


@pytest.mark.parametrize("text", ["", "abc", "abc/", "/3", "abc/x", "abc/-1", "abc/１"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        Reference.parse(text)


@pytest.mark.parametrize("text", ["", "1", "1.2", "x.ab.2", "1.ab.y"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cursor|invalid literal"):
        Cursor.parse(text)
