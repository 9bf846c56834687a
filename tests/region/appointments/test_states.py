"""The table of states: nothing is without an owner, a timer and a way out."""

import pytest

from yiqiao.region.appointments.states import ACTING, CITIZENS, FINAL, OPERATORS, STATES, Act, Owner, State, may_follow


def test_every_state_is_in_the_table() -> None:
    assert set(STATES) == set(State)
    assert set(Act) == CITIZENS | OPERATORS


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
def test_a_state_that_is_no_end_has_an_owner_a_timer_a_button_and_an_end_in_reach(state: State) -> None:
    about = STATES[state]
    assert about.owner is not Owner.NOBODY
    assert about.timer
    assert about.acts
    reached, waiting = {state}, [state]
    while waiting:
        one = waiting.pop()
        following = {*STATES[one].then, *STATES[one].acts.values()} - reached
        reached |= following
        waiting += following
    assert reached & FINAL


def test_an_end_is_an_end() -> None:
    for state in FINAL:
        assert not STATES[state].then
        assert not STATES[state].acts
        assert state not in ACTING
    assert not may_follow(State.REFUNDED, State.ORDERED)


def test_titles_tell_the_states_apart() -> None:
    assert len({about.title for about in STATES.values()}) == len(State)
