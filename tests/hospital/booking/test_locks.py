"""Locking units and letting them go (2005, 2006), on both engines."""

import asyncio
import itertools
from collections.abc import Collection
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.hospital.booking.clinic import HOSPITAL, Clinic
from yiqiao.errors import DomainError
from yiqiao.hospital.booking import units
from yiqiao.ports.hospital.booking import LOCK_S, Lock
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    ScheduleStopped,
    SlotTaken,
    SoldOut,
    UnknownDepartment,
    UnknownDoctor,
    UnknownLock,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.values import Pool, Session
from yiqiao.storage import booking
from yiqiao.storage.booking import PoolKey, PoolRow
from yiqiao.storage.tables.hospital import schedule


async def test_a_lock_keeps_a_unit_and_a_number_until_it_is_let_go(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 2)
    first, second = await clinic.lock("SH1"), await clinic.lock("SH2")
    assert (first.number, second.number) == ("1", "2")
    with pytest.raises(SoldOut):
        await clinic.lock("SH3")
    await clinic.unlock("SH1", first.hospital_lock_id)
    assert await clinic.taken() == 1
    assert (await clinic.lock("SH4")).number == "1"


async def test_numbers_never_given_go_before_those_given_back(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 3)
    await clinic.lock("SH1")
    await clinic.unlock("SH1")
    assert [(await clinic.lock(f"SH{n}")).number for n in (2, 3, 4)] == ["2", "3", "1"]


async def test_lock_once__a_lock_id_that_exists_is_refused(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.lock("SH1")
    with pytest.raises(DuplicateSerial) as same:
        await clinic.lock("SH1")
    with pytest.raises(DuplicateSerial) as other:
        await clinic.lock("SH1", number="4")
    assert (same.value.identical, other.value.identical) == (True, False)
    assert await clinic.taken() == 1


async def test_a_lock_id_is_used_up_though_the_lock_was_let_go(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.lock("SH1")
    await clinic.unlock("SH1")
    with pytest.raises(DuplicateSerial):
        await clinic.lock("SH1")


async def test_a_lock_id_that_exists_is_told_before_what_became_of_its_schedule(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.lock("SH1")
    await clinic.database.write(lambda c: c.execute(schedule.update().values(state="stopped")))
    with pytest.raises(DuplicateSerial):
        await clinic.lock("SH1")
    with pytest.raises(ScheduleStopped):
        await clinic.lock("SH2")


async def test_a_lock_is_free_the_moment_it_lapses(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 1)
    await clinic.lock("SH1")
    clinic.clock.advance(LOCK_S - 0.001)
    with pytest.raises(SoldOut):
        await clinic.lock("SH2")
    clinic.clock.advance(0.001)
    assert (await clinic.lock("SH3")).number == "1"
    with pytest.raises(UnknownLock):
        await clinic.unlock("SH1")
    assert await clinic.taken() == 1


async def test_a_lapsed_lock_cannot_be_let_go_and_its_unit_is_free(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 1)
    await clinic.lock("SH1")
    clinic.clock.advance(LOCK_S)
    with pytest.raises(UnknownLock):
        await clinic.unlock("SH1")
    assert await clinic.taken() == 0


async def test_letting_go_twice_or_of_nothing_is_refused(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 2)
    held = await clinic.lock("SH1")
    for wrong in ({"hospital_lock_id": "x"}, {"app_id": "stranger"}):
        with pytest.raises(UnknownLock):
            await clinic.unlock("SH1", **wrong)
    await clinic.unlock("SH1", held.hospital_lock_id)
    for lock_id in ("SH1", "SH9"):
        with pytest.raises(UnknownLock):
            await clinic.unlock(lock_id)
    assert await clinic.taken() == 0


async def test_a_number_that_was_chosen_is_given_to_nobody_else(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 4)
    assert (await clinic.lock("SH1", number="2")).number == "2"
    with pytest.raises(SlotTaken):
        await clinic.lock("SH2", number="2")
    for absent in ("9", "0", "A1", "２"):
        with pytest.raises(SlotTaken):
            await clinic.lock(f"SH-{absent}", number=absent)
    assert [(await clinic.lock(f"SH{n}")).number for n in (3, 4, 5)] == ["1", "3", "4"]


async def test_the_pools_of_a_schedule_are_apart(clinic: Clinic) -> None:
    """pools"""
    await clinic.schedule("PB1", 1)
    assert (await clinic.lock("SH1")).number == "1"
    assert (await clinic.lock("SH2", pool=Pool.REFERRAL)).number == "901"
    with pytest.raises(SoldOut):
        await clinic.lock("SH3", pool=Pool.REFERRAL)


async def test_a_full_time_slot_is_taken_and_sold_out_only_with_all_others(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 1, slots=("FS1", "FS2"))
    await clinic.lock("SH1", time_id="FS1")
    with pytest.raises(SlotTaken):
        await clinic.lock("SH2", time_id="FS1")
    assert (await clinic.lock("SH3", time_id="FS2")).number == "2"
    with pytest.raises(SoldOut):
        await clinic.lock("SH4", time_id="FS2")


async def test_units_without_a_limit_never_end(clinic: Clinic) -> None:
    await clinic.schedule("PB1", None)
    numbers = [(await clinic.lock(f"SH{n}")).number for n in range(120)]
    assert len(set(numbers)) == 120


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"schedule_id": "PB9"}, UnknownSchedule),
        ({"dept_id": "D9"}, UnknownDepartment),
        ({"doctor_id": "YS9"}, UnknownDoctor),
        ({"dept_id": "D0102"}, UnknownSchedule),
        ({"doctor_id": "YS2"}, UnknownSchedule),
        ({"day": "2026-11-22"}, UnknownSchedule),
        ({"session": Session.AFTERNOON}, UnknownSchedule),
        ({"time_id": "FS1"}, UnknownTimeSlot),
        ({"schedule_id": "PB2"}, UnknownTimeSlot),
        ({"schedule_id": "PB2", "time_id": "FS7"}, UnknownTimeSlot),
        ({"schedule_id": "PB3"}, ScheduleStopped),
        ({"schedule_id": "PB4"}, ScheduleStopped),
        ({"schedule_id": "PB5"}, UnknownSchedule),
    ],
)
async def test_what_is_asked_for_has_to_go_with_the_schedule(
    clinic: Clinic, asked: dict[str, Any], refusal: type[DomainError]
) -> None:
    await clinic.schedule("PB1", 1)
    await clinic.schedule("PB2", 1, slots=("FS1",))
    await clinic.schedule("PB3", 1, state="stopped")
    await clinic.schedule("PB4", 1, state="kept")
    await clinic.schedule("PB5", 1, day="2026-11-19")
    right = {"dept_id": "D0101", "doctor_id": "YS1", "session": Session.MORNING}
    with pytest.raises(refusal):
        await clinic.lock("SH1", **{**right, **asked})
    assert await clinic.taken() == 0


