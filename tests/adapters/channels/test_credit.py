"""Credit visits: which agreement is charged, and how much it bears (3.1.3.3)."""

import asyncio

import pytest

from tests.ports.channels import NOW
from yiqiao.adapters.channels.credit import CreditChannel, agreement_of
from yiqiao.clock import FixedClock
from yiqiao.ports.credit import OWN, Agreement
from yiqiao.ports.payment_channel import ChannelRefused, OrderState, OrderWish, RefundWish
from yiqiao.sandbox.channels.credit import SandboxCreditCentre
from yiqiao.sandbox.channels.sandbox import open_channel
from yiqiao.storage.shelves import Store


def wish(order_no: str, amount: int, **extra: str) -> OrderWish:
    """An order to be charged."""
    given = {"agreementNo": "XY1", "empiUserId": "E1", **extra}
    return OrderWish(order_no, amount, "门诊", "云桥县人民医院", NOW + 900_000, extra=given)


@pytest.fixture
async def centre(store: Store) -> SandboxCreditCentre:
    clock = FixedClock(NOW)
    opened = SandboxCreditCentre(await open_channel(store, clock, code="CREDIT"), store, clock)
    await opened.sign("XY1", limit=10_000, holder="E1")
    return opened


def test_the_platforms_own_number_comes_before_somebody_elses() -> None:
    """recharge.credit.agreement"""
    both = {"agreementNo": "XY1", "outAgreementNo": "B7", "agreementType": "BANK", "empiUserId": "E1"}
    assert agreement_of(both) == Agreement("XY1", OWN, "E1")
    assert agreement_of({**both, "agreementNo": ""}) == Agreement("B7", "BANK", "E1")


@pytest.mark.parametrize("extra", [{}, {"outAgreementNo": "B7"}, {"agreementType": "BANK"}])
def test_an_agreement_must_be_named(extra: dict[str, str]) -> None:
    with pytest.raises(ChannelRefused, match="agreementNo"):
        agreement_of(extra)


async def test_an_agreement_bears_its_limit_and_what_was_taken_off_again(centre: SandboxCreditCentre) -> None:
    channel = CreditChannel(centre)
    assert (await channel.place(wish("T1", 6000))).state is OrderState.PAID
    assert await centre.left("XY1") == 4000
    with pytest.raises(ChannelRefused, match="额度"):
        await channel.place(wish("T2", 4100))
    await channel.refund(RefundWish("T1R", "T1", 2000, 6000, "退费"))
    assert (await channel.place(wish("T3", 6000))).state is OrderState.PAID
    assert await centre.left("XY1") == 0


async def test_an_agreement_is_of_one_holder(centre: SandboxCreditCentre) -> None:
    for other in ({"empiUserId": "E2"}, {"agreementNo": "XY9"}):
        with pytest.raises(ChannelRefused, match="信用协议"):
            await CreditChannel(centre).place(wish("T1", 100, **other))


async def test_orders_that_are_charged_at_once_do_not_pass_the_limit_together(centre: SandboxCreditCentre) -> None:
    placed = await asyncio.gather(
        *(CreditChannel(centre).place(wish(f"T{n}", 3000)) for n in range(6)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in placed) == 3
