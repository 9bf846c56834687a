"""The envelope of uploads, by worked values and by every way in which it can be wrong."""

import json
import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.supervision.uploads import KEY, RANDOM, S1, UPTIME, data_of, headers_of, opened, row, sealed
from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.dialect import parse_uptime, paths, scheme_of, uptime
from yiqiao.dialects.supervision.faults import (
    DataEmpty,
    DataNotArray,
    DataNotText,
    EmptyAnswer,
    EmptyMessage,
    MissingAppId,
    MissingService,
    ParametersInvalid,
    SignatureMismatch,
    SigningFailed,
    TooManyRows,
)
from yiqiao.dialects.supervision.scheme import Scheme, scheme
from yiqiao.errors import DomainError
from yiqiao.exchange.strict_json import UnreadableMessage
from yiqiao.spec import profiles

WORKED_KEY = "K3y0000000000000000000000000test"
WORKED_RANDOM = "5f2b8c0e9d6a4c71b1f0a2d3e4c5b6a7"
WORKED = '[{"deptCode":"0101","deptName":"心血管内科","parentId":"-1","hasChild":0,"status":0}]'.encode()
JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
DEPARTMENT = data_of(row("A1001"))


@pytest.mark.parametrize(
    ("rule", "rows", "attachment"),
    [
        ("S1", "58DB23566F8E8CE0E17ED8929AD3909D", "576EBDC5F9806F365585CDC70E59B576"),
        ("S2", "189C392F2989F5EA13C4895553C37F60", "57183877AB7A79830DD062D2C87E0B50"),
        (
            "S3",
            "8F8425961F30514C05F1E7ECF98B914B70C872767C0B73C5C757FE9C06261137",
            "B198A5E7848253F23F82ED7BA21CEC1176145C1843D137B0472A7FBD253440F1",
        ),
    ],
)
def test_the_worked_signatures(rule: str, rows: str, attachment: str) -> None:
    """A0001.sign"""
    said, _ = envelope.seal_request("A1001", "IH0001", WORKED_RANDOM, UPTIME, WORKED, WORKED_KEY, Scheme(rule))
    assert said["sign"] == rows
    form, data = envelope.sign_form("A0001", "IH0001", WORKED_RANDOM, WORKED_KEY, Scheme(rule))
    assert (form["sign"], data) == (attachment, "")


@pytest.mark.parametrize("profile", profiles("supervision"))
def test_what_is_sealed_is_opened_in_every_profile(profile: str) -> None:
    rule = scheme_of(profile)
    said, body = sealed("A1001", DEPARTMENT, scheme=rule)
    found = opened(said, body, "another", KEY, scheme=rule)
    assert (found.data, found.uptime, found.secret) == (DEPARTMENT, UPTIME, KEY)
    form, _ = envelope.sign_form("A0001", "IH9851", RANDOM, KEY, rule)
    assert envelope.open_form(envelope.peek(headers_of(form)), (KEY,), rule) == KEY


@given(st.lists(st.dictionaries(JSON_TEXT, JSON_TEXT | st.integers(-(2**53), 2**53), max_size=4), min_size=1))
def test_every_row_comes_out_as_it_went_in(rows: list[dict[str, object]]) -> None:
    """data: a text that holds an array, each element a record"""
    data = orjson.dumps(rows)
    found = opened(*sealed("A1001", data))
    assert found.data == data
    assert [orjson.loads(bytes(raw)) for raw in envelope.rows(found.data, len(rows))] == rows


@given(JSON_TEXT, st.booleans())
def test_data_is_the_text_without_its_escapes_however_they_are_written(text: str, ascii_only: bool) -> None:
    data = json.dumps([text], ensure_ascii=False).encode()
    said, _ = sealed("A1001", data)
    body = json.dumps({"uptime": UPTIME, "data": data.decode()}, ensure_ascii=ascii_only).encode()
    assert opened(said, body).data == data


def test_a_long_text_is_read_in_pieces_and_none_of_it_is_lost() -> None:
    data = data_of(*[row("A1001", deptName='𠮷、\\"科' * 4) for _ in range(30_000)])
    said, _ = sealed("A1001", data)
    body = orjson.dumps({"data": data.decode(), "uptime": UPTIME})
    for written in (body, body.replace("𠮷".encode(), b"\\ud842\\udfb7")):
        assert opened(said, written).data == data


