"""The states of a charge, and the only ways between them (3002, 3004, 4002, 4003).

paying → settling → settled          the hospital has written it down
   ↓         ↓
closing   refunding → refunded       it would not: the money goes back
   ↓
closed

checking: the hospital is asked (3004, 4003) before anything is told again
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a charge stands."""

    PAYING = "paying"
    CLOSING = "closing"
    SETTLING = "settling"
    CHECKING = "checking"
    REFUNDING = "refunding"
    STUCK = "stuck"
    SETTLED = "settled"
    REFUNDED = "refunded"
    CLOSED = "closed"


class Act(StrEnum):
    """What people may do to a charge."""

    GIVE_UP = "give_up"
    RETRY = "retry"
    REFUND = "refund"


@dataclass(frozen=True)
class About:
    """A state in words, whose turn it is, when something happens by itself, what follows, and what may be done."""

    title: str
    owner: str
    timer: str
    then: frozenset[State]
    acts: Mapping[Act, State]


STATES: Mapping[State, About] = {
    State.PAYING: About(
        "支付结果确认中",
        "saga",
        "每隔片刻查询，30 分钟后关闭",
        frozenset({State.SETTLING, State.CLOSING, State.CLOSED}),
        {Act.GIVE_UP: State.CLOSING, Act.RETRY: State.PAYING},
    ),
    State.CLOSING: About(
        "正在关闭未支付的交易",
        "saga",
        "重试",
        frozenset({State.CLOSED, State.SETTLING}),
        {Act.RETRY: State.CLOSING},
    ),
    State.SETTLING: About(
        "已支付，正在通知医院",
        "saga",
        "重试",
        frozenset({State.SETTLED, State.CHECKING, State.REFUNDING}),
        {Act.RETRY: State.CHECKING},
    ),
    State.CHECKING: About(
        "已支付，正在向医院核对",
        "saga",
        "重试",
        frozenset({State.SETTLED, State.SETTLING, State.REFUNDING}),
        {Act.RETRY: State.CHECKING},
    ),
    State.REFUNDING: About(
        "正在退款", "saga", "重试", frozenset({State.REFUNDED, State.STUCK}), {Act.RETRY: State.REFUNDING}
    ),
    State.STUCK: About(
        "需要人工处理",
        "operator",
        "每天再试一次退款",
        frozenset({State.REFUNDING}),
        {Act.REFUND: State.REFUNDING},
    ),
    State.SETTLED: About("缴费成功", "nobody", "", frozenset(), {}),
    State.REFUNDED: About("未能缴费，已退款", "nobody", "", frozenset(), {}),
    State.CLOSED: About("未支付，已关闭", "nobody", "", frozenset(), {}),
}
FINAL = frozenset(state for state, about in STATES.items() if about.owner == "nobody")


def may_follow(before: State, after: State) -> bool:
    """Whether one state may follow another."""
    about = STATES[before]
    return after in about.then or after in about.acts.values() or after is before
