"""An import into a database of a test: sheets as texts, what became of them, and what lies in the tables afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from tests.hospital.booking.clinic import HOSPITAL, NOW
from tests.support.keys import KEYRING
from yiqiao.app import hospital_import
from yiqiao.app.hospital_import import bring_in, files
from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.files import Result
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.storage import Database
from yiqiao.storage.tables import metadata

PATIENTS = (
    "patient_id,name,sex,birthday,mobile,certificate_type,certificate_no\n"
    "P1,柳成荫,1,1985-03-12,15498510002,1,359851198503120134\n"
    "P2,金秋月,2,1992-07-28,15498510003,1,35985119920728024X\n"
)


class Killed(BaseException):
    """What an import is broken off with."""


@dataclass
class Importing:
    """A folder and the database it is brought into. Each import is a minute after the one before."""

    database: Database
    folder: Path
    keyring: Keyring = KEYRING
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    async def bring(self, dry_run: bool = False, /, **sheets: str) -> dict[str, Result]:
        """Bring in these files, and no others; answers by file what became of it."""
        self.clock.advance(60)
        for old in self.folder.glob("*.csv"):
            old.unlink()
        for name, content in sheets.items():
            (self.folder / f"{name}.csv").write_text(content, encoding="utf-8")
        store: Any = SimpleNamespace(database=self.database, keyring=self.keyring, clock=self.clock)
        found = [
            result
            for sheet, path in files(self.folder)
            for result in await bring_in(store, HOSPITAL, sheet, path, dry_run=dry_run)
        ]
        return {result.file.removesuffix(".csv"): result for result in found}

    async def well(self, **sheets: str) -> None:
        """Bring in what is all as it should be."""
        for result in (await self.bring(**sheets)).values():
            assert result.faults == (), result
            assert result.rows == result.filed

    async def broken_off(self, monkeypatch: pytest.MonkeyPatch, rows: int, **sheets: str) -> None:
        """Bring in by portions of so many rows, killed in the second: its rows are written, and not yet committed."""
        put, portions = TableShelf.put, []

        def killed(shelf: TableShelf, *rest: Any, **more: Any) -> Mapping[int, Unfit]:
            done = put(shelf, *rest, **more)
            portions.append(1)
            if len(portions) == 2:
                raise Killed
            return done

        with monkeypatch.context() as broken:
            broken.setattr(hospital_import, "PORTION", rows)
            broken.setattr(TableShelf, "put", killed)
            with pytest.raises(Killed):
                await self.bring(**sheets)

    def aside(self, name: str) -> list[str]:
        """The rows of FILE.rejected.csv."""
        return (self.folder / f"{name}.rejected.csv").read_text("utf-8-sig").splitlines()[1:]

    async def lying(self) -> dict[str, list[tuple[object, ...]]]:
        """All that lies in the tables, to the byte."""

        def read(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
            tables = {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}
            return {name: sorted(map(tuple, rows), key=repr) for name, rows in tables.items() if rows}

        return await self.database.read(read)


def told(result: Result) -> list[tuple[int, str]]:
    """The line and column of each fault."""
    return [(fault.line, fault.column) for fault in result.faults]
