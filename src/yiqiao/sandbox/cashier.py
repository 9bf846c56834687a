"""The sandbox's cashier: trades and refunds in tables, paid by a click, and able to misbehave on command.

Whoever pays chooses what happens: the payment goes through, is refused, or goes through without anybody being told.
Whether its money comes back at once, later or never is set on the trade beforehand.
"""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.ports.cashier import (
    CashierRefused,
    Refunded,
    RefundState,
    RefundWish,
    Trade,
    TradeState,
    TradeWish,
)
from yiqiao.storage import Database, turns
from yiqiao.storage import sandbox_cashier as stored
from yiqiao.storage.sandbox_cashier import RefundRow, TradeRow

PATH = "/sandbox/cashier"
WECHAT, ALIPAY = 1, 2
"""PAY_CHANNEL."""
SLOW_TIMES = 3
"""How often a slow refund is asked about until it is done."""
REFUNDS = ("done", "slow", "failed")


@dataclass(frozen=True)
class SandboxCashier:
    """`Cashier` with nobody's money."""

    database: Database
    clock: Clock

    async def open(self, wish: TradeWish) -> Trade:
        """Open a trade, once under its number. Raises CashierRefused for another amount under the same number."""
        now = self.clock.now_ms()
        new = TradeRow(
            wish.trade_no, wish.amount, wish.payee, wish.subject, "open", None, "done", wish.expires_at, None, now
        )

        def write(connection: Connection) -> TradeRow:
            turns.one_at_a_time(connection, "sandbox_trade", wish.trade_no)
            if stored.is_never(connection, wish.trade_no):
                return new._replace(state="closed")
            return stored.open_trade(connection, new)

        row = await self.database.write(write)
        if row.amount != wish.amount:
            raise CashierRefused("同一交易号的金额不同，未受理")
        return self._told(row)

    async def find(self, trade_no: str) -> Trade | None:
        """How a trade stands."""

        def read(connection: Connection) -> Trade | None:
            row = stored.trade(connection, trade_no)
            if row is None:
                return self._never(trade_no) if stored.is_never(connection, trade_no) else None
            return self._told(row)

        return await self.database.read(read)

    async def close(self, trade_no: str) -> Trade:
        """Close a trade that is not paid. One that was never opened is closed before it can be."""

        def write(connection: Connection) -> Trade:
            turns.one_at_a_time(connection, "sandbox_trade", trade_no)
            row = stored.trade(connection, trade_no, for_update=True)
            if row is None:
                stored.never(connection, trade_no, self.clock.now_ms())
                return self._never(trade_no)
            if row.state in ("open", "failed"):
                row = row._replace(state="closed")
                stored.change_trade(connection, row)
            return self._told(row)

        return await self.database.write(write)

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give a trade's money back. Raises CashierRefused for what was not paid, or not so much."""
        now = self.clock.now_ms()

        def write(connection: Connection) -> RefundRow:
            paid = stored.trade(connection, wish.trade_no, for_update=True)
            if paid is None or paid.state != "paid":
                raise CashierRefused("该交易没有支付，不能退款")
            if wish.amount != paid.amount:
                raise CashierRefused("退款金额与支付金额不一致")
            new = RefundRow(wish.refund_no, wish.trade_no, wish.amount, "pending", 0, now)
            row = stored.open_refund(connection, new)
            if row is None:
                raise CashierRefused("该交易已用其他退款单号退款")
            row = row._replace(asked=row.asked + 1, state=_refund_state(paid, row))
            stored.change_refund(connection, row)
            return row

        row = await self.database.write(write)
        state = RefundState(row.state)
        told = {RefundState.PENDING: "退款处理中", RefundState.FAILED: "支付渠道退款失败，请人工处理"}.get(state, "")
        return Refunded(row.refund_no, state, told)

    async def pay(self, trade_no: str, channel: int = WECHAT, *, refunds: str = "done") -> Trade:
        """Somebody pays. Raises CashierRefused where it cannot be paid (any more)."""

        def write(connection: Connection) -> TradeRow:
            row = _payable(stored.trade(connection, trade_no, for_update=True), self.clock.now_ms())
            row = row._replace(state="paid", channel=channel, paid_at=self.clock.now_ms(), refunds=refunds)
            stored.change_trade(connection, row)
            return row

        return self._told(await self.database.write(write))

    async def decline(self, trade_no: str) -> Trade:
        """Somebody's bank refuses. Raises CashierRefused where it cannot be paid (any more)."""

        def write(connection: Connection) -> TradeRow:
            row = _payable(stored.trade(connection, trade_no, for_update=True), self.clock.now_ms())._replace(
                state="failed"
            )
            stored.change_trade(connection, row)
            return row

        return self._told(await self.database.write(write))

    async def show(self, trade_no: str) -> TradeRow | None:
        """A trade with all that its page tells."""
        return await self.database.read(lambda connection: stored.trade(connection, trade_no))

    def _never(self, trade_no: str) -> Trade:
        return Trade(trade_no, TradeState.CLOSED, 0, "", None, None, "交易已关闭")

    def _told(self, row: TradeRow) -> Trade:
        told = {"failed": "支付渠道拒绝了这笔支付，请换一种方式或重新支付", "closed": "交易已关闭"}.get(row.state, "")
        state, address = TradeState(row.state), f"{PATH}/{quote(row.trade_no)}"
        return Trade(row.trade_no, state, row.amount, address, row.channel, row.paid_at, told)


def _payable(row: TradeRow | None, now: int) -> TradeRow:
    if row is None:
        raise CashierRefused("没有这笔交易")
    if row.state != "open":
        told = {"paid": "已支付，请勿重复支付", "closed": "交易已关闭，请返回后重新操作"}
        raise CashierRefused(told.get(row.state, "交易已失败，请返回后重新支付"))
    if now >= row.expires_at:
        raise CashierRefused("已超过支付时限，请返回查看")
    return row


def _refund_state(paid: TradeRow, row: RefundRow) -> str:
    if row.state != "pending" or paid.refunds == "done":
        return "done" if row.state == "pending" else row.state
    if paid.refunds == "failed":
        return "failed"
    return "done" if row.asked >= SLOW_TIMES else "pending"
