"""The sheet of a batch: a CSV file, a line per call, the columns named like the fields of the operation.

As spreadsheets write it: UTF-8 (with or without a byte order mark) or GBK, commas or tabs, cells in quotes where they
hold the separator or a line break. What is wrong with a cell is told with line and column and spoils its own row only;
a file that cannot be read as such, or has a column that nobody knows, is refused as a whole.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)


class SheetUnusable(ValueError):
    """The file as a whole cannot be used; says why, and where."""


@dataclass(frozen=True)
class Row:
    """One line of the sheet. `line` counts as an editor does, the header being line 1; `faults` are told, not sent."""

    line: int
    values: Mapping[str, str] = field(repr=False)
    faults: tuple[str, ...] = ()


def read_sheet(path: Path, fields: Collection[str]) -> list[Row]:
    """All rows that are not blank. Raises SheetUnusable, OSError."""
    text = _decoded(path.read_bytes(), path)
    lines = _lines(text, path)
    header = next(lines, None)
    if header is None:
        raise SheetUnusable(f"{path}: is empty; the first line must name the columns: {', '.join(fields)}")
    columns = [cell.strip() for cell in header[1]]
    while columns and not columns[-1]:
        columns.pop()
    _check(columns, fields, path)
    return [_row(line, columns, cells) for line, cells in lines if any(cell.strip() for cell in cells)]


def _decoded(data: bytes, path: Path) -> str:
    if data.startswith(UTF_16):
        raise SheetUnusable(f"{path}: is UTF-16; save it as CSV in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as utf_8:
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as gbk:
            line = data.count(b"\n", 0, max(utf_8.start, gbk.start)) + 1
            raise SheetUnusable(f"{path}, line {line}: is neither UTF-8 nor GBK; save it as CSV in UTF-8") from None


def _lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line, with the number of the line on which they begin."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",", strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SheetUnusable(f"{path}, line {begins}: {error}") from None


def _check(columns: Sequence[str], fields: Collection[str], path: Path) -> None:
    for number, name in enumerate(columns, 1):
        if name not in fields:
            raise SheetUnusable(f"{path}, line 1, column {number}: no field {name!r}; there are: {', '.join(fields)}")
        if name in columns[: number - 1]:
            raise SheetUnusable(f"{path}, line 1, column {number}: {name} stands twice")


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    values = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    faults = [
        f"{name}: is a long number that a spreadsheet has rounded; format the column as text and enter it again"
        for name, value in values.items()
        if _ROUNDED.fullmatch(value)
    ]
    if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
        faults.append(f"has {len(cells)} cells, the header has {len(columns)}")
    return Row(line, values, tuple(faults))
