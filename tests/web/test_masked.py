"""Masking a message for the page: by the names of its fields, and by the form of stray values."""

from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.spec import load
from yiqiao.web.masked import field_lines, hex_lines, wire_text

SPEC = load("ehealth_card")
VERIFY = SPEC.operations["ehc.ehealthcode.verify"]
CONTENT = {
    "user_name": "欧阳若水",
    "id_no": "991234200101010017",
    "mobile_phone": "13900001111",
    "address": "虚构省虚构市虚构路一号院",
}


def no_personal_value_in(text: str) -> bool:
    return not any(value in text for value in CONTENT.values())


def test_plain_content_on_the_wire_is_masked_by_field() -> None:
    text = wire_text(SPEC, orjson.dumps({"biz_content": CONTENT}))
    assert no_personal_value_in(text)
    assert "欧***" in text
    assert "991***********0017" in text


@pytest.mark.parametrize("depth", [1, 2])
def test_content_that_stands_as_text_within_json_is_masked_too(depth: int) -> None:
    text: object = CONTENT
    for _ in range(depth):
        text = orjson.dumps(text).decode()
    assert no_personal_value_in(wire_text(SPEC, orjson.dumps({"biz_content": text})))


def test_message_that_breaks_off_is_masked_as_far_as_it_goes() -> None:
    whole = orjson.dumps({"biz_content": CONTENT})
    for end in range(len(whole)):
        shown = wire_text(SPEC, whole[:end])
        assert CONTENT["id_no"] not in shown
        assert CONTENT["mobile_phone"] not in shown


def test_stray_numbers_are_masked_and_terminals_and_times_are_not() -> None:
    text = wire_text(
        SPEC, b'{"remark": "991234200101010017 13900001111", "term_id": "10000000001", "t": "20261120093012"}'
    )
    assert "200101010017" not in text
    assert "13900001111" not in text
    assert "10000000001" in text
    assert "20261120093012" in text


def test_key_of_a_message_is_not_shown() -> None:
    assert "5ec2e7" not in wire_text(SPEC, b'{"key": "5ec2e75ec2e75ec2e75ec2e75ec2e75e"}')


def test_nested_fields_keep_their_path_and_code_titles() -> None:
    values = {"user_name": "王小满", "user_sex": "1", "card_list": [{"card_type": "01", "card_no": "A12345678901234"}]}
    lines = {line.path: line for line in field_lines(SPEC, VERIFY.response, values)}
    assert lines["user_name"].value == "王**"
    assert lines["user_sex"].meaning
    assert "12345678901" not in lines["card_list[0].card_no"].value


def test_long_identifiers_show_their_ends_only() -> None:
    (line,) = field_lines(SPEC, VERIFY.response, {"mindex_id": "ABCDEF" * 12})
    assert line.value == "ABCDEFABCDEF…ABCDEF"


@given(st.binary(max_size=300))
def test_any_bytes_can_be_shown(data: bytes) -> None:
    assert isinstance(hex_lines(wire_text(SPEC, data)), str)


def test_hex_lines_show_sixteen_bytes_each() -> None:
    first, second = hex_lines("0123456789abcdefgh").splitlines()
    assert first == "000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef"
    assert second.startswith("000010  67 68  ")
    assert second.endswith("gh")


def test_a_personal_field_that_only_a_profile_has_is_masked_whatever_profile_is_looked_with() -> None:
    ward = {"guardian_name": "欧阳若水", "guardian_relation": "父亲"}
    assert "若水" not in wire_text(SPEC, orjson.dumps({"biz_content": ward}))
    assert {line.path: line.value for line in field_lines(SPEC, VERIFY.request, ward)} == {
        "guardian_name": "欧***",
        "guardian_relation": "父亲",
    }


WRAPPED: dict[str, Callable[[str], str]] = {
    "elements": lambda text: text,
    "escaped": lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "in CDATA": lambda text: f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>",
}


@pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
def test_elements_in_plain_sight_are_masked_however_they_are_wrapped(wrapped: Callable[[str], str]) -> None:
    spec = load("convenience", "document")
    content = (
        "<REQ><NAME>欧阳若水</NAME><MOBILE ><![CDATA[15498510001]]></MOBILE><PASSWORD>2468</PASSWORD><SEX>2</SEX></REQ>"
    )
    whole = f"<ROOT><REQ_ENCRYPTED>{wrapped(content)}</REQ_ENCRYPTED></ROOT>"
    assert wrapped("<SEX>2</SEX>")[9:-3] in wire_text(spec, whole.encode())
    for end in range(len(whole) + 1):
        shown = wire_text(spec, whole[:end].encode())
        assert not [value for value in ("若水", "54985", "2468") if value in shown], shown


def test_what_a_profile_adds_is_masked_whatever_profile_the_partner_has_by_then() -> None:
    text = "<REQ><CONTENT>请欧阳若水改到二楼</CONTENT><OPER_NAME>欧阳若水</OPER_NAME></REQ>"
    assert "若水" not in wire_text(load("convenience"), text.encode())


def test_fields_that_only_a_profile_has_are_masked_under_the_profiles_names() -> None:
    text = "<REQ><IDCARD_NO>E0985100</IDCARD_NO><OPER_NAME>欧阳若水</OPER_NAME></REQ>"
    shown = wire_text(load("convenience", "jkt"), text.encode())
    assert not [value for value in ("E0985100", "若水") if value in shown], shown
