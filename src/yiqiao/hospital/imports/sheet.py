"""What a sheet of an import is: its files and their columns, the rows they become, and where those are put."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, Table

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.imports.columns import Column, Unfit

SEXES = {"1": "男", "2": "女"}
YES_NO = {"0": "否", "1": "是"}
LINE_NO = "line_no"


def without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The values but for these."""
    return {name: value for name, value in values.items() if name not in names}


class Filing(NamedTuple):
    """For whom rows are made, and when."""

    keyring: Keyring
    hospital_id: str
    now_ms: int


class Reference(NamedTuple):
    """A column that names a row of another sheet."""

    column: str
    table: Table
    key: str
    meaning: str


class Shelf(Protocol):
    """Where the rows of a sheet are put."""

    def put(self, connection: Connection, at: Filing, rows: Sequence[Any], *, dry_run: bool) -> Mapping[int, Unfit]:
        """File rows in the caller's transaction, and leave alone what has not changed; nothing in a dry run.

        Answers which of `rows` (by index) may not be filed, and why.
        """
        ...


class Layout(Protocol):
    """What a file is called, what it is about, and its columns."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def columns(self) -> Sequence[Column]: ...


@dataclass(frozen=True)
class Detail:
    """A file with the details of another one's rows, found by the column `of` of both, in the order of LINE_NO.

    `required`: each row of the other file has at least one.
    """

    name: str
    title: str
    of: str
    columns: Sequence[Column]
    make: Callable[[Filing, Mapping[str, Any]], Any]
    required: bool = True


@dataclass(frozen=True)
class Sheet:
    """A file of an import. `by` are the columns that tell its rows apart.

    With `details` a row is a document: it is filed with all of them or not at all, and they replace those on file.
    `make` finds what their rows have become under their file's name, in order. `at_once`: the file is filed in one
    transaction, since its rows hang on each other.
    """

    name: str
    title: str
    columns: Sequence[Column]
    by: tuple[str, ...]
    make: Callable[[Filing, Mapping[str, Any]], Any]
    shelf: Shelf
    refers: Sequence[Reference] = ()
    details: Sequence[Detail] = ()
    at_once: bool = False

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """Its own file, and those of its details."""
        return (self, *self.details)
