"""Money that the desk takes and gives back itself: cash, a POS, a bank transfer, an organisation that pays.

There is no platform to ask: an order is paid when the desk says that it has the money, and these rows are all that is
known of it. A desk also gives back what came in another way; then it sees to it that no more goes out for an order than
was paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from yiqiao.clock import Clock, beijing
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    Entry,
    Notice,
    Order,
    OrderState,
    OrderWish,
    Refunded,
    RefundState,
    RefundWish,
    StatementKind,
    StatementLine,
)
from yiqiao.storage.desk_orders import ORDERS, PAYOUTS, DeskOrderRow, PayoutRow
from yiqiao.storage.shelves import Book, Store

CARD_FIELDS = ("BankCardNo", "posIssuingBank", "BankCardType", "posConsultNo", "posVoucherNo")
"""What a POS tells of a payment, by the standard's names."""
CODES = ("CASH", "POS", "MISPOS", "BANK", "ORG")
PAID, CLOSED, ELSEWHERE = "paid", "closed", "elsewhere"


@dataclass(frozen=True)
class DeskChannel:
    """`PaymentChannel` of one way in which a desk takes money; `code` is one of CODES."""

    code: str
    store: Store
    clock: Clock

    async def place(self, wish: OrderWish) -> Order:
        """The desk has the money. Raises ChannelRefused for what is no desk's, and for another amount under the same
        number.
        """
        if wish.entry is not Entry.DESK:
            raise ChannelRefused("这种收款方式只能在窗口办理")
        card = {name: str(wish.extra[name]) for name in CARD_FIELDS if wish.extra.get(name)}
        if "BankCardNo" in card:
            card["BankCardNo"] = masked(card["BankCardNo"])
        voucher = card.get("posVoucherNo", "")
        new = self._row(wish.order_no, PAID, wish.amount, voucher, orjson.dumps(card).decode())

        def work(book: Book) -> DeskOrderRow:
            row = book.add(ORDERS, new)
            if row.state == CLOSED:
                raise ChannelRefused("该订单号已关闭，不能再收款")
            if (row.state, row.amount) != (PAID, wish.amount):
                raise ChannelRefused("同一订单号的内容不同，未受理")
            return row

        return _told(await self.store.write(work))

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        row = await self.store.read(lambda book: book.get(ORDERS, order_no, self.code))
        return None if row is None or row.state == ELSEWHERE else _told(row)

    async def close(self, order_no: str) -> Order:
        """See to it that nothing is taken for an order any more; what was taken stays."""
        new = self._row(order_no, CLOSED, 0, "", "{}")
        return _told(await self.store.write(lambda book: book.add(ORDERS, new)))

    async def refund(self, wish: RefundWish) -> Refunded:
        """The desk gives money back. Raises ChannelRefused where more would go out than came in."""
        now = self.clock.now_ms()
        payout = PayoutRow(wish.order_no, self.code, wish.refund_no, wish.amount, _day(now), now)
        elsewhere = self._row(wish.order_no, ELSEWHERE, wish.total, "", "{}")

        def work(book: Book) -> PayoutRow:
            order = book.add(ORDERS, elsewhere)
            known = book.get(PAYOUTS, wish.order_no, self.code, wish.refund_no)
            if known is not None:
                if known.amount != wish.amount:
                    raise ChannelRefused("同一退款单号的金额不同，未受理")
                return known
            if order.state == CLOSED:
                raise ChannelRefused("该订单没有收款，不能退款")
            if wish.total != order.amount:
                raise ChannelRefused("原订单金额不符，未受理")
            if order.refunded + wish.amount > order.amount:
                raise ChannelRefused("退款金额超过可退金额")
            book.put(ORDERS, order._replace(refunded=order.refunded + wish.amount))
            return book.add(PAYOUTS, payout)

        return _paid_out(await self.store.write(work))

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        row = await self.store.read(lambda book: book.get(PAYOUTS, order_no, self.code, refund_no))
        return None if row is None else _paid_out(row)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """A desk sends none. Raises BadNotice."""
        raise BadNotice("窗口收款没有通知")

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """Whoever sends a notice in a desk's name is not answered."""
        return 404, "text/plain", b""

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """What the desks took and gave back on a day."""

        def work(book: Book) -> list[StatementLine]:
            taken = [
                StatementLine(StatementKind.PAYMENT, row.order_no, row.order_no, row.amount, row.at, row.external_no)
                for row in book.where(ORDERS, "day", day)
                if (row.channel, row.state) == (self.code, PAID)
            ]
            return taken + [
                StatementLine(StatementKind.REFUND, row.refund_no, row.order_no, row.amount, row.at)
                for row in book.where(PAYOUTS, "day", day)
                if row.channel == self.code
            ]

        return await self.store.read(work)

    def _row(self, order_no: str, state: str, amount: int, external_no: str, card: str) -> DeskOrderRow:
        now = self.clock.now_ms()
        return DeskOrderRow(order_no, self.code, state, amount, 0, external_no, card, _day(now), now)


def masked(card_no: str) -> str:
    """A bank card's number with its first six and last four digits; a short one keeps the last four alone."""
    digits = card_no.replace(" ", "")
    if len(digits) < 14:
        return "*" * max(len(digits) - 4, 0) + digits[-4:]
    return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"


def _day(ms: int) -> str:
    return beijing(ms).date().isoformat()


def _told(row: DeskOrderRow) -> Order:
    paid = row.state == PAID
    return Order(
        order_no=row.order_no,
        state=OrderState.PAID if paid else OrderState.CLOSED,
        amount=row.amount,
        external_no=row.external_no,
        paid_at=row.at if paid else None,
        told="" if paid else "订单已关闭",
        card=orjson.loads(row.card),
    )


def _paid_out(row: PayoutRow) -> Refunded:
    return Refunded(row.refund_no, RefundState.DONE, row.amount, "", row.at)
