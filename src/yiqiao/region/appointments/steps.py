"""What the saga does in each state of its own: one call to the hospital or the cashier, and the move that follows.

A step may be run again after its process died, so it says the same serial to whoever it asks, and where it cannot be
known whether an earlier run got through (`Run.again`), it asks before it acts. No step holds a transaction.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.ports.cashier import (
    Cashier,
    CashierRefused,
    CashierSilent,
    CashierUnreachable,
    RefundState,
    RefundWish,
    Trade,
    TradeState,
    TradeWish,
)
from yiqiao.ports.hospital import Hospitals, HospitalSystem, UnknownHospital
from yiqiao.ports.hospital.booking import LockWish, Ordered, OrderWish, Origin, Payment, Serial, Timing, Unit
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish, Record
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    HospitalMisconfigured,
    HospitalUnreachable,
    NoSuchRecord,
    NotOffered,
    OrderClosed,
    OrderPaid,
    OrderRefunded,
    OutcomeUnknown,
    UnknownLock,
    UnknownOrder,
    UnknownPatient,
)
from yiqiao.ports.hospital.values import Paging, Pool, Session
from yiqiao.region.appointments.appointment import PAID, REFUNDED, Appointment
from yiqiao.region.appointments.converge import ended, following
from yiqiao.region.appointments.move import Move, Run
from yiqiao.region.appointments.states import Ending, State
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable, Write
from yiqiao.storage.appointments import AppointmentRow

T = TypeVar("T")
APP_ID = "yiqiao.region"
"""As whom the region books at the hospitals of its own hub."""
APP_CHANNEL = 3
LOCK_TRIES, LOCK_WAIT_S = 3, 3
ORDER_TRIES = 4
REGISTER_TRIES = 12
LISTED = 100
"""Of a patient's orders of a day that are looked through."""
RELEASE_TRIES = 12
"""After these the hospital's own expiry has long let go of the lock, or the money goes back to its payer."""
AWAY = (HospitalUnreachable, HospitalMisconfigured, UnknownHospital, StorageUnreachable, StorageFailed, Busy)
"""Nothing was done, and the same may be tried again."""


class Perform(Protocol):
    """Who commits what a hospital of our own is asked to do."""

    async def __call__(self, write: Write[T]) -> T:
        """The result. Raises the refusal."""
        ...


