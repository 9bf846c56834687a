"""A folder of sheets, read, checked row by row and filed in portions; what does not fit is set aside with its reason.

A row that is filed already and has not changed is left alone, so an import that was broken off is simply run again.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.app.store import Store
from yiqiao.errors import DomainError
from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.sheets import SHEETS, Filing, Made, Sheet
from yiqiao.storage import hospital as stored
from yiqiao.storage.bulk import on_file, upsert_many
from yiqiao.storage.hospital import PhotoRow
from yiqiao.storage.tables.hospital import doctor_photo

PORTION = 2_000
LARGEST_PHOTO = 1_048_576
_QUIET = frozenset({"key_id", "sealed", "changed_at"})
"""Columns that differ in every run, though nothing has changed."""


class ImportUnfit(DomainError):
    """A folder or a file with which nothing can be begun."""


class Fault(NamedTuple):
    """What is wrong with a row, and what to do. `line` counts from 1, the heading is the first."""

    file: str
    line: int
    column: str
    message: str


class Result(NamedTuple):
    """What became of a file."""

    file: str
    rows: int
    filed: int
    faults: tuple[Fault, ...]


class _Line(NamedTuple):
    number: int
    cells: list[str]
    values: dict[str, object]
    row: Made


def files(folder: Path) -> list[tuple[Sheet, Path]]:
    """The sheets that are there, in the order of filing. Raises ImportUnfit."""
    found = [(sheet, folder / f"{sheet.name}.csv") for sheet in SHEETS]
    there = [(sheet, path) for sheet, path in found if path.is_file()]
    if not there and not (folder / "photos").is_dir():
        raise ImportUnfit(f"{folder} 中没有可导入的文件；文件名应为 " + "、".join(path.name for _, path in found))
    return there


async def bring_in(
    store: Store,
    hospital_id: str,
    sheet: Sheet,
    path: Path,
    *,
    dry_run: bool = False,
    advanced: Callable[[int], None] = lambda _: None,
) -> Result:
    """File one sheet. Raises ImportUnfit, StorageUnreachable, StorageFailed; whole portions are filed then."""
    heading, lines = _read(path)
    _check_heading(sheet, path, heading)
    filing = Filing(store.keyring, hospital_id, store.clock.now_ms())
    seen: dict[tuple[object, ...], int] = {}
    faults: list[Fault] = []
    rejected: list[list[str]] = []
    rows = filed = 0
    while portion := list(islice(lines, PORTION)):
        good: list[_Line] = []
        bad: list[tuple[int, list[str], Fault]] = []
        for number, cells in portion:
            made = _made(sheet, filing, path.name, heading, number, cells, seen)
            if isinstance(made, Fault):
                bad.append((number, cells, made))
            else:
                good.append(made)

        def work(connection: Connection, good: list[_Line] = good) -> dict[int, Fault]:
            lost = _lost(connection, sheet, hospital_id, path.name, good)
            if not dry_run:
                _file(connection, sheet, [line.row for line in good if line.number not in lost])
            return lost

        lost = await (store.database.read(work) if dry_run else store.database.write(work))
        bad += [(line.number, line.cells, lost[line.number]) for line in good if line.number in lost]
        bad.sort(key=lambda one: one[0])
        faults += [fault for _, _, fault in bad]
        rejected += [[*cells, f"{fault.column}: {fault.message}"] for _, cells, fault in bad]
        rows, filed = rows + len(portion), filed + len(portion) - len(bad)
        advanced(len(portion))
    if not dry_run:
        _set_aside(path, heading, rejected)
    return Result(path.name, rows, filed, tuple(faults))


async def bring_in_photos(store: Store, hospital_id: str, paths: Sequence[Path], *, dry_run: bool = False) -> Result:
    """File the photos, named by their doctors. Raises StorageUnreachable, StorageFailed."""
    known = await store.database.read(lambda c: stored.doctors(c, hospital_id, [path.stem for path in paths]))
    faults, filed = [], 0
    for path in paths:
        jpeg = path.read_bytes()
        if path.stem not in known:
            faults.append(Fault(f"photos/{path.name}", 0, "", "没有这位医生，请先导入医生或更正文件名"))
        elif not jpeg.startswith(b"\xff\xd8") or len(jpeg) > LARGEST_PHOTO:
            faults.append(Fault(f"photos/{path.name}", 0, "", "应为不超过 1 MB 的 JPEG 图片"))
        else:
            filed += 1
            row = PhotoRow(hospital_id, path.stem, jpeg, store.clock.now_ms())
            if not dry_run:
                await store.database.write(lambda connection, row=row: _file_photo(connection, row))  # type: ignore[misc]
    return Result("photos", len(paths), filed, tuple(faults))


def _file_photo(connection: Connection, row: PhotoRow) -> None:
    sets = {"jpeg": "excluded.jpeg", "changed_at": "excluded.changed_at"}
    keys = ("hospital_id", "doctor_id")
    upsert_many(connection, doctor_photo, keys, PhotoRow._fields, [row], sets=sets, unless_same=("jpeg",))


def _read(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    raw = path.read_bytes()
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            content = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise ImportUnfit(f"{path.name} 既不是 UTF-8 也不是 GB18030 编码") from None
    reader = csv.reader(io.StringIO(content, newline=""))
    heading = [name.strip() for name in next(reader, [])]
    return heading, ((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))


def _check_heading(sheet: Sheet, path: Path, heading: Sequence[str]) -> None:
    names = {column.name for column in sheet.columns}
    unknown = [name for name in heading if name not in names]
    missing = [column.name for column in sheet.columns if column.required and column.name not in heading]
    if unknown or missing or len(set(heading)) != len(heading):
        told = [f"不认识的列 {'、'.join(unknown)}"] if unknown else []
        told += [f"缺少的列 {'、'.join(missing)}"] if missing else []
        raise ImportUnfit(f"{path.name} 的表头有误：{'；'.join(told) or '有重复的列'}。各列见 yiqiao hospital columns")


def _made(
    sheet: Sheet,
    filing: Filing,
    file: str,
    heading: Sequence[str],
    number: int,
    cells: list[str],
    seen: dict[tuple[object, ...], int],
) -> _Line | Fault:
    if len(cells) != len(heading):
        return Fault(file, number, "", f"应有 {len(heading)} 列，实有 {len(cells)} 列，请检查逗号与引号")
    given = dict(zip(heading, cells, strict=True))
    values: dict[str, object] = {}
    for column in sheet.columns:
        try:
            values[column.name] = column.value(given.get(column.name, ""))
        except Unfit as unfit:
            return Fault(file, number, column.name, str(unfit))
    try:
        row = sheet.make(filing, values)
    except Unfit as unfit:
        return Fault(file, number, "", str(unfit))
    key = tuple(value for name, value in zip(sheet.fields, row, strict=True) if name in sheet.keys)
    first = seen.setdefault(key, number)
    if first != number:
        return Fault(file, number, "", f"与第 {first} 行重复，请删去其中一行")
    return _Line(number, cells, values, row)


def _lost(
    connection: Connection, sheet: Sheet, hospital_id: str, file: str, lines: Sequence[_Line]
) -> dict[int, Fault]:
    """The rows that name something that is not on file."""
    lost: dict[int, Fault] = {}
    for reference in sheet.refers:
        named = sorted({str(line.values[reference.column]) for line in lines})
        known = on_file(connection, reference.table, reference.key, hospital_id, named)
        for line in lines:
            if line.values[reference.column] not in known:
                message = f"没有登记这个{reference.meaning}，请先导入或更正"
                lost.setdefault(line.number, Fault(file, line.number, reference.column, message))
    return lost


def _file(connection: Connection, sheet: Sheet, rows: Sequence[Made]) -> None:
    changing = [name for name in sheet.fields if name not in sheet.keys and name not in sheet.keeps]
    sets = {**{name: f"excluded.{name}" for name in changing}, **sheet.sets}
    sealed = "sealed" in sheet.fields
    same = () if sealed else tuple(name for name in changing if name not in _QUIET)
    upsert_many(connection, sheet.table, sheet.keys, sheet.fields, rows, sets=sets, unless_same=same)


def _set_aside(path: Path, heading: Sequence[str], rejected: Sequence[Sequence[str]]) -> None:
    beside = path.with_suffix(".rejected.csv")
    if not rejected:
        beside.unlink(missing_ok=True)
        return
    with beside.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([[*heading, "reason"], *rejected])
