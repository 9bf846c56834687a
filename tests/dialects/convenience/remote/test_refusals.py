"""What a hospital elsewhere refuses, does not answer, or cannot be asked: each is told as what it is."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import SERIAL, Act, Elsewhere, Stranger, act, question
from tests.dialects.convenience.remote.test_booking import ordered, wish
from tests.hospital.booking.clinic import TOMORROW
from yiqiao.dialects.convenience.remote import meaning
from yiqiao.errors import DomainError
from yiqiao.ports.hospital import refusals
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    HospitalMisconfigured,
    HospitalUnreachable,
    NotOffered,
    OutcomeUnknown,
    RuleViolated,
    SoldOut,
    TransactionFailed,
)
from yiqiao.spec import load

SPEC = load("convenience")
GENERAL: Mapping[tuple[str, str], str] = {
    ("GetDeptInfo", "200101"): "UnknownDepartment",
    ("GetDoctorInfo", "200202"): "UnknownDoctor",
    ("GetRegInfo", "200303"): "UnknownSchedule",
    ("GetTimeRegInfo", "200404"): "UnknownTimeSlot",
    ("GetPatientInfo", "1010001"): "NoSuchRecord",
    ("HospitalPrefee", "400101"): "NoSuchRecord",
    ("LockReg", "200501"): "UnknownSchedule",
    ("UnLockReg", "200601"): "UnknownLock",
    ("OrderReg", "200705"): "UnknownSchedule",
    ("OrderReg", "200711"): "IdentityMismatch",
    ("OpAppRegist", "1"): "RuleViolated",
    ("UpdateOrderInfo", "1"): "RuleViolated",
    ("GetYyNo", "1001"): "SoldOut",
    ("GetYyNo", "1003"): "UnknownDepartment",
    ("GetYyNo", "1004"): "UnknownSchedule",
    ("GetYyNo", "1005"): "RuleViolated",
    ("BackNo", "0002"): "OrderClosed",
    ("", "10"): "DuplicateSerial",
    ("", "12"): "NoSuchRecord",
}
"""What a code means that stands for several refusals; "" is any function."""
MAPPED = [
    (operation.name, name, code) for operation in SPEC.operations.values() for name, code in operation.errors.items()
]


@pytest.mark.parametrize(("function", "name", "code"), MAPPED)
def test_a_code_means_what_the_specification_maps_to_it(function: str, name: str, code: str) -> None:
    operation = SPEC.operations[function]
    if not hasattr(refusals, name):
        assert meaning.meant(SPEC, operation, code) is None or (function, code) in GENERAL
        return
    sharing = [other for other, mapped in operation.errors.items() if mapped == code and hasattr(refusals, other)]
    expected = name if len(sharing) == 1 else GENERAL[function, code]
    kind = meaning.meant(SPEC, operation, code)
    assert kind is not None
    assert kind.__name__ == expected


def test_codes_of_all_functions_mean_the_general_thing() -> None:
    operation = SPEC.operations["opPay"]
    for code, name in (("10", "DuplicateSerial"), ("12", "NoSuchRecord"), ("5", "NotOffered")):
        kind = meaning.meant(SPEC, operation, code)
        assert kind is not None
        assert kind.__name__ == GENERAL.get(("", code), name)
    for code in ("0", "1", "2", "3", "4", "6", "7", "8", "9", "11", "99", "200501"):
        assert meaning.meant(SPEC, operation, code) is None


@pytest.mark.parametrize(("asked", "function"), [(act, "UnLockReg"), (question, "GetRegInfo")])
@pytest.mark.parametrize(
    ("code", "refusal", "told"),
    [
        ("2", HospitalMisconfigured, "对接配置有误，暂时不能办理，请联系平台客服（医院返回码 2）"),
        ("3", HospitalMisconfigured, "返回码 3"),
        ("4", HospitalMisconfigured, "返回码 4"),
        ("6", HospitalMisconfigured, "返回码 6"),
        ("7", HospitalMisconfigured, "返回码 7"),
        ("8", HospitalMisconfigured, "返回码 8"),
        ("9", HospitalMisconfigured, "返回码 9"),
        ("11", HospitalMisconfigured, "返回码 11"),
        ("5", NotOffered, "本院说明"),
        ("10", DuplicateSerial, "本院说明"),
        ("1", TransactionFailed, "本院说明"),
        ("-1", TransactionFailed, "本院说明"),
        ("880001", TransactionFailed, "本院说明"),
    ],
)
async def test_what_a_code_comes_back_as(
    stranger: Stranger, asked: Act, function: str, code: str, refusal: type[DomainError], told: str
) -> None:
    stranger.says(function, code, "本院说明")
    with pytest.raises(refusal, match=told) as refused:
        await asked(stranger.hospital)
    assert type(refused.value) is refusal


async def test_a_hospital_without_words_is_given_the_standards(stranger: Stranger) -> None:
    stranger.says("GetRegInfo", "200301")
    with pytest.raises(DomainError) as refused:
        await question(stranger.hospital)
    assert refused.value.message in ("失败", "科室不存在")


async def test_trouble_within_the_hospital_leaves_an_act_open_and_a_question_unanswered(stranger: Stranger) -> None:
    stranger.says("UnLockReg", "99", "系统错误")
    with pytest.raises(OutcomeUnknown):
        await act(stranger.hospital)
    stranger.says("GetRegInfo", "99", "系统错误")
    with pytest.raises(HospitalUnreachable, match="繁忙或出现故障"):
        await question(stranger.hospital)
    stranger.says("BackNo", RESULTCODE="0003", RESULTMSG="数据库错误")
    with pytest.raises(OutcomeUnknown):
        await stranger.hospital.booking.give_back(SERIAL)


@pytest.mark.parametrize(
    ("result", "refusal"),
    [
        ({"RESULTCODE": "0001", "RESULTMSG": "没有这条"}, "UnknownOrder"),
        ({"RESULTCODE": "0002", "RESULTMSG": "已取号"}, "OrderClosed"),
        ({"RESULTCODE": "0004", "RESULTMSG": "原因不明"}, "TransactionFailed"),
        ({"RESULTCODE": "0005", "RESULTMSG": "已退"}, "DuplicateSerial"),
        ({"RESULTCODE": "7", "RESULTMSG": "本院说明"}, "TransactionFailed"),
        ({"RESULTMSG": "什么也没说"}, "OutcomeUnknown"),
    ],
)
async def test_results_within_success_are_read(stranger: Stranger, result: dict[str, Any], refusal: str) -> None:
    stranger.says("BackNo", **result)
    with pytest.raises(DomainError) as refused:
        await stranger.hospital.booking.give_back(SERIAL)
    assert refused.value.name == refusal
    for done in ("0000", "0"):
        stranger.says("BackNo", RESULTCODE=done)
        await stranger.hospital.booking.give_back(SERIAL)


async def test_a_family_member_s_one_code_keeps_what_it_stands_for() -> None:
    jkt = Stranger("jkt")
    jkt.says("UnLockReg", "13", "今天不能取消")
    with pytest.raises(RuleViolated, match=r"^今天不能取消$"):
        await act(jkt.hospital)
    jkt.says("GetRegInfo", "13", "科室停诊（200303）")
    with pytest.raises(refusals.UnknownSchedule, match=r"^科室停诊$"):
        await question(jkt.hospital)


async def test_a_repeated_cancellation_is_a_success(stranger: Stranger) -> None:
    stranger.says("QueryRegRecord", "12", "没有")
    stranger.says("CancelReg", "200905", "已取消")
    await stranger.hospital.booking.cancel(SERIAL, "YD1")
    assert stranger.asked[-1][1]["HOSP_ORDER_ID"] == "YD1"
    stranger.says("CancelReg", "200901", "没有这个订单")
    with pytest.raises(refusals.UnknownOrder, match="没有这个订单"):
        await stranger.hospital.booking.cancel(SERIAL, "YD1")


async def test_a_cancellation_repeats_what_the_hospital_has_on_file(stranger: Stranger) -> None:
    order = {
        "ORDER_ID": "DD1",
        "HOSP_ORDER_ID": "YD1",
        "CHANNEL_ID": "98",
        "REG_ID": "PB1",
        "REG_DATE": TOMORROW,
        "TIME_FLAG": "1",
        "TOTAL_FEE": "2500",
        "NAME": "柳成荫",
        "SEX": "1",
        "BIRTHDAY": "1985-03-12",
        "MOBILE": "15498510001",
        "HOSP_PATIENT_ID": "P1",
        "HOSP_SERIAL_NUM": "3",
    }
    stranger.says("QueryRegRecord", ORDER_LIST=order)
    stranger.says("CancelReg")
    await stranger.hospital.booking.cancel(SERIAL, "YD1")
    asked = stranger.asked[-1][1]
    names = ("REG_ID", "REG_DATE", "TIME_FLAG", "NAME", "SEX", "BIRTHDAY", "MOBILE", "HOSP_PATIENT_ID")
    assert {name: asked[name] for name in names} == {name: order[name] for name in names}
    assert (asked["REG_FEE"], asked["REG_ROLE"], "CHANNEL_ID" in asked) == ("2500", "1", False)
    stranger.says("QueryRegRecord", ORDER_LIST={**order, "NAME": "柳" * 40})
    await stranger.hospital.booking.cancel(SERIAL, "YD1")
    assert "NAME" not in stranger.asked[-1][1]


async def test_an_order_without_the_hospital_s_number_is_no_answer(stranger: Stranger, clinic: Elsewhere) -> None:
    stranger.says("OrderReg", HOSP_PATIENT_ID="P1")
    with pytest.raises(OutcomeUnknown):
        await stranger.hospital.booking.order(wish(clinic, "DD1"))
    stranger.says("OrderReg", "200709", "号满了")
    with pytest.raises(SoldOut, match=r"^号满了$"):
        await stranger.hospital.booking.order(wish(clinic, "DD1"))
    assert (await ordered(clinic, "DD1")).order_no
