"""What the sandbox's channel does with orders and refunds: rules over a `Book`, one transaction each.

What an amount forces may end in nothing done and nothing answered; then the count of the callings is kept all the same,
so a rule answers what happened instead of raising it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from yiqiao.clock import beijing
from yiqiao.ports.payment_channel import ChannelRefused, Entry, NoticeKind, OrderWish, RefundWish, StatementKind
from yiqiao.sandbox.channels import outcomes
from yiqiao.sandbox.channels.outcomes import NOTHING_FORCED, OrderOutcome, RefundOutcome
from yiqiao.storage.sandbox_payments import (
    MOVEMENTS,
    NOTICES,
    ORDERS,
    REFUNDS,
    MovementRow,
    NoticeRow,
    OrderRow,
    RefundRow,
)
from yiqiao.storage.shelves import Book

ENTERED = (Entry.SCANNED, Entry.DESK)
"""Where the payer has nothing left to do: such an order is paid when it is placed."""


class Placed(NamedTuple):
    """An order as it stands, what happens to the calling, and whether the notice is to come first."""

    row: OrderRow
    fate: str = ""
    early: bool = False


class Asked(NamedTuple):
    """A refund as it stands, and what happens to the calling."""

    row: RefundRow
    fate: str = ""


@dataclass(frozen=True)
class Till:
    """One channel's rules at one moment (epoch ms). `notifies`: whether anybody is to hear of what happens."""

    code: str
    now: int
    notifies: bool

    def place(self, book: Book, wish: OrderWish) -> Placed:
        """Place an order. Raises ChannelRefused for another amount under the same number."""
        row = book.add(ORDERS, self._new(wish.order_no, wish.amount, wish.subject, wish.payee, wish.expires_at))
        if row.state == "closed" and not row.amount:
            raise ChannelRefused("该订单号已关闭，不能再下单")
        if row.amount != wish.amount:
            raise ChannelRefused("同一订单号的金额不同，未受理")
        row = row._replace(placed=row.placed + 1)
        if row.state != "none":
            book.put(ORDERS, row)
            return Placed(row)
        outcome = outcomes.of_order(wish.amount)
        struck = _struck(outcome.placing, outcome.times, row.placed) if outcome else ""
        if struck and struck != outcomes.SILENT_AFTER:
            book.put(ORDERS, row)
            return Placed(row, struck)
        row = row._replace(state="open")
        pays = outcome.pays if outcome else outcomes.AT_ONCE if wish.entry in ENTERED else outcomes.BY_CLICK
        if pays == outcomes.AT_ONCE:
            row = self.pay(book, row)
        else:
            row = row._replace(state="failed" if pays == outcomes.REFUSED else "open")
            book.put(ORDERS, row)
        return Placed(row, struck, outcome is not None and outcome.early)

    def find(self, book: Book, order_no: str) -> OrderRow | None:
        """How an order stands; being asked is what some wait for."""
        row = book.get(ORDERS, self.code, order_no)
        if row is None or row.state == "none":
            return None
        outcome = forced(row)
        if row.state != "open" or not outcome.asked:
            return row
        row = row._replace(asked=row.asked + 1)
        if row.asked >= outcome.asked:
            if outcome.pays == outcomes.ASKED:
                return self.pay(book, row)
            row = row._replace(state="failed")
        book.put(ORDERS, row)
        return row

    def close(self, book: Book, order_no: str) -> tuple[OrderRow, str]:
        """Close an order that is not paid, and what happens to the answer."""
        row = book.add(ORDERS, self._new(order_no, 0, "从未下单", "", self.now))
        if row.state == "paid":
            return row, ""
        outcome = forced(row)
        was_open = row.state == "open"
        row = row._replace(closed=row.closed + 1)
        if was_open and outcome.pays == outcomes.WHILE_CLOSING:
            return self.pay(book, row), ""
        book.put(ORDERS, row := row._replace(state="closed"))
        if was_open and outcome.pays == outcomes.AFTER_CLOSING:
            self._notify(book, NoticeKind.ORDER, order_no, 1, late=1)
        return row, _struck(outcome.closing, 1, row.closed)

    def pay(self, book: Book, row: OrderRow) -> OrderRow:
        """The payer has paid."""
        outcome = forced(row)
        row = row._replace(state="paid", taken=row.amount + outcome.over, paid_at=self.now)
        book.put(ORDERS, row)
        self._moved(book, StatementKind.PAYMENT, row.order_no, row.order_no, row.taken)
        self._notify(book, NoticeKind.ORDER, row.order_no, outcome.notices)
        return row

    def clicked(self, book: Book, order_no: str, *, pays: bool) -> OrderRow:
        """Somebody pays on the order's page, or their bank refuses. Raises ChannelRefused where it is too late."""
        row = book.get(ORDERS, self.code, order_no)
        if row is None or row.state == "none":
            raise ChannelRefused("没有这笔订单")
        if row.state != "open":
            told = {"paid": "已支付，请勿重复支付", "closed": "订单已关闭，请返回后重新操作"}
            raise ChannelRefused(told.get(row.state, "支付没有成功，请返回后重新操作"))
        if self.now >= row.expires_at:
            raise ChannelRefused("已超过支付时限，请返回查看")
        if pays:
            return self.pay(book, row)
        book.put(ORDERS, row := row._replace(state="failed"))
        return row

    def refund(self, book: Book, wish: RefundWish) -> Asked:
        """Give money back. Raises ChannelRefused for what was not paid, or more than is left of it."""
        order = book.get(ORDERS, self.code, wish.order_no)
        if order is None or order.state != "paid":
            raise ChannelRefused("该订单没有支付，不能退款")
        if wish.total != order.taken:
            raise ChannelRefused("原订单金额不符，未受理")
        new = RefundRow(self.code, wish.refund_no, wish.order_no, "none", wish.amount, 0, 0, None, self.now)
        row = book.add(REFUNDS, new)
        if (row.order_no, row.amount) != (wish.order_no, wish.amount):
            raise ChannelRefused("同一退款单号的内容不同，未受理")
        if row.state == "pending":
            return Asked(self._asked(book, order, row))
        outcome = outcomes.of_refund(row.amount)
        again = row.state == "failed" and outcome.ends == outcomes.FAILED_FIRST
        if row.state != "none" and not again:
            return Asked(row)
        if order.refunded + row.amount > order.taken:
            raise ChannelRefused("退款金额超过可退金额")
        row = row._replace(placed=row.placed + 1)
        struck = _struck(outcome.refunding, outcome.times, row.placed)
        if struck and struck != outcomes.SILENT_AFTER:
            book.put(REFUNDS, row)
            return Asked(row, struck)
        order = order._replace(refunded=order.refunded + row.amount)
        book.put(ORDERS, order)
        row = row._replace(state="pending")
        return Asked(row if self._kept(book, row, outcome) else self._ended(book, order, row, outcome), struck)

    def find_refund(self, book: Book, refund_no: str, order_no: str) -> RefundRow | None:
        """How a refund stands; being asked is what some wait for."""
        order = book.get(ORDERS, self.code, order_no)
        row = book.get(REFUNDS, self.code, refund_no)
        if order is None or row is None or row.state == "none" or row.order_no != order_no:
            return None
        return self._asked(book, order, row) if row.state == "pending" else row

    def misstate(self, book: Book, kind: StatementKind, number: str, amount: int | None, day: str) -> None:
        """Have a day's statement say another amount of a movement: 0 leaves it out, None puts it right. Where nothing
        moved, the statement invents it.
        """
        row = book.add(MOVEMENTS, MovementRow(self.code, kind, number, number, 0, 0, day, self.now))
        book.put(MOVEMENTS, row._replace(stated=row.amount if amount is None else amount))

    def arrive(self, book: Book, notice: NoticeRow) -> None:
        """A late payment comes in: the order is closed, and paid all the same."""
        row = book.get(ORDERS, self.code, notice.number)
        if row is not None and row.state == "closed":
            row = row._replace(state="paid", taken=row.amount, paid_at=self.now)
            book.put(ORDERS, row)
            self._moved(book, StatementKind.PAYMENT, row.order_no, row.order_no, row.taken)

    def _new(self, order_no: str, amount: int, subject: str, payee: str, expires_at: int) -> OrderRow:
        return OrderRow(self.code, order_no, "none", amount, 0, 0, subject, payee, 0, 0, 0, expires_at, None, self.now)

    def _kept(self, book: Book, row: RefundRow, outcome: RefundOutcome) -> bool:
        """Whether it has to be asked about before it ends; then it is filed as it stands."""
        if outcome.asked:
            book.put(REFUNDS, row)
        return outcome.asked > 0

    def _asked(self, book: Book, order: OrderRow, row: RefundRow) -> RefundRow:
        outcome = outcomes.of_refund(row.amount)
        row = row._replace(asked=row.asked + 1)
        if row.asked >= outcome.asked:
            return self._ended(book, order, row, outcome)
        book.put(REFUNDS, row)
        return row

    def _ended(self, book: Book, order: OrderRow, row: RefundRow, outcome: RefundOutcome) -> RefundRow:
        fails = outcome.ends == outcomes.FAILED
        if fails or (outcome.ends == outcomes.FAILED_FIRST and row.placed <= outcome.times):
            row = row._replace(state="failed")
            book.put(ORDERS, order._replace(refunded=order.refunded - row.amount))
        else:
            row = row._replace(state="done", refunded_at=self.now)
            self._moved(book, StatementKind.REFUND, row.refund_no, row.order_no, row.amount)
        book.put(REFUNDS, row)
        self._notify(book, NoticeKind.REFUND, row.refund_no, outcome.notices)
        return row

    def _moved(self, book: Book, kind: StatementKind, number: str, order_no: str, amount: int) -> None:
        day = beijing(self.now).date().isoformat()
        book.add(MOVEMENTS, MovementRow(self.code, kind, number, order_no, amount, amount, day, self.now))

    def _notify(self, book: Book, kind: NoticeKind, number: str, copies: int, *, late: int = 0) -> None:
        if self.notifies:
            for copy in range(copies):
                book.add(NOTICES, NoticeRow(self.code, kind, number, copy, "due", late, 0, self.now, self.now))


def forced(row: OrderRow) -> OrderOutcome:
    """What the order's amount forces; one by which nothing is forced waits for its payer."""
    return outcomes.of_order(row.amount) or NOTHING_FORCED


def _struck(what: str, times: int, calling: int) -> str:
    """What happens to this calling, counted from 1."""
    return what if what == outcomes.REFUSED or calling <= times else ""
