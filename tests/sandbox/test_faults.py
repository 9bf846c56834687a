"""The words for faults: what they mean, and what is said of those that mean nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.sandbox.faults import FAULTS, LIMITS, LONGEST, Faults, FaultUnreadable, parse


def test_words_are_read_with_their_values_and_limits() -> None:
    found = parse("late=1500, lost, times=3, share=0.25, seed=7, for=60, id=run-1")
    assert found == Faults(late=1500, lost=True, times=3, share=0.25, seed=7, for_=60, id="run-1")


def test_a_proxy_stands_in_front_unless_it_is_said_to_stand_behind() -> None:
    assert parse("proxy").proxy == parse("proxy=before").proxy == "before"
    assert parse("proxy=after").proxy == "after"


def test_a_clock_is_off_in_either_direction() -> None:
    assert [parse(f"clock={text}").clock for text in ("30", "+30", "-30")] == [30, 30, -30]


def test_none_is_calm() -> None:
    assert parse("none").calm


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lat=3",
        "late",
        "late=",
        "late=0",
        "late=1.5",
        "late=１５",
        "late=1_0",
        "late=999999999",
        "lost=yes",
        "lost, lost",
        "proxy=between",
        "clock=soon",
        "share=0.5",
        "lost, seed=7",
        "lost, share=0",
        "lost, share=2",
        "lost, share=nan",
        "lost, times=0",
        "lost, id=a b",
        "lost, proxy=after",
        "none, lost",
        "x" * (LONGEST + 1),
    ],
)
def test_what_is_no_fault_is_refused_with_a_list_of_those_that_there_are(text: str) -> None:
    with pytest.raises(FaultUnreadable) as refusal:
        parse(text)
    for name in (*FAULTS, *LIMITS):
        assert f"  {name}" in refusal.value.message


FAULTY = st.builds(
    Faults,
    late=st.integers(0, 120_000),
    lost=st.booleans(),
    twice=st.booleans(),
    clock=st.integers(-86_400, 86_400),
    key=st.booleans(),
    database=st.just(True),
    times=st.integers(0, 1000),
    share=st.sampled_from([0.5, 0.125]),
    seed=st.none() | st.integers(0, 2**31),
    for_=st.integers(0, 86_400),
    id=st.sampled_from(["", "a", "run-7"]),
)


@given(FAULTY)
def test_faults_read_as_what_they_are_written_as(faults: Faults) -> None:
    assert parse(faults.text()) == faults


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except FaultUnreadable:
        return
