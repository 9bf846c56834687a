"""CHS_ONE_BAR (医保一码付): the self-paid rest of an insured bill, paid with the code of the insurance voucher.

The order's `extra` carries `ecToken` and `medicalContent` (an object, or a text that holds JSON) as the standard has
them: the insurer's serial, the code's value, and how the bill divides into fund, personal account and self-paid part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from yiqiao.adapters.channels.amounts import fen
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    Notice,
    Order,
    OrderWish,
    Refunded,
    RefundWish,
    StatementLine,
)

CODE = "CHS_ONE_BAR"


@dataclass(frozen=True)
class Bill:
    """How an insured bill divides, 分: `total` is the sum of the three parts."""

    serial: str
    code: str = field(repr=False)
    total: int
    fund: int
    account: int
    own: int


class VoucherPay(Protocol):
    """The insurance side's platform for payments. It raises as a channel does, and keeps to the numbers as one does."""

    async def pay(self, wish: OrderWish, token: str, bill: Bill) -> Order:
        """Have an order paid with a voucher whose token this is."""
        ...

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        ...

    async def close(self, order_no: str) -> Order:
        """See to it that an order is not paid any more."""
        ...

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back."""
        ...

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        ...

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day."""
        ...


@dataclass(frozen=True)
class OneBarChannel:
    """`PaymentChannel` that stands on the insurance side."""

    side: VoucherPay
    code: str = CODE

    async def place(self, wish: OrderWish) -> Order:
        """Have the order paid at once. Raises ChannelRefused where the voucher or the bill is missing or does not add
        up, and what the insurance side raises.
        """
        token = wish.extra.get("ecToken")
        if not isinstance(token, str) or not token:
            raise ChannelRefused("缺少电子凭证 ecToken，请重新扫医保码")
        bill = _bill(wish.extra.get("medicalContent"))
        parts = (bill.fund, bill.account, bill.own)
        if min(parts) < 0 or sum(parts) != bill.total:
            raise ChannelRefused("医保结算金额不平：统筹、个人账户、自费之和不等于总金额")
        if wish.amount not in (bill.own, bill.total):
            raise ChannelRefused("支付金额与医保结算金额不一致")
        return await self.side.pay(wish, token, bill)

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        return await self.side.find(order_no)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not paid."""
        return await self.side.close(order_no)

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back."""
        return await self.side.refund(wish)

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        return await self.side.find_refund(refund_no, order_no)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Such orders are paid while they are placed: there are no notices. Raises BadNotice."""
        raise BadNotice("医保一码付没有通知")

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """Whoever sends a notice in its name is not answered."""
        return 404, "text/plain", b""

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day."""
        return await self.side.statement(day)


def _bill(given: object) -> Bill:
    """Raises ChannelRefused where it is not there, or not as the standard has it."""
    try:
        content = orjson.loads(given) if isinstance(given, str) else given
        if not isinstance(content, Mapping):
            raise ChannelRefused("缺少医保结算信息 medicalContent")
        amounts = (fen(content[name]) for name in ("feeSumamt", "fundPay", "psnAcctPay", "ownPayAmt"))
        return Bill(str(content["bizTraceNo"]), str(content["ecCode"]), *amounts)
    except (orjson.JSONDecodeError, KeyError, ValueError):
        raise ChannelRefused("医保结算信息 medicalContent 不完整或无法读取") from None
