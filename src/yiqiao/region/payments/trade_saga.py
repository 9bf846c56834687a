"""The course of a trade: a job a trade, one step a run, each written down together with the job's own end.

The channel is asked under the attempt's number, the HIS under the trade's. Whoever did not answer is asked how it
stands before anything is repeated.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Again, Done, Job, Outcome
from yiqiao.jobs.backoff import Backoff
from yiqiao.jobs.queue import Due
from yiqiao.ports.his_billing import (
    HisBilling,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
    RechargeNotice,
)
from yiqiao.ports.payment_channel import (
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    Entry,
    Order,
    OrderState,
    OrderWish,
    RefundState,
    RefundWish,
)
from yiqiao.region.payments import books
from yiqiao.region.payments.attempts import paid, trusted
from yiqiao.region.payments.course import NOTICE_JOB, Change, job_of, moved, poll_s, waiting
from yiqiao.region.payments.giving import give_back
from yiqiao.region.payments.states import FINAL_TRADES, Attempt, Trade
from yiqiao.region.payments.trade import attempt_data, particulars, seal_attempt
from yiqiao.region.payments.ways import Channels
from yiqiao.region.payments.writing import finished, unchanged
from yiqiao.storage import Database, payments
from yiqiao.storage.payments import AttemptRow, TradeRow

BACKOFF = Backoff(waits_s=(0.2, 1, 5, 30, 60), attempts=10_000)
STUCK_S = 86_400


@dataclass(frozen=True)
class _Run:
    """One run of a step: what is on file, by the hub's time. `again`: an earlier run ended without a word."""

    trade: TradeRow
    attempts: tuple[AttemptRow, ...]
    payee: str
    now: int
    again: bool

    @property
    def attempt(self) -> AttemptRow:
        """The attempt that is to pay the trade."""
        return next(one for one in self.attempts if one.order_no == self.trade.order_no)


