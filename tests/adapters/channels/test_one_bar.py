"""The self-paid rest of an insured bill, paid with the insurance voucher."""

from collections.abc import Mapping

import orjson
import pytest

from tests.ports.channels import NOW, TOKEN, known, split
from yiqiao.adapters.channels.one_bar import Bill, OneBarChannel
from yiqiao.clock import FixedClock
from yiqiao.ports.payment_channel import ChannelRefused, ChannelUnreachable, Entry, OrderState, OrderWish
from yiqiao.sandbox.channels.sandbox import open_channel
from yiqiao.sandbox.channels.voucher_pay import SandboxVoucherPay
from yiqiao.storage.shelves import MemoryStore

CONTENT = {
    "bizTraceNo": "SETL20261118",
    "ecCode": "EC-CODE-OF-TESTS",
    "feeSumamt": "120.50",
    "fundPay": "80.00",
    "psnAcctPay": "20.50",
    "ownPayAmt": "20.00",
}


def wish(extra: Mapping[str, object], amount: int = 2000) -> OrderWish:
    """An order by voucher."""
    return OrderWish("T1", amount, "门诊缴费", "云桥县人民医院", NOW + 1, Entry.SCANNED, extra=extra)


@pytest.fixture
async def side() -> SandboxVoucherPay:
    return SandboxVoucherPay(await open_channel(MemoryStore(), FixedClock(NOW), code="CHS_ONE_BAR"), known)


@pytest.fixture
def channel(side: SandboxVoucherPay) -> OneBarChannel:
    return OneBarChannel(side)


@pytest.mark.parametrize("content", [CONTENT, orjson.dumps(CONTENT).decode()])
async def test_a_known_voucher_pays_at_once(channel: OneBarChannel, content: object) -> None:
    order = await channel.place(wish({"ecToken": TOKEN, "medicalContent": content}))
    assert (order.state, order.amount) == (OrderState.PAID, 2000)


async def test_an_unknown_voucher_does_not(channel: OneBarChannel) -> None:
    with pytest.raises(ChannelRefused):
        await channel.place(wish({"ecToken": "another", "medicalContent": CONTENT}))
    assert await channel.find("T1") is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        {"ecToken": TOKEN},
        {"medicalContent": CONTENT},
        {"ecToken": 7, "medicalContent": CONTENT},
        {"ecToken": TOKEN, "medicalContent": "{"},
        {"ecToken": TOKEN, "medicalContent": [1]},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "many"}},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "80.001"}},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "-80"}},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "NaN"}},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "Infinity"}},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "81.00"}},
        {"ecToken": TOKEN, "medicalContent": {k: v for k, v in CONTENT.items() if k != "ecCode"}},
        {"ecToken": TOKEN, "medicalContent": {**CONTENT, "fundPay": "79.00", "ownPayAmt": "21.00"}},
    ],
)
async def test_a_voucher_or_bill_that_is_missing_or_does_not_add_up_is_refused(
    channel: OneBarChannel, spoilt: dict[str, object]
) -> None:
    with pytest.raises(ChannelRefused):
        await channel.place(wish(spoilt))
    assert await channel.find("T1") is None


async def test_what_the_amount_forces_happens_here_too(channel: OneBarChannel) -> None:
    extra = split(2011)
    with pytest.raises(ChannelUnreachable):
        await channel.place(wish(extra, 2011))
    assert (await channel.place(wish(extra, 2011))).state is OrderState.PAID


def test_the_vouchers_code_is_in_no_repr() -> None:
    assert "EC-CODE" not in repr(Bill("S", "EC-CODE", 1, 0, 0, 1))
