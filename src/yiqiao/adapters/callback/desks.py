"""Patients, bills and deposits at a HIS that acts for itself: what of these ports acts. Reading is for the views."""

from dataclasses import dataclass
from typing import cast

from yiqiao.adapters.callback import wording
from yiqiao.adapters.callback.acts import Acts
from yiqiao.ports.hospital.inpatient import Deposit, DepositWish
from yiqiao.ports.hospital.outpatient import Payment, PaymentWish, RefundWish
from yiqiao.ports.hospital.patients import Filed, NewPatient
from yiqiao.ports.hospital.system import done
from yiqiao.storage import Write


@dataclass(frozen=True)
class CallbackPatients:
    """What of `Patients` acts."""

    acts: Acts

    async def create(self, wish: NewPatient) -> Write[Filed]:
        """File somebody; who is on file already stays as they are."""
        content = wording.patient_content(wish)
        return done(cast(Filed, await self.acts.perform("create_patient", wish.serial, content)))


@dataclass(frozen=True)
class CallbackOutpatient:
    """What of `Outpatient` acts."""

    acts: Acts

    async def pay(self, wish: PaymentWish) -> Write[Payment]:
        """Take note of a payment."""
        return done(cast(Payment, await self.acts.perform("pay_bills", wish.serial, wording.bills_content(wish))))

    async def refund(self, wish: RefundWish) -> Write[Payment]:
        """Give a payment back."""
        return done(cast(Payment, await self.acts.perform("refund_bills", wish.serial, wording.refund_content(wish))))


@dataclass(frozen=True)
class CallbackInpatient:
    """What of `Inpatient` acts."""

    acts: Acts

    async def put_down(self, wish: DepositWish) -> Write[Deposit]:
        """Take note of money put down."""
        return done(cast(Deposit, await self.acts.perform("put_down", wish.serial, wording.deposit_content(wish))))
