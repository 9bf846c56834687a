"""The results of a batch, beside its sheet: a CSV file with a line per row, by which a broken run is resumed.

Before anything is sent, every row is written down as planned, with its serial and time; what came of it is appended as
it comes. So whenever a run is cut off, the next one knows what has an answer, and repeats the rest under the same
serials with the same content, which a platform recognises. Of several lines of one row the last counts; a run begins
and ends by writing each row once. No personal data stands here: rows are known by a keyed digest.
"""

import csv
import os
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self, TextIO

FORMULA = ("=", "+", "-", "@")


class State(StrEnum):
    """planned: perhaps sent; done; refused: for good; unanswered: to be sent again; bad: not fit to be sent."""

    PLANNED = "planned"
    DONE = "done"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    BAD = "bad"


class Result(NamedTuple):
    """What came of a row. `time` is when it was planned (yyyyMMddHHmmss), `row` the digest of its content."""

    line: int
    state: State
    ret_code: str
    ret_msg: str
    ehealth_card_id: str
    mindex_id: str
    serial: str
    time: str
    row: str


class Run(NamedTuple):
    """What a results file belongs to: it must not make another platform, partner or operation skip anything."""

    operation: str
    app_id: str
    url: str


class ResultsUnusable(ValueError):
    """The file belongs to another run, or is none of ours; says which and what to do."""


COLUMNS = (*Result._fields, *Run._fields)


class Results:
    """The results file, open for a run."""

    def __init__(self, path: Path, run: Run, known: dict[str, Result]) -> None:
        self.path = path
        self.by_row = known
        self._run = run
        self._file: TextIO | None = None

    @classmethod
    def of(cls, path: Path, run: Run) -> Self:
        """What is known from earlier runs. Raises ResultsUnusable, OSError."""
        return cls(path, run, _read(path, run) if path.exists() else {})

    def begin(self, present: Collection[str]) -> None:
        """Write down what is known and planned, each row once, and keep the file open for what comes.

        Rows that are not in the sheet any more (`present` has its digests) are forgotten where they came to nothing.
        """
        for row in set(self.by_row) - set(present):
            if self.by_row[row].state in (State.BAD, State.REFUSED):
                del self.by_row[row]
        self._write_anew()
        self._file = self.path.open("a", encoding="utf-8", newline="")

    def put(self, result: Result) -> None:
        """Append what came of a row; it outlives the process from here on."""
        self.by_row[result.row] = result
        if self._file is not None:
            csv.writer(self._file).writerow(_cells(result, self._run))
            self._file.flush()

    def end(self) -> None:
        """Close the file, each row once, in the order of the sheet."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._write_anew()

    def _write_anew(self) -> None:
        fresh = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(COLUMNS)
            writer.writerows(_cells(result, self._run) for result in sorted(self.by_row.values()))
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.path)


def _cells(result: Result, run: Run) -> tuple[object, ...]:
    told = result.ret_msg
    # A spreadsheet would run a text that begins like a formula.
    return (*result._replace(ret_msg=f"'{told}" if told.startswith(FORMULA) else told), *run)


def _read(path: Path, run: Run) -> dict[str, Result]:
    found: dict[str, Result] = {}
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as lines:
        reader = csv.reader(lines)
        if tuple(next(reader, ())) != COLUMNS:
            raise ResultsUnusable(f"{path}: is no results file of ours; name another with --results")
        for cells in reader:
            if len(cells) != len(COLUMNS) or cells[1] not in list(State):
                continue  # the line that was being written when the run was cut off
            named: Mapping[str, str] = dict(zip(COLUMNS, cells, strict=True))
            other = [f"{name} {named[name]}" for name in Run._fields if named[name] != getattr(run, name)]
            if other:
                raise ResultsUnusable(
                    f"{path}: belongs to another run ({', '.join(other)}); name another file with --results"
                )
            result = Result(
                int(named["line"]) if named["line"].isdigit() else 0,
                State(named["state"]),
                *(named[name] for name in Result._fields[2:]),
            )
            found[result.row] = result
    return found
