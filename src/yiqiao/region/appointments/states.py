"""The states of an appointment that the region makes, and the only ways between them (3.1.3.6 to 3.1.3.10).

Every state that is not an end has an owner, who acts next; a timer, after which something happens by itself; and the
acts that people may do from it. A state in which the saga acts was written down before anybody was asked to act.

    locking → locked → ordering → ordered → paying → registering → registered → visited
                 ↓         ↓          ↓        ↓           ↓             ↓
             releasing ←───┘      cancelling ←─closing   refunding ← returning
                                                           ↓
    checking: the hospital is asked how the order stands (2012) before anything is repeated
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where an appointment stands."""

    LOCKING = "locking"
    LOCKED = "locked"
    RELEASING = "releasing"
    ORDERING = "ordering"
    ORDERED = "ordered"  # to be paid here
    BOOKED = "booked"  # to be paid at the hospital
    PAYING = "paying"
    CLOSING = "closing"
    REGISTERING = "registering"
    REGISTERED = "registered"
    RETURNING = "returning"
    REFUNDING = "refunding"
    CANCELLING = "cancelling"
    CHECKING = "checking"
    STUCK = "stuck"
    REFUSED = "refused"
    RELEASED = "released"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    STOPPED = "stopped"
    VISITED = "visited"
    PAST = "past"


class Owner(StrEnum):
    """Who acts next."""

    SAGA = "saga"
    CITIZEN = "citizen"
    OPERATOR = "operator"
    NOBODY = "nobody"


class Act(StrEnum):
    """What people may do to an appointment."""

    CONFIRM = "confirm"  # make the order
    GIVE_UP = "give_up"  # let go of the unit, cancel the order, or give a paid one back
    PAY = "pay"
    CHECK = "check"  # ask the hospital how it stands
    RETRY = "retry"  # do the next step now
    REFUND = "refund"  # an operator's decision, where nothing else is left
    CLOSE = "close"  # an operator's word that nothing is left to be done


class Ending(StrEnum):
    """Why an appointment is being ended."""

    NOT = ""
    CITIZEN = "citizen"
    LAPSED = "lapsed"  # nothing came of the lock
    UNPAID = "unpaid"
    REFUSED = "refused"  # by the hospital's rules
    SILENT = "silent"  # the hospital has not answered for too long
    HOSPITAL = "hospital"  # cancelled by the hospital
    STOPPED = "stopped"  # 停诊
    OPERATOR = "operator"


@dataclass(frozen=True)
class About:
    """What is to be known of a state: in words, whose turn it is, when it ends by itself, and what may be done."""

    title: str
    owner: Owner
    timer: str
    then: frozenset[State]
    acts: Mapping[Act, State]

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self.owner is Owner.NOBODY


_S, _A, _O = State, Act, Owner


def _about(title: str, owner: Owner, timer: str, then: str, **acts: State) -> About:
    return About(title, owner, timer, frozenset(map(State, then.split())), {Act(name): to for name, to in acts.items()})


STATES: Mapping[State, About] = {
    _S.LOCKING: _about("正在锁号", _O.SAGA, "20 秒", "locked refused releasing", retry=_S.LOCKING),
    _S.LOCKED: _about(
        "已锁号，待确认", _O.CITIZEN, "锁号 10 分钟", "releasing", confirm=_S.ORDERING, give_up=_S.RELEASING
    ),
    _S.RELEASING: _about("正在解除锁号", _O.SAGA, "重试", "released refused", retry=_S.RELEASING),
    _S.ORDERING: _about("正在提交预约", _O.SAGA, "重试", "ordered booked releasing checking", retry=_S.CHECKING),
    _S.ORDERED: _about(
        "已预约，待支付",
        _O.CITIZEN,
        "下单后 30 分钟",
        "cancelling checking",
        pay=_S.PAYING,
        give_up=_S.CANCELLING,
        check=_S.CHECKING,
    ),
    _S.BOOKED: _about(
        "已预约，到院支付",
        _O.CITIZEN,
        "就诊日结束",
        "checking visited past",
        give_up=_S.CANCELLING,
        check=_S.CHECKING,
    ),
    _S.PAYING: _about(
        "支付结果确认中",
        _O.SAGA,
        "每隔片刻查询，下单后 30 分钟",
        "registering ordered closing checking",
        retry=_S.PAYING,
        give_up=_S.CLOSING,
    ),
    _S.CLOSING: _about("正在关闭未支付的交易", _O.SAGA, "重试", "registering cancelling refunding", retry=_S.CLOSING),
    _S.REGISTERING: _about("已支付，正在挂号", _O.SAGA, "重试", "registered refunding checking", retry=_S.CHECKING),
    _S.REGISTERED: _about(
        "挂号成功", _O.CITIZEN, "就诊日结束", "checking visited past", give_up=_S.RETURNING, check=_S.CHECKING
    ),
    _S.RETURNING: _about("正在退号", _O.SAGA, "重试", "refunding registered checking", retry=_S.CHECKING),
    _S.REFUNDING: _about("正在退款", _O.SAGA, "重试", "refunded stopped cancelling stuck", retry=_S.REFUNDING),
    _S.CANCELLING: _about(
        "正在取消预约", _O.SAGA, "重试", "cancelled refunded stopped checking stuck", retry=_S.CANCELLING
    ),
    _S.CHECKING: _about(
        "正在向医院核对",
        _O.SAGA,
        "重试",
        "ordering releasing ordered booked paying closing registering registered returning cancelling refunding "
        "stuck cancelled stopped visited past refunded",
        retry=_S.CHECKING,
    ),
    _S.STUCK: _about(
        "需要人工处理",
        _O.OPERATOR,
        "每天再核对一次",
        "checking",
        check=_S.CHECKING,
        refund=_S.REFUNDING,
        close=_S.CANCELLED,
    ),
    _S.REFUSED: _about("未能预约", _O.NOBODY, "", ""),
    _S.RELEASED: _about("已放弃", _O.NOBODY, "", ""),
    _S.CANCELLED: _about("已取消", _O.NOBODY, "", ""),
    _S.REFUNDED: _about("已退号退款", _O.NOBODY, "", ""),
    _S.STOPPED: _about("医院停诊", _O.NOBODY, "", ""),
    _S.VISITED: _about("已就诊", _O.NOBODY, "", ""),
    _S.PAST: _about("已过就诊日", _O.NOBODY, "", ""),
}

CITIZENS = frozenset({Act.CONFIRM, Act.GIVE_UP, Act.PAY})
OPERATORS = frozenset({Act.CHECK, Act.RETRY, Act.REFUND, Act.CLOSE})
FINAL = frozenset(state for state, about in STATES.items() if about.final)
ACTING = frozenset(state for state, about in STATES.items() if about.owner is Owner.SAGA)
ORDER_STANDS = frozenset({State.ORDERED, State.BOOKED, State.PAYING, State.REGISTERING, State.REGISTERED})
"""The hospital has an order by what is known here, and expects the patient."""


def may_follow(before: State, after: State) -> bool:
    """Whether one state may follow another: by the saga's own step, or by an act; a person may be asked at any step."""
    about = STATES[before]
    if after is State.STUCK and before in ACTING:
        return True
    return after in about.then or after in about.acts.values() or after is before
