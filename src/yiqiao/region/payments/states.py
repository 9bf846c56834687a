"""The states of trades, attempts and refunds, and the only ways between them (3.1.3.3 to 3.1.3.5).

Every state that is not an end has an owner, who acts next; a timer, after which something happens by itself; and the
acts that people may do from it. A state in which the saga acts was written down before anybody was asked to act.

    trade    opened → placing → paying → telling → succeeded        the HIS has it
               ↓         ↓        ↓          ↓
             closing → closed   failed    returning → returned      the HIS would not: the money goes back

    attempt  placing → open → paid            the one that counts
                ↓        ↓
             failed    stray → closed         another way was chosen, or nobody paid in time
                         ↓
                       surplus → returned     it was paid besides: the money goes back

    refund   direct              taking    → paying_out → succeeded
             hisDecide                       paying_out → succeeded
             prepareAndConfirm   preparing → paying_out → confirming → succeeded
             and where the channel will not: reversing (what the HIS did) → failed
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Trade(StrEnum):
    """Where a trade stands."""

    OPENED = "opened"
    PLACING = "placing"
    PAYING = "paying"
    CLOSING = "closing"
    TELLING = "telling"
    RETURNING = "returning"
    STUCK = "stuck"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"
    RETURNED = "returned"


class Attempt(StrEnum):
    """Where an attempt stands."""

    PLACING = "placing"
    OPEN = "open"
    STRAY = "stray"
    SURPLUS = "surplus"
    STUCK = "stuck"
    PAID = "paid"
    FAILED = "failed"
    CLOSED = "closed"
    RETURNED = "returned"


class Refund(StrEnum):
    """Where a refund stands."""

    APPROVING = "approving"
    TAKING = "taking"
    PREPARING = "preparing"
    PAYING_OUT = "paying_out"
    CONFIRMING = "confirming"
    REVERSING = "reversing"
    STUCK = "stuck"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"


State = Trade | Attempt | Refund


class Owner(StrEnum):
    """Who acts next."""

    SAGA = "saga"
    PAYER = "payer"
    OPERATOR = "operator"
    APPROVER = "approver"
    NOBODY = "nobody"


class Act(StrEnum):
    """What people may do."""

    CANCEL = "cancel"  # the desk or the payer gives up
    RETRY = "retry"  # the next step now
    TELL = "tell"  # tell the HIS again
    GIVE_BACK = "give_back"  # the money goes back to its source
    SETTLE = "settle"  # an operator's word that it was done by hand
    APPROVE = "approve"
    REJECT = "reject"


class Result(StrEnum):
    """The standard's word for how a trade or refund stands (table result)."""

    INIT = "init"
    ING = "ing"
    SUCC = "succ"
    FAIL = "fail"
    EXP = "exp"
    CLOSED = "closed"
    NOTFOUND = "notfound"


@dataclass(frozen=True)
class About:
    """What is to be known of a state: the standard's word, ours, whose turn it is, when something happens by itself,
    what may follow, and what people may do.
    """

    result: Result
    title: str
    owner: Owner
    timer: str
    then: frozenset[str]
    acts: Mapping[Act, str]

    @property
    def final(self) -> bool:
        """Whether nothing follows by itself."""
        return self.owner is Owner.NOBODY


def _about(result: str, title: str, owner: Owner, timer: str, then: str, **acts: str) -> About:
    return About(
        Result(result), title, owner, timer, frozenset(then.split()), {Act(name): to for name, to in acts.items()}
    )


_O = Owner
RETRIES = "按 2 秒至 30 分钟的间隔重试"

TRADES: Mapping[str, About] = {
    Trade.OPENED: _about(
        "init", "待支付", _O.PAYER, "超过支付时限自动关闭", "placing telling failed closing", cancel=Trade.CLOSING
    ),
    Trade.PLACING: _about(
        "ing",
        "正在向支付渠道下单",
        _O.SAGA,
        RETRIES,
        "paying opened telling failed closing",
        retry=Trade.PLACING,
        cancel=Trade.CLOSING,
    ),
    Trade.PAYING: _about(
        "ing",
        "等待支付",
        _O.PAYER,
        "每隔片刻查询，超过支付时限自动关闭",
        "telling opened placing failed closing",
        retry=Trade.PAYING,
        cancel=Trade.CLOSING,
    ),
    Trade.CLOSING: _about(
        "ing", "正在关闭未支付的交易", _O.SAGA, RETRIES, "closed telling failed", retry=Trade.CLOSING
    ),
    Trade.TELLING: _about(
        "ing",
        "已支付，正在通知医院",
        _O.SAGA,
        RETRIES,
        "succeeded returning",
        retry=Trade.TELLING,
        give_back=Trade.RETURNING,
    ),
    Trade.RETURNING: _about(
        "exp", "医院未入账，正在原路退回", _O.SAGA, RETRIES, "returned succeeded stuck", retry=Trade.RETURNING
    ),
    Trade.STUCK: _about(
        "exp",
        "需要人工处理",
        _O.OPERATOR,
        "每天再试一次退回",
        "returning",
        tell=Trade.TELLING,
        give_back=Trade.RETURNING,
        settle=Trade.RETURNED,
    ),
    Trade.SUCCEEDED: _about("succ", "交易成功", _O.NOBODY, "", "telling"),  # a reconciliation has found that it was not
    Trade.FAILED: _about("fail", "交易失败", _O.NOBODY, "", ""),
    Trade.CLOSED: _about("closed", "交易关闭", _O.NOBODY, "", ""),
    Trade.RETURNED: _about("fail", "医院未入账，已退回", _O.NOBODY, "", ""),
}

