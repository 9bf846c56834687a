"""Money put down for a stay: once an order, for whoever is really there, and the sums after it are right."""

import asyncio

import pytest

from tests.hospital.billing.till import ID_NO, INSURED_ID_NO, NAME, STAY, Till
from tests.hospital.booking.clinic import NOW
from yiqiao.ports.hospital.inpatient import DepositQuestion
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    IdentityMismatch,
    NoSuchRecord,
    SeveralArchives,
    UnknownPatient,
)


async def test_a_deposit_is_taken_once_and_shown(till: Till) -> None:
    await till.stay(await till.patient())
    put = await till.put_down("DD1", 100_000)
    assert put.balance == 100_000 - 4_500
    with pytest.raises(DuplicateSerial) as same:
        await till.put_down("DD1", 100_000)
    assert same.value.identical
    with pytest.raises(DuplicateSerial) as other:
        await till.put_down("DD1", 200_000)
    assert not other.value.identical
    stay = await till.inpatient.stay(ID_NO, NAME)
    assert (stay.inpatient_no, stay.deposit, stay.charged) == (STAY, 100_000, 4_500)
    assert await till.books() == {"platform": 100_000, "deposits": -100_000}
    (found,) = await till.inpatient.deposits(DepositQuestion(certificate_no=ID_NO))
    assert found.trade_no == "DD1"


async def test_who_is_not_there_or_somebody_else_is_refused(till: Till) -> None:
    """deposit.number: a number is of one stay, and takes no money once that is over"""
    who = await till.patient()
    await till.stay(who)
    await till.stay(who, "ZY0", discharged_at=NOW)
    for inpatient_no in ("ZY0", "ZY9"):
        with pytest.raises(NoSuchRecord):
            await till.put_down("DD1", 100, inpatient_no)
    for stated in ({"name": "别人"}, {"certificate_no": INSURED_ID_NO}):
        with pytest.raises(IdentityMismatch):
            await till.put_down("DD1", 100, **stated)
    assert await till.books() == {}


async def test_names_that_several_bear_need_a_certificate(till: Till) -> None:
    await till.stay(await till.patient())
    await till.stay(await till.patient(INSURED_ID_NO, NAME), "ZY2")
    with pytest.raises(SeveralArchives):
        await till.inpatient.stay(None, NAME)
    assert (await till.inpatient.stay(INSURED_ID_NO, NAME)).inpatient_no == "ZY2"
    with pytest.raises(UnknownPatient):
        await till.inpatient.stay(ID_NO, "别人")


async def test_of_many_under_one_order_one_is_taken(till: Till) -> None:
    await till.stay(await till.patient())
    outcomes = await asyncio.gather(*(till.put_down("DD1", 100) for _ in range(16)), return_exceptions=True)
    assert sum(isinstance(one, DuplicateSerial) for one in outcomes) == 15
    assert await till.books() == {"platform": 100, "deposits": -100}


async def test_the_daily_list_adds_up(till: Till) -> None:
    await till.stay(await till.patient())
    listed = await till.inpatient.daily(ID_NO, NAME)
    assert [(day.day, sum(item.amount for item in day.items)) for day in listed.days] == [("2026-11-20", 4_500)]
