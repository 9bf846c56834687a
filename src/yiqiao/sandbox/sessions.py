"""The sessions of a sandbox's doctors: which are held on a day, and their units."""

from collections.abc import Iterator
from datetime import date

from yiqiao.ports.hospital.values import Pool, Session, Sex
from yiqiao.sandbox.staff import WOMEN, Doctor, Plan, doctors_by_department
from yiqiao.storage.hospital import PoolRow, ScheduleRow, TimeSlotRow

SHARED, REFERRAL = 8, 2
"""Units of a time slot; a session in one piece has twice as many."""
_SLOTS = {
    Session.MORNING: (("08:00", "09:30"), ("09:30", "11:30")),
    Session.AFTERNOON: (("13:30", "15:00"), ("15:00", "17:00")),
}


def session_of(doctor: Doctor, day: date) -> Session | None:
    """When a doctor sees patients on a day; None on a day off."""
    turn = doctor.turn + day.toordinal()
    if turn % 7 == 0:
        return None
    return Session.MORNING if turn % 2 else Session.AFTERNOON


def on_duty(plan: Plan, department: str, day: date) -> list[tuple[Doctor, Session]]:
    """The doctors of a department who see patients on a day."""
    sessions = [(one, session_of(one, day)) for one in doctors_by_department(plan)[department]]
    return [(one, session) for one, session in sessions if session is not None]


def schedule(plan: Plan, doctor: Doctor, day: date, session: Session, changed_at: int) -> ScheduleRow:
    """The row of a session."""
    return ScheduleRow(
        hospital_id=plan.hospital_id,
        schedule_id=f"PB{day:%y%m%d}{doctor.doctor_id[2:]}{int(session)}",
        dept_id=doctor.dept.dept_id,
        doctor_id=doctor.doctor_id,
        day=day.isoformat(),
        session=int(session),
        level=doctor.level,
        state="open",
        slotted=int(doctor.turn % 2 == 0),
        fee_registration=500 * doctor.level,
        fee_treatment=1000 * doctor.level,
        fee_service=200,
        fee_other=0,
        sex_limit=int(Sex.FEMALE) if doctor.dept.name in WOMEN else None,
        age_min=None,
        age_max=None,
        visit_address=f"门诊楼 {doctor.turn % 40 + 1} 诊室",
        number_address="一楼大厅",
        number_time="0730-1130" if session is Session.MORNING else "1300-1600",
        changed_at=changed_at,
    )


def time_slots(row: ScheduleRow) -> Iterator[TimeSlotRow]:
    """The time slots of a session; none where it is in one piece."""
    if row.slotted:
        for number, (begins, ends) in enumerate(_SLOTS[Session(row.session)], 1):
            yield TimeSlotRow(row.hospital_id, row.schedule_id, f"{row.schedule_id}{number}", begins, ends)


def pools(row: ScheduleRow) -> Iterator[PoolRow]:
    """The units of a session, none of them taken."""
    slots = [slot.time_id for slot in time_slots(row)]
    many, first = 1 if slots else 2, 1
    for time_id in slots or [""]:
        for pool, units in ((Pool.SHARED, SHARED * many), (Pool.REFERRAL, REFERRAL * many)):
            yield PoolRow(row.hospital_id, row.schedule_id, time_id, int(pool), units, 0, first, first)
            first += units
