"""Refunds as the HIS asks for them, and as people decide on them (3.1.3.5).

Money is set aside from the trade in the transaction that files the refund, so however many are asked for at once, no
more goes back than was paid.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.money import yuan
from yiqiao.region.payments import books, merchants
from yiqiao.region.payments.course import Change, Step, begun, job_of, moved, touched
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.states import FINAL_REFUNDS, FLOWS, REFUNDS, TRADES, Act, Refund, Trade
from yiqiao.region.payments.trade import (
    AmountTooLarge,
    NameMismatch,
    NotNow,
    NotRefundable,
    Particulars,
    SerialReused,
    UnknownTrade,
    particulars,
)
from yiqiao.region.payments.ways import SELF_PAID_PART, WITHDRAWN_BY, ChannelNotOffered, Channels, title
from yiqiao.storage import Database, Write, ordinary, payments
from yiqiao.storage.payments import EventRow, RefundRow, TradeRow

APPROVAL_S = 86_400


class UnknownRefund(DomainError):
    """There is no such refund of this merchant."""

    def __init__(self) -> None:
        super().__init__("没有这笔退款，请核对 outRefundNo")


class OwnRefund(DomainError):
    """Who asked for a refund may not approve it."""

    def __init__(self) -> None:
        super().__init__("不能审批自己发起的退款，请由另一位审批人处理")


@dataclass(frozen=True)
class RefundOrder:
    """A refund that is asked for: 分, under the HIS's own number; the trade by our number before the HIS's.

    `settles`: the settlement whose personal part it gives back; only that may. `unsigned`: it needs no second
    signature, because nobody decides it: what was paid has led to nothing.
    """

    app_id: str
    merchant_id: str
    merchant_secret: str = field(repr=False)
    out_refund_no: str
    fingerprint: bytes
    amount: int
    withdraw_mode: str
    refund_type: str
    trace_no: str | None
    out_charge_no: str | None
    his_cust_id: str = field(repr=False)
    user_name: str = field(repr=False)
    asked_by: str
    settles: str = ""
    unsigned: bool = False


class Refunded(NamedTuple):
    """A refund with its trade as it stands now; `times`: how many refunds of the trade have succeeded."""

    refund: RefundRow
    trade: TradeRow
    times: int


@dataclass(frozen=True)
class Refunds:
    """The refunds of a hub. `woken` is called when there is something for the saga to do now."""

    database: Database
    keyring: Keyring
    clock: Clock
    channels: Channels
    woken: Callable[[], None] = lambda: None

    def ask(self, order: RefundOrder) -> Write[Refunded]:
        """The write that files a refund; answers how it stands, which may be long ago where the HIS asks again. One
        that has failed is submitted once more under its number.

        Refuses with UnknownMerchant, MerchantSecretWrong, MerchantDisabled, UnknownTrade, NotRefundable,
        AmountTooLarge, NameMismatch, ChannelNotOffered, SerialReused.
        """

        def work(connection: Connection) -> Refunded:
            now = self.clock.now_ms()
            merchant = merchants.find(connection, self.keyring, order.merchant_id)
            if not order.settles:  # a settlement was admitted when it began
                merchant.admit(order.merchant_secret)
            trade = _trade_of(connection, order)
            if trade is None:
                raise UnknownTrade
            known = payments.refund(connection, order.merchant_id, order.out_refund_no)
            if known is not None:
                if known.fingerprint != order.fingerprint or known.trace_no != trade.trace_no:
                    raise SerialReused("该商户退款单号已用于另一笔退款，请核对 outRefundNo")
                if known.state not in (Refund.FAILED, Refund.REJECTED):
                    return refunded(connection, known, trade)
            channel = self._examined(order, trade)
            self._filed(connection, merchant, order, trade, known, channel, now)
            filed = payments.refund(connection, order.merchant_id, order.out_refund_no)
            found = payments.trade(connection, order.merchant_id, trade.trace_no)
            if filed is None or found is None:
                raise UnknownRefund
            return refunded(connection, filed, found)

        return ordinary(work)

    def _examined(self, order: RefundOrder, trade: TradeRow) -> str:
        """By which channel the money goes back, once everything speaks for it."""
        if trade.state != Trade.SUCCEEDED or trade.channel is None:
            raise NotRefundable(f"原交易{TRADES[trade.state].title}，不能退款")
        if trade.settles != order.settles:
            raise NotRefundable("这笔款项是门诊结算的个人支付部分，请用门诊收费撤销接口办理")
        kept = particulars(self.keyring, trade)
        if (kept.patient.his_cust_id, kept.patient.name) != (order.his_cust_id, order.user_name):
            raise NameMismatch
        if order.amount > trade.left:
            raise AmountTooLarge(_too_much(trade))
        if order.withdraw_mode == SELF_PAID_PART:
            _within_own_part(order, trade, kept)
        channel = WITHDRAWN_BY[order.withdraw_mode] or trade.channel
        if channel not in self.channels:
            raise ChannelNotOffered(title(channel))
        return channel

    def _filed(
        self,
        connection: Connection,
        merchant: Merchant,
        order: RefundOrder,
        trade: TradeRow,
        known: RefundRow | None,
        channel: str,
        now: int,
    ) -> None:
        above = merchant.settings.approval_above
        approving = bool(above) and order.amount > above and not order.unsigned
        state = Refund.APPROVING if approving else FLOWS[order.refund_type].first
        next_at = now + APPROVAL_S * 1000 if approving else now
        told = f"{'再次提交' if known else '申请'}退款 {yuan(order.amount)} 元{'，待审批' if approving else ''}"
        if known is None:
            turn = trade.refunds + 1
            row = RefundRow(
                merchant_id=order.merchant_id,
                out_refund_no=order.out_refund_no,
                refund_no=f"{trade.trace_no}F{turn:03}",
                trace_no=trade.trace_no,
                app_id=order.app_id,
                fingerprint=order.fingerprint,
                amount=order.amount,
                withdraw_mode=order.withdraw_mode,
                refund_type=order.refund_type,
                channel=channel,
                state=state,
                round=1,
                uncertain=0,
                reason="",
                tries=0,
                next_at=next_at,
                external_no=None,
                refunded_at=None,
                callsn=None,
                asked_by=order.asked_by,
                approved_by=None,
                version=1,
                created_at=now,
                changed_at=now,
            )
            step = begun(row, order.asked_by, told)
        else:
            turn = trade.refunds
            again = {
                "round": known.round + 1,
                "reason": "",
                "asked_by": order.asked_by,
                "approved_by": None,
                "channel": channel,
            }
            step = moved(known, state, told, now, again, actor=order.asked_by, next_at=next_at)
        round_no = 1 if known is None else known.round + 1
        refund_no = f"{trade.trace_no}F{turn:03}" if known is None else known.refund_no
        kind = books.held(refund_no, round_no, trade.account)
        held = books.booking(order.merchant_id, trade.trace_no, now, (kind, order.amount))
        Change((step, held_back(trade, order.amount, turn, now)), (held,), (job_of(step.row, next_at),)).write(
            connection, now
        )

    async def find(self, merchant_id: str, secret: str, *, number: str) -> Refunded | None:
        """A refund by the HIS's number, or by ours. Raises UnknownMerchant, MerchantSecretWrong, MerchantDisabled."""

        def work(connection: Connection) -> Refunded | None:
            merchants.find(connection, self.keyring, merchant_id).admit(secret)
            row = payments.refund(connection, merchant_id, number)
            if row is None:
                row = payments.refund_by_refund_no(connection, number)
            if row is None or row.merchant_id != merchant_id:
                return None
            trade = payments.trade(connection, merchant_id, row.trace_no)
            return None if trade is None else refunded(connection, row, trade)

        return await self.database.read(work)

    async def of_trade(self, trade: TradeRow) -> tuple[RefundRow, ...]:
        """All refunds of a trade."""
        found = await self.database.read(lambda c: payments.refunds(c, trade.merchant_id, trade.trace_no))
        return tuple(found)

    async def act(self, merchant_id: str, out_refund_no: str, act: Act, actor: str) -> None:
        """What a person does to a refund. Raises UnknownRefund, NotNow, OwnRefund, Moved."""

        def work(connection: Connection) -> None:
            now = self.clock.now_ms()
            row = payments.refund(connection, merchant_id, out_refund_no)
            if row is None:
                raise UnknownRefund
            trade = payments.trade(connection, merchant_id, row.trace_no, for_update=True)
            row = payments.refund(connection, merchant_id, out_refund_no, for_update=True)
            if row is None or trade is None:
                raise UnknownRefund
            if act not in REFUNDS[row.state].acts:
                raise NotNow(f"这笔退款{REFUNDS[row.state].title}，现在不能这样操作")
            if act is Act.APPROVE and actor == row.asked_by:
                raise OwnRefund
            acted(row, trade, act, actor, now).write(connection, now)

        await self.database.write(work)
        self.woken()

    async def course(self, merchant_id: str, out_refund_no: str) -> tuple[Refunded, tuple[EventRow, ...]]:
        """A refund with all that has happened to it. Raises UnknownRefund."""

        def work(connection: Connection) -> tuple[Refunded, tuple[EventRow, ...]]:
            row = payments.refund(connection, merchant_id, out_refund_no)
            trade = payments.trade(connection, merchant_id, row.trace_no) if row else None
            if row is None or trade is None:
                raise UnknownRefund
            told = payments.course(connection, merchant_id, row.trace_no)
            mine = f"refund/{out_refund_no}"
            return refunded(connection, row, trade), tuple(event for event in told if event.subject == mine)

        return await self.database.read(work)