@dataclass(frozen=True)
class TradeSaga:
    """The handler of these jobs. `notify_base`: under which address channels reach us with notices; empty: nowhere."""

    database: Database
    keyring: Keyring
    clock: Clock
    channels: Channels
    his: HisBilling
    notify_base: str = ""

    async def __call__(self, job: Job) -> Outcome:
        """Take the step that is due. Raises Moved, StorageUnreachable, StorageFailed, SealingUnavailable."""
        merchant_id, trace_no = str(job.data["merchant_id"]), str(job.data["number"])

        def look(connection: Connection) -> tuple[TradeRow, tuple[AttemptRow, ...], str] | None:
            row = payments.trade(connection, merchant_id, trace_no)
            if row is None or row.state in (Trade.TELLING, *FINAL_TRADES):
                return row and (row, (), "")
            attempts = tuple(payments.attempts(connection, merchant_id, trace_no))
            merchant = payments.merchant(connection, merchant_id) if row.state == Trade.PLACING else None
            return row, attempts, merchant.name if merchant else ""

        found = await self.database.read(look)
        if found is None:
            return Done()
        row, attempts, payee = found
        now = self.clock.now_ms()
        if row.state in FINAL_TRADES:
            return Done(unchanged(row, now))
        if now < row.next_at:
            return Again(row.next_at, writes=unchanged(row, now))
        steps: Mapping[str, Callable[[_Run], Awaitable[Change]]] = {
            Trade.OPENED: self._lapse,
            Trade.PLACING: self._place,
            Trade.PAYING: self._look,
            Trade.CLOSING: self._close,
            Trade.TELLING: self._tell,
            Trade.RETURNING: self._give_back,
            Trade.STUCK: self._try_again,
        }
        change = await steps[row.state](_Run(row, attempts, payee, now, job.attempts > 1))
        return finished(change, row, FINAL_TRADES, self.clock.now_ms())

    async def _lapse(self, run: _Run) -> Change:
        return _moved(run, Trade.CLOSING, "超过支付时限")

    async def _place(self, run: _Run) -> Change:
        row, attempt = run.trade, run.attempt
        if run.now >= row.deadline:
            return _moved(run, Trade.CLOSING, "超过支付时限")
        try:
            order = trusted(await self.channels[attempt.channel].place(self._wish(run)))
        except ChannelUnreachable as away:
            return _waiting(run, away.message, latest=row.deadline)
        except ChannelSilent as silent:
            return _waiting(run, silent.message, latest=row.deadline, uncertain=True)
        except ChannelRefused as refusal:
            return _refused(run, refusal.message, _unless_it_is_there(run))
        return self._found(run, order)

    def _wish(self, run: _Run) -> OrderWish:
        row, attempt = run.trade, run.attempt
        kept, data = particulars(self.keyring, row), attempt_data(self.keyring, attempt)
        notify = f"{self.notify_base}/{attempt.channel.lower()}" if self.notify_base else ""
        return OrderWish(
            order_no=attempt.order_no,
            amount=attempt.amount,
            subject=row.subject,
            payee=run.payee,
            expires_at=row.deadline,
            entry=Entry(attempt.entry),
            auth_code=str(data.get("auth_code", "")),
            notify_url=notify,
            payer_ip=kept.payer_ip,
            extra={**kept.channel_data, **{name: value for name, value in data.items() if name != "auth_code"}},
        )

    async def _look(self, run: _Run) -> Change:
        row, attempt = run.trade, run.attempt
        if run.now >= row.deadline:
            return _moved(run, Trade.CLOSING, "超过支付时限")
        try:
            found = await self.channels[attempt.channel].find(attempt.order_no)
            order = found and trusted(found)
        except (ChannelUnreachable, ChannelSilent) as away:
            return _waiting(run, away.message, wait_s=poll_s(row.tries), latest=row.deadline)
        except ChannelRefused as refusal:
            return _refused(run, refusal.message, _unless_it_is_there(run))
        if order is None:  # to some a code that nobody has scanned is none yet; its number stays the same
            return await self._place(run)
        return self._found(run, order)

    def _found(self, run: _Run, order: Order) -> Change:
        """What an order's standing means while the trade can be paid."""
        row, attempt = run.trade, run.attempt
        if order.state is OrderState.PAID:
            return self._paid(run, order)
        if order.state is not OrderState.OPEN:
            closed = order.state is OrderState.CLOSED
            told = order.told or ("渠道已关闭订单" if closed else "支付没有成功")
            return _refused(run, told, Attempt.CLOSED if closed else Attempt.FAILED)
        if attempt.state != Attempt.OPEN:
            shown = {"pay_url": order.pay_url or None}
            opened = moved(attempt, Attempt.OPEN, "已下单", run.now, shown, next_at=row.deadline)
            step = moved(row, Trade.PAYING, "等待支付", run.now, next_at=run.now + round(poll_s(0) * 1000))
            return Change((step, opened))
        step = waiting(row, "等待支付", run.now, wait_s=poll_s(row.tries), latest=row.deadline)
        if row.tries:  # one look after another: nothing new is told
            step = step._replace(event=None)
        return Change((step,))

    def _paid(self, run: _Run, order: Order) -> Change:
        slip: dict[str, object] = {}
        if order.card:
            data = {**attempt_data(self.keyring, run.attempt), "card": dict(order.card)}
            slip["key_id"], slip["sealed"] = seal_attempt(
                self.keyring, run.trade.merchant_id, run.attempt.order_no, data
            )
        return paid(run.trade, run.attempt, order, run.attempts, run.now, slip)

    async def _close(self, run: _Run) -> Change:
        row = run.trade
        open_one = next((one for one in run.attempts if one.order_no == row.order_no), None)
        if open_one is None or open_one.state not in (Attempt.PLACING, Attempt.OPEN):
            return _moved(run, Trade.CLOSED, "未支付，已关闭", {"reason": row.reason or "未在时限内支付"})
        try:
            order = trusted(await self.channels[open_one.channel].close(open_one.order_no))
        except (ChannelUnreachable, ChannelSilent) as away:
            return _waiting(run, away.message)
        except ChannelRefused as refusal:
            return _waiting(run, refusal.message)
        if order.state is OrderState.PAID:
            return self._paid(run, order)
        if order.state is OrderState.OPEN:
            return _waiting(run, "渠道尚未关闭")
        closed = moved(open_one, Attempt.CLOSED, "未支付，已关闭", run.now)
        step = moved(row, Trade.CLOSED, "未支付，已关闭", run.now, {"reason": row.reason or "未在时限内支付"})
        return Change((step, closed))

    async def _tell(self, run: _Run) -> Change:
        row = run.trade
        if row.settles:  # the HIS is told of the settlement, once that stands
            return _succeeded(run, HisReceipt(""), "已收款，继续结算")
        unsure = run.again or row.tries > 0 or row.uncertain == 1
        try:
            receipt = await self._had(row) if unsure else None
        except (HisUnreachable, HisSilent, HisRefused) as away:  # who will not say has not said no
            return _waiting(run, away.message, uncertain=isinstance(away, HisSilent) or row.uncertain == 1)
        try:
            receipt = receipt or await self.his.notify_recharge(self._recharge(row))
        except HisUnreachable as away:
            return _waiting(run, away.message, uncertain=bool(row.uncertain))
        except HisSilent as silent:
            return _waiting(run, silent.message, uncertain=True)
        except HisRefused as refusal:
            return _back(run, refusal.message, unsure=unsure)
        return _succeeded(run, receipt)

    async def _had(self, row: TradeRow) -> HisReceipt | None:
        """What the HIS has made of a trade that it was told before; None where it has not got it."""
        found = await self.his.query(row.merchant_id, row.trace_no)
        return (found.receipt or HisReceipt("")) if found.state is HisState.DONE else None

    def _recharge(self, row: TradeRow) -> RechargeNotice:
        kept = particulars(self.keyring, row)
        return RechargeNotice(
            merchant_id=row.merchant_id,
            number=row.trace_no,
            out_charge_no=row.out_charge_no,
            patient=kept.patient,
            amount=row.amount,
            channel=row.channel or "",
            external_no=row.external_no or "",
            paid_at=row.paid_at or row.changed_at,
            his_order_no=kept.his_order_no,
            extra=kept.extra,
        )

    async def _give_back(self, run: _Run) -> Change:
        """The HIS would not have it: after it was asked once more where its word is missing, the money goes back."""
        row = run.trade
        if not row.refunding:  # an operator decided it while the HIS was being told
            return _back(run, row.reason or "改为原路退回", unsure=row.uncertain == 1)
        if row.uncertain:
            try:
                receipt = await self._had(row)
            except (HisUnreachable, HisSilent) as away:
                return _waiting(run, away.message, uncertain=True)
            except HisRefused as refusal:
                return _stuck(run, f"不知医院是否已入账：{refusal.message}")
            if receipt is not None:
                return _succeeded(run, receipt)
        attempt = run.attempt
        wish = RefundWish(f"{row.trace_no}R", attempt.order_no, row.amount, row.amount, row.reason[:60] or "医院未入账")
        try:
            done = await give_back(self.channels[attempt.channel], wish)
        except (ChannelUnreachable, ChannelSilent) as away:
            return _waiting(run, away.message)
        except ChannelRefused as refusal:
            return _stuck(run, refusal.message)
        if done.state is RefundState.PENDING:
            return _waiting(run, done.told or "渠道退款处理中", wait_s=poll_s(row.tries))
        if done.state is RefundState.FAILED:
            return _stuck(run, done.told or "渠道退款失败")
        step = moved(row, Trade.RETURNED, "已原路退回", run.now, {"refunding": 0, "refunded": row.amount})
        return Change((step,), (_booked(run, books.paid_out(f"{row.trace_no}R", attempt.channel)),))

    async def _try_again(self, run: _Run) -> Change:
        return _moved(run, Trade.RETURNING, "再试一次退回", {"uncertain": run.trade.uncertain})


