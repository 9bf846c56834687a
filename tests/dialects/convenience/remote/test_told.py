"""Answers are read whatever a hospital writes; what cannot be read is as good as not told."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.clock import parse_compact, readable
from yiqiao.dialects.convenience.remote import told as reading
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.wording import slot_of_reg_id, slot_reg_id, to_the_minute
from yiqiao.money import yuan


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20 09:30:12", "20261120093012"),
        ("2026/11/20 09:30", "20261120093000"),
        ("20261120093012", "20261120093012"),
        ("20261120", "20261120000000"),
        ("2026-11-20", "20261120000000"),
        ("2026-1-2 9:05", "20260102090500"),
        ("2026年11月20日 09:30:12", "20261120093012"),
        ("2026-11-20T09:30:12.123+08:00", "20261120093012"),
        ("2026-11-20 25:00:00", ""),
        ("2026-02-30", ""),
        ("0001-01-01 00:00:00", ""),
        ("1900-01-01 00:00:00", ""),
        ("昨天", ""),
        ("", ""),
    ],
)
def test_moments_in_every_format(text: str, at: str) -> None:
    assert reading.moment(text) == (parse_compact(at) if at else None)
    assert Told({"A": f" {text} "}).moment("A") == (parse_compact(at) if at else None)


@given(st.integers(40_000_000_000, 4_000_000_000_000))
def test_moments_that_we_write_are_read_back(ms: int) -> None:
    assert reading.moment(readable(ms)) == ms // 1000 * 1000
    assert reading.moment(to_the_minute(ms)) == ms // 60_000 * 60_000


@given(st.integers(-(10**11), 10**11))
def test_amounts_that_we_write_are_read_back(amount: int) -> None:
    assert reading.fen(yuan(amount)) == amount


@pytest.mark.parametrize(
    ("text", "amount"), [("12", 1200), ("1,234.5", 123450), ("0.005", 1), ("-3", -300), ("免费", None), ("NaN", None)]
)
def test_amounts_of_others(text: str, amount: int | None) -> None:
    assert reading.fen(text) == amount
    assert Told({"A": text}).yuan("A") == (amount or 0)


@given(st.recursive(st.none() | st.text() | st.integers(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
def test_whatever_comes_is_read_as_something(value: object) -> None:
    one = Told({"A": value})
    assert isinstance(one.text("A"), str)
    assert one.maybe("A") is None or one.maybe("A")
    assert isinstance(one.count("A"), int)
    assert isinstance(one.day("A"), str)
    assert isinstance(one.texts("A"), tuple)
    assert isinstance(one.part("A"), Told)
    assert one.code("A", {"1": "x"}, "y") in ("x", "y")
    for read in (one.number, one.decimal, one.moment, one.clock, one.maybe_yuan):
        read("A")
    assert all(isinstance(row, Told) for row in one.rows("A"))


def test_a_day_that_stands_for_none_is_none() -> None:
    assert [reading.day(text) for text in ("0001-01-01", "1900-01-01", "1985-3-12")] == ["", "1900-01-01", "1985-03-12"]


def test_numbers_as_texts_and_with_noughts() -> None:
    one = Told({"A": " 12 ", "B": "12.0", "C": "12.5", "D": 7, "E": "06", "F": "1e400000"})
    assert (one.number("A"), one.number("B"), one.number("C"), one.number("D")) == (12, 12, None, 7)
    assert one.code("E", {"6": "x"}, "y") == "x"
    assert one.decimal("C") == Decimal("12.5")
    assert (one.number("F"), one.maybe_yuan("F")) == (None, None)


def test_a_list_of_one_and_one_alone_are_the_same() -> None:
    for rows in ({"X": "1"}, [{"X": "1"}], [{"X": "1"}, "", {}]):
        assert [row.text("X") for row in Told({"A": rows}).rows("A")] == ["1"]
        assert Told({"A": rows}).part("A").text("X") == "1"
    assert Told({"A": ["1", "2"]}).texts("A") == ("1", "2")
    assert Told({"A": "1"}).texts("A") == ("1",)


@pytest.mark.parametrize(
    ("text", "time"), [("8:00", "08:00"), ("0800", "08:00"), ("08:00:00", "08:00"), ("2026-11-20 08:00", "08:00")]
)
def test_times_of_the_day(text: str, time: str) -> None:
    assert Told({"A": text}).clock("A") == time
    assert Told({"A": "上午"}).clock("A") is None


@given(st.text(), st.text(min_size=1))
def test_a_slot_s_number_comes_back(schedule_id: str, time_id: str) -> None:
    if "|" not in schedule_id + time_id:
        assert slot_of_reg_id(slot_reg_id(schedule_id, time_id)) == (schedule_id, time_id)
        own = slot_of_reg_id(time_id)
        assert slot_reg_id(schedule_id, own[1]) == time_id
