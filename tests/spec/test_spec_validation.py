"""Requests held against a specification: what passes, what is refused, and in which words."""

from decimal import Decimal

import pytest

from tests.spec.ferry import GOOD, ferry
from yiqiao.spec import Invalid, check

BOARD = ferry().operations["board"]


def faults(values: object, profile: str = "") -> dict[str, str]:
    """Path to rule of everything that is wrong."""
    operation = ferry(profile).operations["board"] if profile else BOARD
    with pytest.raises(Invalid) as refused:
        operation.validate(values)  # type: ignore[arg-type]
    assert len({fault.path for fault in refused.value.faults}) == len(refused.value.faults)
    return {fault.path: fault.rule for fault in refused.value.faults}


def told(values: dict[str, object]) -> str:
    """The whole message."""
    with pytest.raises(Invalid) as refused:
        BOARD.validate({**GOOD, **values})
    return str(refused.value)


def with_(**values: object) -> dict[str, object]:
    return {**GOOD, **values}


def test_a_good_message_comes_out_as_it_was_in_the_order_of_the_table() -> None:
    assert list(BOARD.validate({"deck": "1", "passenger": "云舟", "ticket_no": "T1"}).items()) == list(GOOD.items())


def test_all_faults_of_a_message_are_told_at_once() -> None:
    wrong = {"passenger": "一二三四五六七", "deck": "7", "birthday": "20260230", "goods": [{"kind": "z"}]}
    assert faults(wrong) == {
        "ticket_no": "required",
        "passenger": "length",
        "deck": "code",
        "birthday": "format",
        "goods[0].kind": "code",
    }


def test_the_message_begins_with_the_number_of_faults_and_their_places() -> None:
    with pytest.raises(Invalid) as refused:
        BOARD.validate({"passenger": "云舟"})
    assert str(refused.value).startswith("请求参数有 2 处错误（ticket_no、deck）：ticket_no（票号）为必填项")


@pytest.mark.parametrize("absent", [None, "", "  ", "\u3000", []])
def test_null_empty_and_blank_count_as_absent(absent: object) -> None:
    assert faults(with_(passenger=absent)) == {"passenger": "required"}
    assert BOARD.validate(with_(phone=absent)) == GOOD


def test_what_the_standard_has_withdrawn_is_known_and_not_looked_at() -> None:
    phone = "{name: phone, type: String, length: 11, required: "
    withdrawn = ferry("", (f"{phone}false", f"{phone}false, withdrawn: true"))
    board = withdrawn.operations["board"]
    assert board.validate(with_(phone="12345678901234567890")) == GOOD
    assert board.unknown(with_(phone="1")) == ()
    assert board.unknown(with_(colour="red")) == ("colour",)
    assert "phone" not in board.sample()
    assert "phone" in {field.name for field in board.request}
    assert check(withdrawn) == []
    due = ferry("", (f"{phone}false", f"{phone}true, withdrawn: true"))
    assert any("is withdrawn and not optional" in fault for fault in check(due))


def test_blank_values_within_a_list_count_as_absent_too() -> None:
    for goods in ([{"kind": "a", "label": " "}], '[{"kind": "a", "label": " "}]'):
        assert BOARD.validate(with_(goods=goods))["goods"] == [{"kind": "a"}]


def test_the_length_counts_characters() -> None:
    assert BOARD.validate(with_(passenger="𠮷野家云舟客"))["passenger"] == "𠮷野家云舟客"
    assert faults(with_(passenger="𠮷野家云舟客一")) == {"passenger": "length"}
    assert "长 7 个字符，上限 6 个字符" in told({"passenger": "𠮷野家云舟客一"})


def test_the_length_counts_gbk_bytes_where_the_specification_says_so() -> None:
    assert BOARD.validate(with_(home="柳溪镇西巷"))["home"] == "柳溪镇西巷"
    assert faults(with_(home="柳溪镇西巷1")) == {"home": "length"}
    assert "长 11 字节（GBK），上限 10 字节" in told({"home": "柳溪镇西巷1"})


@pytest.mark.parametrize("value", [5, 5.5, True, ["x"], {"a": "b"}])
@pytest.mark.parametrize("name", ["ticket_no", "deck", "birthday"])
def test_what_is_no_text_is_refused_where_text_is_due(name: str, value: object) -> None:
    assert faults(with_(**{name: value})) == {name: "type"}


