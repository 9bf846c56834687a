"""Booking at a hospital elsewhere (3.1.3.6 to 3.1.3.10, 3.1.3.13, 3.1.3.18, 3.1.3.19; the family's 3.3 document)."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.clock import beijing, readable
from yiqiao.dialects.convenience.remote.calls import Calls
from yiqiao.dialects.convenience.remote.channels import channel_of
from yiqiao.dialects.convenience.remote.made import empty_slip, ordered
from yiqiao.dialects.convenience.remote.numbers import number_given, number_values
from yiqiao.dialects.convenience.remote.records import RemoteRecords
from yiqiao.dialects.convenience.remote.schedules import RemoteSchedules
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import document_values, person_values, visitor_values
from yiqiao.dialects.convenience.wording import COLLECTED, IS_PAID, IS_REG, NOT_PAID, slot_reg_id
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import (
    Existing,
    Lock,
    LockWish,
    NewVisitor,
    NumberWish,
    Ordered,
    OrderWish,
    Payment,
    Serial,
    Slip,
    Timing,
    Unit,
)
from yiqiao.ports.hospital.records import OrderNumbers, Record
from yiqiao.ports.hospital.refusals import HospitalMisconfigured, HospitalUnreachable, NotOffered, UnknownOrder
from yiqiao.ports.hospital.schedules import Fees, ScheduleQuestion
from yiqiao.ports.hospital.system import done
from yiqiao.ports.hospital.values import Pool
from yiqiao.spec import Invalid
from yiqiao.storage import Write

Values = Mapping[str, object]
LOCKED_BEFORE = 5
"""IS_REG of a booking after a lock, in profiles that have it."""
IS_REG_OF: Mapping[Timing, int] = {timing: code for code, timing in IS_REG.items() if code != LOCKED_BEFORE}
REG_TYPE: Mapping[Timing, int] = {Timing.AT_ONCE: 2, Timing.FROM_BOOKING: 3}
BOOKING = 1
SHARED = str(int(Pool.SHARED))
ALREADY_CANCELLED = "200905"
NOTHING_ASKED = Fees(0, 0, 0, 0)


@dataclass(frozen=True)
class RemoteBooking:
    """`Booking` by asking the hospital, which has acted when a method returns. Every act also raises what `Calls.act`
    raises. A function that the hospital's profile does not have is NotOffered.
    """

    calls: Calls

    async def lock(self, wish: LockWish) -> Write[Lock]:
        """Keep a unit. LockReg has to say what it costs, which the wish does not: the schedule is asked for it."""
        serial, unit = wish.serial, wish.unit
        asked = {
            **self._unit("LockReg", unit),
            **_fees(await self._fees(unit)),
            "LOCK_ID": serial.number,
            "CHANNEL_ID": self.calls.channel,
        }
        # A profile without numbers of the hospital's for locks knows them by LOCK_ID alone.
        known = "" if self.calls.asks("UnLockReg", "HOSP_LOCK_ID") else serial.number

        def read(told: Told) -> Lock:
            return Lock(told.text("HOSP_LOCK_ID") or known, unit.number or "")

        return done(await self.calls.act("LockReg", asked, read))

    async def unlock(self, serial: Serial, hospital_lock_id: str | None) -> Write[None]:
        """Let go of a unit; of which pool it was, the hospital knows by the lock."""
        asked = {"REG_ROLE": SHARED, "LOCK_ID": serial.number, "HOSP_LOCK_ID": hospital_lock_id or None}
        await self.calls.act("UnLockReg", asked, empty_slip)
        return done(None)

    async def order(self, wish: OrderWish) -> Write[Ordered]:
        """Make an order. Where the caller does not say what the patient was shown as its price, it is the schedule's.

        Raises NotOffered too where the profile has no way to say that an order is paid.
        """
        if (wish.paid or wish.from_account) and not self.calls.asks("OrderReg", "IS_PAY"):
            raise NotOffered("医院接口不支持下单时付款，请先下单再支付")
        asked = {
            **self._unit("OrderReg", wish.unit),
            **visitor_values(self.calls.spec, wish.visitor),
            "IS_PAY": IS_PAID if wish.paid else NOT_PAID,
            "HOSP_IS_PAY": IS_PAID if wish.from_account else NOT_PAID,
            "ORDER_ID": wish.serial.number,
            "HOSP_LOCK_ID": wish.hospital_lock_id or None,
            "HOSP_PATIENT_ID": wish.patient_id or None,
            "CHANNEL_ID": wish.origin.channel,
            "IS_REG": self._is_reg(wish),
            "REG_FEE": wish.fee if wish.fee is not None else (await self._fees(wish.unit)).total,
            "REG_TYPE": REG_TYPE.get(wish.timing, BOOKING),
            "AGENT_ID": wish.origin.operator or None,
            "ORDER_TIME": readable(wish.serial.at),
            "DAE147": wish.insurance_code,
        }
        return done(await self.calls.act("OrderReg", asked, lambda told: ordered(told, wish.serial.number)))

    async def transfer(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Turn a booking into a registration; the answer has no content."""
        asked = {
            "HIS_ORDER_NO": order_no,
            "REG_TYPE": str(REG_TYPE[Timing.FROM_BOOKING]),
            "PAY_MODE": str(payment.channel or COLLECTED),
            "FLOW_NO": serial.number,
            "REG_FEE": str(payment.amount),
        }
        return done(await self.calls.act("OpAppRegist", asked, lambda _: Slip(order_no, "", "")))

    async def cancel(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Cancel an unpaid order. CancelReg has to repeat unit, fee and patient of the order, which nobody but the
        hospital is sure to know: it is asked first. One that cannot be asked gets its own number alone.

        Where both sides' numbers are needed and the hospital's is known to neither, UnknownOrder is raised.
        """
        record = None
        if order_no is None or self.calls.asks("CancelReg", "REG_ID"):
            record = await self._record(serial, order_no)
        number = order_no or (record.order_no if record else None)
        if number is None:
            raise UnknownOrder
        bare = {"ORDER_ID": serial.number, "HOSP_ORDER_ID": number, "CANCEL_DATE": readable(serial.at)}
        slip = Slip(number, record.number, record.patient_id) if record else Slip(number, "", "")
        try:
            asked = {**(self._repeated(record) if record else {}), **bare}
            return done(await self.calls.act("CancelReg", asked, lambda _: slip, fine=ALREADY_CANCELLED))
        except Invalid:  # what the hospital itself has on file has no room in its standard
            return done(await self.calls.act("CancelReg", bare, lambda _: slip, fine=ALREADY_CANCELLED))

    async def update(self, serial: Serial, new: NewVisitor) -> Write[Slip]:
        """Change what is on file of an order's patient; the answer has no content."""
        asked = {
            "REGID": serial.number,
            "NAME": new.name,
            "SEX": int(new.sex),
            "CARDTYPE": str(new.insurance),
            "PHONE": new.mobile,
            "CARDNO": new.id_number,
            "PAYTYPE": int(new.paid),
        }
        return done(await self.calls.act("UpdateOrderInfo", asked, empty_slip))

    async def number(self, wish: NumberWish) -> Write[Ordered | Existing]:
        """Give a number to a patient of an appointment platform."""
        return done(await self.calls.act("GetYyNo", number_values(self.calls.spec, wish), number_given))

    async def pay(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Note that the platform has the money."""
        at = beijing(payment.at)
        asked = {
            "ORDER_ID": serial.number,
            "HOSP_ORDER_ID": order_no,
            "SERIAL_NUM": serial.number,
            "PAY_DATE": f"{at:%Y-%m-%d}",
            "PAY_TIME": f"{at:%H:%M:%S}",
            "PAY_CHANNEL_ID": channel_of(self.calls.spec, payment.channel or COLLECTED),
            "PAY_TOTAL_FEE": payment.amount,
            "PAY_COPE_FEE": payment.amount,
            "PAY_FEE": payment.amount,
        }

        def read(told: Told) -> Slip:
            return Slip(order_no, told.text("HOSP_SERIAL_NUM"), told.text("HOSP_MEDICAL_NUM"))

        return done(await self.calls.act("PayReg", asked, read))

    async def refund(self, serial: Serial, order_no: str, amount: int) -> Write[Slip]:
        """Note that the platform gives the money back. An order is refunded once, as a whole: its number is the
        refund's too.
        """
        at = beijing(serial.at)
        asked = {
            "ORDER_ID": serial.number,
            "HOSP_ORDER_ID": order_no,
            "REFUND_ID": serial.number,
            "TOTAL_FEE": amount,
            "REFUND_FEE": amount,
            "REFUND_DATE": f"{at:%Y-%m-%d}",
            "REFUND_TIME": f"{at:%H:%M:%S}",
        }
        return done(await self.calls.act("Refund", asked, lambda _: Slip(order_no, "", "")))

    async def fetch(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Take the number (取号)."""

        def read(told: Told) -> Slip:
            return Slip(order_no or "", told.text("HOSP_SERIAL_NUM"), "")

        return done(await self.calls.act("GetRegNum", {"ORDER_ID": serial.number}, read))

    async def give_back(self, serial: Serial) -> Write[Slip]:
        """Take a number back."""
        return done(await self.calls.act("BackNo", {"REG_ID": serial.number}, empty_slip))

    def _unit(self, function: str, unit: Unit) -> Values:
        """Which unit is meant. Where the profile has no TIME_ID, a time slot has a REG_ID of its own. Raises NotOffered
        for a choice that the profile does not have.
        """
        if unit.number is not None and not self.calls.asks(function, "CLINIC_NO"):
            raise NotOffered("医院接口不支持选择就诊序号，请由医院给号")
        own = unit.time_id is not None and not self.calls.asks(function, "TIME_ID")
        return {
            "REG_ROLE": self.calls.role(function, unit.pool),
            "REG_ID": slot_reg_id(unit.schedule_id, unit.time_id or "") if own else unit.schedule_id,
            "TIME_ID": unit.time_id,
            "DEPT_ID": unit.dept_id,
            "DOCTOR_ID": unit.doctor_id,
            "REG_DATE": unit.day,
            "TIME_FLAG": unit.session,
            "CLINIC_NO": unit.number,
        }

    def _is_reg(self, wish: OrderWish) -> int:
        """Some profiles tell a booking after a lock from one without."""
        locked = wish.timing is Timing.BOOKED_AHEAD and bool(wish.hospital_lock_id)
        has_it = str(LOCKED_BEFORE) in self.calls.spec.codes["IS_REG"].rows
        return LOCKED_BEFORE if locked and has_it else IS_REG_OF[wish.timing]

    async def _fees(self, unit: Unit) -> Fees:
        """What a unit costs. Where its schedule is not found it is left to the hospital to say what is wrong.

        Raises HospitalUnreachable, HospitalMisconfigured.
        """
        if unit.day is None:
            return NOTHING_ASKED
        question = ScheduleQuestion(unit.pool, unit.dept_id, unit.doctor_id, unit.day, unit.day)
        try:
            page = await RemoteSchedules(self.calls).schedules(question, None)
        except (HospitalUnreachable, HospitalMisconfigured):
            raise
        except DomainError:
            return NOTHING_ASKED
        found = (one for doctor in page.rows for day in doctor.days for one in day.schedules)
        return next((one.fees for one in found if one.schedule_id == unit.schedule_id), NOTHING_ASKED)

    async def _record(self, serial: Serial, order_no: str | None) -> Record | None:
        """The order as the hospital has it; None where it does not tell. Raises HospitalUnreachable and the like."""
        try:
            found = await RemoteRecords(self.calls).by_numbers([OrderNumbers(serial.number or None, order_no)])
        except (HospitalUnreachable, HospitalMisconfigured):
            raise
        except DomainError:
            return None
        return next(iter(found), None)

    def _repeated(self, record: Record) -> Values:
        """What CancelReg repeats of an order. Its pool is not told: nearly all units are shared ones."""
        visitor = record.visitor
        return {
            **person_values(visitor),
            **document_values(self.calls.spec, "ID", visitor.certificate),
            **document_values(self.calls.spec, "CARD", visitor.card),
            "REG_ROLE": SHARED,
            "HOSP_PATIENT_ID": record.patient_id or None,
            "CHANNEL_ID": record.channel if str(record.channel) in self.calls.spec.codes["CHANNEL_ID"].rows else None,
            "REG_ID": record.schedule_id or None,
            "REG_DATE": record.day or None,
            "TIME_FLAG": record.session,
            "REG_FEE": record.total,
            "REG_TYPE": REG_TYPE[Timing.AT_ONCE] if not record.booked else BOOKING,
        }


def _fees(fees: Fees) -> Values:
    return {
        "REG_FEE": fees.total,
        "REG_FEE_HIS": fees.registration,
        "TREAT_FEE": fees.treatment,
        "SERVICE_FEE": fees.service,
        "OTHER_FEE": fees.other,
    }
