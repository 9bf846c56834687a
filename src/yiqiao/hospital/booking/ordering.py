"""Making an order: of the unit that was locked, or of any other (2007, 2036)."""

import secrets
from typing import NamedTuple

from yiqiao.clock import beijing
from yiqiao.hospital.booking import rules, schedules
from yiqiao.hospital.booking.archives import Archive, Archives, Claim
from yiqiao.hospital.booking.book import Book, Particulars, seal
from yiqiao.hospital.booking.locks import today, used_already
from yiqiao.hospital.booking.states import STANDING
from yiqiao.hospital.booking.units import Units
from yiqiao.ports.hospital.booking import Concession, Existing, Ordered, OrderState, OrderWish, Paid, Serial, Side
from yiqiao.ports.hospital.refusals import RuleViolated, SlotTaken, SoldOut, UnknownDepartment
from yiqiao.storage.booking import HELD, LAPSED, ORDERED, LockRow, PoolKey, ScheduleRow
from yiqiao.storage.orders import ConcessionRow, OrderRow

PLATFORM, NUMBER = "platform", "number"
"""Where an order comes from: a platform that locks and orders, or one that asks for numbers (12320)."""


class Ordering(NamedTuple):
    """Somebody orders. `order_no` is the hospital's number for it, if it comes about."""

    hospital_id: str
    wish: OrderWish
    order_no: str
    source: str = PLATFORM

    @property
    def serial(self) -> Serial:
        """Whose act it is."""
        return self.wish.serial

    @property
    def key(self) -> PoolKey:
        """The pool that a unit is asked of."""
        return schedules.key_of(self.hospital_id, self.wish.unit)

    @property
    def claim(self) -> Claim:
        """Who it is said to be for."""
        return Claim(self.hospital_id, self.wish.patient_id, self.wish.visitor)


def new_order_no(at: int) -> str:
    """A number for an order: the day, and what nobody can guess."""
    return f"{beijing(at):%y%m%d}{secrets.randbelow(10**12):012}"


def order(units: Units, book: Book, archives: Archives, command: Ordering) -> Ordered | Existing:
    """Make an order. Raises what `Booking.order` raises; then nothing was done."""
    hospital_id, wish = command.hospital_id, command.wish
    first = book.find(hospital_id, wish.serial.number)
    if first is not None:
        return _again(first, command)
    locked = _locked(units, command)
    key = locked.key if locked is not None and locked.state == HELD else command.key
    schedule = schedules.fitting(units, key, wish.unit, today(wish.serial.at))
    department = book.departments.get((hospital_id, schedule.dept_id))
    if department is None:
        raise UnknownDepartment
    rules.check(rules.Case(wish, schedule, book.hospitals[hospital_id], department))
    reduction = _concession(book.concessions.get(hospital_id, []), command, schedule)
    _check_money(wish, schedule, reduction)
    known = archives.find(command.claim)
    other = book.same_session(hospital_id, known.patient_id, schedule) if known else None
    if other is not None:
        return _second(other, command)
    if known and not wish.insurance_code and archives.code_due(hospital_id, known.patient_id):
        raise RuleViolated("医保挂号须填写医保验证码，请获取验证码后再提交")
    number = _take(units, command, key, locked)
    archive = known or archives.of(command.claim)
    row, check_no = _row(book, command, key, schedule, number, archive, reduction)
    book.file(row)
    return _ordered(book, row, check_no, schedule, archive, reduction)


def _again(first: OrderRow, command: Ordering) -> Existing:
    """The answer to a serial that was used before: an appointment platform is told of its number, if that stands.

    Raises DuplicateSerial, RuleViolated.
    """
    if command.source == PLATFORM or first.app_id != command.serial.app_id:
        raise used_already("平台订单号", first.fingerprint == command.serial.fingerprint)
    if first.state not in STANDING:
        raise RuleViolated("该预约流水号已用过，其预约已退号或停诊，请用新的流水号")
    return Existing(first.order_id)


def _second(other: OrderRow, command: Ordering) -> Existing:
    """The answer to a second order of the same doctor and session. Raises RuleViolated but for a number."""
    if command.source == PLATFORM:
        raise RuleViolated("同一患者同一天同一时段在同一医生处只能预约一个号，请先取消已有的预约")
    return Existing(other.order_id if other.source == NUMBER else other.order_no)


def _locked(units: Units, command: Ordering) -> LockRow | None:
    """The lock that was made for this order. Raises SlotTaken where the order is not for the unit that was locked."""
    locked = units.locks.get((command.hospital_id, command.serial.number))
    wish = command.wish
    if locked is None:
        if wish.hospital_lock_id:
            raise SlotTaken("没有与院内锁号 ID 对应的锁号，请重新锁号后下单")
        return None
    if locked.app_id != command.serial.app_id or wish.hospital_lock_id not in (None, locked.hospital_lock_id):
        raise SlotTaken("院内锁号 ID 与锁号时返回的不一致，请核对")
    if locked.state != HELD:
        return locked
    asked, unit = command.key, wish.unit
    same = asked == locked.key or (unit.time_id is None and asked._replace(time_id=locked.time_id) == locked.key)
    if not same or unit.number not in (None, str(locked.number)):
        raise SlotTaken("下单的号与所锁的号不一致，请按所锁的号下单")
    return locked