def _moved(
    run: _Run, after: Trade, told: str, changes: Mapping[str, object] | None = None, *, next_at: int | None = None
) -> Change:
    return Change((moved(run.trade, after, told, run.now, changes, next_at=next_at),))


def _waiting(
    run: _Run, told: str, *, wait_s: float | None = None, uncertain: bool = False, latest: int | None = None
) -> Change:
    step = waiting(run.trade, told, run.now, wait_s=wait_s, uncertain=uncertain, latest=latest)
    return Change((step,))


def _refused(run: _Run, told: str, how: Attempt = Attempt.FAILED) -> Change:
    """The way that was chosen did not lead anywhere: another may be chosen at a cashier, otherwise the trade failed."""
    row, attempt = run.trade, run.attempt
    failed = moved(attempt, how, told, run.now, {"told": told[:200]})
    jobs = (job_of(failed.row, run.now),) if how is Attempt.STRAY else ()
    if row.deposit_type is not None:
        return _moved(run, Trade.FAILED, told, {"reason": told[:200]}) + Change((failed,), jobs=jobs)
    open_again = {"reason": told[:200], "order_no": None, "channel": None}
    step = moved(row, Trade.OPENED, told, run.now, open_again, next_at=row.deadline)
    return Change((step, failed), jobs=jobs)


