"""The insurance side of CHS_ONE_BAR in a sandbox: a voucher whose token is known pays at once, with nobody's money."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from yiqiao.ports.payment_channel import (
    ChannelRefused,
    Entry,
    Order,
    OrderWish,
    Refunded,
    RefundWish,
    StatementLine,
)
from yiqiao.sandbox.channels.sandbox import SandboxChannel


@dataclass(frozen=True)
class SandboxVoucherPay:
    """It keeps its orders as the sandbox's channel does, under a code of its own. `known`: whether a token is one of a
    voucher that was shown.
    """

    orders: SandboxChannel
    known: Callable[[str], Awaitable[bool]]

    async def pay(self, wish: OrderWish, token: str, bill: object) -> Order:
        """Pay at once; what the amount forces happens here too. Raises ChannelRefused for an unknown token."""
        row = await self.orders.show(wish.order_no)
        if (row is None or row.state == "none") and not await self.known(token):
            raise ChannelRefused("医保电子凭证无效或已过期，请重新扫码")
        return await self.orders.place(replace(wish, entry=Entry.SCANNED))

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        return await self.orders.find(order_no)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not paid."""
        return await self.orders.close(order_no)

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back."""
        return await self.orders.refund(wish)

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        return await self.orders.find_refund(refund_no, order_no)

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day."""
        return await self.orders.statement(day)