@dataclass(frozen=True)
class Steps:
    """The saga's hands."""

    hospitals: Hospitals
    cashier: Cashier
    perform: Perform
    by_state: Mapping[State, Callable[[Appointment, Run], Awaitable[Move]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table: Mapping[State, Callable[[Appointment, Run], Awaitable[Move]]] = {
            State.LOCKING: self._lock,
            State.RELEASING: self._release,
            State.ORDERING: self._order,
            State.PAYING: self._pay,
            State.CLOSING: self._close,
            State.REGISTERING: self._register,
            State.RETURNING: self._give_back,
            State.REFUNDING: self._refund,
            State.CANCELLING: self._cancel,
            State.CHECKING: self._check,
        }
        object.__setattr__(self, "by_state", table)

    async def _lock(self, one: Appointment, run: Run) -> Move:
        row = one.row
        try:
            lock = await self._act(one, run, lambda h, s: h.booking.lock(LockWish(s, unit_of(row))))
        except DuplicateSerial:
            return Move(State.LOCKED, "已锁号（重复提交得到确认）")  # ours: nobody else has this number
        except AWAY as away:
            if row.tries + 1 < LOCK_TRIES:
                return Move.again(away.message, LOCK_WAIT_S)
            return Move(State.REFUSED, away.message, ending=Ending.SILENT, reason=away.message)
        except OutcomeUnknown as unknown:
            if row.tries + 1 < LOCK_TRIES:
                return Move.again(unknown.message, LOCK_WAIT_S)
            return Move(
                State.RELEASING, unknown.message, ending=Ending.SILENT, reason="医院没有应答，未能锁号，请重新选择"
            )
        except DomainError as refusal:
            return Move(State.REFUSED, refusal.message, ending=Ending.REFUSED, reason=refusal.message)
        slip = {"hospital_lock_id": lock.hospital_lock_id}
        return Move(State.LOCKED, f"已锁号 {lock.number}", {"number": lock.number or None}, slip=slip)

    async def _release(self, one: Appointment, run: Run) -> Move:
        refused = one.row.ending in (Ending.REFUSED, Ending.SILENT)
        released = State.REFUSED if refused else State.RELEASED
        try:
            lock_id = one.kept.slip.hospital_lock_id
            await self._act(one, run, lambda h, s: h.booking.unlock(s, lock_id))
        except UnknownLock:
            return Move(released, "医院没有这个锁号，或已解除")
        except (*AWAY, OutcomeUnknown) as away:
            if one.row.tries + 1 < RELEASE_TRIES:
                return Move.again(away.message)
            return Move(released, "医院一直没有应答；锁号到时由医院自行解除")
        except NotOffered:
            return Move(released, "医院不支持解除锁号，到时自行解除")
        return Move(released, "已解除锁号")

    async def _order(self, one: Appointment, run: Run) -> Move:
        row = one.row
        if run.again:
            return Move(State.CHECKING, "上次提交没有结果，先向医院核对")
        try:
            made = await self._act(one, run, lambda h, s: h.booking.order(_order_wish(one, s, run.day)))
        except (DuplicateSerial, OutcomeUnknown) as unknown:
            return Move(State.CHECKING, unknown.message)
        except AWAY as away:
            if row.tries + 1 < ORDER_TRIES:
                return Move.again(away.message)
            return Move(State.RELEASING, away.message, ending=Ending.SILENT, reason=away.message)
        except DomainError as refusal:
            return Move(State.RELEASING, refusal.message, ending=Ending.REFUSED, reason=refusal.message)
        return _ordered(one, made)

    async def _pay(self, one: Appointment, run: Run) -> Move:
        row = one.row
        if row.deadline is not None and run.now >= row.deadline:
            return Move(State.CLOSING, "支付超时", ending=Ending.UNPAID, reason="30 分钟内没有支付，预约已取消")
        try:
            trade = await self.cashier.find(row.trade_no or "") or await self.cashier.open(_trade_wish(one))
        except (CashierUnreachable, CashierSilent) as away:
            return Move.again(away.message)
        except CashierRefused as refusal:
            return Move(State.ORDERED, refusal.message, {"trade_no": None}, reason=refusal.message)
        if trade.state is TradeState.PAID:
            return _paid(trade, "支付成功")
        if trade.state is TradeState.OPEN:
            return Move.again("等待支付", run.poll_s(row.tries), slip={"trade_address": trade.address})
        told = trade.told or "支付没有成功，请重新支付"
        return Move(State.ORDERED, told, {"trade_no": None}, reason=told)

    async def _close(self, one: Appointment, run: Run) -> Move:
        try:
            trade = await self.cashier.close(one.row.trade_no or "")
        except (CashierUnreachable, CashierSilent, CashierRefused) as away:
            return Move.again(away.message)
        if trade.state is not TradeState.PAID:
            return Move(State.CANCELLING, "未支付的交易已关闭", {"trade_no": None})
        move = _paid(trade, "关闭前已支付")
        if one.row.ending not in (Ending.NOT, Ending.UNPAID):
            return move.into(State.REFUNDING)
        return move.because(Ending.NOT, "")

    async def _register(self, one: Appointment, run: Run) -> Move:
        row = one.row
        if run.again:
            return Move(State.CHECKING, "上次提交没有结果，先向医院核对")
        payment = Payment(row.fee, row.pay_channel, row.paid_at or run.now)
        order_no = row.order_no or ""
        try:
            try:
                await self._act(one, run, lambda h, s: h.booking.transfer(s, order_no, payment))
            except NotOffered:
                await self._act(one, run, lambda h, s: h.booking.pay(s, order_no, payment))
        except (DuplicateSerial, OutcomeUnknown, OrderClosed) as unknown:
            return Move(State.CHECKING, unknown.message)
        except AWAY as away:
            if row.tries + 1 < REGISTER_TRIES:
                return Move.again(away.message)
            return Move(State.REFUNDING, away.message, ending=Ending.SILENT, reason="医院一直没有应答，费用原路退回")
        except DomainError as refusal:
            return Move(State.REFUNDING, refusal.message, ending=Ending.REFUSED, reason=refusal.message)
        return Move(State.REGISTERED, "医院已登记支付")

    async def _give_back(self, one: Appointment, run: Run) -> Move:
        row = one.row
        if run.again:
            return Move(State.CHECKING, "上次提交没有结果，先向医院核对")
        try:
            await self._act(one, run, lambda h, s: h.booking.refund(s, row.order_no or "", row.fee))
        except (DuplicateSerial, OutcomeUnknown) as unknown:
            return Move(State.CHECKING, unknown.message)
        except AWAY as away:
            return Move.again(away.message)
        except DomainError as refusal:
            return Move(State.REGISTERED, refusal.message, reason=refusal.message).because(Ending.NOT, refusal.message)
        return Move(State.REFUNDING, "医院已退号", {"order_open": 0})

    async def _refund(self, one: Appointment, run: Run) -> Move:
        row = one.row
        try:
            trade = await self.cashier.find(row.trade_no or "")
            if trade is None:
                return Move(State.STUCK, "收银台没有这笔交易，请人工核对")
            wish = RefundWish(f"{row.trade_no}R", trade.trade_no, trade.amount, row.reason[:60])
            refunded = await self.cashier.refund(wish)
        except (CashierUnreachable, CashierSilent) as away:
            return Move.again(away.message)
        except CashierRefused as refusal:
            return Move(State.STUCK, refusal.message)
        if refunded.state is RefundState.PENDING:
            return Move.again(refunded.told or "退款处理中", run.poll_s(row.tries))
        if refunded.state is RefundState.FAILED:
            return Move(State.STUCK, refunded.told or "退款没有成功，请人工处理")
        back = {"paid": REFUNDED, "refunded_at": run.now}
        if row.order_open:
            return Move(State.CANCELLING, "已退款", back)
        return Move(ended(REFUNDED, row.ending), "已退款", back)

    async def _cancel(self, one: Appointment, run: Run) -> Move:
        row = one.row
        over_as = ended(row.paid, row.ending)
        try:
            await self._act(one, run, lambda h, s: h.booking.cancel(s, row.order_no))
        except (UnknownOrder, OrderRefunded) as over:
            return Move(over_as, over.message, {"order_open": 0})
        except (OrderPaid, OrderClosed) as other:
            if row.paid == REFUNDED:
                return Move(State.STUCK, other.message)
            return Move(State.CHECKING, other.message)
        except (*AWAY, OutcomeUnknown) as away:
            return Move.again(away.message)
        except DomainError as refusal:
            return Move(State.STUCK, refusal.message)
        return Move(over_as, "医院已取消", {"order_open": 0})

    async def _check(self, one: Appointment, run: Run) -> Move:
        """How the order stands at the hospital, and what follows of that."""
        try:
            found = await self._records(one)
        except (*AWAY, OutcomeUnknown, NotOffered) as away:
            return Move.again(away.message)
        except DomainError as refusal:
            return Move.again(refusal.message)
        return following(one, found, run)

    async def _records(self, one: Appointment) -> Record | None:
        """The order at the hospital. Where it has given us no number yet it is looked for among the patient's as well:
        there are hospitals that find an order by both numbers alone.
        """
        row = one.row
        records = self.hospitals.of(row.hospital_id).records
        asked = OrderNumbers(row.order_id, row.order_no)
        found: Sequence[Record] = ()
        with suppress(NoSuchRecord, UnknownOrder):
            found = await records.by_numbers([asked])
        if not found and row.order_no is None:
            whose = PatientWish(one.kept.slip.patient_id, one.kept.visitor.certificate)
            with suppress(NoSuchRecord, UnknownPatient, UnknownOrder, NotOffered):
                page = await records.by_day(row.day, row.day, Choice.ALL, whose, Paging(1, LISTED))
                return next((record for record in page.rows if record.order_id == row.order_id), None)
        return next((record for record in found if record.order_id in (row.order_id, None)), None)

    async def _act(
        self,
        one: Appointment,
        run: Run,
        act: Callable[[HospitalSystem, Serial], Awaitable[Write[Any]]],
    ) -> Any:
        row = one.row
        serial = Serial(APP_ID, row.order_id, sm3(f"{row.hospital_id}|{row.order_id}".encode()), run.now)
        return await self.perform(await act(self.hospitals.of(row.hospital_id), serial))


def unit_of(row: AppointmentRow) -> Unit:
    """The unit that an appointment is for."""
    return Unit(
        row.schedule_id,
        Pool(row.pool),
        row.time_id or None,
        None,
        row.dept_id,
        row.doctor_id or None,
        row.day,
        Session(row.session),
    )


def _order_wish(one: Appointment, serial: Serial, today: str) -> OrderWish:
    row, slip = one.row, one.kept.slip
    return OrderWish(
        serial=serial,
        unit=unit_of(row),
        timing=Timing.BOOKED_TODAY if row.day <= today else Timing.BOOKED_AHEAD,
        visitor=one.kept.visitor,
        origin=Origin(APP_CHANNEL),
        fee=row.fee,
        patient_id=slip.patient_id,
        hospital_lock_id=slip.hospital_lock_id,
    )


def _ordered(one: Appointment, made: Ordered) -> Move:
    row = one.row
    changes: dict[str, object] = {"order_no": made.order_no, "number": made.number or row.number, "order_open": 1}
    if made.concession is not None:
        changes["fee"] = made.concession.total
    slip = {
        "patient_id": made.patient_id,
        "medical_no": made.medical_no,
        "check_no": made.check_no,
        "fetch_time": made.fetch_time,
        "address": made.address,
        "remark": made.remark,
    }
    free = changes.get("fee", row.fee) == 0
    after = State.ORDERED if row.pays_here and not free else State.BOOKED
    return Move(after, f"医院订单 {made.order_no}", changes, slip=slip)


def _trade_wish(one: Appointment) -> TradeWish:
    row = one.row
    subject = f"{row.dept_name} {row.doctor_name} {row.day}"
    return TradeWish(row.trade_no or "", row.fee, row.hospital_name, subject, row.deadline or 0)


def _paid(trade: Trade, told: str) -> Move:
    paid = {"paid": PAID, "pay_channel": trade.channel, "paid_at": trade.paid_at}
    return Move(State.REGISTERING, told, paid)
