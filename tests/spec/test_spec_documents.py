"""Reading YAML: what is malformed is refused with file, line and place."""

import pytest

from tests.spec.ferry import FERRY, ferry
from yiqiao.spec import SpecError, dialects, load, profiles
from yiqiao.spec.document import parse


def line_of(text: str) -> int:
    return FERRY[: FERRY.index(text)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("length: 8, required: true", "length: eight, required: true", "board.request.ticket_no.length: must be"),
        ("length: 8, required: true", "length: 0, required: true", "ticket_no.length: must be at least 1"),
        ("length: 8, required: true", "length: true, required: true", "ticket_no.length: must be a whole number"),
        ("length: 8, required: true", "length: 8, required: maybe", "required: must be true, false or conditional"),
        ("length: 8, required: true", "length: 8, requierd: true", "ticket_no.requierd: unknown key"),
        ("length_unit: gbk", "length_unit: bytes", "board.request.home.length_unit: must be characters or gbk"),
        ("effect: write", "effect: both", "operations.board.effect: must be read or write"),
        ('refuse: "3"}', "refuse: 3}", "operations.board.repeat.refuse: must be a text (put it in quotes)"),
        ('refuse: "3"}', "replay: false}", "operations.board.repeat: says either refuse: CODE, or replay"),
        ('"50": {title: 停航', "50: {title: 停航", "return_codes: key 50 must be a text (put it in quotes)"),
        ("title: 渡口接口", "titel: 渡口接口", "titel: unknown key"),
        ("- {id: ticket, text: 一票一人}", "- 一票一人", "rules: row 1 must be a mapping"),
        ("pass_key]", "1]", "marks.secret: must be a list of texts"),
    ],
)
def test_a_malformed_specification_is_refused_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        ferry("", (old, new))
    assert str(refused.value).startswith("ferry/spec.yaml:")
    assert told in str(refused.value)


def test_the_line_is_told() -> None:
    with pytest.raises(SpecError, match=rf"^ferry/spec\.yaml:{line_of('name: home')}: "):
        ferry("", ("length_unit: gbk", "length_unit: bytes"))


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(SpecError, match="key 'title' stands twice"):
        ferry("", ("title: 渡口接口", "title: 渡口接口\ntitle: 又一个"))


@pytest.mark.parametrize("text", ["", "- a", "a: [", "1: a", "!!python/object:object {}"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"^x\.yaml: "):
        parse(text, "x.yaml")


@pytest.mark.parametrize("name", ["nothing", "../spec", "", "Ehealth_Card"])
def test_an_unknown_dialect_is_told_those_there_are(name: str) -> None:
    with pytest.raises(SpecError, match=r"there are: .*ehealth_card"):
        load(name)


@pytest.mark.parametrize("name", ["nothing", "../standard", ""])
def test_an_unknown_profile_is_told_those_there_are(name: str) -> None:
    with pytest.raises(SpecError, match="there are: standard, "):
        load("ehealth_card", name)


def test_every_dialect_has_a_standard_profile_and_is_loaded_once() -> None:
    for dialect in dialects():
        assert profiles(dialect)[0] == "standard"
        assert load(dialect) is load(dialect)
