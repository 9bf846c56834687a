"""The files that are uploaded: CSV, XLSX and NDJSON, each a row a record, read one row at a time.

Nothing in them is believed: a workbook that would unpack to too much is refused before it is opened, a quote that is
not closed is told and not guessed.
"""

import csv
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from yiqiao.errors import DomainError
from yiqiao.hospital.supervision.cells import HeadingUnfit, columns, named_values, values_of
from yiqiao.spec import Field, Table

UNPACKED = 1 << 30
"""Bytes to which a workbook may unpack."""
RATIO = 200
"""How many times its size a part of a workbook may unpack to, where it is large at all."""
LARGE = 10 << 20
LONGEST_LINE = 32 << 20


class FileUnfit(DomainError):
    """A file with which nothing can be begun; the message names it."""


class Line(NamedTuple):
    """A row as it was read: where it stands, its values, or what keeps it from being read."""

    source: str
    values: Mapping[str, object]
    fault: str = ""

    def __repr__(self) -> str:
        return f"Line({self.source}, {len(self.values)} values)"


Reader = Callable[[Path, Table], Iterator[Line]]


def read(path: Path, table: Table) -> Iterator[Line]:
    """The rows of a file, by its ending. Raises FileUnfit."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise FileUnfit(f"{path.name} 不是可以上传的文件，应为 {'、'.join(READERS)}")
    return reader(path, table)


def _csv(path: Path, table: Table) -> Iterator[Line]:
    csv.field_size_limit(LONGEST_LINE)  # csv's own is less than a consultation that is told in full
    with path.open(encoding=_charset(path), newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            heading = [name.strip() for name in next(rows, [])]
            fields = _columns(path, table, heading)
            for cells in rows:
                if not any(cell.strip() for cell in cells):
                    continue
                source = f"{path.name}:{rows.line_num}"
                if len(cells) > len(heading):
                    yield Line(source, {}, f"应有 {len(heading)} 列，实有 {len(cells)} 列，请检查逗号与引号")
                else:
                    yield Line(source, values_of(fields, cells))
        except csv.Error:
            told = f"{path.name} 第 {rows.line_num} 行起无法分列，请检查引号是否成对"
            raise FileUnfit(told) from None


def _charset(path: Path) -> str:
    """UTF-8, with or without its mark, or GB18030. Raises FileUnfit."""
    for charset in ("utf-8-sig", "gb18030"):
        try:
            with path.open(encoding=charset) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        return charset
    raise FileUnfit(f"{path.name} 既不是 UTF-8 也不是 GB18030 编码")


def _columns(path: Path, table: Table, heading: list[str]) -> tuple[Field | None, ...]:
    try:
        return columns(table, heading)
    except HeadingUnfit as unfit:
        raise FileUnfit(f"{path.name} 的表头有误：{unfit}") from None


def _xlsx(path: Path, table: Table) -> Iterator[Line]:
    _check_workbook(path)
    rows = _sheet(path)
    heading = ["" if cell is None else str(cell).strip() for cell in next(rows, ())]
    while heading and not heading[-1]:
        heading.pop()
    fields = _columns(path, table, heading)
    for number, cells in enumerate(rows, 2):
        if all(cell is None or cell == "" for cell in cells):
            continue
        beyond = [cell for cell in cells[len(heading) :] if cell not in (None, "")]
        fault = "表头没有写到的列里有内容，请补上列名或删去" if beyond else ""
        yield Line(f"{path.name}:{number}", {} if fault else values_of(fields, cells[: len(heading)]), fault)


def _sheet(path: Path) -> Iterator[tuple[object, ...]]:
    """The cells of the first sheet, a row at a time. A damaged part may be met at any of them. Raises FileUnfit."""
    import openpyxl  # takes longer to import than all else of a command

    try:
        with path.open("rb") as file, closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
            yield from book.worksheets[0].iter_rows(values_only=True)
    except Exception:  # there is no end to what a damaged part makes openpyxl, expat and zlib raise
        raise _damaged(path) from None


def _damaged(path: Path) -> FileUnfit:
    return FileUnfit(f"{path.name} 不是完好的 XLSX 工作簿，请另存一份后重试")


def _check_workbook(path: Path) -> None:
    """Refuse what is no workbook, and what would unpack to more than anybody's rows."""
    try:
        with zipfile.ZipFile(path) as parts:
            infos = parts.infolist()
    except Exception:
        raise _damaged(path) from None
    total = sum(info.file_size for info in infos)
    bombs = [info for info in infos if info.file_size > LARGE and info.file_size > RATIO * max(info.compress_size, 1)]
    if total > UNPACKED or bombs:
        raise FileUnfit(f"{path.name} 解压后过大（{total >> 20} MB），不予打开；请分成几个文件，或改用 CSV")


def _ndjson(path: Path, table: Table) -> Iterator[Line]:
    with path.open("rb") as file:
        for number, raw in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            if not raw.strip():
                continue
            source = f"{path.name}:{number}"
            try:
                value = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"), object_pairs_hook=_once)
            except (ValueError, RecursionError) as error:
                yield Line(source, {}, f"不是一行一个 JSON 对象：{_told(error)}")
                continue
            if isinstance(value, dict):
                yield Line(source, named_values(table, value))
            else:
                yield Line(source, {}, "应为一行一个 JSON 对象")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("同一对象里有名称重复")
    return members


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.colno} 个字符处有误"
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8 编码"
    return str(error) if isinstance(error, ValueError) else "嵌套过深"


READERS: Mapping[str, Reader] = {".csv": _csv, ".xlsx": _xlsx, ".ndjson": _ndjson, ".jsonl": _ndjson}
