"""The standard's code tables beside the hospital's own words.

Each table by itself, since the standard's contradict each other (2.3, 4.2, and the functions' own).
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from yiqiao.clock import beijing, parse_compact, readable
from yiqiao.ports.hospital.booking import OrderState, Timing
from yiqiao.ports.hospital.outpatient import PaymentState
from yiqiao.ports.hospital.values import Session, Sex
from yiqiao.spec import Fault, Invalid

_YUAN = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)
_FEN = re.compile(r"\d{1,11}", re.ASCII)
_SEPARATORS = re.compile(r"[^0-9]")

WORK_TYPE: Mapping[int, Session] = {
    1: Session.MORNING,
    2: Session.AFTERNOON,
    3: Session.WHOLE_DAY,
    5: Session.EVENING,
}
"""值班类别; TIME_FLAG (时段) has the numbers of `Session` itself."""
WORK_TYPE_OF: Mapping[Session, str] = {session: str(code) for code, session in WORK_TYPE.items()}

PATIENT_SEX: Mapping[Sex, str] = {Sex.MALE: "0", Sex.FEMALE: "1"}
"""病人性别 of GetGhRecord, where 0 is a man; SEX elsewhere has the numbers of `Sex` itself."""

VIA_CHANNEL: Mapping[str, int] = {
    "微信": 1,
    "APP": 3,
    "网站": 4,
    "电视": 4,
    "电话": 6,
    "窗口": 6,
    "诊间": 6,
    "社区转诊": 6,
    "自助机": 7,
}
"""预约来源 beside the channel (CHANNEL_ID) that is nearest: what somebody at the hospital does is its window's."""
CHANNEL_VIA: Mapping[int, str] = {1: "微信", 2: "APP", 3: "APP", 4: "网站", 6: "窗口", 7: "自助机"}

PAID_BY: Mapping[int, int] = {1: 1, 2: 2}
"""支付类型 of what was paid on the platform, by the channel: 微信, 支付宝; any other is COLLECTED."""
COLLECTED = 11  # 代收
PAID_LIKE: Mapping[int, int] = {5: 2, 6: 2, 7: 1}
"""支付类型: forms of paying by 支付宝 and 微信, beside the kind that they are of."""

PAYMENT_STATUS: Mapping[PaymentState, str] = {PaymentState.PAID: "1", PaymentState.REFUNDED: "3"}
OUTPATIENT, INPATIENT = "0", "1"
"""LAB_SOURCE and EXAM_SOURCE."""
ORDINARY = "普通号"
"""What stands in the place of a doctor's name for those who wait for whoever is free."""
LONGEST_MESSAGE = 128
"""Characters of RETURN_MSG (2.3)."""
WINDOWS = "、"
"""What stands between windows where medicine is handed out."""

NORMAL, EXPERT, EMERGENCY, SPECIAL_NEEDS = 1, 2, 3, 5
"""Some of REG_LEVEL."""
LEVEL_NAME: Mapping[int, str] = {
    1: "普通",
    2: "专家",
    3: "急诊",
    4: "专病门诊",
    5: "特需门诊",
    6: "膏方",
    7: "挂号到科室",
}
"""号别分类 of GetGhInfo, by REG_LEVEL."""
REGT_YPE: Mapping[int, str] = {NORMAL: "0", EXPERT: "1", SPECIAL_NEEDS: "2", EMERGENCY: "3"}
"""挂号类别 of GetGhRecord, by REG_LEVEL."""
SCHEDUL_TYPE: Mapping[Session, str] = {
    Session.MORNING: "1",
    Session.AFTERNOON: "2",
    Session.WHOLE_DAY: "3",
    Session.EVENING: "5",
}
"""排班类别 of GetGhRecord, where 4 is an emergency's."""

