"""JSON is read strictly, and a fault names its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.exchange.strict_json import MAX_DEPTH, UnreadableMessage, loads, member_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet=st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "line", "column", "byte", "said"),
    [
        (b'{"a":1,}', 1, 7, 6, "多了一个逗号"),
        (b'{"a":[1,2,]}', 1, 10, 9, "多了一个逗号"),
        ('{"名":"甲",\n "b":1,}'.encode(), 2, 7, 20, "多了一个逗号"),
        (b'{"a":"b', 1, 8, 7, "没有结束"),
        (b'{"a":"b\\', 1, 8, 7, "没有结束"),
        (b'{"a":"b"', 1, 9, 8, "不完整"),
        (b'{"a"', 1, 5, 4, "不完整"),
        (b'{"a":', 1, 6, 5, "不完整"),
        (b"{", 1, 2, 1, "不完整"),
        (b'{"a":NaN}', 1, 6, 5, "NaN"),
        (b'{"a":-Infinity}', 1, 6, 5, "-Infinity"),
        (b'{"a":1e999}', 1, 6, 5, "超出范围"),
        (b'{"a":01}', 1, 6, 5, "数字的写法"),
        (b'{"a":"\x01"}', 1, 7, 6, "U+0001"),
        (b'{"a":"\\x"}', 1, 7, 6, "转义"),
        (b'{"a":"\\ud800"}', 1, 6, 5, "代理字符"),
        (b'{"a":"\\udc00\\ud800"}', 1, 6, 5, "代理字符"),
        (b"{'a':1}", 1, 2, 1, "单引号"),
        ("{“a”:1}".encode(), 1, 2, 1, "中文引号"),
        (b'{"a":1/*x*/}', 1, 7, 6, "缺少逗号"),
        (b'{"a":/*x*/1}', 1, 6, 5, "注释"),
        (b'{"a":1}{', 1, 8, 7, "多余的内容"),
        (b'{"a" 1}', 1, 6, 5, "冒号"),
        (b'{"a":,}', 1, 6, 5, "缺少一个值"),
        (b'{"a":1,"b":2,"a":3}', 1, 14, 13, "重复出现名称“a”"),
        (b'{"x":{"a":1,"a":3}}', 1, 13, 12, "重复出现名称“a”"),
        (b'\xef\xbb\xbf{"a":1,}', 1, 7, 9, "多了一个逗号"),
    ],
)
def test_a_fault_names_line_column_byte_and_reason(body: bytes, line: int, column: int, byte: int, said: str) -> None:
    with pytest.raises(UnreadableMessage) as fault:
        loads(body)
    position = fault.value.position
    assert position is not None
    assert (position.line, position.column, position.byte) == (line, column, byte)
    assert said in fault.value.message
    assert f"第 {line} 行第 {column} 列" in fault.value.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"name":"王"}'.encode("gbk"), "GBK"),
        ('{"name":"王"}'.encode("utf-16"), "UTF-16"),
        (b'{"name":"\xff\xff"}', "不是合法的 UTF-8"),
        (b"", "为空"),
        (b" \n", "为空"),
    ],
)
def test_another_charset_is_refused_by_its_name(body: bytes, said: str) -> None:
    with pytest.raises(UnreadableMessage, match=said):
        loads(body)


def test_a_mark_in_front_does_not_shift_the_place_of_a_byte_that_is_not_utf_8() -> None:
    with pytest.raises(UnreadableMessage) as fault:
        loads(b'\xef\xbb\xbf{"a":"\xed\xa0\x80"}')
    assert fault.value.position is not None
    assert (fault.value.position.column, fault.value.position.byte) == (7, 9)


def test_a_byte_order_mark_is_let_pass() -> None:
    assert loads(b'\xef\xbb\xbf{"a":"b"}') == {"a": "b"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\u0061":1,"a":2}',
        b'{"a":"\\u003a","b":1,"b":2}',
        b'{"a":{"x":":"},"\\u003A":1,"a":3}',
        b'{"a":1, "a" :2}',
        b'[{"k":":::","k":"::"}]',
        b'{"a":"x","b":"\\u003a\\u003a","a":"y:"}',
    ],
)
def test_a_name_that_stands_twice_is_found_however_it_is_written(body: bytes) -> None:
    with pytest.raises(UnreadableMessage, match="重复出现名称"):
        loads(body)


def test_depth_is_limited_at_both_sides_of_the_limit() -> None:
    deep = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert loads(deep) is not None
    for levels in (MAX_DEPTH + 1, 5_000, 200_000):
        with pytest.raises(UnreadableMessage):
            loads(b"[" * levels + b"]" * levels)
        with pytest.raises(UnreadableMessage):
            loads(b'{"a":' * levels + b"1" + b"}" * levels)


def test_a_fault_in_a_long_text_still_has_its_place() -> None:
    body = b'{"a":"' + b"x" * 100_000 + b'","b":tru}'
    with pytest.raises(UnreadableMessage) as fault:
        loads(body)
    assert fault.value.position is not None
    assert fault.value.position.byte >= 100_000


def test_a_name_twice_in_a_long_text_is_refused() -> None:
    with pytest.raises(UnreadableMessage, match="重复出现名称“b”"):
        loads(b'{"a":"' + b"x" * 100_000 + b'","b":1,"b":2}')


@given(VALUES)
def test_what_python_writes_is_read_back(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert loads(text.encode()) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\u0a1 tfn-e.\ufeff\ud800', max_size=40))
def test_anything_else_is_refused_by_name_only(data: bytes | str) -> None:
    body = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    try:
        value = loads(body)
    except UnreadableMessage:
        return
    assert value == json.loads(body.decode("utf-8-sig"))


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), VALUES, min_size=1, max_size=5), st.data())
def test_the_text_of_a_member_is_the_text_that_was_sent(value: dict[str, object], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(value)))
    for indent in (None, 2):
        body = json.dumps(value, indent=indent).encode()
        text = member_text(body, name)
        assert text is not None
        assert text.encode() in body
        assert json.loads(text) == value[name]
    assert member_text(json.dumps(value).encode(), "no such name at all") is None
