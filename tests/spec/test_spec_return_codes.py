"""Return codes as data: whether to call again, how to be met; looking for codes; the words in English."""

import pytest

from tests.spec.ferry import ferry
from yiqiao.spec import Retry, Spec, SpecError, dialects, load
from yiqiao.spec.english import English, english
from yiqiao.spec.loader import profiles
from yiqiao.spec.search import find_codes

FULL = '"31": {title: 船已满, cause: 没有座位, remedy: 等下一班, retry: same_serial}'
FULL_WITH_STEPS = """"31":
        title: 船已满
        cause: 没有座位
        remedy: 等下一班
        retry: same_serial
        provoke:
          how: 连登两次
          steps:
            - {send: board, values: {deck: "2", dog: ""}, times: 2}
            - {wait_s: 3}
            - {body: ""}"""


def test_a_code_says_whether_to_call_again() -> None:
    assert ferry().operations["board"].returns["31"].retry is Retry.SAME_SERIAL
    assert ferry().return_codes["3"].retry is Retry.NEW_SERIAL
    assert ferry().return_codes["50"].retry is Retry.NEVER, "unless something else is said"


def test_a_word_that_is_none_of_the_four_is_refused() -> None:
    with pytest.raises(SpecError, match=r"returns\.31\.retry: must be one of never, mended, same_serial, new_serial"):
        ferry("", ("retry: same_serial", "retry: later"))


def test_a_code_says_how_to_be_met() -> None:
    provoke = ferry("", (FULL, FULL_WITH_STEPS)).operations["board"].returns["31"].provoke
    assert provoke is not None
    assert provoke.how == "连登两次"
    first, second, third = provoke.steps
    assert (first.send, first.values, first.times) == ("board", {"deck": "2", "dog": ""}, 2)
    assert (second.wait_s, second.body) == (3, None)
    assert third.body == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("how: 连登两次", "hwo: 连登两次", "provoke.hwo: unknown key"),
        ("times: 2", "times: twice", "times: must be a whole number"),
        ("{wait_s: 3}", "{wait: 3}", "wait: unknown key"),
    ],
)
def test_steps_that_cannot_be_read_are_refused_with_their_place(old: str, new: str, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        ferry("", (FULL, FULL_WITH_STEPS.replace(old, new)))


@pytest.mark.parametrize("dialect", dialects())
def test_every_return_code_says_how_to_be_met_and_names_operations_that_there_are(dialect: str) -> None:
    spec = load(dialect)
    for code in spec.return_codes.values():
        assert code.provoke is not None, code.code
        assert code.provoke.steps
        assert {step.send for step in code.provoke.steps} <= {"", *spec.operations}


def all_names(spec: Spec) -> dict[str, set[str]]:
    """What a specification has that a reader of English is told of."""
    fields = {field.name for field in (*spec.envelope_request, *spec.envelope_response)}
    fields |= {field.name for op in spec.operations.values() for field in (*op.request, *op.response)}
    return {
        "operations": set(spec.operations),
        "codes": set(spec.codes),
        "return_codes": set(spec.return_codes),
        "fields": fields,
    }


@pytest.mark.parametrize("dialect", dialects())
def test_what_there_is_in_chinese_there_is_in_english(dialect: str) -> None:
    """All of the standard's, and nothing that no profile has."""
    words = english(dialect)
    of_profiles = [all_names(load(dialect, profile)) for profile in profiles(dialect)]
    for kind, standard in all_names(load(dialect)).items():
        told = set(getattr(words, kind))
        assert standard <= told, kind
        assert told <= standard.union(*(names[kind] for names in of_profiles)), kind


def test_a_standard_without_english_words_is_shown_without() -> None:
    assert english("ferry") == English()


def test_a_code_is_found_by_its_beginning_its_title_or_its_table() -> None:
    spec = load("ehealth_card")
    assert [row.code for match in find_codes(spec, "01010").tables for row in match.rows] == [
        "010101", "010102", "010103", "010104", "010105", "010106", "010107",
    ]  # fmt: skip
    assert [match.name for match in find_codes(spec, "退款").tables] == ["treatment_code"]
    assert len(find_codes(spec, "证件类型").tables[0].rows) == len(spec.codes["id_type"].rows)
    assert [code.code for code in find_codes(spec, "流水号重复").returns] == ["3002"]


@pytest.mark.parametrize("text", ["sm4", "SM4", "ＳＭ４", " sm4 "])
def test_width_and_case_make_no_difference(text: str) -> None:
    assert [match.name for match in find_codes(load("ehealth_card"), text).tables] == ["enc_type"]


def test_all_words_must_be_met() -> None:
    spec = load("ehealth_card")
    assert [row.title for match in find_codes(spec, "内科 呼吸").tables for row in match.rows] == ["呼吸内科专业"]
    assert find_codes(spec, "内科 退款").tables == ()


@pytest.mark.parametrize("text", ["", "   ", "没有这样的代码"])
def test_nothing_is_found_for_nothing(text: str) -> None:
    found = find_codes(load("ehealth_card"), text)
    assert (found.tables, found.returns) == ((), ())
