"""Booking at a HIS that acts for itself."""

from dataclasses import dataclass
from typing import cast

from yiqiao.adapters.callback import wording
from yiqiao.adapters.callback.acts import Acts
from yiqiao.adapters.callback.line import Content
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
)
from yiqiao.ports.hospital.system import done
from yiqiao.storage import Write


@dataclass(frozen=True)
class CallbackBooking:
    """`Booking` by asking the HIS. Every act also raises HospitalUnreachable and OutcomeUnknown."""

    acts: Acts

    async def lock(self, wish: LockWish) -> Write[Lock]:
        """Keep a unit."""
        return done(cast(Lock, await self.acts.perform("lock", wish.serial, wording.lock_content(wish))))

    async def unlock(self, serial: Serial, hospital_lock_id: str | None) -> Write[None]:
        """Let go of a unit."""
        await self.acts.perform("unlock", serial, {"hospital_lock_id": hospital_lock_id})
        return done(None)

    async def order(self, wish: OrderWish) -> Write[Ordered]:
        """Make an order."""
        return done(cast(Ordered, await self.acts.perform("order", wish.serial, wording.order_content(wish))))

    async def transfer(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Turn a booking into a registration."""
        return await self._slip("transfer", serial, wording.payment_content(order_no, payment))

    async def cancel(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Cancel an unpaid order."""
        return await self._slip("cancel", serial, {"order_no": order_no})

    async def update(self, serial: Serial, new: NewVisitor) -> Write[Slip]:
        """Change what is on file of an order's patient."""
        return await self._slip("update", serial, wording.update_content(new))

    async def number(self, wish: NumberWish) -> Write[Ordered | Existing]:
        """Give a number to a patient of an appointment platform."""
        given = await self.acts.perform("number", wish.serial, wording.number_content(wish))
        return done(cast("Ordered | Existing", given))

    async def pay(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Note that the platform has the money."""
        return await self._slip("pay", serial, wording.payment_content(order_no, payment))

    async def refund(self, serial: Serial, order_no: str, amount: int) -> Write[Slip]:
        """Note that the platform gives the money back, and end the order."""
        return await self._slip("refund", serial, {"order_no": order_no, "amount": amount})

    async def fetch(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Take the number."""
        return await self._slip("fetch", serial, {"order_no": order_no})

    async def give_back(self, serial: Serial) -> Write[Slip]:
        """Take a number back."""
        return await self._slip("give_back", serial, {})

    async def _slip(self, kind: str, serial: Serial, content: Content) -> Write[Slip]:
        return done(cast(Slip, await self.acts.perform(kind, serial, content)))
