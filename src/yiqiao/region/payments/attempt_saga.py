"""The course of attempts that are not to pay their trade any more: closed at their channel, and what was paid all the
same pays the trade where it still can, or goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Again, Done, Job, Outcome, queue
from yiqiao.ports.payment_channel import (
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    OrderState,
    RefundState,
    RefundWish,
)
from yiqiao.region.payments import books
from yiqiao.region.payments.attempts import paid, trusted
from yiqiao.region.payments.course import Change, job_of, moved, poll_s, waiting
from yiqiao.region.payments.giving import give_back
from yiqiao.region.payments.states import FINAL_ATTEMPTS, Attempt
from yiqiao.region.payments.trade_saga import STUCK_S
from yiqiao.region.payments.ways import Channels
from yiqiao.region.payments.writing import finished, unchanged
from yiqiao.storage import Database, payments
from yiqiao.storage.payments import AttemptRow, TradeRow

PLACED_S = 1
"""When to look again whether the trade's own step, which may be placing the order, has ended."""


@dataclass(frozen=True)
class AttemptSaga:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    clock: Clock
    channels: Channels

    async def __call__(self, job: Job) -> Outcome:
        """Take the step that is due. Raises Moved, StorageUnreachable, StorageFailed."""
        merchant_id, order_no = str(job.data["merchant_id"]), str(job.data["number"])

        def look(connection: Connection) -> tuple[AttemptRow, TradeRow, list[AttemptRow], bool] | None:
            row = payments.attempt(connection, merchant_id, order_no)
            trade = payments.trade(connection, merchant_id, row.trace_no) if row else None
            if row is None or trade is None:
                return None
            being_placed = False
            if row.state == Attempt.STRAY and row.pay_url is None:
                own = job_of(trade, trade.next_at)
                being_placed = queue.under_way(connection, self.clock.now_ms(), own.kind, own.key)
            return row, trade, payments.attempts(connection, merchant_id, row.trace_no), being_placed

        found = await self.database.read(look)
        if found is None:
            return Done()
        row, trade, others, being_placed = found
        now = self.clock.now_ms()
        if row.state in (Attempt.PLACING, Attempt.OPEN, *FINAL_ATTEMPTS):  # the trade's own job has it, or nobody
            return Done(unchanged(row, now))
        if now < row.next_at:
            return Again(row.next_at, writes=unchanged(row, now))
        if being_placed:  # on its way to the channel, perhaps: whoever closes what is not there yet closes nothing
            return Again(now + PLACED_S * 1000, writes=unchanged(row, now))
        if row.state == Attempt.STRAY:
            change = await self._close(row, trade, others, now)
        elif row.state == Attempt.SURPLUS:
            change = await self._give_back(row, now)
        else:
            change = Change((moved(row, Attempt.SURPLUS, "再试一次退回", now),))
        return finished(change, row, FINAL_ATTEMPTS, self.clock.now_ms())

    async def _close(self, row: AttemptRow, trade: TradeRow, others: list[AttemptRow], now: int) -> Change:
        try:
            order = trusted(await self.channels[row.channel].close(row.order_no))
        except (ChannelUnreachable, ChannelSilent, ChannelRefused) as away:
            return Change((waiting(row, away.message, now),))
        if order.state is OrderState.PAID:
            return paid(trade, row, order, others, now, {})
        if order.state is OrderState.FAILED:
            return Change((moved(row, Attempt.FAILED, order.told or "支付没有成功", now),))
        if order.state is OrderState.OPEN:
            return Change((waiting(row, "渠道尚未关闭", now),))
        return Change((moved(row, Attempt.CLOSED, "已关闭", now),))

    async def _give_back(self, row: AttemptRow, now: int) -> Change:
        amount = row.paid_amount or row.amount
        wish = RefundWish(f"{row.order_no}R", row.order_no, amount, amount, "重复支付退回")
        try:
            done = await give_back(self.channels[row.channel], wish)
        except (ChannelUnreachable, ChannelSilent) as away:
            return Change((waiting(row, away.message, now),))
        except ChannelRefused as refusal:
            return _stuck(row, refusal.message, now)
        if done.state is RefundState.PENDING:
            return Change((waiting(row, done.told or "渠道退款处理中", now, wait_s=poll_s(row.tries)),))
        if done.state is RefundState.FAILED:
            return _stuck(row, done.told or "渠道退款失败", now)
        kind = books.surplus_returned(row.order_no, row.channel)
        booked = books.booking(row.merchant_id, row.trace_no, now, (kind, amount))
        return Change((moved(row, Attempt.RETURNED, "多付的款项已退回", now),), (booked,))


def _stuck(row: AttemptRow, told: str, now: int) -> Change:
    changes: Mapping[str, object] = {"told": told[:200]}
    return Change((moved(row, Attempt.STUCK, told, now, changes, next_at=now + STUCK_S * 1000),))
