"""JSON as a signed message needs it: read strictly, and refused with the place and the reason.

A message that two programs could read in two ways is refused before anybody looks at its signature: a name that stands
twice in one object, NaN and Infinity, a lone surrogate, text in another charset than UTF-8, nesting without end. A byte
order mark in front is let pass. RFC 8259; the positions are for the engineer who has to find the character.

`loads` costs little more than the parser beneath it. Names that stand twice are found by counting: outside of strings a
colon follows exactly every name, so the colons of the text are the names that were kept plus the colons inside kept
strings, unless a name was lost. Only a colon written as an escape breaks the count; then every pair is looked at.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, cast

import orjson

from yiqiao.errors import DomainError

MAX_DEPTH = 32
BOM = b"\xef\xbb\xbf"
_EXPLAINED = 65_536  # bytes; a longer text is not read a second time only to word its fault better
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the input: line and column count characters from 1, byte is the offset from 0."""

    line: int
    column: int
    byte: int

    def __str__(self) -> str:
        return f"第 {self.line} 行第 {self.column} 列（字节偏移 {self.byte}）"


_ADVICE = ("请", "应", "要用")
"""A reason with one of these words says what to do already."""


class UnreadableMessage(DomainError):
    """The bytes are not a message: not UTF-8, not JSON, or JSON that can be read in more than one way."""

    def __init__(self, reason: str, position: Position | None = None, what: str = "报文") -> None:
        advice = "" if any(word in reason for word in _ADVICE) else "，请改正后重发"
        super().__init__(f"{what}{position or ''}：{reason}{advice}")
        self.reason = reason
        self.position = position
        self.what = what


def loads(data: bytes, what: str = "报文") -> object:
    """The value that the bytes hold. `what` names the text in faults. Raises UnreadableMessage, nothing else."""
    body = data[3:] if data.startswith(BOM) else data
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        _explain(data, fault, what)
    if isinstance(value, dict | list):
        names, colons, depth = _count(value)
        if depth > MAX_DEPTH:
            _explain(data, None, what)
        if b"\\u003" in body or names + colons != body.count(b":"):
            _look_at_every_pair(data, what)
    return value


def member_text(data: bytes, name: str) -> str | None:
    """The exact text of one member of a top-level object that `loads` has accepted; None where it has no such member.

    What is signed is the text that was sent, so a value that came as an object must not be written anew.
    """
    text = _text(data, "报文")
    index = _blank(text, _blank(text, 0) + 1)
    while text[index] != "}":
        found, index = _DECODER.raw_decode(text, index)
        start = _blank(text, _blank(text, index) + 1)
        end = _DECODER.raw_decode(text, start)[1]
        if found == name:
            return text[start:end]
        index = _blank(text, end)
        if text[index] == ",":
            index = _blank(text, index + 1)
    return None