def test_a_number_is_told_to_be_put_in_quotes() -> None:
    assert "应为文本，收到的是数字，请加上引号" in told({"ticket_no": 5})


@pytest.mark.parametrize("char", ["\x00", "\x07", "\n", "\t", "\x7f", "\x85", "\u2028"])
def test_control_characters_are_refused_with_their_position(char: str) -> None:
    assert faults(with_(ticket_no=f"T{char}1")) == {"ticket_no": "control"}
    assert f"第 2 个字符是控制字符或非法字符 U+{ord(char):04X}" in told({"ticket_no": f"T{char}1"})


def test_lone_surrogates_are_refused() -> None:
    assert faults(with_(ticket_no="T\ud800")) == {"ticket_no": "control"}


def test_line_breaks_pass_where_the_field_allows_them_and_other_control_characters_do_not() -> None:
    assert BOARD.validate(with_(remark="a\r\n\tb"))["remark"] == "a\r\n\tb"
    assert faults(with_(remark="a\x07")) == {"remark": "control"}


def test_a_code_outside_its_table_is_told_the_codes_there_are() -> None:
    assert "“7” 不在代码表 deck 中，可用的代码：1 一等、2 二等" in told({"deck": "7"})


def test_of_a_long_table_only_the_size_is_told() -> None:
    assert "请从该表的 7 个代码中选取" in told({"goods": [{"kind": "z"}]})


@pytest.mark.parametrize(
    "text", ["2026022", "20260229", "20261301", "20260100", "２０２６０１０１", "2026-01-01", "00010101"]
)
def test_dates_must_be_real_and_in_ascii_digits(text: str) -> None:
    assert faults(with_(birthday=text)) == {"birthday": "format"}


def test_either_of_two_formats_is_accepted() -> None:
    assert BOARD.validate(with_(sailing="20260131093000"))
    assert BOARD.validate(with_(sailing="1767225600000"))
    assert faults(with_(sailing="20260131250000")) == {"sailing": "format"}


@pytest.mark.parametrize("text", ["1_0", "１０", "+10", "-10", "1e2", "10.0", " 10", "10\n", "0x10"])
def test_lengths_of_time_are_ascii_digits_without_a_sign(text: str) -> None:
    assert faults(with_(stay=text)) == {"stay": "format"}


@pytest.mark.parametrize(("text", "limit"), [("0", "不得小于 1"), ("601", "不得大于 600")])
def test_a_number_must_lie_in_its_range(text: str, limit: str) -> None:
    assert faults(with_(stay=text)) == {"stay": "number"}
    assert limit in told({"stay": text})


def test_whole_numbers_become_numbers() -> None:
    assert BOARD.validate(with_(bags="07"))["bags"] == 7
    assert BOARD.validate(with_(bags=7))["bags"] == 7


@pytest.mark.parametrize("value", ["1_0", "１", "1.0", "", "abc", 1.0, True, "123", 100, "-1", -1, [1]])
def test_what_is_no_whole_number_of_its_kind_is_refused(value: object) -> None:
    if value == "":
        assert "bags" not in BOARD.validate(with_(bags=value))
    else:
        assert faults(with_(bags=value)) == {"bags": "number"}


def test_decimals_are_exact() -> None:
    assert BOARD.validate(with_(weight="1234.50"))["weight"] == Decimal("1234.50")
    assert BOARD.validate(with_(weight=0.1))["weight"] == Decimal("0.1")


@pytest.mark.parametrize("value", ["1.234", "12345", "1e3", "1,0", "１.5", "-", ".5", True, "NaN", float("inf")])
def test_what_is_no_decimal_of_its_size_is_refused(value: object) -> None:
    assert faults(with_(weight=value)) == {"weight": "number"}


def test_a_condition_makes_a_field_required_when_it_holds() -> None:
    assert faults(with_(deck="2")) == {"dog": "conditional"}
    assert "在 deck 为 2 时必填" in told({"deck": "2"})
    assert BOARD.validate(with_(deck="2", dog="阿黄"))["dog"] == "阿黄"


def test_a_condition_is_told_together_with_the_other_faults() -> None:
    assert faults(with_(deck="2", phone="1" * 12)) == {"phone": "length", "dog": "conditional"}


