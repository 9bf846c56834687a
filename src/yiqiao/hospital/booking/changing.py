"""What happens to an order that there is: paid, transferred, cancelled, its number taken or given back, seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from yiqiao.hospital.booking.book import Book, seal, unseal
from yiqiao.hospital.booking.locks import today
from yiqiao.hospital.booking.states import Event, after
from yiqiao.hospital.booking.units import Units
from yiqiao.ports.hospital.booking import Document, NewVisitor, OrderState, Paid, Payment, Serial, Side, Slip
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    OrderClosed,
    OrderPaid,
    OrderRefunded,
    RuleViolated,
    UnknownOrder,
)
from yiqiao.storage.booking import ORDERED, RELEASED
from yiqiao.storage.orders import OrderRow

IDENTITY_CARD = 1
Act = Callable[[Units, Book, OrderRow, Serial], None]
"""What is done to an order, under a serial."""


class Changing(NamedTuple):
    """Somebody wants something done to an order, which they name by `serial.number`, by `order_no` or by both."""

    hospital_id: str
    serial: Serial
    order_no: str | None
    act: Act


def change(units: Units, book: Book, command: Changing) -> Slip:
    """Do it. Raises what the act raises, and UnknownOrder."""
    serial, order_no = command.serial, command.order_no
    row = book.order(command.hospital_id, serial.number or order_no or "", serial.app_id)
    if order_no not in (None, row.order_no):
        raise UnknownOrder("平台订单号与医院订单号不是同一个订单，请核对")
    command.act(units, book, row, serial)
    return Slip(row.order_no, str(row.number), row.patient_id)


def cancel(units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
    """Cancel an unpaid order; again, it succeeds again (2009)."""
    if row.paid == Paid.REFUNDED:
        raise OrderRefunded
    if row.state != OrderState.CANCELLED:
        _cancel(units, book, row, serial)


def give_back(units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
    """Take a number back, once (2037)."""
    if row.paid == Paid.REFUNDED:
        raise OrderRefunded
    if row.state == OrderState.CANCELLED:
        raise DuplicateSerial("该号已退，不能再次退号", identical=True)
    _cancel(units, book, row, serial)


def _cancel(units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
    if row.paid == Paid.PAID:
        raise OrderPaid
    state = after(OrderState(row.state), Event.CANCEL)
    if row.day < today(serial.at):
        raise OrderClosed("挂号订单已过就诊日期，不能取消")
    book.change(row._replace(state=state, cancelled_at=serial.at, changed_at=serial.at))
    _release(units, row)


def _release(units: Units, row: OrderRow) -> None:
    unit = units.locks.get((row.hospital_id, row.order_id))
    if unit is not None and unit.state == ORDERED:
        units.change(unit._replace(state=RELEASED))


@dataclass(frozen=True)
class Transfer:
    """A booking becomes a registration, paid (2008)."""

    payment: Payment

    def __call__(self, units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
        if row.registered_at is not None:
            raise DuplicateSerial("该预约已经转为挂号", identical=True)
        state = after(OrderState(row.state), Event.TRANSFER)
        if row.day < today(serial.at):
            raise OrderClosed("挂号订单已过就诊日期，不能转挂号")
        row = row._replace(state=state, registered_at=serial.at, changed_at=serial.at)
        book.change(paid(row, self.payment) if row.paid == Paid.UNPAID else row)


@dataclass(frozen=True)
class Pay:
    """The platform has the money of an order."""

    payment: Payment

    def __call__(self, units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
        if row.paid != Paid.UNPAID:
            raise DuplicateSerial("该订单已经支付", identical=row.pay_channel == self.payment.channel)
        if row.state in (OrderState.CANCELLED, OrderState.STOPPED):
            raise OrderClosed("该订单已取消或停诊，不能支付")
        book.change(paid(row, self.payment))


@dataclass(frozen=True)
class Refund:
    """The platform gives the money of an order back; the order ends with it."""

    amount: int

    def __call__(self, units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
        if row.paid == Paid.REFUNDED:
            raise DuplicateSerial("该订单已退款", identical=True)
        if row.paid == Paid.UNPAID:
            raise RuleViolated("该订单没有支付，不能退费，请取消订单")
        if self.amount != row.payable:
            raise RuleViolated(f"退费金额与支付金额不一致，应为 {row.payable / 100:.2f} 元")
        state = after(OrderState(row.state), Event.CANCEL)
        at = serial.at
        book.change(
            row._replace(
                state=state,
                paid=Paid.REFUNDED,
                refund_side=Side.PLATFORM,
                refunded_at=at,
                cancelled_at=at if state == OrderState.CANCELLED else None,
                changed_at=at,
            )
        )
        _release(units, row)


def fetch(units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
    """The number is taken (取号)."""
    if row.state == OrderState.FETCHED:
        return
    state = after(OrderState(row.state), Event.FETCH)
    book.change(row._replace(state=state, fetched_at=serial.at, changed_at=serial.at))


@dataclass(frozen=True)
class Visit:
    """A doctor has seen the patient (就诊); no caller's act, but the hospital's own."""

    doctor_id: str

    def __call__(self, units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
        state, at = after(OrderState(row.state), Event.VISIT), serial.at
        book.change(row._replace(state=state, visited_at=at, visit_doctor_id=self.doctor_id, changed_at=at))


@dataclass(frozen=True)
class Update:
    """The patient's data on an order change (2034); what was paid stays paid."""

    new: NewVisitor

    def __call__(self, units: Units, book: Book, row: OrderRow, serial: Serial) -> None:
        new = self.new
        if row.state in (OrderState.CANCELLED, OrderState.STOPPED, OrderState.VISITED):
            raise OrderClosed("该订单已取消、停诊或就诊，不能修改")
        kept = unseal(book.keyring, row)
        visitor = replace(
            kept.visitor,
            name=new.name,
            sex=new.sex,
            mobile=new.mobile,
            certificate=Document(IDENTITY_CARD, new.id_number),
        )
        key_id, sealed = seal(book.keyring, row.hospital_id, row.order_no, kept._replace(visitor=visitor))
        index = book.keyring.blind("order-certificate", new.id_number.upper())
        row = row._replace(
            key_id=key_id, sealed=sealed, certificate_index=index, insurance=new.insurance, changed_at=serial.at
        )
        settles = new.paid and row.paid == Paid.UNPAID
        book.change(paid(row, Payment(row.payable, new.pay_channel, serial.at)) if settles else row)


def paid(row: OrderRow, payment: Payment) -> OrderRow:
    """The order once `payment` has come. Raises RuleViolated where it is not what is to be paid."""
    if payment.amount != row.payable:
        raise RuleViolated(f"支付金额与应付金额不一致，应为 {row.payable / 100:.2f} 元")
    return row._replace(paid=Paid.PAID, pay_side=Side.PLATFORM, pay_channel=payment.channel, paid_at=payment.at)