def test_a_batch_of_30_mb_takes_less_than_100_mb_more() -> None:
    said, body = sealed("A2000", b"[" + b",".join([orjson.dumps(row("A2000"))] * 63_000) + b"]")
    assert 29_000_000 < len(body) < 31_457_280
    tracemalloc.start()
    try:
        found = opened(said, body)
        raws = envelope.rows(found.data, 100_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(raws) == 63_000
    assert peak < 70_000_000


@pytest.mark.parametrize("case", ["lower", "upper"])
def test_a_signature_is_compared_without_regard_to_case(case: str) -> None:
    said, body = sealed("A1001", DEPARTMENT)
    said["sign"] = getattr(said["sign"], case)()
    assert opened(said, body).data == DEPARTMENT


@pytest.mark.parametrize("name", ["appid", "service", "randomstr", "sign"])
def test_a_changed_header_breaks_the_signature(name: str) -> None:
    said, body = sealed("A1001", DEPARTMENT)
    said[name] = "A1002" if name == "service" else "0" * len(said[name])
    with pytest.raises(SignatureMismatch):
        opened(said, body)


def test_another_key_another_rule_and_a_changed_body_break_the_signature() -> None:
    said, body = sealed("A1001", DEPARTMENT)
    for changed, sent, key, rule in (
        (said, body, "another", S1),
        (said, body, KEY, Scheme("S2")),
        (said, body.replace(b"9801", b"9802"), KEY, S1),
        ({**said, "sign": ""}, body, KEY, S1),
        ({**said, "sign": "数" * 8}, body, KEY, S1),
    ):
        with pytest.raises(SignatureMismatch):
            opened(changed, sent, key, scheme=rule)


def test_two_quote_characters_are_signed_by_profile_only() -> None:
    quoted = scheme_of("quoted-data")
    form, data = envelope.sign_form("A0001", "IH9851", RANDOM, KEY, quoted)
    claim = envelope.peek(headers_of(form))
    assert (data, envelope.open_form(claim, (KEY,), quoted)) == ('""', KEY)
    with pytest.raises(SignatureMismatch):
        envelope.open_form(claim, (KEY,), S1)


@pytest.mark.parametrize(
    ("changes", "fault", "told"),
    [
        ({"appid": ""}, MissingAppId, "appid"),
        ({"service": ""}, MissingService, "service"),
        ({"randomstr": ""}, ParametersInvalid, "randomstr"),
        ({"randomstr": "r" * 33}, ParametersInvalid, "上限 32"),
        ({"appid": "IH 9851"}, ParametersInvalid, "空格"),
    ],
)
def test_headers_that_cannot_be(changes: dict[str, str], fault: type[DomainError], told: str) -> None:
    said, _ = sealed("A1001", DEPARTMENT)
    with pytest.raises(fault, match=told):
        envelope.peek(headers_of({**said, **changes}))


def test_a_header_that_stands_twice_is_refused() -> None:
    said, _ = sealed("A1001", DEPARTMENT)
    with pytest.raises(ParametersInvalid, match="两次"):
        envelope.peek((*headers_of(said), (b"APPID", b"IH0001")))


@pytest.mark.parametrize(
    ("body", "fault", "told"),
    [
        (b"", EmptyMessage, "请求体为空"),
        (b" \r\n", EmptyMessage, "请求体为空"),
        (b"{", UnreadableMessage, "第 1 行第 2 列"),
        (b'{"data": "[]", }', UnreadableMessage, "第 1 行"),
        (b"[]", UnreadableMessage, "对象"),
        (b'{"uptime": "", "data": "[]", "data": "[1]"}', UnreadableMessage, "重复"),
        (b'{"uptime": ""}', DataEmpty, "data 为空"),
        (b'{"data": null}', DataEmpty, "data 为空"),
        (b'{"data": ""}', DataEmpty, "data 为空"),
        (b'{"data": " "}', DataEmpty, "data 为空"),
        (b'{"data": [{"a": 1}]}', DataNotText, "收到的是数组"),
        (b'{"data": {}}', DataNotText, "收到的是对象"),
        (b'{"data": 12}', DataNotText, "收到的是数字"),
        (b'{"data": "[\\x]"}', UnreadableMessage, "转义"),
        (b'{"data": "\xce\xd2"}', UnreadableMessage, "UTF-8"),
        (b'{"data": "\\ud842"}', UnreadableMessage, "代理字符"),
    ],
)
def test_bodies_that_cannot_be(body: bytes, fault: type[DomainError], told: str) -> None:
    said, _ = sealed("A1001", DEPARTMENT)
    with pytest.raises(fault, match=told):
        opened(said, body)


@pytest.mark.parametrize(
    ("data", "fault", "told"),
    [
        (b"[]", DataEmpty, "data 为空"),
        (b"{}", DataNotArray, "收到的是对象"),
        (b'"[]"', DataNotArray, "收到的是文本"),
        (b"12", DataNotArray, "收到的是数字"),
        (b'[{"a": 1}, {"b" 2}]', UnreadableMessage, "第 1 行第 17 列（字节偏移 16）"),
        ('[{"科": 1},\n{"b": 2,}]'.encode(), UnreadableMessage, "第 2 行"),
        (b'[{"a": 1}', UnreadableMessage, "data 的内容"),
        (b"{", UnreadableMessage, "data 的内容"),
        (b"[1,2,3,4]", TooManyRows, "4 行，上限 3 行"),
    ],
)
def test_data_that_cannot_be(data: bytes, fault: type[DomainError], told: str) -> None:
    with pytest.raises(fault) as refused:
        envelope.rows(data, 3)
    assert told in refused.value.message


def test_a_long_text_that_breaks_is_told_with_its_byte() -> None:
    data = b"[" + b'{"a":"\xe7\xa7\x91"},\n' * 20_000 + b"!]"
    with pytest.raises(UnreadableMessage) as refused:
        envelope.rows(data, 100_000)
    place = refused.value.position
    assert place is not None
    assert (place.line, place.column, place.byte) == (20_001, 1, len(data) - 2)


def test_a_body_without_a_time_is_refused() -> None:
    said, _ = sealed("A1001", DEPARTMENT)
    with pytest.raises(ParametersInvalid, match="uptime"):
        opened(said, orjson.dumps({"data": DEPARTMENT.decode()}))


def test_the_time_is_beijing_time_and_real() -> None:
    assert parse_uptime("2026-11-21 09:30:00") == 1_795_224_600_000
    assert uptime(1_795_224_600_000) == "2026-11-21 09:30:00"
    for text in ("2026-02-30 09:30:00", "2026-11-21T09:30:00", "20261121093000", "", "2026-1-21 09:30:00 "):
        with pytest.raises(ParametersInvalid):
            parse_uptime(text)


@pytest.mark.parametrize(
    ("body", "code", "message", "data"),
    [
        (b'{"code": "0"}', "0", "", ""),
        (b'{"code": 0, "message": null, "data": null}', "0", "", ""),
        ('{"code": "SYSTEM_ERROR", "message": "系统错误"}'.encode(), "SYSTEM_ERROR", "系统错误", ""),
        (b'{"code": "0", "data": {"a": 1}}', "0", "", '{"a": 1}'),
        (envelope.seal_response("0", "成功", '{"rows":1}'), "0", "成功", '{"rows":1}'),
    ],
)
def test_answers_are_read_as_platforms_write_them(body: bytes, code: str, message: str, data: str) -> None:
    assert envelope.open_response(body) == envelope.Answer(code, message, data)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", EmptyAnswer),
        (b"<html>", UnreadableMessage),
        (b"{}", UnreadableMessage),
        (b'{"code": []}', UnreadableMessage),
    ],
)
def test_answers_that_cannot_be(body: bytes, fault: type[DomainError]) -> None:
    with pytest.raises(fault):
        envelope.open_response(body)


@pytest.mark.parametrize("randomstr", ["", "数", "a b", "r" * 33])
def test_what_cannot_stand_in_a_header_is_not_signed(randomstr: str) -> None:
    with pytest.raises(SigningFailed):
        sealed("A1001", DEPARTMENT, randomstr=randomstr)
    with pytest.raises(SigningFailed):
        sealed("A1001", DEPARTMENT, key="")


def test_a_scheme_that_cannot_be_meant_is_refused() -> None:
    wrong: tuple[dict[str, object], ...] = ({"rule": "S9"}, {"attachment_data": []}, {"attachment_data": "x"})
    for security in wrong:
        with pytest.raises(ValueError, match="security"):
            scheme(security)


def test_every_address_has_one_operation() -> None:
    assert len(paths()) == 12
    assert paths()["/ihs/api/base/department"] == "A1001"
    assert all(path.startswith("/ihs/api/") for path in paths())