def succeeded(refunds: Sequence[RefundRow]) -> int:
    """How many of them have."""
    return sum(1 for one in refunds if one.state == Refund.SUCCEEDED)


def refunded(connection: Connection, row: RefundRow, trade: TradeRow) -> Refunded:
    """A refund as it is told."""
    return Refunded(row, trade, succeeded(payments.refunds(connection, trade.merchant_id, trade.trace_no)))


def held_back(trade: TradeRow, amount: int, refunds: int, now: int) -> Step:
    """The trade with `amount` on its way back (or no longer, where negative)."""
    return _changed(trade, {"refunding": trade.refunding + amount, "refunds": refunds}, now)


def given_back(trade: TradeRow, amount: int, now: int) -> Step:
    """The trade once `amount` has gone back."""
    return _changed(trade, {"refunding": trade.refunding - amount, "refunded": trade.refunded + amount}, now)


def _changed(trade: TradeRow, changes: Mapping[str, int], now: int) -> Step:
    values: Mapping[str, Any] = {**changes, "version": trade.version + 1, "changed_at": now}
    following = trade._replace(**values)
    return Step(following, trade, None)


def acted(row: RefundRow, trade: TradeRow, act: Act, actor: str, now: int) -> Change:
    """What a person's act on a refund changes."""
    flow = FLOWS[row.refund_type]
    if act is Act.APPROVE:
        step = moved(row, flow.first, "已批准", now, {"approved_by": actor}, actor=actor)
        return Change((step,), jobs=(job_of(step.row, now),))
    if act is Act.REJECT:
        return ended(row, trade, Refund.REJECTED, "已驳回", now, actor=actor)
    if act is Act.SETTLE:
        if row.refunded_at is None:
            return ended(row, trade, Refund.FAILED, "医院账务已由人工冲回", now, actor=actor)
        return Change((moved(row, Refund.SUCCEEDED, "医院账务已由人工确认", now, {"reason": ""}, actor=actor),))
    if row.state == Refund.STUCK:
        after = Refund.REVERSING if row.refunded_at is None else Refund.CONFIRMING
        step = moved(row, after, "再试一次", now, {"uncertain": 1}, actor=actor)
    else:
        step = touched(row, now, actor=actor, told="立即重试")
    return Change((step,), jobs=(job_of(step.row, now),))