IS_REG: Mapping[int, Timing] = {
    1: Timing.BOOKED_TODAY,
    2: Timing.AT_ONCE,
    3: Timing.BOOKED_AHEAD,
    4: Timing.FROM_BOOKING,
    5: Timing.BOOKED_AHEAD,  # 锁号后预约, in the family's 3.3 document
}
IS_PAID, NOT_PAID = 0, 1
"""IS_PAY and HOSP_IS_PAY of OrderReg, the other way round than elsewhere."""
ORDER_STATUS: Mapping[OrderState, str] = {
    OrderState.BOOKED: "1",
    OrderState.REGISTERED: "2",
    OrderState.FETCHED: "3",
    OrderState.VISITED: "4",
    OrderState.STOPPED: "5",
    OrderState.CANCELLED: "6",
}
SEX_LIMIT: Mapping[Sex, str] = {Sex.FEMALE: "0", Sex.MALE: "1"}
"""班次性别限制: unlike all other tables of sexes."""
BAR = "|"
ALL = "-1"
"""What stands for all departments, doctors, hospitals."""
FIRST_LEVEL = "0"
"""What stands for the departments of the first level."""
NONE = "无"
"""What a price that has no maker, form or remark says of them."""


def fen(name: str, text: str | None) -> int | None:
    """元 as a text, in 分; None for nothing. Raises Invalid for what is no amount, or finer than a 分."""
    if not text:
        return None
    if not _YUAN.fullmatch(text):
        raise Invalid((Fault(name, "format", "应为以元为单位的金额，最多两位小数"),))
    return int(Decimal(text) * 100)


def stated_fen(name: str, text: str) -> int:
    """元 as a text that must be there, in 分. Raises Invalid."""
    amount = fen(name, text)
    if amount is None:
        raise Invalid((Fault(name, "required", "为必填项"),))
    return amount


def plain(number: Decimal) -> str:
    """A price or quantity without noughts behind: 1.3996, 2."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole_fen(name: str, text: str) -> int:
    """分 as a text. Raises Invalid."""
    if not _FEN.fullmatch(text):
        raise Invalid((Fault(name, "format", "应为以分为单位的整数"),))
    return int(text)


def moment(at: int | None) -> str | None:
    """A moment as the standard writes it: 2026-11-20 09:30:12."""
    return None if at is None else readable(at)


def to_the_minute(at: int | None) -> str:
    """A moment of queues and reports: 2026/11/20 09:30; nothing for none."""
    return "" if at is None else beijing(at).strftime("%Y/%m/%d %H:%M")


def to_the_second(at: int | None) -> str:
    """A moment of queues and reports with its second: 2026/11/20 09:30:12; nothing for none."""
    return "" if at is None else beijing(at).strftime("%Y/%m/%d %H:%M:%S")


def stated_moment(text: str | None) -> int | None:
    """A day or moment in any of the formats that the specification accepts; what is left out of it is zero."""
    return None if text is None else parse_compact(_SEPARATORS.sub("", text).ljust(14, "0"))


def slot_reg_id(schedule_id: str, time_id: str) -> str:
    """REG_ID of a time slot where a profile has no TIME_ID: the schedule's, a bar, the slot's. A slot that came without
    a bar keeps what came (`slot_of_reg_id`).
    """
    return time_id[1:] if time_id.startswith(BAR) else f"{schedule_id}{BAR}{time_id}"


def slot_of_reg_id(reg_id: str) -> tuple[str, str]:
    """The way back: schedule and slot. What has no bar is a slot's whole REG_ID, of a hospital with a form of its own:
    then the slot's id says so by a bar before it.
    """
    schedule_id, bar, time_id = reg_id.partition(BAR)
    return (schedule_id, time_id) if bar else (reg_id, BAR + reg_id)


def shortened(text: str, most: int) -> str:
    """What fits of a text for people: whole sentences, else whole clauses, else so many characters; but not less than
    a quarter of what there is room for.
    """
    if len(text) <= most:
        return text
    for ends in ("。；！？", "，：、"):
        cut = max(text.rfind(end, most // 4, most + 1) for end in ends)
        if cut > 0:
            return text[:cut]
    return text[:most]
