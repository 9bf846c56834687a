"""Numbers of a queue: taken once, called in order, finished; the same on each engine."""

import asyncio
from datetime import date
from typing import Any, TypeVar

import pytest

from tests.support.clinical import NAME, PATIENT
from tests.support.hospital import HOSPITAL, fill
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.errors import DomainError
from yiqiao.hospital.house import House
from yiqiao.hospital.queue.service import CALLED, DONE, LEFT, MISSED, MOVES, WAITING, Door, LocalQueue
from yiqiao.ports.hospital.refusals import NoSuchRecord, TransactionFailed, UnknownDepartment, UnknownDoctor
from yiqiao.storage import Database, Write

R = TypeVar("R")
DOOR = Door("D0101", "YS8101")


@pytest.fixture
async def queue(database: Database) -> LocalQueue:
    """Of a hospital where nobody waits yet."""
    await database.write(lambda connection: fill(connection, date(2026, 11, 20), 1))
    return LocalQueue(House(database, KEYRING, FixedClock(parse_compact("20261120080000"))), HOSPITAL)


async def do(queue: LocalQueue, write: Write[R]) -> R:
    [outcome] = await queue.house.database.write(lambda c: write.lane.execute(c, [write.command]))
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


async def test_a_place_in_line_is_how_many_stand_before(queue: LocalQueue) -> None:
    for n in range(3):
        assert await do(queue, queue.take(DOOR, f"P{n}", NAME)) == n + 1
    [place] = await queue.waiting("P2")
    assert (place.number, place.ahead, place.patient_name) == (3, 2, NAME)
    assert NAME not in repr(place)
    assert await do(queue, queue.call("D0101", "YS8101")) == 1
    [place] = await queue.waiting("P2")
    assert place.ahead == 1
    [called] = await queue.waiting("P0")
    assert called.ahead == 0


async def test_numbers_are_never_given_twice_and_a_patient_takes_one(queue: LocalQueue) -> None:
    numbers = await asyncio.gather(*[do(queue, queue.take(DOOR, f"P{n}", NAME)) for n in range(20)])
    assert sorted(numbers) == list(range(1, 21))
    with pytest.raises(TransactionFailed):
        await do(queue, queue.take(DOOR, "P3", NAME))
    assert await do(queue, queue.take(DOOR, PATIENT, NAME)) == 21, "a number that was refused is not lost"
    assert await do(queue, queue.take(Door("D0201", "YS8103"), "P3", NAME)) == 1


async def test_who_is_called_at_once_from_two_rooms_are_two(queue: LocalQueue) -> None:
    for n in range(4):
        await do(queue, queue.take(DOOR, f"P{n}", NAME))
    called = await asyncio.gather(*[do(queue, queue.call("D0101", "YS8101")) for _ in range(4)])
    assert sorted(called) == [1, 2, 3, 4]
    with pytest.raises(NoSuchRecord):
        await do(queue, queue.call("D0101", "YS8101"))


async def test_who_is_missed_is_called_again_and_who_was_seen_is_not(queue: LocalQueue) -> None:
    await do(queue, queue.take(DOOR, PATIENT, NAME))
    await do(queue, queue.call("D0101", "YS8101"))
    await do(queue, queue.miss("D0101", "YS8101", 1))
    with pytest.raises(NoSuchRecord):
        await queue.waiting(PATIENT)
    assert await do(queue, queue.call("D0101", "YS8101", 1)) == 1
    await do(queue, queue.finish("D0101", "YS8101", 1))
    seen = "D0101", "YS8101", 1
    again: tuple[Write[Any], ...] = (queue.call(*seen), queue.miss(*seen), queue.leave(*seen))
    for act in again:
        with pytest.raises(TransactionFailed, match="1 号已就诊"):
            await do(queue, act)


async def test_who_leaves_is_not_called(queue: LocalQueue) -> None:
    for n in range(2):
        await do(queue, queue.take(DOOR, f"P{n}", NAME))
    await do(queue, queue.leave("D0101", "YS8101", 1))
    assert await do(queue, queue.call("D0101", "YS8101")) == 2


async def test_a_line_is_at_a_department_or_doctor_that_there_is(queue: LocalQueue) -> None:
    with pytest.raises(UnknownDepartment):
        await do(queue, queue.take(Door("D77"), PATIENT, NAME))
    with pytest.raises(UnknownDoctor):
        await do(queue, queue.take(Door("D0101", "YS0"), PATIENT, NAME))
    with pytest.raises(NoSuchRecord):
        await do(queue, queue.call("D0101"))
    with pytest.raises(NoSuchRecord):
        await do(queue, queue.finish("D0101", "", 1))


def test_every_state_is_in_the_table() -> None:
    assert set(MOVES) == {WAITING, CALLED, MISSED, DONE, LEFT}
    assert set().union(*MOVES.values()) <= set(MOVES)