def test_a_list_may_come_as_json_text() -> None:
    assert BOARD.validate(with_(goods='[{"kind": "a"}, {"kind": "b"}]'))["goods"] == [{"kind": "a"}, {"kind": "b"}]
    assert faults(with_(goods='[{"kind": "a"}, {"kind": 1}]')) == {"goods[1].kind": "type"}


def test_an_empty_list_in_json_text_counts_as_absent() -> None:
    assert BOARD.validate(with_(goods=" [ ] ")) == GOOD


@pytest.mark.parametrize("text", ["[", "[NaN]", '[{"kind": "a", "kind": "b"}]', "[" * 100_000])
def test_json_text_must_be_json_with_each_member_once(text: str) -> None:
    assert faults(with_(goods=text)) == {"goods": "json"}


def test_a_node_must_be_an_object_and_a_list_a_list() -> None:
    assert faults(with_(goods={"kind": "a"})) == {"goods": "type"}
    assert faults(with_(goods=["a"])) == {"goods[0]": "type"}
    assert faults(with_(goods=[{"kind": "a", "origin": "x"}])) == {"goods[0].origin": "type"}
    assert faults(with_(goods=[{"kind": "a", "origin": {"hill": "x"}}])) == {"goods[0].origin.town": "required"}


def test_texts_may_repeat() -> None:
    assert BOARD.validate(with_(stamps=["abc", "d"]))["stamps"] == ["abc", "d"]
    assert faults(with_(stamps=["abc", "defg"])) == {"stamps[1]": "length"}


def test_a_row_printed_twice_is_held_to_the_laxer_reading() -> None:
    assert [field.name for field in BOARD.request].count("pier") == 1
    assert [field.name for field in BOARD.asks.printed].count("pier") == 2
    assert BOARD.validate(with_(pier="柳溪渡口"))["pier"] == "柳溪渡口"


def test_unknown_fields_are_dropped_and_named_for_the_journal() -> None:
    extra = with_(colour="red", goods=[{"kind": "a", "size": "9", "origin": {"town": "柳溪", "hill": "x"}}])
    assert "colour" not in BOARD.validate(extra)
    assert BOARD.unknown(extra) == ("colour", "goods[0].size", "goods[0].origin.hill")


def test_content_that_is_no_object_is_refused() -> None:
    assert faults(["x"]) == {"": "type"}


@pytest.mark.parametrize(
    ("field", "value", "seen"),
    [
        ("birthday", "19850332", "“1985****”"),
        ("deck", "35985119850312013X", "“359***********013X”"),
        ("deck", "15498510001", "“154****0001”"),
    ],
)
def test_personal_values_are_masked_in_messages(field: str, value: str, seen: str) -> None:
    message = told({field: value})
    assert value not in message
    assert seen in message


@pytest.mark.parametrize("field", ["passenger", "id_no", "phone", "home", "pass_key"])
def test_a_personal_or_secret_value_that_is_wrong_is_not_repeated(field: str) -> None:
    for value in ("柳岸青舟绿水" * 5, "柳岸青舟\x07", 359851198503120, {"x": "柳岸青舟"}):
        message = told({field: value})
        assert "柳岸" not in message
        assert "3598" not in message


def test_numbers_where_text_is_due_pass_only_where_the_profile_tolerates_them() -> None:
    operation = ferry("tolerate: [numbers_as_text]").operations["board"]
    assert operation.validate(with_(ticket_no=18, deck=1)) == {**GOOD, "ticket_no": "18"}
    assert faults(with_(ticket_no=True), "tolerate: [numbers_as_text]") == {"ticket_no": "type"}


def test_one_object_for_a_list_passes_only_where_the_profile_tolerates_it() -> None:
    operation = ferry("tolerate: [single_as_list]").operations["board"]
    assert operation.validate(with_(goods={"kind": "a"}, stamps="abc"))["goods"] == [{"kind": "a"}]


def test_what_the_operation_judges_itself_is_left_to_it() -> None:
    left = ("format: digits, unit: 分钟,", "format: digits, handler: true, unit: 分钟,")
    assert ferry("", left).operations["board"].validate(with_(stay="-5"))["stay"] == "-5"
