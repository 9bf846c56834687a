"""The course of a refund: a job a refund, one step a run, each written down together with the job's own end.

Which steps there are, and what follows where one will not do, stands in `states.FLOWS`. The channel is asked under the
refund's own number in every round, so money that it has given back once it never gives back again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Again, Done, Job, Outcome
from yiqiao.ports.his_billing import (
    HisBilling,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
)
from yiqiao.ports.his_billing import RefundOrder as AtHis
from yiqiao.ports.payment_channel import (
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    RefundState,
    RefundWish,
)
from yiqiao.region.payments import books
from yiqiao.region.payments.course import Change, moved, poll_s, waiting
from yiqiao.region.payments.giving import give_back
from yiqiao.region.payments.refunds import ended, given_back
from yiqiao.region.payments.states import FINAL_REFUNDS, FLOWS, Refund
from yiqiao.region.payments.trade import particulars
from yiqiao.region.payments.trade_saga import STUCK_S
from yiqiao.region.payments.ways import Channels
from yiqiao.region.payments.writing import finished, unchanged
from yiqiao.storage import Database, payments
from yiqiao.storage.payments import RefundRow, TradeRow

CHANNEL_TRIES = 3
"""How often a channel may refuse what the HIS has agreed to, before that is undone there."""


@dataclass(frozen=True)
class _Run:
    """One run of a step. `unsure`: the HIS may have acted in an earlier one."""

    refund: RefundRow
    trade: TradeRow
    now: int
    unsure: bool


@dataclass(frozen=True)
class RefundSaga:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    clock: Clock
    channels: Channels
    his: HisBilling

    async def __call__(self, job: Job) -> Outcome:
        """Take the step that is due. Raises Moved, StorageUnreachable, StorageFailed, SealingUnavailable."""
        merchant_id, number = str(job.data["merchant_id"]), str(job.data["number"])

        def look(connection: Connection) -> tuple[RefundRow, TradeRow] | None:
            row = payments.refund(connection, merchant_id, number)
            trade = payments.trade(connection, merchant_id, row.trace_no) if row else None
            return None if row is None or trade is None else (row, trade)

        found = await self.database.read(look)
        if found is None:
            return Done()
        row, trade = found
        now = self.clock.now_ms()
        if row.state in FINAL_REFUNDS:
            return Done(unchanged(row, now))
        if now < row.next_at:
            return Again(row.next_at, writes=unchanged(row, now))
        steps: Mapping[str, Callable[[_Run], Awaitable[Change]]] = {
            Refund.APPROVING: self._lapse,
            Refund.TAKING: self._take,
            Refund.PREPARING: self._prepare,
            Refund.PAYING_OUT: self._pay_out,
            Refund.CONFIRMING: self._confirm,
            Refund.REVERSING: self._reverse,
            Refund.STUCK: self._try_again,
        }
        unsure = job.attempts > 1 or row.tries > 0 or row.uncertain == 1
        change = await steps[row.state](_Run(row, trade, now, unsure))
        return finished(change, row, FINAL_REFUNDS, self.clock.now_ms())

    async def _lapse(self, run: _Run) -> Change:
        return ended(run.refund, run.trade, Refund.REJECTED, "24 小时内未审批，自动驳回", run.now)

    async def _take(self, run: _Run) -> Change:
        return await self._agreed(run, self.his.refund, HisState.DONE)

    async def _prepare(self, run: _Run) -> Change:
        return await self._agreed(run, self.his.prepare_refund, HisState.PREPARED)

    async def _agreed(self, run: _Run, act: Callable[[AtHis], Awaitable[HisReceipt]], state: HisState) -> Change:
        """The HIS agrees first; it is asked whether it has already, where an earlier run is without an end."""
        try:
            receipt = await self._done(run, state)
        except (HisUnreachable, HisSilent, HisRefused) as away:  # who will not say has not said no
            return _his_waits(run, away)
        try:
            receipt = receipt or await act(self._order(run))
        except HisRefused as refusal:
            told = f"医院拒绝：{refusal.message}"
            return ended(run.refund, run.trade, Refund.FAILED, told, run.now, reason=refusal.message)
        except (HisUnreachable, HisSilent) as away:
            return _his_waits(run, away)
        changes = {"callsn": receipt.callsn or None}
        return Change((moved(run.refund, Refund.PAYING_OUT, "医院已同意", run.now, changes),))

    async def _pay_out(self, run: _Run) -> Change:
        row = run.refund
        wish = RefundWish(row.refund_no, run.trade.order_no or "", row.amount, run.trade.amount, "退款")
        try:
            done = await give_back(self.channels[row.channel], wish)
        except (ChannelUnreachable, ChannelSilent) as away:
            uncertain = isinstance(away, ChannelSilent) or row.uncertain == 1
            return Change((waiting(row, away.message, run.now, uncertain=uncertain),))
        except ChannelRefused as refusal:
            return self._channel_refused(run, refusal.message)
        if done.state is RefundState.PENDING:
            told = done.told or "渠道退款处理中"
            return Change((waiting(row, told, run.now, wait_s=poll_s(row.tries)),))
        if done.state is RefundState.FAILED:
            return self._channel_refused(run, done.told or "渠道退款失败")
        after = FLOWS[row.refund_type].paid_out
        changes = {
            "external_no": done.external_no or None,
            "refunded_at": done.refunded_at or run.now,
            "reason": "",
        }
        kind = books.paid_out(row.refund_no, row.channel)
        booked = books.booking(row.merchant_id, row.trace_no, run.now, (kind, row.amount))
        step = moved(row, after, "渠道已退款", run.now, changes)
        return Change((step, given_back(run.trade, row.amount, run.now)), (booked,))

    def _channel_refused(self, run: _Run, told: str) -> Change:
        row, flow = run.refund, FLOWS[run.refund.refund_type]
        if flow.refused is Refund.FAILED:
            return ended(row, run.trade, Refund.FAILED, told, run.now)
        if row.tries + 1 < CHANNEL_TRIES:
            return Change((waiting(row, told, run.now),))
        return Change((moved(row, flow.refused, told, run.now, {"reason": told[:200]}),))

    async def _confirm(self, run: _Run) -> Change:
        try:
            receipt = await self._done(run, HisState.DONE) or await self.his.confirm_refund(self._order(run))
        except HisRefused as refusal:
            return _stuck(run, f"款项已退，医院未确认：{refusal.message}")
        except (HisUnreachable, HisSilent) as away:
            return _his_waits(run, away)
        changes = {"callsn": receipt.callsn or run.refund.callsn, "reason": ""}
        return Change((moved(run.refund, Refund.SUCCEEDED, "医院已确认", run.now, changes),))

    async def _reverse(self, run: _Run) -> Change:
        row = run.refund
        try:
            found = await self.his.query(row.merchant_id, row.out_refund_no) if run.unsure else None
            if found is None or found.state is not HisState.CANCELLED:  # it has agreed, so none is no answer
                await self.his.cancel_refund(self._order(run))
        except HisRefused as refusal:
            return _stuck(run, f"渠道未退款，医院未冲回：{refusal.message}")
        except (HisUnreachable, HisSilent) as away:
            return _his_waits(run, away)
        return ended(row, run.trade, Refund.FAILED, "医院已冲回", run.now, reason=row.reason or "渠道退款失败")

    async def _try_again(self, run: _Run) -> Change:
        after = Refund.REVERSING if run.refund.refunded_at is None else Refund.CONFIRMING
        return Change((moved(run.refund, after, "再试一次", run.now, {"uncertain": 1}),))

    async def _done(self, run: _Run, state: HisState) -> HisReceipt | None:
        """What the HIS has made of an earlier run, where it did anything."""
        if not run.unsure:
            return None
        found = await self.his.query(run.refund.merchant_id, run.refund.out_refund_no)
        return (found.receipt or HisReceipt("")) if found.state is state else None

    def _order(self, run: _Run) -> AtHis:
        row, trade = run.refund, run.trade
        return AtHis(
            merchant_id=row.merchant_id,
            number=row.out_refund_no,
            trace_no=row.trace_no,
            out_charge_no=trade.out_charge_no,
            patient=particulars(self.keyring, trade).patient,
            amount=row.amount,
            withdraw_mode=row.withdraw_mode,
        )


def _his_waits(run: _Run, away: HisUnreachable | HisSilent | HisRefused) -> Change:
    uncertain = isinstance(away, HisSilent) or run.refund.uncertain == 1
    return Change((waiting(run.refund, away.message, run.now, uncertain=uncertain),))


def _stuck(run: _Run, told: str) -> Change:
    changes = {"reason": told[:200]}
    return Change((moved(run.refund, Refund.STUCK, told, run.now, changes, next_at=run.now + STUCK_S * 1000),))
