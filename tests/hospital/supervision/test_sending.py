"""Sending: in the calling order, in batches, past every failure, each row with one effect."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.hospital.supervision.reporting import APP_ID, ORDER, Platform, ready
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.hospital.supervision.outbox import Outbox, open_rows
from yiqiao.hospital.supervision.sending import Pace, Sender, Stopped
from yiqiao.ports.supervision import NotTaken, Taken, Then
from yiqiao.storage import Database
from yiqiao.storage.uploads import DONE, Tally

QUICK = Pace(rows=10, waits_s=(0.0,), patience=3)
LATER = NotTaken("连不上", Then.LATER)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database, KEYRING, FixedClock(1_795_224_600_000), APP_ID)


def arrived(tallies: Sequence[Tally]) -> int:
    return sum(tally.rows for tally in tallies if tally.state == DONE)


async def test_operations_go_in_the_calling_order_in_batches(outbox: Outbox) -> None:
    for service in ("A2000", "A1001", "A9999"):
        await outbox.put(service, [ready(number) for number in range(1, 26)])
    platform = Platform()
    seen: list[int] = []
    await Sender(outbox, platform, ORDER, QUICK, seen.append).run()
    services = [service for service, _ in platform.batches]
    assert (services, set(services)) == (sorted(services), {"A1001", "A2000", "A9999"})
    # Two that take rows at once may divide them as 9 and 6.
    assert max(rows for _, rows in platform.batches) <= 10
    assert sum(rows for _, rows in platform.batches) == 75
    assert sum(seen) == arrived(await outbox.tallies()) == 75


async def test_failures_are_waited_out_and_nothing_is_lost(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(number) for number in range(1, 26)])
    platform = Platform(fails=[LATER, LATER])
    await Sender(outbox, platform, ORDER, QUICK).run()
    assert len(platform.kept) == 25


async def test_after_enough_failures_it_gives_up_and_goes_on_the_next_time(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1)])
    platform = Platform(fails=[LATER] * 3)
    with pytest.raises(Stopped) as stopped:
        await Sender(outbox, platform, ORDER, QUICK).run()
    assert not stopped.value.reached
    assert open_rows(await outbox.tallies()) == {"A1001": 1}
    await Sender(outbox, platform, ORDER, QUICK).run()
    assert len(platform.kept) == 1


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_an_outage_counts_once_however_many_batches_meet_it(outbox: Outbox, concurrency: int) -> None:
    class Down(Platform):
        async def upload(self, service: str, rows: Sequence[bytes]) -> Taken:
            tries[rows[0]] += 1
            if len(tries) == concurrency:
                all_out.set()
            await all_out.wait()
            raise LATER

    tries: Counter[bytes] = Counter()
    all_out = asyncio.Event()
    await outbox.put("A1001", [ready(number) for number in range(1, 10)])
    with pytest.raises(Stopped, match="连续 3 次"):
        await Sender(outbox, Down(), ORDER, Pace(rows=1, concurrency=concurrency, waits_s=(0.0,), patience=3)).run()
    assert max(tries.values()) == 3


async def test_a_wrong_key_stops_at_once(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1)])
    platform = Platform(fails=[NotTaken("SIGN_ERROR 签名不正确", Then.STOP)])
    with pytest.raises(Stopped, match="SIGN_ERROR") as stopped:
        await Sender(outbox, platform, ORDER, QUICK).run()
    assert stopped.value.reached
    assert platform.batches == [("A1001", 1)]


async def test_refused_rows_are_told_and_harm_no_other(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(1), ready(2, "坏"), ready(3)])
    await Sender(outbox, Platform(refuses=frozenset({"坏"})), ORDER, QUICK).run()
    assert [(row.source, row.told) for row in await outbox.refused()] == [("depts.csv:2", "deptName 不合格")]
    assert arrived(await outbox.tallies()) == 2


async def test_a_platform_that_refuses_whole_batches_is_asked_in_halves_until_the_row_is_found(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(number, "坏" if number == 7 else "内科") for number in range(1, 26)])
    platform = Platform(refuses=frozenset({"坏"}), whole=True)
    await Sender(outbox, platform, ORDER, QUICK).run()
    assert [row.source for row in await outbox.refused()] == ["depts.csv:7"]
    assert arrived(await outbox.tallies()) == 24


class Holding(Platform):
    """Takes batches, and does not answer them."""

    third = asyncio.Event()

    async def upload(self, service: str, rows: Sequence[bytes]) -> Taken:
        await super().upload(service, rows)
        if len(self.batches) == 3:
            self.third.set()
        held: asyncio.Future[Taken] = asyncio.Future()
        return await held


async def test_a_sender_that_is_stopped_between_sending_and_answer_sends_again_with_one_effect(outbox: Outbox) -> None:
    await outbox.put("A1001", [ready(number) for number in range(1, 26)])
    holding = Holding()
    holding.third = asyncio.Event()
    task = asyncio.create_task(Sender(outbox, holding, ORDER, QUICK).run())
    await holding.third.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert open_rows(await outbox.tallies()) == {"A1001": 25}
    platform = Platform(kept=holding.kept)
    await Sender(outbox, platform, ORDER, QUICK).run()
    assert all(len(versions) == 1 for versions in platform.kept.values())
    assert {tally.fate for tally in await outbox.tallies()} == {"unchanged"}


async def test_versions_arrive_in_their_order_however_many_batches_there_are(outbox: Outbox) -> None:
    class Slow(Platform):
        async def upload(self, service: str, rows: Sequence[bytes]) -> Taken:
            taken = await super().upload(service, rows)
            if len(self.batches) == 1:
                await outbox.put("A1001", [ready(1, "外科")])
                await asyncio.sleep(0.05)
            return taken

    await outbox.put("A1001", [ready(1, "内科"), *(ready(number) for number in range(2, 30))])
    platform = Slow()
    await Sender(outbox, platform, ORDER, Pace(rows=1, concurrency=8, waits_s=(0.0,))).run()
    assert platform.kept["A1001", "0001"] == [ready(1, "内科").text, ready(1, "外科").text]
