"""What a comparison of books with the HIS and the channels can come to, in words and with what is to be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from yiqiao.region.payments.ways import title

HIS = "HIS"
"""As a side: the hospital's own books; the other sides are channels, by their codes."""


class Kind(StrEnum):
    """What a movement comes to on all sides."""

    MATCHED = "matched"
    REVERSED = "reversed"
    BY_HAND = "by_hand"
    UNASKED = "unasked"
    IN_FLIGHT = "in_flight"
    DAY = "day"
    AMOUNT = "amount"
    STATE = "state"
    MISSING_HERE = "missing_here"
    MISSING_AT_CHANNEL = "missing_at_channel"
    MISSING_AT_HIS = "missing_at_his"
    TWICE = "twice"


TITLES: Mapping[Kind, str] = {
    Kind.MATCHED: "一致",
    Kind.REVERSED: "收退成对（已冲回）",
    Kind.BY_HAND: "人工退款",
    Kind.UNASKED: "未取得对方账单",
    Kind.IN_FLIGHT: "在途",
    Kind.DAY: "记账日不同",
    Kind.AMOUNT: "金额不符",
    Kind.STATE: "状态不符",
    Kind.MISSING_HERE: "平台无此记录",
    Kind.MISSING_AT_CHANNEL: "渠道无此记录",
    Kind.MISSING_AT_HIS: "医院无此记录",
    Kind.TWICE: "对方重复记账",
}
FINE = frozenset({Kind.MATCHED, Kind.REVERSED, Kind.BY_HAND, Kind.UNASKED})
"""Kinds that are only counted."""
SETTLED = FINE | {Kind.IN_FLIGHT, Kind.DAY}
"""Kinds in which there is nothing to be done."""


class Apply(StrEnum):
    """What applying a finding does: nothing that the hub would not do by itself."""

    NOTHING = ""
    ASK_ORDER = "ask_order"
    ASK_REFUND = "ask_refund"
    GO_ON = "go_on"
    TELL = "tell"


@dataclass(frozen=True)
class Finding:
    """A movement that is not the same on both sides; amounts 分, None where a side does not have it.

    `number` is the side's own; `remedy` is empty where there is nothing to do.
    """

    kind: Kind
    side: str
    number: str
    trace_no: str
    here: str
    there: str
    amount_here: int | None
    amount_there: int | None
    remedy: str = ""
    apply: Apply = Apply.NOTHING


def side_title(side: str) -> str:
    """A side as people read it."""
    return "医院" if side == HIS else title(side)


def in_words(findings: Iterable[Finding]) -> Iterable[str]:
    """A line a finding, for a terminal."""
    for one in findings:
        about = f"{TITLES[one.kind]}  {side_title(one.side)}  {one.number}"
        yield f"{about}  平台：{one.here}  {side_title(one.side)}：{one.there}  {one.remedy}".rstrip()


ASKED = "应用后向渠道再查询一次，以渠道的结果继续"
GOES_ON = "应用后立即执行下一步"
TOLD = "应用后先向医院查询，医院没有的再通知一次"
BY_PERSON: Mapping[Kind, str] = {
    Kind.AMOUNT: "请与对方核对这笔金额，由人工调整",
    Kind.MISSING_HERE: "请核对该号是否属于本平台；确属错款的由人工退回",
    Kind.MISSING_AT_CHANNEL: "请凭渠道流水号向渠道核对这笔款是否到账",
    Kind.MISSING_AT_HIS: "请与医院核对，由人工补记",
    Kind.TWICE: "请与对方核对，一笔记了两次",
}
BY_PERSON_STATE: Mapping[str, str] = {
    "returned": "款项已退回而医院已入账，请医院冲销",
    "not_taken": "平台没有收到这笔款而医院已入账，请医院核对后冲销",
    "his_refunded": "医院已退账而平台没有退款，请与医院核对后重新发起或由医院冲回",
    "paid_out": "平台没有这笔退款的成功记录而渠道已退款，请与渠道和医院核对",
}
