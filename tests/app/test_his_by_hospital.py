"""Money is told to the HIS of the merchant's own hospital."""

from pathlib import Path

import pytest

from tests.support.hub import open_hub
from yiqiao.app.his_by_hospital import HisByHospital
from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisReceipt,
    HisState,
    HisUnreachable,
    NoHis,
    Patient,
    RechargeNotice,
    RefundOrder,
)

DAY = "2026-11-28"
PATIENT = Patient("01", "P000231", name="黎若川")


async def test_every_act_goes_to_the_merchants_own_his(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        merchant = hub.runtime.merchants_demo[0]
        number, mine = merchant.merchant_id, hub.runtime.his_billing
        his = HisByHospital(hub.runtime.database, {merchant.hospital_id: mine}, NoHis())
        recharge = RechargeNotice(number, "T1", "C1", PATIENT, 10_000, "CASH", "X1", 1)
        assert isinstance(await his.notify_recharge(recharge), HisReceipt)
        for out_refund_no, act in (("F1", his.refund), ("F2", his.prepare_refund), ("F2", his.confirm_refund)):
            await act(RefundOrder(number, out_refund_no, "T1", "C1", PATIENT, 1_000, "1"))
        await his.cancel_refund(RefundOrder(number, "F1", "T1", "C1", PATIENT, 1_000, "1"))
        states = [(await his.query(number, one)).state for one in ("T1", "F1", "F2", "F3")]
        assert states == [HisState.DONE, HisState.CANCELLED, HisState.DONE, HisState.NONE]
        assert await his.balance(number, PATIENT) == await mine.balance(number, PATIENT) == 9_000
        assert await his.pending_charges(number, PATIENT) == []


async def test_who_has_no_his_is_told_so_and_no_other_is_asked(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        merchant = hub.runtime.merchants_demo[0]
        his = HisByHospital(hub.runtime.database, {"another": hub.runtime.his_billing}, NoHis())
        for number in (merchant.merchant_id, "NOBODY"):
            with pytest.raises(HisUnreachable):
                await his.entries(number, DAY)
            with pytest.raises(HisUnreachable):
                await his.confirm_charge(ChargeNotice(number, "T1", ("1",), PATIENT, 1, 0, 0, 1, 1))
