"""The formats of dates, times and other texts, against Python's own idea of a date."""

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.spec.dice import Dice
from yiqiao.spec.formats import ALIASES, FORMATS, known_format


def matches(name: str, text: str) -> bool:
    found = known_format(name)
    assert found is not None
    return re.fullmatch(found.pattern, text) is not None


def test_every_real_day_of_two_centuries_is_a_date_and_no_other_text_is() -> None:
    wanted = set()
    day = date(1896, 1, 1)
    while day < date(2105, 1, 1):
        wanted.add(day.strftime("%Y%m%d"))
        day += timedelta(days=1)
    texts = (f"{y}{m:02}{d:02}" for y in range(1896, 2105) for m in range(14) for d in range(33))
    assert {text for text in texts if matches("yyyyMMdd", text)} == wanted


@pytest.mark.parametrize(("year", "leap"), [(1200, True), (1300, False), (1600, True), (2400, True), (2900, False)])
def test_centuries_are_leap_years_only_every_fourth_time(year: int, leap: bool) -> None:
    assert matches("yyyy-MM-dd", f"{year}-02-29") is leap


@given(st.datetimes())
def test_moments_of_the_years_1000_to_2999_are_ones(moment: datetime) -> None:
    text = moment.strftime("%m%d%H%M%S")
    assert matches("yyyyMMddHHmmss", f"{moment.year:04}{text}") is (1000 <= moment.year <= 2999)


@pytest.mark.parametrize("text", ["24:00", "9:30", "09:60", "0930", "09:30:00"])
def test_times_of_day_have_two_digits_and_end_at_2359(text: str) -> None:
    assert not matches("HH:mm", text)


@pytest.mark.parametrize("name", [*FORMATS, *ALIASES])
@given(seed=st.integers(0, 10_000))
def test_every_format_makes_samples_that_match_it(name: str, seed: int) -> None:
    found = known_format(name)
    assert found is not None
    assert matches(name, found.sample(Dice(str(seed))))


def test_base64_has_whole_groups() -> None:
    assert matches("base64", "QUI=")
    assert not matches("base64", "QUI")
    assert not matches("base64", "")
