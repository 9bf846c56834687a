"""The HIS of each hospital behind one port: a merchant's money is told to the HIS of its own hospital, and no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisBilling,
    HisEntry,
    HisFound,
    HisReceipt,
    Patient,
    PendingCharge,
    RechargeNotice,
    RefundOrder,
)
from yiqiao.storage import Database, payments


@dataclass(frozen=True)
class HisByHospital:
    """`HisBilling` that asks the HIS of the merchant's hospital; `otherwise` where none is connected."""

    database: Database
    of_hospital: Mapping[str, HisBilling]
    otherwise: HisBilling

    async def notify_recharge(self, notice: RechargeNotice) -> HisReceipt:
        """Money was paid in."""
        return await (await self._of(notice.merchant_id)).notify_recharge(notice)

    async def refund(self, order: RefundOrder) -> HisReceipt:
        """Take a refund off the account."""
        return await (await self._of(order.merchant_id)).refund(order)

    async def prepare_refund(self, order: RefundOrder) -> HisReceipt:
        """Set a refund aside."""
        return await (await self._of(order.merchant_id)).prepare_refund(order)

    async def confirm_refund(self, order: RefundOrder) -> HisReceipt:
        """Make a prepared refund final."""
        return await (await self._of(order.merchant_id)).confirm_refund(order)

    async def cancel_refund(self, order: RefundOrder) -> HisReceipt:
        """Undo a refund."""
        return await (await self._of(order.merchant_id)).cancel_refund(order)

    async def query(self, merchant_id: str, number: str) -> HisFound:
        """How an act stands."""
        return await (await self._of(merchant_id)).query(merchant_id, number)

    async def balance(self, merchant_id: str, patient: Patient) -> int | None:
        """What is on a patient's account."""
        return await (await self._of(merchant_id)).balance(merchant_id, patient)

    async def pending_charges(
        self, merchant_id: str, patient: Patient, extra: Mapping[str, object] | None = None
    ) -> Sequence[PendingCharge]:
        """What a patient still owes."""
        return await (await self._of(merchant_id)).pending_charges(merchant_id, patient, extra)

    async def confirm_charge(self, notice: ChargeNotice) -> HisReceipt:
        """Charges were settled and paid."""
        return await (await self._of(notice.merchant_id)).confirm_charge(notice)

    async def cancel_charge(self, notice: ChargeNotice) -> HisReceipt:
        """The settlement is taken back."""
        return await (await self._of(notice.merchant_id)).cancel_charge(notice)

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        """The movements of a day."""
        return await (await self._of(merchant_id)).entries(merchant_id, day)

    async def _of(self, merchant_id: str) -> HisBilling:
        row = await self.database.read(lambda c: payments.merchant(c, merchant_id))
        return self.of_hospital.get(row.hospital_id if row else "", self.otherwise)
