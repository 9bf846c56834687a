"""One CSV file of an import: read, its rows checked column by column, and what does not fit set aside beside it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from yiqiao.errors import DomainError
from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.sheet import Layout

REASON = "reason"
"""The column of FILE.rejected.csv that says why; it may stand in a corrected file."""


class ImportUnfit(DomainError):
    """A folder or a file with which nothing can be begun."""


class Fault(NamedTuple):
    """What is wrong with a row, and what to do. `line` counts from 1, the heading is the first."""

    file: str
    line: int
    column: str
    message: str


class Result(NamedTuple):
    """What became of a file. Rows that are not filed may be without a fault of their own: those of a document of
    which another row has one.
    """

    file: str
    rows: int
    filed: int
    faults: tuple[Fault, ...]


class Row(NamedTuple):
    """A row as it was read, and the line of the file on which it ends."""

    number: int
    cells: list[str]


class SheetFile:
    """A file of the import, and what has become of its rows so far. Raises ImportUnfit where it is no such file."""

    def __init__(self, layout: Layout, path: Path) -> None:
        self.name = path.name
        self._layout = layout
        self._path = path
        # Strict: a quote that is not closed would swallow rows, and with them details of other documents.
        self._reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
        heading = [name.strip() for name in next(self._cells(), [])]
        self._reasoned = heading[-1:] == [REASON]
        self._heading = heading[:-1] if self._reasoned else heading
        self._read = 0
        self._faults: list[Fault] = []
        self._rejected: list[tuple[Row, str]] = []
        self._check_heading()

    def rows(self) -> Iterator[Row]:
        """All rows that are not blank. Raises ImportUnfit where one cannot be told from the next."""
        for cells in self._cells():
            if any(cell.strip() for cell in cells):
                self._read += 1
                yield Row(self._reader.line_num, cells[:-1] if self._reasoned else cells)

    def cell(self, row: Row, column: str) -> str:
        """What stands in a column, whether or not the row is as it should be."""
        at = self._heading.index(column)
        return row.cells[at].strip() if at < len(row.cells) else ""

    def values(self, row: Row) -> Mapping[str, Any] | Fault:
        """What stands in every column."""
        if len(row.cells) != len(self._heading):
            said = f"应有 {len(self._heading)} 列，实有 {len(row.cells)} 列，请检查逗号与引号"
            return Fault(self.name, row.number, "", said)
        given = dict(zip(self._heading, row.cells, strict=True))
        values: dict[str, object] = {}
        for column in self._layout.columns:
            try:
                values[column.name] = column.value(given.get(column.name, ""))
            except Unfit as unfit:
                return self.fault(row, Unfit(str(unfit), column.name))
        return values

    def fault(self, row: Row, unfit: Unfit) -> Fault:
        """What is wrong with a row, with its place."""
        return Fault(self.name, row.number, unfit.column, str(unfit))

    def reject(self, row: Row, faults: Sequence[Fault]) -> None:
        """Set a row aside: for its own fault, or with its document for that of another row."""
        own = [fault for fault in faults if (fault.file, fault.line) == (self.name, row.number)]
        self._faults += own
        first = own[0] if own else faults[0]
        where = "" if own else f"整份未导入，因 {first.file} 第 {first.line} 行："
        column = f"{first.column}: " if first.column else ""
        self._rejected.append((row, f"{where}{column}{first.message}"))

    def result(self) -> Result:
        """What has become of the rows."""
        return Result(self.name, self._read, self._read - len(self._rejected), tuple(sorted(self._faults)))

    def set_aside(self) -> None:
        """Write what was rejected to FILE.rejected.csv, in the order of the file; none such where nothing was."""
        beside = self._path.with_suffix(".rejected.csv")
        if not self._rejected:
            beside.unlink(missing_ok=True)
            return
        rows = [[*row.cells, reason] for row, reason in sorted(self._rejected)]
        with beside.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows([[*self._heading, REASON], *rows])

    def _cells(self) -> Iterator[list[str]]:
        try:
            yield from self._reader
        except csv.Error:
            line = self._reader.line_num
            raise ImportUnfit(f"{self.name} 第 {line} 行起无法分列，请检查引号是否成对") from None

    def _check_heading(self) -> None:
        heading, columns = self._heading, self._layout.columns
        names = {column.name for column in columns}
        unknown = [name for name in heading if name not in names]
        missing = [column.name for column in columns if column.required and column.name not in heading]
        if unknown or missing or len(set(heading)) != len(heading):
            told = [f"不认识的列 {'、'.join(unknown)}"] if unknown else []
            told += [f"缺少的列 {'、'.join(missing)}"] if missing else []
            said = "；".join(told) or "有重复的列"
            raise ImportUnfit(f"{self.name} 的表头有误：{said}。各列见 yiqiao hospital columns")


def _text(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportUnfit(f"{path.name} 既不是 UTF-8 也不是 GB18030 编码")
