"""What goes wrong with calls: on command, and by chance that is the same again."""

from yiqiao.sandbox.mischief import ByChance, Fate, NoMischief, OnCommand


def test_what_was_ordered_happens_call_by_call_and_then_nothing() -> None:
    orders = OnCommand()
    orders.order("refund", Fate.SILENT_AFTER, 2, after=1)
    orders.order("*", Fate.SLOW)
    assert [orders.fate("refund") for _ in range(5)] == [
        None,
        Fate.SILENT_AFTER,
        Fate.SILENT_AFTER,
        Fate.SLOW,
        None,
    ]
    assert orders.fate("query") is None


def test_chance_repeats_itself_and_keeps_to_its_shares() -> None:
    shares = {Fate.SILENT_AFTER: 0.2, Fate.UNREACHABLE: 0.1}
    first, second = (ByChance(7, shares, spared=frozenset({"query"})) for _ in range(2))
    fates = [first.fate("refund") for _ in range(2000)]
    assert fates == [second.fate("refund") for _ in range(2000)]
    assert fates != [ByChance(8, shares).fate("refund") for _ in range(2000)]
    assert 340 < fates.count(Fate.SILENT_AFTER) < 460
    assert 150 < fates.count(Fate.UNREACHABLE) < 250
    assert {first.fate("query") for _ in range(50)} == {None}
    assert NoMischief().fate("refund") is None