def _unless_it_is_there(run: _Run) -> Attempt:
    """What becomes of an attempt that a channel refuses. It may have taken the order in an earlier call, or show it by
    now: then the order is closed before it counts as failed, and what was paid all the same is not lost.
    """
    known = run.attempt.state == Attempt.OPEN or run.trade.tries > 0 or run.again
    return Attempt.STRAY if known else Attempt.FAILED


def _succeeded(run: _Run, receipt: HisReceipt, told_of_it: str = "医院已入账") -> Change:
    """The HIS has it. Where the money was on its way back already, it stays."""
    row = run.trade
    booked: tuple[books.Booking, ...] = ()
    if row.refunding:
        booked = (_booked(run, books.released(row.trace_no, row.version + 1, row.account)),)
    told = {"callsn": receipt.callsn or None, "balance": receipt.balance, "refunding": 0, "reason": ""}
    step = moved(row, Trade.SUCCEEDED, told_of_it, run.now, told)
    jobs: tuple[Due, ...] = ()
    if row.notify_url:
        key, data = f"{row.merchant_id}|{row.trace_no}", {"merchant_id": row.merchant_id, "number": row.trace_no}
        jobs = (Due(NOTICE_JOB, key, data, run.now),)
    return Change((step,), booked, jobs)


def _back(run: _Run, told: str, *, unsure: bool) -> Change:
    """The HIS will not have it: the money is set aside to go back. `unsure`: it was told before, so what it refuses may
    be the second time, and it is asked once more.
    """
    row = run.trade
    changes = {"reason": told[:200], "refunding": row.amount, "uncertain": int(unsure)}
    step = moved(row, Trade.RETURNING, told, run.now, changes)
    return Change((step,), (_booked(run, books.held(row.trace_no, row.version + 1, row.account)),))


def _stuck(run: _Run, told: str) -> Change:
    changes = {"reason": told[:200], "uncertain": run.trade.uncertain}
    return _moved(run, Trade.STUCK, told, changes, next_at=run.now + STUCK_S * 1000)


def _booked(run: _Run, kind: books.Kind) -> books.Booking:
    return books.booking(run.trade.merchant_id, run.trade.trace_no, run.now, (kind, run.trade.amount))
