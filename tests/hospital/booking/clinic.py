"""A hospital with few schedules, and callers at its desk: what tests of booking share."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy import Connection

from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.hospital.booking.service import LocalBooking
from yiqiao.hospital.house import House
from yiqiao.ports.hospital.booking import (
    Document,
    Lock,
    LockWish,
    Ordered,
    OrderWish,
    Origin,
    Serial,
    Timing,
    Unit,
    Visitor,
)
from yiqiao.ports.hospital.values import Pool, Session, Sex
from yiqiao.storage import Database, Write, Writer
from yiqiao.storage.orders import OrderRow, orders
from yiqiao.storage.tables.hospital import department, doctor, hospital, schedule, slot_pool, time_slot

R = TypeVar("R")
HOSPITAL = "9851001"
NOW = parse_compact("20261120080000")
TOMORROW = "2026-11-21"


VISITOR = Visitor(
    name="柳成荫",
    sex=Sex.MALE,
    birthday="1985-03-12",
    mobile="15498510001",
    certificate=Document(1, "359851198503120134"),
)


def somebody(n: int) -> dict[str, object]:
    """Somebody else than others, to be stated as `visitor`."""
    return {"name": f"患者{n}", "certificate": Document(1, f"35985119850312{n:04}")}


class NoLedger:
    """A ledger that keeps nothing."""

    def append(self, connection: Connection, entries: Sequence[None]) -> None: ...

    def settle(self, committed: bool) -> None: ...


@dataclass
class Clinic:
    """A hospital of one department and one doctor; `serve` performs a write as the gateway does."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    keyring: Keyring = KEYRING

    def __post_init__(self) -> None:
        self.house = House(self.database, self.keyring, self.clock)
        self.booking = LocalBooking(self.house, HOSPITAL)
        self.writer: Writer[None] = Writer(self.database, *[NoLedger() for _ in range(self.database.writes_at_once)])

    async def open(self) -> None:
        """Write the hospital, its department and its doctor."""
        await self.database.write(_furnish)

    async def schedule(
        self, schedule_id: str, total: int | None, *, slots: Sequence[str] = (), first: int = 1, **more: object
    ) -> None:
        """A schedule of `total` units, each of `slots` with as many."""
        await self.database.write(lambda c: _add_schedule(c, schedule_id, total, slots, first, more))

    def serial(self, number: str, content: str = "", app_id: str = "platform") -> Serial:
        """A serial as a caller gives it."""
        return Serial(app_id, number, f"{number}|{content}".encode(), self.clock.now_ms())

    async def lock(self, lock_id: str, schedule_id: str = "PB1", **unit: Any) -> Lock:
        """Lock a unit, as a caller would."""
        asked = Unit(schedule_id, unit.pop("pool", Pool.SHARED), **unit)
        return await self.perform(await self.booking.lock(LockWish(self.serial(lock_id, repr(asked)), asked)))

    async def unlock(self, lock_id: str, hospital_lock_id: str | None = None, app_id: str = "platform") -> None:
        """Unlock it again."""
        await self.perform(await self.booking.unlock(self.serial(lock_id, app_id=app_id), hospital_lock_id))

    async def order(self, order_id: str, schedule_id: str = "PB1", **more: Any) -> Ordered:
        """Order a unit, as a caller would."""
        return await self.perform(await self.booking.order(self.wish(order_id, schedule_id, **more)))

    def wish(self, order_id: str, schedule_id: str = "PB1", **more: Any) -> OrderWish:
        """What a caller would order; `unit` and `visitor` change single values of those."""
        unit = Unit(schedule_id, Pool.SHARED)._replace(**more.pop("unit", {}))
        stated = replace(VISITOR, **more.pop("visitor", {}))
        common = {"timing": Timing.BOOKED_AHEAD, "origin": Origin(3), "fee": 2500}
        return OrderWish(self.serial(order_id, repr(more)), unit, visitor=stated, **{**common, **more})

    async def cancel(self, order_id: str, order_no: str | None = None, app_id: str = "platform") -> None:
        """Cancel an order."""
        await self.perform(await self.booking.cancel(self.serial(order_id, app_id=app_id), order_no))

    async def on_file(self, number: str) -> OrderRow:
        """An order as it stands on file."""
        rows = await self.database.read(lambda c: orders(c, [(HOSPITAL, number)]))
        return rows[0]

    async def perform(self, write: Write[R]) -> R:
        """Do a write; its refusal is raised."""
        done: R | DomainError = await self.writer.perform(write, lambda outcome: (outcome, None))
        if isinstance(done, DomainError):
            raise done
        return done

    async def taken(self, schedule_id: str = "PB1") -> int:
        """How many units of a schedule are taken, after checking that the count is true."""
        return await self.database.read(lambda c: _taken(c, schedule_id))


def _furnish(connection: Connection) -> None:
    common = {"hospital_id": HOSPITAL, "about": "{}", "changed_at": NOW}
    connection.execute(
        hospital.insert(),
        {**common, "name": "云桥县人民医院", "max_reg_days": 7, "start_reg_time": "00:00", "end_reg_time": "23:59"},
    )
    for dept_id in ("D0101", "D0102"):
        limits = {"sex_limit": 0, "baby_flag": 0, "sort": 1, "kind": 1, "active": 1}
        connection.execute(department.insert(), {**common, "dept_id": dept_id, "name": "内科", **limits})
    sealed = {"key_id": "k1", "sealed": b""}
    for doctor_id in ("YS1", "YS2"):
        row = {**common, **sealed, "doctor_id": doctor_id, "name": "陶文静", "active": 1, "sort": 1}
        connection.execute(doctor.insert(), row)


def _add_schedule(
    connection: Connection,
    schedule_id: str,
    total: int | None,
    slots: Sequence[str],
    first: int,
    more: dict[str, object],
) -> None:
    of = {"hospital_id": HOSPITAL, "schedule_id": schedule_id}
    fees = {"fee_registration": 1000, "fee_treatment": 1500, "fee_service": 0, "fee_other": 0}
    row = {"dept_id": "D0101", "doctor_id": "YS1", "day": TOMORROW, "session": Session.MORNING, "level": 1}
    row |= {"state": "open", "slotted": int(bool(slots)), "changed_at": NOW}
    connection.execute(schedule.insert(), {**of, **fees, **row, **more})
    for place, time_id in enumerate(slots or ("",)):
        for pool in Pool:
            begins = first + place * (total or 0) + (900 if pool is Pool.REFERRAL else 0)
            units = {"total": total, "taken": 0, "first_number": begins, "next_number": begins}
            connection.execute(slot_pool.insert(), {**of, "time_id": time_id, "pool": pool, **units})
        if time_id:
            times = {"begins": f"{8 + place:02}:00", "ends": f"{9 + place:02}:00"}
            connection.execute(time_slot.insert(), {**of, "time_id": time_id, **times})


def _taken(connection: Connection, schedule_id: str) -> int:
    """The count on file; it must be that of the rows that hold a unit, and no number may be held twice."""
    holders = "SELECT time_id, pool, number FROM slot_lock WHERE state IN ('held', 'ordered') AND schedule_id = '{}'"
    held = connection.exec_driver_sql(holders.format(schedule_id)).all()
    assert len(set(map(tuple, held))) == len(held), "a number is held twice"
    count = f"SELECT COALESCE(SUM(taken), 0) FROM slot_pool WHERE schedule_id = '{schedule_id}'"
    taken = int(connection.exec_driver_sql(count).scalar_one())
    assert taken == len(held), "the count is not that of the units held"
    return taken
