"""What becomes of attempts: one pays the trade, the others are closed, and what was paid besides goes back."""

from collections.abc import Iterable, Mapping

from yiqiao.money import yuan
from yiqiao.ports.payment_channel import ChannelSilent, Order, OrderState
from yiqiao.region.payments import books
from yiqiao.region.payments.course import Change, job_of, moved, touched
from yiqiao.region.payments.states import ATTEMPTS, Act, Attempt, Trade
from yiqiao.region.payments.trade import NotNow
from yiqiao.region.payments.ways import title
from yiqiao.storage.payments import AttemptRow, TradeRow

PAYABLE = frozenset({Trade.OPENED, Trade.PLACING, Trade.PAYING, Trade.CLOSING})
"""States in which a payment that turns up pays the trade."""


def trusted(order: Order) -> Order:
    """What a channel says of an order, where it can be. Raises ChannelSilent for money that is none."""
    if order.state is OrderState.PAID and order.amount < 1:
        raise ChannelSilent("渠道应答的金额无效，稍后重新查询")
    return order


def left(attempts: Iterable[AttemptRow], now: int, told: str) -> Change:
    """Attempts that shall not be paid any more: each is closed at its channel, by a job of its own."""
    change = Change()
    for attempt in attempts:
        if attempt.state in (Attempt.PLACING, Attempt.OPEN):
            step = moved(attempt, Attempt.STRAY, told, now)
            change += Change((step,), jobs=(job_of(step.row, now),))
    return change


def paid(
    trade: TradeRow,
    attempt: AttemptRow,
    order: Order,
    others: Iterable[AttemptRow],
    now: int,
    slip: Mapping[str, object],
) -> Change:
    """The channel has taken money for this attempt. It pays the trade where that can be paid and the amount is right;
    otherwise it is surplus, and goes back. `slip`: columns that keep what a POS told.
    """
    taken: Mapping[str, object] = {
        "paid_amount": order.amount,
        "external_no": order.external_no or None,
        "paid_at": order.paid_at or now,
        **slip,
    }
    if trade.state not in PAYABLE:
        return surplus(attempt, order.amount, "交易已结束，多付的款项退回", now, taken)
    if order.amount != trade.amount:
        told = f"渠道实收 {yuan(order.amount)} 元，与订单 {yuan(trade.amount)} 元不符，全部退回"
        reason = "渠道实收金额与订单不符，款项原路退回"
        failed = moved(trade, Trade.FAILED, told, now, {"reason": reason})
        rest = left((one for one in others if one.order_no != attempt.order_no), now, "交易失败")
        return Change((failed,)) + surplus(attempt, order.amount, told, now, taken) + rest
    counted = moved(attempt, Attempt.PAID, "支付成功", now, taken)
    received = {
        "order_no": attempt.order_no,
        "channel": attempt.channel,
        "external_no": order.external_no or None,
        "paid_at": order.paid_at or now,
        "reason": "",
    }
    telling = moved(trade, Trade.TELLING, f"{title(attempt.channel)}支付成功", now, received)
    booked = books.booking(
        trade.merchant_id,
        trade.trace_no,
        now,
        (books.paid(attempt.order_no, attempt.channel, trade.account), trade.amount),
    )
    rest = left((one for one in others if one.order_no != attempt.order_no), now, "已用其他方式支付")
    return Change((telling, counted), (booked,), (job_of(telling.row, now),)) + rest


def surplus(attempt: AttemptRow, amount: int, told: str, now: int, taken: Mapping[str, object]) -> Change:
    """Money that nobody ordered: it stands in suspense until it has gone back."""
    step = moved(attempt, Attempt.SURPLUS, told, now, taken)
    booked = books.booking(
        attempt.merchant_id, attempt.trace_no, now, (books.surplus(attempt.order_no, attempt.channel), amount)
    )
    return Change((step,), (booked,), (job_of(step.row, now),))


def acted(attempt: AttemptRow, act: Act, actor: str, now: int) -> Change:
    """What a person does to an attempt. Raises NotNow."""
    about = ATTEMPTS[attempt.state]
    after = about.acts.get(act)
    if after is None:
        raise NotNow(f"这次支付{about.title}，现在不能这样操作")
    if act is Act.SETTLE:
        step = moved(attempt, Attempt.RETURNED, "已由人工退款", now, actor=actor)
        kind = books.surplus_returned(attempt.order_no, books.BY_HAND)
        booked = books.booking(attempt.merchant_id, attempt.trace_no, now, (kind, attempt.paid_amount or 0))
        return Change((step,), (booked,))
    if after == attempt.state:
        step = touched(attempt, now, actor=actor, told="立即重试")
    else:
        step = moved(attempt, Attempt(after), "再试一次退回", now, actor=actor)
    return Change((step,), jobs=(job_of(step.row, now),))
