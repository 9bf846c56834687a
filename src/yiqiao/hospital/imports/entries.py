"""The rows of a sheet, each with its details, checked and made into what is filed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.files import Fault, Result, Row, SheetFile
from yiqiao.hospital.imports.sheet import LINE_NO, Detail, Filing, Sheet


@dataclass
class Entry:
    """A row with its details by their file's name. `made` may be filed while there are no `faults`."""

    row: Row
    details: Mapping[str, list[Row]]
    faults: list[Fault] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    made: Any = None

    @property
    def size(self) -> int:
        """How many rows these are."""
        return 1 + sum(map(len, self.details.values()))


class Entries:
    """The entries of a sheet's files, to be gone through once. Raises ImportUnfit.

    Details stand in any order, so all of them are held until the row they belong to has come.
    """

    def __init__(self, sheet: Sheet, path: Path, filing: Filing) -> None:
        self._sheet = sheet
        self._filing = filing
        self._file = SheetFile(sheet, path)
        self._seen: dict[tuple[object, ...], int] = {}
        self._details: list[tuple[Detail, SheetFile, dict[str, list[Row]]]] = []
        for detail in sheet.details:
            file, held = SheetFile(detail, path.with_name(f"{detail.name}.csv")), defaultdict(list)
            for row in file.rows():
                held[file.cell(row, detail.of)].append(row)
            self._details.append((detail, file, held))

    def all(self) -> Iterator[Entry]:
        """Every entry; those with faults as well."""
        for row in self._file.rows():
            details = {detail.name: held.pop(self._file.cell(row, detail.of), []) for detail, _, held in self._details}
            entry = Entry(row, details)
            self._make(entry)
            yield entry

    def fault(self, entry: Entry, unfit: Unfit) -> Fault:
        """What is wrong with an entry's row, with its place."""
        return self._file.fault(entry.row, unfit)

    def reject(self, entry: Entry) -> None:
        """Set an entry aside, with all its details."""
        self._file.reject(entry.row, entry.faults)
        for detail, file, _ in self._details:
            for row in entry.details[detail.name]:
                file.reject(row, entry.faults)

    def finish(self, *, dry_run: bool) -> list[Result]:
        """When all have been gone through: what became of each file. Details that nobody has asked for are told."""
        for detail, file, held in self._details:
            for row in [row for rows in held.values() for row in rows]:
                values = file.values(row)
                stray = Unfit(f"{self._file.name} 中没有这个编号，明细须与它一起导入", detail.of)
                file.reject(row, [values if isinstance(values, Fault) else file.fault(row, stray)])
        files = [self._file, *[file for _, file, _ in self._details]]
        if not dry_run:
            for file in files:
                file.set_aside()
        return [file.result() for file in files]

    def _make(self, entry: Entry) -> None:
        values = self._file.values(entry.row)
        made = {detail.name: self._detailed(entry, detail, file) for detail, file, _ in self._details}
        if isinstance(values, Fault):
            entry.faults.insert(0, values)
            return
        first = self._seen.setdefault(tuple([values[name] for name in self._sheet.by]), entry.row.number)
        try:
            if first != entry.row.number:
                raise Unfit(f"与第 {first} 行重复，请删去其中一行")
            for detail in self._sheet.details:
                if detail.required and not entry.details[detail.name]:
                    raise Unfit(f"{detail.name}.csv 中没有它的明细", detail.of)
            if not entry.faults:
                entry.values = {**values, **made}
                entry.made = self._sheet.make(self._filing, entry.values)
        except Unfit as unfit:
            entry.faults.insert(0, self._file.fault(entry.row, unfit))

    def _detailed(self, entry: Entry, detail: Detail, file: SheetFile) -> list[Any]:
        """What the details of an entry have become, in their order; what is wrong with them goes to its faults."""
        made: dict[int, Any] = {}
        lines: dict[int, int] = {}
        for row in entry.details[detail.name]:
            values = file.values(row)
            if isinstance(values, Fault):
                entry.faults.append(values)
                continue
            number = values[LINE_NO]
            try:
                if number in lines:
                    raise Unfit(f"与第 {lines[number]} 行的序号重复，请更正", LINE_NO)
                lines[number] = row.number
                made[number] = detail.make(self._filing, values)
            except Unfit as unfit:
                entry.faults.append(file.fault(row, unfit))
        return [made[number] for number in sorted(made)]
