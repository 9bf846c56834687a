"""What goes wrong with calls: on command, and by chance that is the same again."""

from yiqiao.sandbox.mischief import ALWAYS, ByChance, Fate, Mishap, NoMischief, OnCommand, OnOrder
from yiqiao.storage.shelves import Store


async def test_what_was_ordered_happens_call_by_call_and_then_nothing() -> None:
    orders = OnCommand()
    orders.order("refund", Fate.SILENT_AFTER, 2, after=1)
    orders.order("*", Fate.SLOW)
    silent = Mishap(Fate.SILENT_AFTER)
    assert [await orders.fate("refund") for _ in range(5)] == [None, silent, silent, Mishap(Fate.SLOW), None]
    assert await orders.fate("query") is None


async def test_chance_repeats_itself_and_keeps_to_its_shares() -> None:
    shares = {Fate.SILENT_AFTER: 0.2, Fate.UNREACHABLE: 0.1}
    first, second = (ByChance(7, shares, spared=frozenset({"query"})) for _ in range(2))
    fates = [await first.fate("refund") for _ in range(2000)]
    assert fates == [await second.fate("refund") for _ in range(2000)]
    other = ByChance(8, shares)
    assert fates != [await other.fate("refund") for _ in range(2000)]
    assert 340 < fates.count(Mishap(Fate.SILENT_AFTER)) < 460
    assert 150 < fates.count(Mishap(Fate.UNREACHABLE)) < 250
    assert {await first.fate("query") for _ in range(50)} == {None}
    assert await NoMischief().fate("refund") is None


async def test_what_was_ordered_for_a_sandbox_happens_in_whichever_process(store: Store) -> None:
    here, there = OnOrder(store, "his"), OnOrder(store, "his")
    assert await there.fate("refund") is None
    await here.order("refund", Fate.SILENT_AFTER, 2)
    await here.order("*", Fate.REFUSED, reason="今日不办理")
    silent = Mishap(Fate.SILENT_AFTER)
    refused = Mishap(Fate.REFUSED, reason="今日不办理")
    assert [await there.fate("refund") for _ in range(4)] == [silent, silent, refused, None]
    assert await OnOrder(store, "other").fate("refund") is None
    await here.order("refund", Fate.SLOW, 3)
    await here.order("refund", Fate.UNREACHABLE)
    assert [(row.act, row.fate, row.times) for row in await there.ordered()] == [("refund", "unreachable", 1)]


async def test_what_is_ordered_for_good_happens_until_it_is_taken_back(store: Store) -> None:
    orders = OnOrder(store, "his")
    await orders.order("refund", Fate.SLOW, ALWAYS, delay_ms=50)
    assert [await orders.fate("refund") for _ in range(3)] == [Mishap(Fate.SLOW, 50)] * 3
    await orders.order("refund", Fate.SLOW, 0)
    assert await orders.fate("refund") is None
