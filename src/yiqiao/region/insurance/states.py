"""The states of a settlement, and the only ways between them (3.1.3.6, 3.1.3.7).

Every state that is not an end has an owner, who acts next; a timer, after which something happens by itself; and the
acts that people may do from it. A state in which the saga acts was written down before anybody was asked to act.

    registering → uploading → reckoning → ordering → paying → settling → confirming → done
         ↓            ↓           ↓                     ↓         ↓          ↓
         └────────────┴───────────┴──── withdrawing ←───┘         │       revoking
                                             ↑                    ↓          │
                                             └──────────────── refunding ←───┘
                                             ↓
                                          failed

    done → untelling → revoking → refunding → cancelled       it is taken back
              ↓           ↓
              └───────────┴→ retelling → done                 somebody will not: it stands

Money comes before the centre: what the centre has settled can be taken back there only in order and until the month is
cleared, what a channel has taken can always go back. The HIS comes last, because it hands out medicine on its word.
Going back, the HIS is asked first: it is the only one that may have a reason that nobody can undo (medicine that was
handed out). The centre is next, because it may refuse too, and then the HIS is told again and nothing has moved. Money
goes back last: nobody asks for it a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a settlement stands."""

    REGISTERING = "registering"
    UPLOADING = "uploading"
    RECKONING = "reckoning"
    ORDERING = "ordering"
    PAYING = "paying"
    SETTLING = "settling"
    CONFIRMING = "confirming"
    DONE = "done"
    UNTELLING = "untelling"
    REVOKING = "revoking"
    RETELLING = "retelling"
    REFUNDING = "refunding"
    WITHDRAWING = "withdrawing"
    UNCONFIRMED = "unconfirmed"
    UNRETURNED = "unreturned"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Ending(StrEnum):
    """Where a way back leads."""

    FAILED = "failed"
    CANCELLED = "cancelled"


class Owner(StrEnum):
    """Who acts next."""

    SAGA = "saga"
    PAYER = "payer"
    OPERATOR = "operator"
    NOBODY = "nobody"


class Act(StrEnum):
    """What people may do."""

    RETRY = "retry"  # the next step now
    CONFIRM = "confirm"  # tell the HIS again; it is asked first
    REVERSE = "reverse"  # take it back: at the HIS, at the centre, and the money to its source
    BY_HAND = "by_hand"  # an operator's word that it was mended outside


@dataclass(frozen=True)
class About:
    """What is to be known of a state: our word for it, whose turn it is, when something happens by itself, what may
    follow, and what people may do.
    """

    title: str
    owner: Owner
    timer: str
    then: frozenset[str]
    acts: Mapping[Act, str]

    @property
    def final(self) -> bool:
        """Whether nothing follows by itself."""
        return self.owner is Owner.NOBODY


def _about(title: str, owner: Owner, timer: str, then: str, **acts: str) -> About:
    return About(title, owner, timer, frozenset(then.split()), {Act(name): to for name, to in acts.items()})


_O = Owner
RETRIES = "按 2 秒至 30 分钟的间隔重试"
GIVES_UP = f"{RETRIES}；15 分钟仍连接不上医保中心则放弃"
DAILY = "每天再试一次"

STATES: Mapping[str, About] = {
    State.REGISTERING: _about(
        "正在医保挂号", _O.SAGA, GIVES_UP, "uploading failed withdrawing", retry=State.REGISTERING
    ),
    State.UPLOADING: _about(
        "正在上传费用明细", _O.SAGA, GIVES_UP, "reckoning withdrawing failed", retry=State.UPLOADING
    ),
    State.RECKONING: _about(
        "正在医保预结算", _O.SAGA, GIVES_UP, "ordering settling withdrawing failed", retry=State.RECKONING
    ),
    State.ORDERING: _about("正在准备收银台", _O.SAGA, RETRIES, "paying withdrawing failed", retry=State.ORDERING),
    State.PAYING: _about(
        "等待支付", _O.PAYER, "超过支付时限自动关闭", "settling confirming withdrawing failed", retry=State.PAYING
    ),
    State.SETTLING: _about(
        "正在医保结算",
        _O.SAGA,
        RETRIES,
        "confirming revoking refunding withdrawing failed",
        retry=State.SETTLING,
        reverse=State.REVOKING,
    ),
    State.CONFIRMING: _about(
        "正在医院确认",
        _O.SAGA,
        RETRIES,
        "done revoking refunding",
        retry=State.CONFIRMING,
        reverse=State.UNTELLING,
    ),
    State.DONE: _about("结算完成", _O.NOBODY, "", "", reverse=State.UNTELLING, confirm=State.RETELLING),
    State.UNTELLING: _about("正在医院撤销", _O.SAGA, RETRIES, "revoking refunding retelling", retry=State.UNTELLING),
    State.REVOKING: _about(
        "正在医保撤销",
        _O.SAGA,
        RETRIES,
        "refunding withdrawing retelling unconfirmed failed cancelled",
        retry=State.REVOKING,
    ),
    State.RETELLING: _about("撤销未成，正在医院恢复", _O.SAGA, RETRIES, "done unconfirmed", retry=State.RETELLING),
    State.REFUNDING: _about(
        "正在退还个人支付部分",
        _O.SAGA,
        "每隔片刻查看退款",
        "withdrawing failed cancelled unreturned",
        retry=State.REFUNDING,
    ),
    State.WITHDRAWING: _about("正在撤回医保挂号", _O.SAGA, RETRIES, "failed", retry=State.WITHDRAWING),
    State.UNCONFIRMED: _about(
        "医保已结算而医院未确认，需要人工处理",
        _O.OPERATOR,
        DAILY,
        "revoking",
        confirm=State.RETELLING,
        reverse=State.REVOKING,
        by_hand=State.DONE,
    ),
    State.UNRETURNED: _about(
        "个人支付部分未能退还，需要人工处理",
        _O.OPERATOR,
        DAILY,
        "refunding withdrawing cancelled",
        retry=State.REFUNDING,
        by_hand=State.FAILED,
    ),
    State.FAILED: _about("结算未成", _O.NOBODY, "", "", reverse=State.REVOKING),
    State.CANCELLED: _about("已撤销", _O.NOBODY, "", ""),
}

FINAL = frozenset(state for state, about in STATES.items() if about.final)
NEEDS_A_HAND = (State.UNCONFIRMED, State.UNRETURNED)
HELD = frozenset(STATES) - {State.FAILED, State.CANCELLED}
"""States in which a settlement holds its charges: nobody else may settle them."""


def may_follow(before: str, after: str) -> bool:
    """Whether one state may follow another: by the saga's own step or by an act."""
    about = STATES[before]
    return after == before or after in about.then or after in about.acts.values()
