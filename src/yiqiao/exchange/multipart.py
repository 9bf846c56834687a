"""A form with a file in it (multipart/form-data, RFC 7578), read as it comes; no I/O.

Its fields may stand before the file or behind it. They are short, so they are gathered; the file may be gigabytes, so
it is handed on piece by piece.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from yiqiao.errors import DomainError

LONGEST_FIELD = 8192
MOST_PARTS = 32


class FormUnreadable(DomainError):
    """What came is no form, or not the one that is wanted; the message says why."""

    def __init__(self, why: str) -> None:
        super().__init__(f"表单（multipart/form-data）无法读取：{why}，请按接口说明提交")


@dataclass
class _Part:
    """The part that is being read."""

    name: str = ""
    header: bytearray = field(default_factory=bytearray)
    headers: dict[str, bytes] = field(default_factory=dict)
    value: bytearray = field(default_factory=bytearray)


class FormReader:
    """Reads one form, whose file stands in the field `file_field`: bytes by `feed`, then `end`."""

    def __init__(self, content_type: str, file_field: str) -> None:
        """Raises FormUnreadable where this is no content type of a form."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise FormUnreadable("请求头 Content-Type 应为 multipart/form-data，并带有 boundary")
        self._file_field = file_field
        self._fields: dict[str, str] = {}
        self._part = _Part()
        self._count = 0
        self._pieces: list[bytes] = []
        self._has_file = self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise FormUnreadable("boundary 过长") from None

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields that have come so far."""
        return self._fields

    def feed(self, data: bytes) -> list[bytes]:
        """Read on; answers the pieces of the file that were in it. Raises FormUnreadable."""
        self._pieces = []
        try:
            self._parser.write(data)
        except FormParserError:
            raise FormUnreadable("格式不合法，或与声明的 boundary 不符") from None
        return self._pieces

    def end(self) -> None:
        """Nothing more comes. Raises FormUnreadable where the form is not whole, or has no file."""
        if not self._ended:
            raise FormUnreadable("内容不完整，结尾的 boundary 没有到达")
        if not self._has_file:
            raise FormUnreadable(f"缺少文件，文件应放在 {self._file_field} 中")

    # what the parser tells

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise FormUnreadable(f"元素超过 {MOST_PARTS} 个")
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._part.header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _header_end(self) -> None:
        part = self._part
        part.headers[part.header.decode("latin-1").lower()] = bytes(part.value)
        part.header, part.value = bytearray(), bytearray()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition"))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if not name:
            raise FormUnreadable("有元素没有名称")
        if name in self._fields or (name == self._file_field and self._has_file):
            raise FormUnreadable(f"元素 {name[:32]} 出现了两次，一次只传一个文件")
        self._part.name = name
        self._has_file = self._has_file or name == self._file_field

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == self._file_field:
            self._pieces.append(data[start:end])
            return
        self._part.value += data[start:end]
        if len(self._part.value) > LONGEST_FIELD:
            raise FormUnreadable(f"元素 {self._part.name[:32]} 超过 {LONGEST_FIELD} 字节")

    def _part_end(self) -> None:
        if self._part.name != self._file_field:
            try:
                self._fields[self._part.name] = self._part.value.decode()
            except UnicodeDecodeError:
                raise FormUnreadable(f"元素 {self._part.name[:32]} 不是 UTF-8 文本") from None

    def _end(self) -> None:
        self._ended = True
