"""Booking at one of our own hospitals."""

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from yiqiao.hospital.booking import changing
from yiqiao.hospital.booking.changing import Act, Changing
from yiqiao.hospital.booking.desk import serve
from yiqiao.hospital.booking.locks import Locking, Unlocking
from yiqiao.hospital.booking.ordering import NUMBER, Ordering, new_order_no
from yiqiao.hospital.booking.schedules import key_of
from yiqiao.hospital.house import House
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
from yiqiao.ports.hospital.refusals import UnknownDepartment, UnknownDoctor, UnknownSchedule
from yiqiao.ports.hospital.values import Pool
from yiqiao.storage import Lane, Write, booking


@dataclass(frozen=True)
class LocalBooking:
    """`Booking` over our own tables. The lane is one for all hospitals of the house."""

    house: House
    hospital_id: str

    @cached_property
    def _lane(self) -> Lane[Any]:
        return Lane("hospital.booking", partial(serve, self.house.keyring))

    async def lock(self, wish: LockWish) -> Write[Lock]:
        """Keep a unit."""
        command = Locking(self.hospital_id, wish, wish.serial, key_of(self.hospital_id, wish.unit))
        return Write(self._lane, command)

    async def unlock(self, serial: Serial, hospital_lock_id: str | None) -> Write[None]:
        """Let go of a unit."""
        return Write(self._lane, Unlocking(self.hospital_id, serial, hospital_lock_id))

    async def order(self, wish: OrderWish) -> Write[Ordered]:
        """Make an order."""
        return Write(self._lane, Ordering(self.hospital_id, wish, new_order_no(wish.serial.at)))

    async def number(self, wish: NumberWish) -> Write[Ordered | Existing]:
        """Give a number: of the schedule that suits the wish, and of its time slot."""
        order_no = new_order_no(wish.serial.at)
        pool = Pool.REFERRAL if wish.referral else Pool.SHARED
        asked = OrderWish(
            serial=wish.serial._replace(number=wish.serial.number or order_no),
            unit=await self._suiting(wish, pool),
            timing=Timing.BOOKED_AHEAD,
            visitor=wish.visitor,
            origin=wish.origin,
            fee=wish.fee,
            paid=wish.paid,
            pay_channel=wish.pay_channel,
            insurance=wish.insurance,
            details=wish.details,
        )
        return Write(self._lane, Ordering(self.hospital_id, asked, order_no, NUMBER))

    async def _suiting(self, wish: NumberWish, pool: Pool) -> Unit:
        found = await self.house.database.read(
            lambda connection: booking.suiting(
                connection,
                booking.Suiting(
                    self.hospital_id, wish.dept_id, wish.doctor_id, wish.day, wish.session, pool, wish.begins
                ),
                wish.serial.at,
            )
        )
        if not found.dept:
            raise UnknownDepartment
        if not found.doctor:
            raise UnknownDoctor
        if found.schedule_id is None:
            raise UnknownSchedule("该医生在所选日期和时段没有排班，请重新查询排班")
        return Unit(found.schedule_id, pool, found.time_id or None, None, wish.dept_id, wish.doctor_id, wish.day)

    async def transfer(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Turn a booking into a registration."""
        return self._change(serial, order_no, changing.Transfer(payment))

    async def cancel(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Cancel an unpaid order."""
        return self._change(serial, order_no, changing.cancel)

    async def update(self, serial: Serial, new: NewVisitor) -> Write[Slip]:
        """Change what is on file of an order's patient."""
        return self._change(serial, None, changing.Update(new))

    async def pay(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Note that the platform has the money."""
        return self._change(serial, order_no, changing.Pay(payment))

    async def refund(self, serial: Serial, order_no: str, amount: int) -> Write[Slip]:
        """Note that the platform gives the money back."""
        return self._change(serial, order_no, changing.Refund(amount))

    async def fetch(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Take the number."""
        return self._change(serial, order_no, changing.fetch)

    async def give_back(self, serial: Serial) -> Write[Slip]:
        """Take a number back."""
        return self._change(serial, None, changing.give_back)

    def _change(self, serial: Serial, order_no: str | None, act: Act) -> Write[Slip]:
        return Write(self._lane, Changing(self.hospital_id, serial, order_no, act))
