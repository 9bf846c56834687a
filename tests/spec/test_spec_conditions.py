"""Conditions that are data beyond equality, fields of any name, amounts as text, and answers of what is not done."""

import pytest

from tests.spec.ferry import GOOD, ferry
from yiqiao.spec import Invalid, Spec, SpecError
from yiqiao.spec.check import check

ROWS = """
operations:
  board:
    request:
      pass_no: {add: {type: String, length: 8, required: conditional, title: 通行证, when: 二选一, unless: [phone]}}
      guide: {add: {type: String, length: 8, required: conditional, title: 向导, when: 有货, when_given: [goods]}}
      more: {add: {type: JSON, required: false, title: 其他}}
      more/name: {add: {type: String, length: 4, required: true, title: 名称}}
      more/any: {add: {type: String, required: false, title: 任意, rest: true}}
      price: {add: {type: String, length: 16, required: false, title: 票价, format: money}}
      refund: {add: {type: String, length: 16, required: false, title: 退款, format: money.00}}
      left: {add: {type: String, length: 16, required: false, title: 余额, format: balance}}
"""
SPEC = ferry(ROWS)
BOARD = SPEC.operations["board"]


def faults(values: dict[str, object], spec: Spec = SPEC) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        spec.operations["board"].validate({**GOOD, **values})
    return {fault.path: fault.rule for fault in refused.value.faults}


def test_one_of_two_fields_is_due_and_either_will_do() -> None:
    assert faults({}) == {"pass_no": "conditional"}
    assert BOARD.validate({**GOOD, "phone": "13900000000"})
    assert BOARD.validate({**GOOD, "pass_no": "P1"})


def test_a_field_is_due_when_another_is_given() -> None:
    assert faults({"pass_no": "P1", "goods": [{"kind": "a"}]}) == {"guide": "conditional"}
    assert BOARD.validate({**GOOD, "pass_no": "P1", "goods": []})


def test_what_is_due_is_said_in_words() -> None:
    with pytest.raises(Invalid, match="没有传 phone"):
        BOARD.validate(GOOD)


def test_fields_of_any_name_are_let_through_where_the_table_says_so() -> None:
    values = {**GOOD, "pass_no": "P1", "more": {"name": "甲", "wish": {"deep": [1]}}, "stray": "x"}
    assert BOARD.validate(values)["more"] == {"name": "甲", "wish": {"deep": [1]}}
    assert BOARD.unknown(values) == ("stray",)
    assert faults({"pass_no": "P1", "more": {"wish": "x"}}) == {"more.name": "required"}


def test_a_sample_has_no_field_of_any_name() -> None:
    assert list(BOARD.sample()["more"]) == ["name"]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rest: true", "rest: true, when: x", ""),
        ("required: false, title: 任意", "required: true, title: 任意", "stands for fields of any name"),
        ("unless: [phone]", "unless: [fone]", "its condition names 'fone'"),
        ("when_given: [goods]", "when_given: [gods]", "its condition names 'gods'"),
    ],
)
def test_a_condition_that_cannot_be_is_told(old: str, new: str, told: str) -> None:
    found = check(ferry(ROWS.replace(old, new)))
    assert any(told in fault for fault in found) if told else found == []


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("price", ["0", "12", "12.5", "12.50", "999999999999.99"], ["-1", "012", "1.234", "1.", ".5", "1e3", "1,000"]),
        ("refund", ["0.01", "12.50"], ["12.5", "12", "-0.01", "00.01"]),
        ("left", ["-12.50", "0.00", "3"], ["--1", "-", "+1", "1.234"]),
    ],
)
def test_amounts_are_written_in_one_way(field: str, good: list[str], bad: list[str]) -> None:
    for text in good:
        assert BOARD.validate({**GOOD, "pass_no": "P1", field: text})[field] == text
    for text in bad:
        assert faults({"pass_no": "P1", field: text}) == {field: "format"}


def test_what_is_not_done_yet_is_told_with_the_fields_there_are() -> None:
    assert BOARD.shape({"deck": "2", "goods": [{}]}, whole=False) == {"deck": "2", "goods": [{}]}
    with pytest.raises(SpecError, match="seat"):
        BOARD.shape({"deck": "2"})
    with pytest.raises(SpecError, match="deck"):
        BOARD.shape({"deck": "7"}, whole=False)


def test_a_write_may_answer_a_repeat_with_how_it_stands() -> None:
    repeat = ferry("", ('refuse: "3"}', "standing: true}")).operations["board"].repeat
    assert repeat is not None
    assert (repeat.policy, repeat.code) == ("standing", None)
