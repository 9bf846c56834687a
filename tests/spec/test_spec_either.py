"""Groups of fields of which one must be there whole, and dictionaries whose list is not at hand."""

import pytest

from tests.spec.ferry import GOOD, ferry
from yiqiao.spec import Invalid, Spec, SpecError, check

EITHER = ferry("", ("    path: /board\n", "    path: /board\n    either: [[id_no, birthday], [phone]]\n"))
DECKS = 'deck: {title: 舱位, rows: {"1": 一等, "2": 二等}}'
OPEN = ferry("", (DECKS, "deck: {title: 舱位, open: true}"))


def broken(spec: Spec, **more: object) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        spec.operations["board"].validate({**GOOD, **more})
    return [(fault.path, fault.rule) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "more",
    [{"phone": "1"}, {"id_no": "1", "birthday": "20260131"}, {"phone": "1", "id_no": "1"}],
)
def test_one_whole_group_is_enough(more: dict[str, object]) -> None:
    EITHER.operations["board"].validate({**GOOD, **more})


def test_where_none_is_whole_the_first_field_that_lacks_is_named() -> None:
    assert broken(EITHER) == [("id_no", "either")]
    assert broken(EITHER, phone="", birthday=" ") == [("id_no", "either")]
    assert broken(EITHER, id_no="1") == [("birthday", "either")]
    assert broken(EITHER, id_no="1", deck="9") == [("deck", "code"), ("birthday", "either")]


def test_the_export_says_so() -> None:
    board = EITHER.export()["operations"][0]  # type: ignore[index]
    assert board["either"] == [["id_no", "birthday"], ["phone"]]


def test_groups_that_are_no_lists_are_refused() -> None:
    with pytest.raises(SpecError, match="either: must be a list of lists"):
        ferry("", ("    path: /board\n", "    path: /board\n    either: [phone]\n"))


def test_an_open_dictionary_binds_nobody() -> None:
    assert check(OPEN) == []
    board = OPEN.operations["board"]
    assert board.validate({**GOOD, "deck": "9"})["deck"] == "9"
    assert board.shape({"seat": "A1", "deck": "9"})["deck"] == "9"
    board.validate(board.sample())


def test_a_profile_that_lists_it_makes_it_bind() -> None:
    listed = ferry('codes: {deck: {"1": 一等}}', (DECKS, "deck: {title: 舱位, open: true}"))
    assert broken(listed, deck="9") == [("deck", "code")]
