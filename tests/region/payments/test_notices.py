"""A partner is told until it has heard, where it is listed, and each time stands in the trade's course."""

from collections.abc import Mapping

import pytest

from tests.region.payments.world import LISTED, MERCHANT, NOW, World
from tests.support.keys import KEYRING
from yiqiao.jobs import Done, Job
from yiqiao.ports.payment_notices import NoticeNotSent
from yiqiao.region.payments import merchants
from yiqiao.region.payments.notices import NoticeSender
from yiqiao.storage import payments


class Deaf:
    """`PaymentNotifier` that does not hear the first times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.heard: list[Mapping[str, object]] = []

    async def send(self, url: str, secret: str, notice: Mapping[str, object]) -> None:
        self.times -= 1
        if self.times >= 0:
            raise NoticeNotSent("对方返回 HTTP 500，稍后重发")
        self.heard.append(notice)


async def told_of(world: World, trace_no: str) -> list[tuple[int, str, int]]:
    """(version, what came of it, the how manieth time) of a trade's notices."""
    events = await world.database.read(lambda c: payments.course(c, MERCHANT, trace_no))
    return [(one.version, one.after, one.tries) for one in events if one.subject == f"notice/{trace_no}"]


def job(trace_no: str, attempts: int) -> Job:
    """The job of a notice, running for the how manieth time."""
    return Job("pay.notice", "k", {"merchant_id": MERCHANT, "number": trace_no}, 0, attempts, "lease", 0)


async def test_every_time_is_written_down_and_the_last_says_that_it_was_heard(world: World) -> None:
    row = await world.paid(notify_url=LISTED)
    assert await told_of(world, row.trace_no) == [(1, "heard", 1)]
    deaf = Deaf(2)
    sender = NoticeSender(world.database, KEYRING, world.clock, deaf)
    for attempt in (1, 2):
        with pytest.raises(NoticeNotSent):
            await sender(job(row.trace_no, attempt))
    done = await sender(job(row.trace_no, 3))
    assert isinstance(done, Done)
    assert done.writes is not None
    await world.database.write(done.writes)
    assert (await told_of(world, row.trace_no))[1:] == [(2, "unheard", 1), (3, "unheard", 2), (4, "heard", 3)]
    assert [one["traceNo"] for one in deaf.heard] == [row.trace_no]


async def test_an_address_that_was_taken_off_the_list_hears_nothing(world: World) -> None:
    row = await world.paid(notify_url=LISTED)
    off: Mapping[str, object] = {"notify_urls": ()}
    await world.database.write(lambda c: merchants.change(c, KEYRING, NOW, MERCHANT, settings=off))
    deaf = Deaf(0)
    done = await NoticeSender(world.database, KEYRING, world.clock, deaf)(job(row.trace_no, 1))
    assert isinstance(done, Done)
    assert done.writes is not None
    await world.database.write(done.writes)
    assert deaf.heard == []
    assert (await told_of(world, row.trace_no))[-1] == (2, "dropped", 1)
