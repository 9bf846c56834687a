"""Settlements that stand on one side only (单边账): which kinds there are, what each means, and what mends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from yiqiao.region.insurance.states import STATES, Act


class Kind(StrEnum):
    """What was found."""

    UNCONFIRMED = "unconfirmed"
    UNSETTLED = "unsettled"
    UNPAID_FOR = "unpaid_for"
    UNFINISHED = "unfinished"
    REVERSED_THERE = "reversed_there"
    MISSING_THERE = "missing_there"
    MISSING_AT_HIS = "missing_at_his"
    LEFT_THERE = "left_there"
    LEFT_AT_HIS = "left_at_his"
    UNKNOWN_HERE = "unknown_here"
    AMOUNT = "amount"


@dataclass(frozen=True)
class About:
    """What a finding means, and by which acts it is mended, the best first; none: a person has to find out."""

    title: str
    meaning: str
    remedies: tuple[Act, ...]

    def remedy(self, state: str) -> str:
        """The act that mends it from a state; empty where there is none."""
        return next((str(act) for act in self.remedies if act in STATES[state].acts), "")


KINDS: Mapping[Kind, About] = {
    Kind.UNCONFIRMED: About(
        "医保已结算，医院未确认",
        "医保中心已结算，医院没有入账；再次通知医院，或撤销医保结算并退款",
        (Act.CONFIRM, Act.RETRY, Act.REVERSE),
    ),
    Kind.UNSETTLED: About(
        "医院已确认，医保未结算",
        "医院已入账，医保中心没有这笔结算；撤销医院入账并退款",
        (Act.REVERSE, Act.RETRY),
    ),
    Kind.UNPAID_FOR: About(
        "已收款，未结算", "个人部分已收取，既没有结算也没有退还；立即重试，或退还", (Act.RETRY, Act.REVERSE)
    ),
    Kind.UNFINISHED: About(
        "各方都已完成，平台未完成",
        "医保中心与医院都已完成；立即重试，或再次通知医院（已有的不重复入账）",
        (Act.RETRY, Act.CONFIRM),
    ),
    Kind.REVERSED_THERE: About(
        "医保中心已自行冲正", "平台与医院都算已结算，医保中心已冲正；撤销医院入账并退款", (Act.REVERSE,)
    ),
    Kind.MISSING_THERE: About(
        "医保中心无此结算", "平台与医院都算已结算，医保中心没有；撤销医院入账并退款", (Act.REVERSE,)
    ),
    Kind.MISSING_AT_HIS: About("医院无此结算", "平台与医保中心都已结算，医院没有入账；再次通知医院", (Act.CONFIRM,)),
    Kind.LEFT_THERE: About("医保中心仍有结算", "平台已作未成处理，医保中心仍有这笔结算；撤销医保结算", (Act.REVERSE,)),
    Kind.LEFT_AT_HIS: About("医院仍有结算", "平台已撤销，医院仍算已入账；请医院核对账务后冲回", ()),
    Kind.UNKNOWN_HERE: About("平台无此结算", "医保中心有，平台没有；请与医保中心核对是否由其他途径结算", ()),
    Kind.AMOUNT: About("金额不符", "医保中心与平台的金额不同；请与医保中心核对", ()),
}