def _take(units: Units, command: Ordering, key: PoolKey, locked: LockRow | None) -> int:
    """The unit for the order: the one that is still held, else a free one. Raises SoldOut, SlotTaken."""
    if locked is not None and locked.state == HELD:
        units.change(locked._replace(state=ORDERED))
        return locked.number
    try:
        number = _free(units, key, command.wish.unit.number, locked)
    except SoldOut:
        raise schedules.none_left(units, key) from None
    if locked is not None:
        units.change(_moved(locked, key, number))
        return number
    serial = command.serial
    lock_id = serial.number
    units.file(LockRow(command.hospital_id, lock_id, *key[1:], number, "", ORDERED, 0, serial.app_id, b"", serial.at))
    return number


def _free(units: Units, key: PoolKey, number: str | None, locked: LockRow | None) -> int:
    """A free unit, the one that has lapsed if nobody has taken it in between."""
    if number is None and locked is not None and locked.state == LAPSED and locked.key == key:
        try:
            return units.take(key, str(locked.number))
        except SlotTaken:
            pass
    return units.take(key, number)


def _moved(locked: LockRow, key: PoolKey, number: int) -> LockRow:
    return locked._replace(
        schedule_id=key.schedule_id, time_id=key.time_id, pool=key.pool, number=number, state=ORDERED
    )


def _concession(offered: list[ConcessionRow], command: Ordering, schedule: ScheduleRow) -> Concession | None:
    """What the hospital takes off for this patient; of several the most."""
    age = rules.age_on(schedule.day, command.wish.visitor.birthday)
    total = _total(schedule)
    best = None
    for one in offered:
        if not (one.age_min or 0) <= age <= (one.age_max if one.age_max is not None else age):
            continue
        registration = _part(schedule.fee_registration, one.registration_percent)
        treatment = _part(schedule.fee_treatment, one.treatment_percent)
        left = registration + treatment + schedule.fee_service + schedule.fee_other
        if total - left > (best.off if best else 0):
            best = Concession(one.title, total - left, registration, treatment, left)
    return best


def _part(fee: int, percent: int) -> int:
    """So many per cent of a fee, rounded half up to the 分."""
    return (fee * percent + 50) // 100


def _total(schedule: ScheduleRow) -> int:
    return schedule.fee_registration + schedule.fee_treatment + schedule.fee_service + schedule.fee_other


def _check_money(wish: OrderWish, schedule: ScheduleRow, reduction: Concession | None) -> None:
    """Raises RuleViolated where the patient was shown another price, or the hospital cannot take what it should."""
    total = _total(schedule)
    right = {total, reduction.total} if reduction else {total}
    if wish.fee is not None and wish.fee not in right:
        raise RuleViolated(f"挂号费用与医院不一致，应为 {total / 100:.2f} 元，请重新查询排班")
    if wish.from_account:
        raise RuleViolated("医院没有开通从院内卡扣款，请选择其他支付方式")


def _row(
    book: Book,
    command: Ordering,
    key: PoolKey,
    schedule: ScheduleRow,
    number: int,
    archive: Archive,
    reduction: Concession | None,
) -> tuple[OrderRow, str]:
    """The order's row, and the password with which its number is taken."""
    wish, at = command.wish, command.serial.at
    check_no = f"{secrets.randbelow(10**6):06}"
    particulars = Particulars(wish.visitor, check_no, wish.details)
    key_id, sealed = seal(book.keyring, command.hospital_id, command.order_no, particulars)
    certificate = wish.visitor.certificate or wish.visitor.guardian
    row = OrderRow(
        hospital_id=command.hospital_id,
        order_no=command.order_no,
        order_id=command.serial.number,
        source=command.source,
        schedule_id=key.schedule_id,
        time_id=key.time_id,
        pool=key.pool,
        number=number,
        day=schedule.day,
        session=schedule.session,
        dept_id=schedule.dept_id,
        doctor_id=schedule.doctor_id,
        level=schedule.level,
        patient_id=archive.patient_id,
        state=OrderState.REGISTERED if wish.timing.registers else OrderState.BOOKED,
        paid=Paid.PAID if wish.paid else Paid.UNPAID,
        fee_registration=schedule.fee_registration,
        fee_treatment=schedule.fee_treatment,
        fee_service=schedule.fee_service,
        fee_other=schedule.fee_other,
        discount=reduction.off if reduction else 0,
        insured_part=0,
        pay_channel=wish.pay_channel if wish.paid else None,
        pay_side=Side.PLATFORM if wish.paid else None,
        refund_side=None,
        channel=wish.origin.channel,
        booked=int(not wish.timing.registers),
        insurance=wish.insurance,
        via=wish.origin.via,
        vendor=wish.origin.vendor,
        operator=wish.origin.operator,
        extra=0,
        certificate_index=book.keyring.blind("order-certificate", certificate.number.upper()) if certificate else None,
        key_id=key_id,
        sealed=sealed,
        app_id=command.serial.app_id,
        fingerprint=command.serial.fingerprint,
        ordered_at=at,
        registered_at=at if wish.timing.registers else None,
        paid_at=at if wish.paid else None,
        changed_at=at,
    )
    return row, check_no


def _ordered(
    book: Book, row: OrderRow, check_no: str, schedule: ScheduleRow, archive: Archive, reduction: Concession | None
) -> Ordered:
    times = book.times.get((row.hospital_id, row.schedule_id, row.time_id))
    return Ordered(
        order_no=row.order_no,
        order_id=row.order_id,
        patient_id=archive.patient_id,
        number=str(row.number),
        check_no=check_no,
        medical_no=archive.patient_id,
        fetch_time=schedule.number_time or ("-".join(times) if times else None),
        address=schedule.visit_address,
        remark=f"请持就诊人证件到{schedule.number_address}取号" if schedule.number_address else None,
        card=archive.card,
        concession=reduction,
    )
