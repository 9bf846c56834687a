"""The same bill from several desks at once is settled once; without the hold on its charges it would not be."""

import asyncio
from dataclasses import replace

import pytest

from tests.region.insurance.world import NOBODY, RESIDENT, Region
from tests.sandbox.settlement.desk import visitor
from yiqiao.region.insurance.service import Settlements, Wish
from yiqiao.region.insurance.settlement import AnotherUnderWay
from yiqiao.storage import insurance
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.insurance import ins_settlement

DESKS = 6


async def sent_at_once(region: Region, *wishes: Wish) -> tuple[set[str], int]:
    """The settlements that the desks are told of, and how many there are."""
    writes = await asyncio.gather(*(region.settlements.settle(wish) for wish in wishes))
    told = await asyncio.gather(*(region.perform(write) for write in writes), return_exceptions=True)
    numbers = set()
    for one in told:
        if isinstance(one, BaseException):
            assert isinstance(one, AnotherUnderWay), one
        else:
            numbers.add(one.row.number)
    return numbers, len(await region.database.read(lambda c: insurance.newest(c, 100)))


async def test_one_bill_from_many_desks_is_one_settlement(region: Region) -> None:
    region.owe(5_000)
    wish = region.wish(visitor(RESIDENT))
    numbers, there = await sent_at_once(region, *[wish] * DESKS)
    assert (len(numbers), there) == (1, 1)


async def test_one_bill_under_two_certificates_is_one_settlement(region: Region) -> None:
    region.owe(5_000)
    other = replace(NOBODY, certificate_no="359801199001010035")
    wishes = [region.wish(who, insured=False) for who in (NOBODY, other)] * 2
    numbers, there = await sent_at_once(region, *wishes)
    assert (len(numbers), there) == (1, 1)


async def test_without_the_hold_it_would_be_settled_twice(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nobody holds a charge, and nobody looks whether something is under way."""

    def add(connection: object, row: insurance.SettlementRow, charge_nos: object) -> bool:
        insert_many(connection, ins_settlement, insurance.SettlementRow._fields, [row])  # type: ignore[arg-type]
        return True

    monkeypatch.setattr(insurance, "add", add)
    monkeypatch.setattr(Settlements, "_standing", lambda *_: None)
    region.owe(5_000)
    _, there = await sent_at_once(region, *[region.wish(visitor(RESIDENT))] * 2)
    assert there == 2
