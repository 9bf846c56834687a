"""Answers as they go out, and samples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.ferry import ferry
from yiqiao.spec import SpecError

SPEC = ferry()
BOARD = SPEC.operations["board"]


def test_only_known_fields_go_out_in_table_order_and_none_is_dropped() -> None:
    shaped = BOARD.shape({"note": "x", "goods": None, "deck": "1", "seat": "A1"})
    assert list(shaped.items()) == [("seat", "A1"), ("deck", "1")]


def test_rows_of_a_list_are_shaped_too() -> None:
    assert BOARD.shape({"seat": "A1", "goods": [{"kind": "a", "x": 1}]})["goods"] == [{"kind": "a"}]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "seat"),
        ({"seat": ""}, "seat"),
        ({"seat": "A1", "goods": [{}]}, "kind"),
        ({"seat": "A1", "deck": "2"}, "fare"),
        ({"seat": "A1", "deck": "7"}, "deck"),
        ({"seat": "A1", "goods": [{"kind": "z"}]}, "kind"),
        ({"seat": "A1", "goods": "x"}, "goods"),
        ({"seat": "A1", "goods": ["x"]}, "goods"),
    ],
)
def test_an_answer_that_breaks_the_specification_is_a_fault_of_the_program(
    values: dict[str, object], field: str
) -> None:
    with pytest.raises(SpecError, match=rf"board\.response.*field {field}"):
        BOARD.shape(values)


@given(seed=st.integers(0, 5_000))
def test_samples_are_valid_and_have_every_field(seed: int) -> None:
    for operation in SPEC.operations.values():
        for table in (operation.asks, operation.answers):
            sample = table.sample(seed)
            table.validate(sample)
            assert set(sample) == {field.name for field in table.fields if not field.parent}


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    assert BOARD.sample(3) == BOARD.sample(3)
    assert BOARD.sample(3) != BOARD.sample(4)


def test_samples_take_turns_with_the_listed_persons() -> None:
    assert [BOARD.sample(seed)["passenger"] for seed in range(3)] == ["云舟", "柳岸", "云舟"]


def test_a_return_code_is_the_operations_own_before_the_standards() -> None:
    assert SPEC.code_for("BoatFull", "board").title == "船已满"
    assert SPEC.code_for("DuplicateTicket", "board").code == "3"
    assert SPEC.code_for("DuplicateTicket", "?").code == "3"


def test_an_error_that_nobody_mapped_gets_the_code_for_the_unknown() -> None:
    assert SPEC.code_for("BoatFull").code == "99"
    assert SPEC.code_for("NeverHeardOf", "board").code == "99"


def test_success_is_what_the_standard_calls_so() -> None:
    assert SPEC.success.title == "成功"
