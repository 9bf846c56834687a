"""The body of an upload, `{"uptime": "…", "data": "[…]"}`, read within bounded memory.

`data` is JSON within a JSON text. A batch of 30 MB would take several times that as a tree, and twice that as a text;
so it is never built. The members are found in the bytes, the text's escapes are taken away piece by piece, and what
comes out (`data` as UTF-8 bytes, exactly what was signed) is split into rows that are views of it.
"""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import NoReturn

import msgspec
import orjson

from yiqiao.dialects.supervision.faults import DataEmpty, DataNotArray, DataNotText, EmptyMessage, TooManyRows
from yiqiao.exchange.strict_json import BOM, Position, UnreadableMessage, loads

DATA = "data"
WHAT = "data 的内容"
_QUOTE, _COMMA = b'",'
_PIECE = 1 << 20
"""Bytes of a text that are read at a time."""
_BLANKS = b" \t\r\n"
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_OFFSET = re.compile(r"\(byte (\d+)\)")
_KINDS: Mapping[str, str] = {"{": "对象", "[": "数组", '"': "文本", "t": "布尔值", "f": "布尔值", "n": "null"}
_EXPLAINED = 65_536
_CONTINUATIONS = bytes(range(0x80, 0xC0))
"""Bytes within a character of UTF-8; all others begin one."""


def members(body: bytes) -> dict[str, msgspec.Raw]:
    """The members of a body, as views of it. Raises EmptyMessage, UnreadableMessage."""
    text = body[len(BOM) :] if body.startswith(BOM) else body
    if not text.strip(_BLANKS):
        raise EmptyMessage
    try:
        found = _MEMBERS.decode(text)
    except msgspec.DecodeError as fault:
        _explain(body, fault, "报文")
    # A member that stands twice is lost, and its quotes with it.
    if text.count(b'"') != sum(_quotes(memoryview(raw)) + 2 for raw in found.values()):
        raise UnreadableMessage("同一对象里重复出现名称，或名称里有引号")
    return found


def _quotes(view: memoryview) -> int:
    return sum(bytes(view[at : at + _PIECE]).count(b'"') for at in range(0, len(view), _PIECE))


def short_text(found: Mapping[str, msgspec.Raw], name: str) -> str:
    """A member that is a short text; "" where it is absent. Raises UnreadableMessage for another kind."""
    raw = found.get(name)
    value = loads(bytes(raw), f"请求体的 {name}") if raw is not None else None
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableMessage(f"请求体的 {name} 应为文本，收到的是{kind_of(bytes(raw or b''))}")
    return value


def data_text(found: Mapping[str, msgspec.Raw]) -> bytes:
    """The value of `data` as UTF-8, its escapes taken away. Raises DataEmpty, DataNotText, UnreadableMessage."""
    raw = found.get(DATA)
    if raw is None or bytes(memoryview(raw)[:5]) == b"null":
        raise DataEmpty
    view = memoryview(raw)
    if view[0] != _QUOTE:
        raise DataNotText(kind_of(bytes(view[:1])))
    out = BytesIO()  # whose value is handed out without a copy
    for piece in _pieces(view[1:-1]):
        out.write(piece)
    data = out.getvalue()
    if not data[:_PIECE].strip(_BLANKS) and not data.strip(_BLANKS):
        raise DataEmpty
    return data


def _pieces(text: memoryview) -> Iterator[bytes]:
    """The inside of a JSON text, read in pieces. A piece ends before a comma, which is part of no escape."""
    at = 0
    while at < len(text):
        end = at + _PIECE
        while end < len(text) and text[end] != _COMMA:
            end += 1
        quoted = b'"' + bytes(text[at:end]) + b'"'
        try:
            value = orjson.loads(quoted)
        except orjson.JSONDecodeError as fault:
            place = at + fault.pos
            raise UnreadableMessage(
                f"第 {place} 字节附近的转义或字符不合法，请用标准的 JSON 库生成，并按 UTF-8 发送", None, "请求体的 data"
            ) from None
        yield value.encode()
        at = end


def rows(data: bytes, limit: int) -> list[msgspec.Raw]:
    """The rows of `data`, unread, as views of it. Raises DataEmpty, DataNotArray, TooManyRows, UnreadableMessage."""
    try:
        found = _ROWS.decode(data)
    except msgspec.DecodeError as fault:
        first = data[:_PIECE].lstrip(_BLANKS)[:1]
        if isinstance(fault, msgspec.ValidationError) or (first and first != b"["):
            _check_whole(data)
            raise DataNotArray(kind_of(first)) from None
        _explain(data, fault, WHAT)
    if not found:
        raise DataEmpty
    if len(found) > limit:
        raise TooManyRows(len(found), limit)
    return found


def _check_whole(data: bytes) -> None:
    """Where it is no JSON at all, that is the fault, and not its kind."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError as fault:
        _explain(data, fault, WHAT)


def kind_of(text: bytes) -> str:
    """What a JSON value is, in a word, by its first character."""
    return _KINDS.get(text[:1].decode("latin-1"), "数字")


def _explain(data: bytes, fault: msgspec.DecodeError, what: str) -> NoReturn:
    """Raise the fault of this input, with its place, and in words where it is short enough to be read once more."""
    if len(data) <= _EXPLAINED:
        value = loads(data, what)
        if not isinstance(value, dict):
            raise UnreadableMessage("最外层应是 JSON 对象", None, what)
    found = _OFFSET.search(str(fault))
    at = int(found[1]) if found else len(data)
    raise UnreadableMessage("不是合法的 JSON" if found else "不是合法的 JSON，在末尾中断", _place(data, at), what)


def _place(data: bytes, offset: int) -> Position:
    line = data.count(b"\n", 0, offset) + 1
    start = data.rfind(b"\n", 0, offset) + 1
    column = len(data[start:offset].translate(None, _CONTINUATIONS)) + 1
    return Position(line, column, offset)
