"""The views of one hospital's HIS: opened by their mapping file, found in the database when they are first asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from yiqiao.adapters.hisdb import HisDatabase
from yiqiao.adapters.lines import NoAnswer, NotConnected, secret
from yiqiao.adapters.sqlviews.bound import Bound, UnfitView, bind
from yiqiao.adapters.sqlviews.mapping import Mapped, load
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered

T = TypeVar("T")
log = structlog.get_logger("yiqiao.sqlviews")


@dataclass
class Views:
    """What can be read of a HIS."""

    mapped: Mapped
    database: HisDatabase
    _bound: dict[str, Bound] = field(default_factory=dict)

    async def read(self, work: Callable[[Mapping[str, Bound]], Callable[[Connection], T]], *rows: str) -> T:
        """Ask these rows' views, in one transaction. Raises NotOffered where the file maps one of them to nothing,
        HospitalUnreachable where the database cannot be asked, or does not hold what the file says.
        """
        missing = [row for row in rows if row not in self.mapped.views]
        if missing:
            raise NotOffered
        try:
            return await self.database.read(lambda connection: work(self._views(connection, rows))(connection))
        except (NotConnected, NoAnswer) as failure:
            log.warning("views not read", path=str(self.mapped.path), why=str(failure))
        except UnfitView as unfit:
            log.error("views are not as mapped", path=str(self.mapped.path), why=str(unfit))
        raise HospitalUnreachable("医院系统的数据暂时无法读取，请稍后再试")

    async def check(self) -> list[str]:
        """What is wrong with the mapping by the database, and with the first rows of each view. Raises NotConnected,
        NoAnswer.
        """
        return await self.database.read(self._faults)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.database.close()

    def _faults(self, connection: Connection) -> list[str]:
        faults: list[str] = []
        for row, view in self.mapped.views.items():
            bound, wrong = bind(connection, view)
            faults.extend(wrong)
            if bound is not None:
                try:
                    bound.sample(connection)
                except UnfitView as unfit:
                    faults.append(f"views.{row}: {unfit}")
        return faults

    def _views(self, connection: Connection, rows: tuple[str, ...]) -> Mapping[str, Bound]:
        for row in rows:
            if row not in self._bound:
                bound, faults = bind(connection, self.mapped.views[row])
                if bound is None:
                    raise UnfitView("; ".join(faults))
                self._bound[row] = bound
        return self._bound


def open_views(path: Path) -> Views:
    """The views of a mapping file; nothing is connected yet. Raises MappingError, MissingSecret, UnusableDatabase."""
    mapped = load(path)
    url = secret(mapped.database, path.parent)
    return Views(mapped, HisDatabase(url, timeout_s=mapped.timeout_s))
