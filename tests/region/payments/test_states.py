"""The tables of states hold together: every state leads somewhere, and has an owner, a timer and a button."""

import pytest

from yiqiao.region.payments.states import FLOWS, TABLES, Owner, Refund, RefundType

CASES = [(kind, state) for kind, table in TABLES.items() for state in table]


@pytest.mark.parametrize(("kind", "state"), CASES)
def test_no_state_is_without_owner_timer_and_next_action(kind: str, state: str) -> None:
    about = TABLES[kind][state]
    assert about.title
    if about.owner is Owner.NOBODY:
        assert not about.timer
        assert not about.acts
    else:
        assert about.timer
        assert about.then
        assert about.acts or (kind == "attempt" and about.owner in (Owner.SAGA, Owner.PAYER))
    for after in (*about.then, *(to for to in about.acts.values() if to != "*")):
        assert after in TABLES[kind]


@pytest.mark.parametrize(("kind", "state"), CASES)
def test_every_state_is_reached(kind: str, state: str) -> None:
    table = TABLES[kind]
    begins = {"trade": {"opened", "placing"}, "attempt": {"placing"}, "refund": {"approving"}}[kind]
    begins |= {flow.first for flow in FLOWS.values()} if kind == "refund" else set()
    seen, left = set(begins), list(begins)
    while left:
        about = table[left.pop()]
        for after in (*about.then, *(to for to in about.acts.values() if to != "*")):
            if after not in seen:
                seen.add(after)
                left.append(after)
    assert state in seen


def test_each_refund_type_has_its_steps() -> None:
    """refund.direct, refund.his_decide, refund.prepare"""
    assert FLOWS[RefundType.DIRECT].first is Refund.TAKING
    assert FLOWS[RefundType.HIS_DECIDE].first is Refund.PAYING_OUT
    assert FLOWS[RefundType.PREPARE_AND_CONFIRM].first is Refund.PREPARING
    assert FLOWS[RefundType.PREPARE_AND_CONFIRM].paid_out is Refund.CONFIRMING
    assert {name: flow.refused for name, flow in FLOWS.items()} == {
        RefundType.DIRECT: Refund.REVERSING,
        RefundType.HIS_DECIDE: Refund.FAILED,
        RefundType.PREPARE_AND_CONFIRM: Refund.REVERSING,
    }