ATTEMPTS: Mapping[str, About] = {
    Attempt.PLACING: _about("ing", "正在下单", _O.SAGA, RETRIES, "open paid failed stray surplus closed"),
    Attempt.OPEN: _about("ing", "等待支付", _O.PAYER, "随交易关闭", "paid failed stray surplus closed"),
    Attempt.STRAY: _about("ing", "正在关闭", _O.SAGA, RETRIES, "paid closed failed surplus", retry=Attempt.STRAY),
    Attempt.SURPLUS: _about("exp", "多付，正在退回", _O.SAGA, RETRIES, "returned stuck", retry=Attempt.SURPLUS),
    Attempt.STUCK: _about(
        "exp",
        "多付，需要人工处理",
        _O.OPERATOR,
        "每天再试一次退回",
        "surplus",
        give_back=Attempt.SURPLUS,
        settle=Attempt.RETURNED,
    ),
    Attempt.PAID: _about("succ", "已支付", _O.NOBODY, "", ""),
    Attempt.FAILED: _about("fail", "未支付成功", _O.NOBODY, "", "stray"),
    Attempt.CLOSED: _about("closed", "已关闭", _O.NOBODY, "", "stray"),
    Attempt.RETURNED: _about("closed", "多付，已退回", _O.NOBODY, "", ""),
}

REFUNDS: Mapping[str, About] = {
    Refund.APPROVING: _about(
        "init",
        "等待审批",
        _O.APPROVER,
        "24 小时未审批自动驳回",
        "rejected",
        approve="*",  # the first step of its kind
        reject=Refund.REJECTED,
    ),
    Refund.TAKING: _about("ing", "正在医院扣减", _O.SAGA, RETRIES, "paying_out failed", retry=Refund.TAKING),
    Refund.PREPARING: _about("ing", "正在医院预退", _O.SAGA, RETRIES, "paying_out failed", retry=Refund.PREPARING),
    Refund.PAYING_OUT: _about(
        "ing", "支付渠道退款中", _O.SAGA, RETRIES, "succeeded confirming reversing failed", retry=Refund.PAYING_OUT
    ),
    Refund.CONFIRMING: _about(
        "ing", "已退款，正在医院确认", _O.SAGA, RETRIES, "succeeded stuck", retry=Refund.CONFIRMING
    ),
    Refund.REVERSING: _about(
        "exp", "渠道退款失败，正在医院冲回", _O.SAGA, RETRIES, "failed stuck", retry=Refund.REVERSING
    ),
    Refund.STUCK: _about(
        "exp", "需要人工处理", _O.OPERATOR, "每天再试一次", "confirming reversing", retry="*", settle="*"
    ),
    Refund.SUCCEEDED: _about("succ", "退款成功", _O.NOBODY, "", ""),
    Refund.FAILED: _about("fail", "退款失败", _O.NOBODY, "", "taking preparing paying_out approving"),
    Refund.REJECTED: _about("closed", "退款已驳回", _O.NOBODY, "", "taking preparing paying_out approving"),
}

TABLES: Mapping[str, Mapping[str, About]] = {"trade": TRADES, "attempt": ATTEMPTS, "refund": REFUNDS}


class RefundType(StrEnum):
    """By which steps a refund goes (refundType)."""

    DIRECT = "direct"
    HIS_DECIDE = "hisDecide"
    PREPARE_AND_CONFIRM = "prepareAndConfirm"


@dataclass(frozen=True)
class Flow:
    """The steps of one kind of refund: what the HIS does before the money goes back, and after."""

    before: Refund | None
    after: Refund | None

    @property
    def first(self) -> Refund:
        """The step it begins with."""
        return self.before or Refund.PAYING_OUT

    @property
    def paid_out(self) -> Refund:
        """What follows once the channel has given the money back."""
        return self.after or Refund.SUCCEEDED

    @property
    def refused(self) -> Refund:
        """What follows where the channel will not, for good: what the HIS did is undone."""
        return Refund.REVERSING if self.before else Refund.FAILED


FLOWS: Mapping[str, Flow] = {
    RefundType.DIRECT: Flow(Refund.TAKING, None),
    RefundType.HIS_DECIDE: Flow(None, None),
    RefundType.PREPARE_AND_CONFIRM: Flow(Refund.PREPARING, Refund.CONFIRMING),
}

FINAL_TRADES = frozenset(state for state, about in TRADES.items() if about.final)
FINAL_REFUNDS = frozenset(state for state, about in REFUNDS.items() if about.final)
FINAL_ATTEMPTS = frozenset(state for state, about in ATTEMPTS.items() if about.final)
NEEDS_A_HAND = "stuck"


def may_follow(kind: str, before: str, after: str) -> bool:
    """Whether one state may follow another: by the saga's own step or by an act. `kind`: trade, attempt, refund."""
    about = TABLES[kind][before]
    return after == before or after in about.then or after in about.acts.values() or "*" in about.acts.values()
