"""The credit centre of a sandbox: agreements with a limit, and what is charged to each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from yiqiao.clock import Clock
from yiqiao.ports.credit import OWN, Agreement
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
from yiqiao.storage.sandbox_payments import AGREEMENTS, CHARGED, ORDERS, AgreementRow, ChargedRow
from yiqiao.storage.shelves import Book, Store

DEMO = "XYDEMO0001"
"""An agreement that every sandbox has, and anybody may name."""
DEMO_LIMIT = 500_000
"""分."""
ANYBODY = ""


@dataclass(frozen=True)
class SandboxCreditCentre:
    """`CreditCentre` with nobody's money. Its orders are kept as the sandbox's channel keeps them; how much of an
    agreement is used up is counted from those that were charged to it and not taken off again.
    """

    orders: SandboxChannel
    store: Store
    clock: Clock

    async def sign(self, number: str, *, kind: str = OWN, holder: str = ANYBODY, limit: int = DEMO_LIMIT) -> None:
        """Make an agreement; one that is there stays as it is. `limit`: 分."""
        await self.store.write(lambda book: book.add(AGREEMENTS, AgreementRow(kind, number, holder, limit)))

    async def left(self, number: str, kind: str = OWN) -> int:
        """What can still be charged to an agreement, 分; nothing for one that is unknown."""

        def work(book: Book) -> int:
            known = book.get(AGREEMENTS, kind, number)
            return 0 if known is None else known.credit_limit - self._used(book, known, "")

        return await self.store.read(work)

    async def charge(self, wish: OrderWish, agreement: Agreement) -> Order:
        """Charge an order at once; what the amount forces happens here too. Raises ChannelRefused."""

        def work(book: Book) -> None:
            known = book.get(AGREEMENTS, agreement.kind, agreement.number)
            if known is None or known.holder not in (ANYBODY, agreement.holder):
                raise ChannelRefused("没有这份信用协议，或协议不属于该患者，请核对协议号")
            if self._used(book, known, wish.order_no) + wish.amount > known.credit_limit:
                raise ChannelRefused("超过信用协议的可用额度，请改用其他支付方式")
            book.add(CHARGED, ChargedRow(wish.order_no, agreement.kind, agreement.number, wish.amount))

        await self.store.write(work)
        return await self.orders.place(replace(wish, entry=Entry.SCANNED))

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        return await self.orders.find(order_no)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not charged."""
        return await self.orders.close(order_no)

    async def refund(self, wish: RefundWish) -> Refunded:
        """Take off what was charged."""
        return await self.orders.refund(wish)

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        return await self.orders.find_refund(refund_no, order_no)

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day."""
        return await self.orders.statement(day)

    def _used(self, book: Book, agreement: AgreementRow, but: str) -> int:
        """What is charged to an agreement and not taken off, 分; an order that is being charged counts in full."""
        used = 0
        for charged in book.where(CHARGED, "agreement_no", agreement.agreement_no):
            if charged.kind != agreement.kind or charged.order_no == but:
                continue
            order = book.get(ORDERS, self.orders.code, charged.order_no)
            if order is None or order.state in ("none", "open"):
                used += charged.amount
            elif order.state == "paid":
                used += order.taken - order.refunded
        return used
