"""The centre's books after any course of settlements: accounts, years and statements say the same, to the 分."""

import asyncio
from collections import Counter
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.settlement.desk import DAY, INSTITUTION, Desk, line, somebody, visitor
from yiqiao.errors import DomainError
from yiqiao.ports.insurance_settlement import CentreRefused, CentreSilent, Settlement
from yiqiao.sandbox.insurance import Cover
from yiqiao.sandbox.mischief import Fate
from yiqiao.sandbox.settlement import years
from yiqiao.sandbox.settlement.persons import account
from yiqiao.sandbox.settlement.reckoning import used
from yiqiao.storage import Database, StorageFailed
from yiqiao.storage.sandbox_settlement import SETTLEMENTS, SHARES, SettlementRow
from yiqiao.storage.shelves import Book, DatabaseStore, MemoryStore

PEOPLE = (
    somebody(kind="310", person_kind="11", civil_servant=True),
    somebody(lambda one: bool(one.identities), kind="310", person_kind="21"),
    somebody(kind="390", person_kind="41"),
)
people = st.sampled_from(range(len(PEOPLE)))
amounts = st.sampled_from([1, 99, 5_000, 123_456, 1_000_000, 9_000_000])
fates = st.sampled_from([None, None, None, Fate.SILENT_AFTER, Fate.SILENT_BEFORE, Fate.DIFFERENT, Fate.TAKEN_BACK])
steps = st.one_of(
    st.tuples(st.just("settle"), people, amounts, st.sampled_from(["01", "02", "03"]), st.booleans(), fates),
    st.tuples(st.just("cancel"), people, st.integers(0, 9), fates),
)


async def course(desk: Desk, acts: list[tuple[object, ...]]) -> dict[str, str]:
    """Do all that; answers the numbers of what should be on file, by what it is."""
    known: dict[str, str] = {}
    settled: list[Settlement] = []
    for what, person, *more in acts:
        who, number, fate = visitor(PEOPLE[int(str(person))]), desk.number(), more[-1]
        if isinstance(fate, Fate):
            desk.orders.order(str(what), fate)
        try:
            if what == "settle":
                amount, level, use_account = more[:3]
                bill = line(int(str(amount)), str(level))
                settled.append(await desk.settle(who, bill, use_account=bool(use_account), number=number))
            else:
                own = [one for one in settled if one.psn_no == who.psn_no]
                if own:
                    await desk.cancel(who, own[int(str(more[0])) % len(own)], number)
        except (CentreSilent, CentreRefused):
            pass
        found = await desk.centre.find(number, INSTITUTION)
        if found:
            known[number] = found.what
            if found.settlement and found.what == "settle" and found.settlement not in settled:
                settled.append(found.settlement)
    return known


def agreeing(cover: Cover, book: Book) -> int:
    """Whether what is on file of a person agrees; answers how many settlements and reversals there are."""
    rows = book.where(SETTLEMENTS, "psn_no", cover.psn_no)
    year: Counter[str] = Counter()
    for row in rows:
        paid = {share.fund: share.paid for share in book.where(SHARES, "settlement_id", row.settlement_id)}
        assert row.total == row.funds + row.account + row.cash
        assert row.funds == sum(paid.values())
        year.update(used(row.in_scope, row.deductible, paid))
    assert min(year.values(), default=0) >= 0
    assert +Counter(years.used(book, cover.psn_no, cover.present.kind, DAY[:4])) == +year
    assert account(book, cover).balance == cover.balance - sum(row.account for row in rows) >= 0
    return len(rows)


@given(st.lists(steps, max_size=14))
def test_accounts_years_and_statements_agree(acts: list[tuple[object, ...]]) -> None:
    async def run() -> None:
        desk = Desk(MemoryStore())
        known = await course(desk, acts)
        stated = await desk.centre.statement(INSTITUTION, DAY)
        assert {one.number: one.what for one in stated if one.number} == known
        counts = [await desk.store.read(partial(agreeing, cover)) for cover in PEOPLE]
        assert sum(counts) == len(stated)

    asyncio.run(run())


@pytest.mark.parametrize("wrong", [{"cash": 1}, {"in_scope": 1}, {"balance": -1}, {"funds": -1, "cash": 101}])
async def test_the_database_holds_that_the_parts_add_up(database: Database, wrong: dict[str, Any]) -> None:
    store = DatabaseStore(database)
    row = SettlementRow(
        "98", "settle", "S1", INSTITUTION, "98", "98", "310", "359800", "359800", DAY[:4], 1, DAY, 1,
        total=100, own_pay=0, over_limit=0, pre_pay=0, in_scope=100, deductible=0, deductible_standard=0, ratio=0,
        funds=60, account=10, cash=30, balance=0, settles="", reversed_by="",
    )  # fmt: skip
    with pytest.raises(StorageFailed):
        await store.write(lambda book: book.add(SETTLEMENTS, row._replace(**wrong)))
    await store.write(lambda book: book.add(SETTLEMENTS, row))
    assert await store.read(lambda book: book.get(SETTLEMENTS, "98")) == row


async def test_what_fails_half_way_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(DomainError):
        def __init__(self) -> None:
            super().__init__("坏了")

    def broken(*_: object) -> None:
        raise Broken

    desk, who = Desk(DatabaseStore(database)), visitor(PEOPLE[0])
    visit_id = await desk.visit(who, line(5_000))
    asked = await desk.presettle(who, visit_id)
    with monkeypatch.context() as patch:
        patch.setattr(years, "change", broken)
        with pytest.raises(Broken):
            await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked)
    assert await desk.centre.find("S1", INSTITUTION) is None
    assert await desk.centre.statement(INSTITUTION, DAY) == []
    assert await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked) == (
        await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked)
    )
