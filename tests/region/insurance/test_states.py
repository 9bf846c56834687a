"""The table of states: every state has an owner, a timer and a way out, and nothing leads where there is nothing."""

import re

import pytest

from tests.support.tree import ROOT
from yiqiao.region.insurance import saga
from yiqiao.region.insurance.findings import KINDS
from yiqiao.region.insurance.states import FINAL, HELD, STATES, Act, Owner, State, may_follow


def test_every_state_is_in_the_table() -> None:
    assert set(STATES) == set(State)


@pytest.mark.parametrize("state", State)
def test_a_state_that_is_no_end_has_an_owner_a_timer_and_a_button(state: State) -> None:
    about = STATES[state]
    assert about.final == (about.owner is Owner.NOBODY)
    if not about.final:
        assert about.timer
        assert about.then
        assert about.acts
    assert about.title
    assert about.then | set(about.acts.values()) <= set(State)


def test_every_state_can_be_come_to_and_left_for_an_end() -> None:
    beginnings = {State.REGISTERING, State.UPLOADING, State.ORDERING}
    come_to = {after for about in STATES.values() for after in (*about.then, *about.acts.values())}
    assert come_to | beginnings == set(State)
    ends = set(FINAL)
    for _ in State:
        ends |= {state for state, about in STATES.items() if about.then & ends}
    assert ends == set(State)


def test_what_came_to_nothing_lets_its_charges_go() -> None:
    assert set(State) - HELD == {State.FAILED, State.CANCELLED}


def test_the_saga_has_a_step_for_each_state_that_is_no_end() -> None:
    source = (ROOT / "src" / "yiqiao" / "region" / "insurance" / "saga.py").read_text(encoding="utf-8")
    steps = {State[name] for name in re.findall(r"State\.([A-Z_]+): self\._", source)}
    assert steps == set(State) - FINAL
    assert saga.NO


def test_an_end_is_left_by_an_act_alone() -> None:
    assert may_follow(State.DONE, State.UNTELLING)
    assert not may_follow(State.FAILED, State.SETTLING)
    assert not may_follow(State.CANCELLED, State.DONE)
    assert Act.REVERSE in STATES[State.DONE].acts


PAGE = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("state", [one for one in State if not STATES[one].final])
def test_the_page_tells_of_each_state_its_owner_and_its_buttons(state: State) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{state}` "))
    _, title, owner, _, acts, _ = row.split("|")
    about = STATES[state]
    assert about.title.startswith(title.split()[1])
    assert owner.strip() == {Owner.SAGA: "hub", Owner.PAYER: "payer", Owner.OPERATOR: "operator"}[about.owner]
    assert set(re.findall(r"`(\w+)`", acts)) == set(about.acts)


def test_the_page_tells_of_each_finding_what_mends_it() -> None:
    for kind, about in KINDS.items():
        row = next(line for line in PAGE.splitlines() if f" `{kind}` |" in line)
        assert row.startswith(f"| {about.title} ")
        assert re.findall(r"`(\w+)`", row.split("|")[3]) == [str(act) for act in about.remedies]
