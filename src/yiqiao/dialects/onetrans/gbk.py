"""JSON in GBK, as the unified library wants all its text (一律用 GBK 编码).

Read as GB18030, of which GBK is a part. Written in GBK; a character that GBK does not have (rare ones in names are
common) goes out as JSON's own escape, which every JSON parser reads, so that no text is refused for its characters.
"""

import codecs
from collections.abc import Iterator, Mapping
from decimal import Decimal

import orjson

from yiqiao.dialects.onetrans.faults import EncryptionFailed
from yiqiao.exchange.strict_json import BOM, Position, UnreadableMessage, loads

_ESCAPED = "yiqiao.json_escape"
_UTF8 = "不是 GBK 编码，看来是 UTF-8，请改用 GBK 发送"


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error(_ESCAPED, _escape)


def read(data: bytes, what: str = "报文") -> object:
    """The value that JSON text in GBK holds; `what` names the text in faults. Raises UnreadableMessage."""
    if data.isascii():  # as business parameters often are: the same bytes in every charset
        return loads(data, what)
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as fault:
        raise UnreadableMessage(_hint(data), _place(data, fault.start), what) from None
    if data.startswith(BOM):
        raise UnreadableMessage(_UTF8, Position(1, 1, 0), what)
    try:
        return loads(text.encode(), what)
    except UnreadableMessage as fault:
        if fault.position is None:
            raise
        before = text.encode()[: fault.position.byte].decode(errors="ignore")
        position = Position(fault.position.line, fault.position.column, len(before.encode("gb18030")))
        raise UnreadableMessage(fault.reason, position, what) from None


def write(value: Mapping[str, object]) -> bytes:
    """A JSON object in GBK. Decimals go out as numbers with the digits that they have. Raises EncryptionFailed."""
    try:
        data = orjson.dumps(value, default=_number)
    except TypeError:
        stray = next(_surrogates(value), "")
        told = (
            f"含有不能写成 GBK 的字符 U+{ord(stray):04X}，请改正" if stray else "含有不能写成 JSON 的数据，请检查类型"
        )
        raise EncryptionFailed(f"业务参数{told}") from None
    return data if data.isascii() else data.decode().encode("gbk", _ESCAPED)


def signed_bytes(text: str) -> bytes:
    """The bytes of a text that is signed: GBK, and GB18030 beyond it. Raises EncryptionFailed."""
    try:
        return text.encode("gb18030")
    except UnicodeEncodeError as fault:
        stray = f"U+{ord(fault.object[fault.start]):04X}"
        raise EncryptionFailed(f"公共参数含有不能写成 GBK 的字符 {stray}，请改正") from None


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError


def _surrogates(value: object) -> Iterator[str]:
    """The lone surrogates in any text of a value."""
    if isinstance(value, str):
        yield from (char for char in value if 0xD800 <= ord(char) < 0xE000)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _surrogates(name)
            yield from _surrogates(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _surrogates(member)


def _hint(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError:
        return "不是合法的 GBK 字节，请检查编码"
    return _UTF8


def _place(data: bytes, byte: int) -> Position:
    before = data[:byte].decode("gb18030")
    return Position(before.count("\n") + 1, len(before) - before.rfind("\n"), byte)