def _count(value: dict[str, object] | list[object]) -> tuple[int, int, int]:
    """Names, colons within strings, and depth of a parsed value."""
    if isinstance(value, dict):
        try:
            texts = "".join(value) + "".join(cast("Iterable[str]", value.values()))
            return len(value), texts.count(":"), 1
        except TypeError:
            pass  # not texts alone
    names = colons = depth = 0
    level: list[dict[str, object] | list[object]] = [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        deeper: list[dict[str, object] | list[object]] = []
        for item in level:
            members: Iterable[object] = item
            if isinstance(item, dict):
                names += len(item)
                colons += "".join(item).count(":")
                members = item.values()
            try:
                colons += "".join(cast("Iterable[str]", members)).count(":")  # most often all are
            except TypeError:
                for member in members:
                    if isinstance(member, str):
                        colons += member.count(":")
                    elif isinstance(member, dict | list):
                        deeper.append(member)
        level = deeper
    return names, colons, depth


def _look_at_every_pair(data: bytes, what: str) -> None:
    """The exact check for names that stand twice; reached on suspicion only."""

    def unique(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _Twice(name)
            seen.add(name)

    try:
        json.loads(_text(data, what), object_pairs_hook=unique, parse_int=str, parse_float=str)
    except _Twice as twice:
        if len(data) <= _EXPLAINED:
            _explain(data, None, what)
        raise UnreadableMessage(_twice(twice.member), None, what) from None


class _Twice(Exception):
    def __init__(self, member: str) -> None:
        super().__init__()
        self.member = member


def _twice(name: str) -> str:
    return f"同一对象里重复出现名称“{_short(name)}”"


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:40] + "…"


def _explain(data: bytes, fault: orjson.JSONDecodeError | None, what: str) -> NoReturn:
    """Raise the fault of this input with its place, in words."""
    text = _text(data, what)
    shift = 3 if data.startswith(BOM) else 0
    if not text.strip(" \t\r\n"):
        raise UnreadableMessage("内容为空", None, what)
    if len(data) <= _EXPLAINED:
        try:
            _Reader(text).whole()
        except _Fault as found:
            raise UnreadableMessage(found.reason, _position(text, found.index, shift), what) from None
    if fault is None:
        raise UnreadableMessage(f"嵌套超过 {MAX_DEPTH} 层", None, what)
    if fault.pos > len(text):
        raise UnreadableMessage("不是合法的 JSON", None, what)
    reason = "数字超出范围" if "infinity" in fault.msg else "不是合法的 JSON"
    raise UnreadableMessage(reason, _position(text, fault.pos, shift), what)


def _text(data: bytes, what: str) -> str:
    """UTF-8 without its mark; refused with a hint at the charset it seems to be in."""
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as fault:
        before = data[: fault.start].decode().removeprefix("\ufeff")
        position = Position(before.count("\n") + 1, len(before) - before.rfind("\n"), fault.start)
        raise UnreadableMessage(_charset_hint(data), position, what) from None


def _charset_hint(data: bytes) -> str:
    if data.startswith(_UTF16_MARKS):
        return "不是 UTF-8 编码，看来是 UTF-16，请改用 UTF-8 发送"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "不是合法的 UTF-8 字节"
    return "不是 UTF-8 编码，看来是 GBK（GB18030），请改用 UTF-8 发送"


def _blank(text: str, index: int) -> int:
    """The index behind the blanks that stand at `index`."""
    match = _BLANK.match(text, index)
    return match.end() if match else index


def _position(text: str, index: int, shift: int) -> Position:
    before = text[:index]
    size = len(before.encode("utf-8", "surrogatepass")) + shift
    return Position(before.count("\n") + 1, index - before.rfind("\n"), size)


class _Fault(Exception):
    def __init__(self, reason: str, index: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.index = index


_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_STRING_START = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_SCALAR = re.compile(r"(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9A-Za-z_.+-])")
_WORD = re.compile(r"[-+]?[A-Za-z_]+|[-+0-9.eE]+")
_NOT_JSON = {"NaN", "Infinity", "-Infinity", "+Infinity", "undefined", "None", "True", "False"}
_ODD = {"'": "字符串要用双引号，不能用单引号", "/": "JSON 里不能写注释", "“": "用了中文引号，要用英文双引号"}


class _Reader:
    """Reads JSON text for its faults alone: one method a rule, each answering the index after what it read."""

    def __init__(self, text: str) -> None:
        self.text = text

    def whole(self) -> None:
        end = _blank(self.text, self._value(_blank(self.text, 0), 1))
        if end < len(self.text):
            raise _Fault("JSON 已经结束，后面还有多余的内容", end)

    def _value(self, index: int, depth: int) -> int:
        head = self.text[index : index + 1]
        if head == '"':
            return self._string(index)[0]
        if head in ("{", "["):
            if depth > MAX_DEPTH:
                raise _Fault(f"嵌套超过 {MAX_DEPTH} 层", index)
            return self._object(index, depth) if head == "{" else self._list(index, depth)
        match = _SCALAR.match(self.text, index)
        if match is None:
            self._wrong_value(index, head)
        return match.end()

    def _wrong_value(self, index: int, head: str) -> NoReturn:
        if not head:
            raise _Fault("报文在此中断，不完整", index)
        word = _WORD.match(self.text, index)
        if word and word.group() in _NOT_JSON:
            raise _Fault(f"{word.group()} 不是合法的 JSON 值", index)
        if word and word.group()[0] in "-+.0123456789":
            raise _Fault("数字的写法不合 JSON", index)
        if head == ",":
            raise _Fault("这里缺少一个值", index)
        raise _Fault(_ODD.get(head, "这里应是一个 JSON 值"), index)

    def _string(self, index: int) -> tuple[int, str]:
        match = _STRING.match(self.text, index)
        if match is None:
            self._wrong_string(index)
        token = match.group()
        if "\\" not in token:
            return match.end(), token[1:-1]
        value: str = json.loads(token)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Fault("字符串里有不成对的代理字符（\\ud800 至 \\udfff）", index) from None
        return match.end(), value

    def _wrong_string(self, index: int) -> NoReturn:
        match = _STRING_START.match(self.text, index)
        end = match.end() if match else index
        rest = self.text[end : end + 6]
        if not rest:
            raise _Fault("字符串没有结束，报文不完整", end)
        if rest[0] == "\\":
            if len(rest) < 2:
                raise _Fault("字符串没有结束，报文不完整", end)
            raise _Fault("字符串里有不合法的转义", end)
        raise _Fault(f"字符串里有未转义的控制字符 U+{ord(rest[0]):04X}", end)

    def _object(self, index: int, depth: int) -> int:
        index = _blank(self.text, index + 1)
        seen: set[str] = set()
        if self.text[index : index + 1] == "}":
            return index + 1
        while True:
            if self.text[index : index + 1] != '"':
                self._wrong_name(index)
            after, name = self._string(index)
            if name in seen:
                raise _Fault(_twice(name), index)
            seen.add(name)
            after = _blank(self.text, after)
            if self.text[after : after + 1] != ":":
                self._missing("名称后面缺少冒号", after)
            end = self._value(_blank(self.text, after + 1), depth + 1)
            index, last = self._next(end, "}")
            if last:
                return index

    def _list(self, index: int, depth: int) -> int:
        index = _blank(self.text, index + 1)
        if self.text[index : index + 1] == "]":
            return index + 1
        while True:
            index, last = self._next(self._value(index, depth + 1), "]")
            if last:
                return index

    def _next(self, index: int, close: str) -> tuple[int, bool]:
        """After a member: the index of the next one, or the index behind the closing bracket and True."""
        index = _blank(self.text, index)
        head = self.text[index : index + 1]
        if head == close:
            return index + 1, True
        if head != ",":
            self._missing(f"这里缺少逗号或 {close}", index)
        after = _blank(self.text, index + 1)
        if self.text[after : after + 1] == close:
            raise _Fault(f"{close} 前面多了一个逗号", index)
        return after, False

    def _wrong_name(self, index: int) -> NoReturn:
        head = self.text[index : index + 1]
        if not head:
            raise _Fault("报文在此中断，不完整", index)
        raise _Fault(_ODD.get(head, "这里应是双引号括起的名称"), index)

    def _missing(self, reason: str, index: int) -> NoReturn:
        raise _Fault(reason if index < len(self.text) else "报文在此中断，不完整", index)
