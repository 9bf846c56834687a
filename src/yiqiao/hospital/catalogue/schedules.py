"""Schedules as they are shown: what can be had of them, day by day, from rows that were read at once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby, islice

from yiqiao.ports.hospital.schedules import (
    Attendance,
    DaySchedules,
    DoctorSchedules,
    Fees,
    ScheduleInfo,
    SlotInfo,
    Units,
)
from yiqiao.ports.hospital.values import Session, Sex
from yiqiao.storage.schedules import Offer, OnDuty, SlotOffer, Stock

Held = Mapping[tuple[str, str], set[int]]
MOST_NUMBERS = 16
"""Visit numbers shown of a pool: nobody chooses among more."""


def by_doctor(doctors: Iterable[OnDuty], offers: Iterable[Offer], held: Held, last_open: str) -> list[DoctorSchedules]:
    """What these doctors offer; `last_open` is the last day that can be booked yet."""
    theirs: dict[str, list[Offer]] = {}
    for offer in offers:
        theirs.setdefault(offer.schedule.doctor_id, []).append(offer)
    return [DoctorSchedules(*one, tuple(_days(theirs.get(one.doctor_id, ()), held, last_open))) for one in doctors]


def _days(offers: Iterable[Offer], held: Held, last_open: str) -> Iterator[DaySchedules]:
    for day, those in groupby(offers, key=lambda offer: offer.schedule.day):
        yield DaySchedules(day, tuple([_shown(offer, held, last_open) for offer in those]))


def _shown(offer: Offer, held: Held, last_open: str) -> ScheduleInfo:
    row = offer.schedule
    attendance = attending(row.state, row.day, last_open)
    free = attendance is not Attendance.STOPPED and not row.slotted
    return ScheduleInfo(
        schedule_id=row.schedule_id,
        session=Session(row.session),
        attendance=attendance,
        units=_units(offer.stock, attendance),
        level=row.level,
        fees=Fees(row.fee_registration, row.fee_treatment, row.fee_service, row.fee_other),
        sex=Sex(row.sex_limit) if row.sex_limit else None,
        age_min=row.age_min,
        age_max=row.age_max,
        visit_address=row.visit_address,
        number_address=row.number_address,
        number_time=row.number_time,
        numbers=_numbers(offer.stock, held.get((row.schedule_id, ""), ())) if free else (),
        slotted=bool(row.slotted),
    )


def attending(state: str, day: str, last_open: str) -> Attendance:
    """Whether a schedule takes place, and can be booked by now."""
    if state in ("stopped", "kept"):
        return Attendance.STOPPED
    return Attendance.OPEN if state == "open" and day <= last_open else Attendance.NOT_YET


def with_numbers(offers: Iterable[Offer]) -> list[str]:
    """The schedules of which a visit number can be chosen."""
    return [
        offer.schedule.schedule_id
        for offer in offers
        if offer.stock.total is not None and offer.stock.free > 0 and not offer.schedule.slotted
    ]


def slot(offer: SlotOffer, stock: Stock, held: Held) -> SlotInfo:
    """A time slot as it is shown."""
    stopped = offer.state in ("stopped", "kept")
    time_id = offer.time_id or ""
    return SlotInfo(
        schedule_id=offer.schedule_id,
        session=Session(offer.session),
        begins=offer.begins or "",
        ends=offer.ends or "",
        units=_units(stock, Attendance.STOPPED if stopped else Attendance.OPEN),
        time_id=time_id,
        numbers=() if stopped else _numbers(stock, held.get((offer.schedule_id, time_id), ())),
    )


def _units(stock: Stock, attendance: Attendance) -> Units:
    """Of a session that was called off nothing is to be had."""
    if attendance is Attendance.STOPPED:
        return Units(stock.total, 0)
    return Units(stock.total, None if stock.total is None else stock.free)


def _numbers(stock: Stock, held: Collection[int]) -> tuple[int, ...]:
    """Numbers that can be chosen: such as were never given, and only where there are none left, those given back."""
    if stock.total is None or stock.free <= 0:
        return ()
    end = stock.first_number + stock.total
    fresh = (number for number in range(stock.next_number, end) if number not in held)
    numbers = tuple(islice(fresh, min(stock.free, MOST_NUMBERS)))
    if numbers or stock.next_number < end:
        return numbers
    back = (number for number in range(stock.first_number, end) if number not in held)
    return tuple(islice(back, MOST_NUMBERS))