async def outcomes(clinic: Clinic, callers: int, lock_id: str = "SH{}") -> list[Lock | BaseException]:
    return await asyncio.gather(*(clinic.lock(lock_id.format(n)) for n in range(callers)), return_exceptions=True)


def held(found: Collection[Lock | BaseException]) -> list[Lock]:
    assert all(isinstance(one, Lock | SoldOut | SlotTaken | DuplicateSerial) for one in found), found
    return [one for one in found if isinstance(one, Lock)]


async def rivals(clinic: Clinic, callers: int) -> list[Lock]:
    """Callers of two processes at once: each has a writer, and so transactions, of its own."""
    other = Clinic(clinic.database, clinic.clock)
    mine, theirs = await asyncio.gather(outcomes(clinic, callers, "A{}"), outcomes(other, callers, "B{}"))
    return held(mine) + held(theirs)


@pytest.mark.parametrize("total", [1, 10, 100])
async def test_of_many_callers_at_once_as_many_get_a_lock_as_there_are_units(clinic: Clinic, total: int) -> None:
    await clinic.schedule("PB1", total)
    won = await rivals(clinic, 300)
    assert sorted(int(lock.number) for lock in won) == list(range(1, total + 1))
    assert await clinic.taken() == total
    clinic.clock.advance(LOCK_S)
    assert len(held(await outcomes(clinic, 300, "C{}"))) == total, "a lapsed unit is lost"
    assert await clinic.taken() == total


async def test_the_same_lock_id_from_two_processes_holds_one_unit(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 200)
    await clinic.schedule("PB2", 200)
    other = Clinic(clinic.database, clinic.clock)
    calls = [desk.lock(f"SH{n}", place) for n in range(100) for desk, place in ((clinic, "PB1"), (other, "PB2"))]
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert len(held(found)) == 100
    assert await clinic.taken("PB1") + await clinic.taken("PB2") == 100


async def test_a_repeated_lock_id_takes_no_unit_from_those_beside_it(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 2)
    await clinic.lock("SH0")
    found = await asyncio.gather(*(clinic.lock("SH0") for _ in range(20)), clinic.lock("SH1"), return_exceptions=True)
    assert isinstance(found[-1], Lock)
    assert await clinic.taken() == 2


async def test_negative_control__without_being_alone_with_the_pool_units_are_oversold(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race test would see a missing guard: here pools are read as they were before the first lock."""
    await clinic.schedule("PB1", 10)
    key = PoolKey(HOSPITAL, "PB1", "", Pool.SHARED)
    before = await clinic.database.write(lambda c: booking.lock_pools(c, [key]))
    any_number = itertools.count(10_000)

    def as_before(_connection: Connection, keys: Collection[PoolKey]) -> dict[PoolKey, PoolRow]:
        return {key: before[key] for key in keys}

    monkeypatch.setattr(booking, "lock_pools", as_before)
    monkeypatch.setattr(units.Stock, "give", lambda _: next(any_number))
    assert len(await rivals(clinic, 300)) > 10
