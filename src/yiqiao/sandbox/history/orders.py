"""A past day's orders, made and brought to their ends at the hospital's own desk."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.hospital.booking import changing
from yiqiao.hospital.booking.changing import Act, Changing, Refund, Transfer, Visit
from yiqiao.hospital.booking.desk import Command, serve
from yiqiao.hospital.booking.ordering import Ordering
from yiqiao.hospital.stops.service import IN_DEPARTMENT, CallingOff, call_off
from yiqiao.ports.hospital.booking import OrderWish, Origin, Payment, Serial, Timing, Unit
from yiqiao.ports.hospital.values import Pool, Session
from yiqiao.sandbox.booking_platform import USER_ID
from yiqiao.sandbox.history.appointments import Appointment, Day, Fate, booked_before
from yiqiao.sandbox.sessions import pools, time_slots
from yiqiao.sandbox.treatment import MINUTE_MS, moment
from yiqiao.storage import hospital, orders
from yiqiao.storage.hospital import ScheduleRow
from yiqiao.storage.orders import OrderRow

MADE_UP = "PT9851"
"""How the callers' numbers of these orders begin."""
CHANNELS, PAY_CHANNELS = (1, 2, 3, 4, 7), (1, 2, 3)
REASON, OPERATOR = "医生外出会诊", "门诊办公室"
_CANCELLED, _GIVEN_BACK, _CALLED_OFF = "20:00", "20:30", "21:30"
"""Times of the evening before."""
_EARLY_MS, _AFTER_MS = 20 * MINUTE_MS, 10 * MINUTE_MS


def file_sessions(connection: Connection, sessions: Sequence[ScheduleRow]) -> None:
    """File sessions with their units, those that are not on file."""
    hospital.add(connection, sessions, skip_known=True)
    hospital.add(connection, [slot for row in sessions for slot in time_slots(row)], skip_known=True)
    hospital.add(connection, [pool for row in sessions for pool in pools(row)], skip_known=True)


def file_orders(connection: Connection, keyring: Keyring, day: Day) -> list[Appointment]:
    """File the sessions and orders of a past day; answers whose order ended with a visit."""
    sessions = {one.session.schedule_id: one.session for one in day.appointments}
    file_sessions(connection, list(sessions.values()))
    stopped = [one for one in day.appointments if one.session.schedule_id == day.stopped]
    made = _made(keyring, connection, [(one, list(_acts(one, one in stopped))) for one in day.appointments])
    if stopped:
        _call_off(connection, keyring, stopped)
    return [one for one in made if one.fate is Fate.SEEN and one not in stopped]


def file_booked(connection: Connection, keyring: Keyring, day: Day) -> None:
    """File the orders for a day that has sessions already: registered and paid on the days before."""
    booked = [booked_before(one._replace(fate=Fate.ABSENT)) for one in day.appointments]
    _made(keyring, connection, [(one, list(_acts(one, stopped=False))) for one in booked])


def on_file(connection: Connection, day: Day) -> bool:
    """Whether any order of a day is on file."""
    return bool(orders.orders(connection, [(one.session.hospital_id, order_no(one)) for one in day.appointments]))


def ordering(one: Appointment) -> Ordering:
    """The order of an appointment: registered and paid on the day itself, else booked."""
    row = one.session
    unit = Unit(
        row.schedule_id,
        Pool.SHARED,
        one.time_id or None,
        dept_id=row.dept_id,
        doctor_id=row.doctor_id,
        day=row.day,
        session=Session(row.session),
    )
    wish = OrderWish(
        serial=_serial(one, one.ordered_at),
        unit=unit,
        timing=Timing.BOOKED_AHEAD if one.ahead else Timing.AT_ONCE,
        visitor=one.resident.visitor,
        origin=Origin(CHANNELS[one.place % len(CHANNELS)]),
        fee=one.fee,
        paid=not one.ahead,
        pay_channel=_pay_channel(one),
        patient_id=one.resident.patient_id,
    )
    return Ordering(row.hospital_id, wish, order_no(one))


def is_made_up(row: OrderRow) -> bool:
    """Whether an order is one of these, and nobody's who calls."""
    return row.order_id.startswith(MADE_UP)


def order_no(one: Appointment) -> str:
    """The hospital's number of an order: of the length of all, and such as no other has."""
    return f"{one.number[1:7]}98{one.place:010}"


def _made(
    keyring: Keyring, connection: Connection, wanted: Sequence[tuple[Appointment, Sequence[Command]]]
) -> list[Appointment]:
    """Those whose order was made; to the others nothing else happened either."""
    commands = [command for one, acts in wanted for command in (ordering(one), *acts)]
    answers = iter(serve(keyring, connection, commands))
    made = []
    for one, acts in wanted:
        first, *_ = [next(answers) for _ in range(1 + len(acts))]
        if not isinstance(first, DomainError):
            made.append(one)
    return made


def _acts(one: Appointment, stopped: bool) -> Iterator[Command]:
    """What happened to an order later; only what the patient did where the session was called off."""
    eve = date.fromisoformat(one.session.day) - timedelta(days=1)
    if one.ahead and one.pays:
        paid_at = one.ordered_at + _AFTER_MS
        yield _act(one, paid_at, Transfer(Payment(one.fee, _pay_channel(one), paid_at)))
    match one.fate:
        case Fate.CANCELLED:
            yield _act(one, moment(eve, _CANCELLED), changing.cancel)
        case Fate.REFUNDED:
            yield _act(one, moment(eve, _GIVEN_BACK), Refund(one.fee))
        case Fate.SEEN if not stopped:
            yield _act(one, one.begins - _EARLY_MS, changing.fetch)
            yield _act(one, one.seen_at, Visit(one.doctor.doctor_id))


def _call_off(connection: Connection, keyring: Keyring, stopped: Sequence[Appointment]) -> None:
    session = stopped[0].session
    at = moment(date.fromisoformat(session.day) - timedelta(days=1), _CALLED_OFF)
    call_off(connection, [session], CallingOff(at, IN_DEPARTMENT, False, REASON, OPERATOR))
    paid = [one for one in stopped if one.pays and one.fate is not Fate.REFUNDED]
    if paid:
        serve(keyring, connection, [_act(one, at + _AFTER_MS, Refund(one.fee)) for one in paid])


def _act(one: Appointment, at: int, act: Act) -> Changing:
    return Changing(one.session.hospital_id, _serial(one, at), order_no(one), act)


def _serial(one: Appointment, at: int) -> Serial:
    return Serial(USER_ID, f"{MADE_UP}{one.number}", b"", at)


def _pay_channel(one: Appointment) -> int:
    return PAY_CHANNELS[one.place % len(PAY_CHANNELS)]
