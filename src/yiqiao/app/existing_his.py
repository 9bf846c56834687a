"""Hospitals that have a HIS already, by the settings: views for reading, calls or procedures for acting."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import literal, select

from yiqiao.adapters.callback.acts import Acts
from yiqiao.adapters.callback.booking import CallbackBooking
from yiqiao.adapters.callback.desks import CallbackInpatient, CallbackOutpatient, CallbackPatients
from yiqiao.adapters.callback.http import HttpLine
from yiqiao.adapters.callback.line import Line
from yiqiao.adapters.callback.procedures import ProceduresError, open_procedures
from yiqiao.adapters.hisdb import UnusableDatabase
from yiqiao.adapters.lines import MissingSecret, NoAnswer, NotConnected, secret
from yiqiao.adapters.sqlviews.catalogue import ViewsCatalogue
from yiqiao.adapters.sqlviews.mapping import MappingError
from yiqiao.adapters.sqlviews.money import ViewsInpatient, ViewsOutpatient, ViewsPatients
from yiqiao.adapters.sqlviews.records import ViewsRecords
from yiqiao.adapters.sqlviews.reports import ViewsReports
from yiqiao.adapters.sqlviews.views import Views, open_views
from yiqiao.app.store import NotReadyToServe, Store
from yiqiao.clock import Clock
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered

KEYS = ("views", "callback", "callback_key", "procedures")


class Part:
    """A part of a hospital as far as its HIS fills it, from several sides; what none of them does is not offered."""

    def __init__(self, *sides: object) -> None:
        self._sides = sides

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return next((getattr(side, name) for side in self._sides if hasattr(side, name)), _not_offered)


async def _not_offered(*_: object, **__: object) -> NoReturn:
    raise NotOffered


class ConnectedHospital:
    """`HospitalSystem` of a hospital with a HIS of its own. `acts` is None where the HIS is only read."""

    def __init__(self, hospital_id: str, views: Views, acts: Acts | None, clock: Clock) -> None:
        self.hospital_id = hospital_id
        self.views, self.acts = views, acts
        self.catalogue = ViewsCatalogue(views, hospital_id, clock)
        self.records = ViewsRecords(views)
        self.reports = ViewsReports(views)
        self.booking = Part(CallbackBooking(acts)) if acts else Part()
        self.patients = Part(ViewsPatients(views), *([CallbackPatients(acts)] if acts else ()))
        self.outpatient = Part(ViewsOutpatient(views), *([CallbackOutpatient(acts)] if acts else ()))
        self.inpatient = Part(ViewsInpatient(views), *([CallbackInpatient(acts)] if acts else ()))
        self.queue = self.checkups = self.prescriptions = Part()
        self._clock = clock

    async def now_ms(self) -> int:
        """The hub's time, after the HIS's database has answered. Raises HospitalUnreachable."""
        try:
            await self.views.database.read(lambda connection: connection.scalar(select(literal(1))))
        except (NotConnected, NoAnswer):
            raise HospitalUnreachable("医院系统暂时无法连接，请稍后再试") from None
        return self._clock.now_ms()

    async def close(self) -> None:
        """Let go of what leads to the HIS."""
        await self.views.close()
        if self.acts is not None:
            await self.acts.line.close()


@dataclass(frozen=True)
class _Told:
    """A table `[hospitals.ID]` of the settings."""

    hospital_id: str
    table: Mapping[str, str]
    folder: Path

    def path(self, key: str) -> Path:
        return self.folder / self.table[key]

    def wrong(self, what: str) -> NotReadyToServe:
        return NotReadyToServe(f"hospitals.{self.hospital_id}: {what}")


def connected(store: Store) -> Mapping[str, ConnectedHospital]:
    """The hospitals of the settings' tables; nothing is connected yet. Raises NotReadyToServe."""
    folder = store.settings.folder
    return {one: _hospital(store, _Told(one, table, folder)) for one, table in store.settings.hospitals.items()}


def _hospital(store: Store, told: _Told) -> ConnectedHospital:
    unknown = sorted(set(told.table) - set(KEYS))
    if unknown:
        raise told.wrong(f"{', '.join(unknown)}: unknown; there are {', '.join(KEYS)}")
    if "views" not in told.table:
        raise told.wrong("views, the mapping file, is missing")
    if "callback" in told.table and "procedures" in told.table:
        raise told.wrong("either callback or procedures, not both")
    try:
        views, line = open_views(told.path("views")), _line(store, told)
    except (MappingError, ProceduresError, MissingSecret, UnusableDatabase) as error:
        raise told.wrong(str(error)) from None
    acts = None if line is None else Acts(told.hospital_id, line, store.database, store.keyring, store.clock)
    return ConnectedHospital(told.hospital_id, views, acts, store.clock)


def _line(store: Store, told: _Told) -> Line | None:
    if "procedures" in told.table:
        return open_procedures(told.path("procedures"))
    if "callback" not in told.table:
        return None
    address = told.table["callback"]
    if not address.startswith(("http://", "https://")):
        raise told.wrong("callback must begin with http:// or https://")
    if "callback_key" not in told.table:
        raise told.wrong("callback_key, as env:NAME or file:PATH, is missing")
    key = secret(told.table["callback_key"], told.folder)
    return HttpLine(address, key, told.hospital_id, store.wall)