def ended(
    row: RefundRow, trade: TradeRow, after: Refund, told: str, now: int, *, actor: str = "saga", reason: str = ""
) -> Change:
    """A refund that came to nothing: what was set aside is the patient's again."""
    if after not in FINAL_REFUNDS:
        raise ValueError(f"{after} is no end")
    step = moved(row, after, told, now, {"reason": (reason or told)[:200]}, actor=actor)
    kind = books.released(row.refund_no, row.round, trade.account)
    booked = books.booking(row.merchant_id, row.trace_no, now, (kind, row.amount))
    return Change((step, held_back(trade, -row.amount, trade.refunds, now)), (booked,))


def _trade_of(connection: Connection, order: RefundOrder) -> TradeRow | None:
    """traceNo before outChargeNo (rule of 3.1.3.5)."""
    if order.trace_no:
        return payments.trade(connection, order.merchant_id, order.trace_no, for_update=True)
    if order.out_charge_no:
        return payments.trade_by_charge_no(connection, order.merchant_id, order.out_charge_no, for_update=True)
    return None


def _too_much(trade: TradeRow) -> str:
    return (
        f"退款金额超过可退金额：原交易 {yuan(trade.amount)} 元，已退 {yuan(trade.refunded)} 元，"
        f"退款中 {yuan(trade.refunding)} 元，还可退 {yuan(trade.left)} 元"
    )


def _within_own_part(order: RefundOrder, trade: TradeRow, kept: Particulars) -> None:
    if kept.own_part is None:
        raise NotRefundable("原交易不是医保支付，不能按“医保自费退回”退款")
    left = kept.own_part - trade.refunded - trade.refunding
    if order.amount > left:
        raise AmountTooLarge(f"退款金额超过医保支付的自费部分，还可退 {yuan(max(left, 0))} 元")
