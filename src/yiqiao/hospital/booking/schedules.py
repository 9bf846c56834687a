"""Whether what is asked for goes with the schedule; and if not, what of it is not there at all."""

from sqlalchemy import Connection

from yiqiao.errors import DomainError
from yiqiao.hospital.booking.units import Units
from yiqiao.ports.hospital.booking import Unit
from yiqiao.ports.hospital.refusals import (
    ScheduleStopped,
    SlotTaken,
    SoldOut,
    UnknownDepartment,
    UnknownDoctor,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.storage import booking
from yiqiao.storage.booking import PoolKey, ScheduleRow


def key_of(hospital_id: str, unit: Unit) -> PoolKey:
    """The pool that a unit is asked of."""
    return PoolKey(hospital_id, unit.schedule_id, unit.time_id or "", unit.pool)


def fitting(units: Units, key: PoolKey, unit: Unit, today: str) -> ScheduleRow:
    """The schedule that is asked for. Raises UnknownDepartment, UnknownDoctor, UnknownSchedule, UnknownTimeSlot,
    ScheduleStopped.
    """
    stock = units.pools.get(key)
    if stock is None:
        raise _missing(units.connection, key, unit)
    schedule = stock.row.schedule
    if (
        unit.dept_id not in (None, schedule.dept_id)
        or unit.doctor_id not in (None, schedule.doctor_id)
        or unit.day not in (None, schedule.day)
        or unit.session not in (None, schedule.session)
    ):
        raise _missing(units.connection, key, unit)
    if schedule.state != "open":
        raise ScheduleStopped
    if schedule.day < today:
        raise UnknownSchedule("该排班的出诊日期已过，请重新查询排班")
    return schedule


def none_left(units: Units, key: PoolKey) -> SoldOut | SlotTaken:
    """The refusal where a pool has no unit: of a time slot beside which others have units, that slot is taken."""
    others = key.time_id and booking.others_free(units.connection, key, units.now_ms)
    return SlotTaken("所选时段的号已满，请选择其他时段") if others else SoldOut()


def _missing(connection: Connection, key: PoolKey, unit: Unit) -> DomainError:
    known = booking.known(connection, key, unit.dept_id, unit.doctor_id)
    if not known.dept:
        return UnknownDepartment()
    if not known.doctor:
        return UnknownDoctor()
    if not known.schedule:
        return UnknownSchedule()
    if known.slotted and not key.time_id:
        return UnknownTimeSlot("该排班分时段放号，请选择时段")
    if key.time_id and not known.time_slot:
        return UnknownTimeSlot()
    return UnknownSchedule("排班与所给的科室、医生、日期、时段或号源角色不符，请重新查询排班")
