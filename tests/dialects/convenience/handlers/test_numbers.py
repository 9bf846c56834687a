"""Numbers for 12320 and its like, and taking them back (3.1.3.18, 3.1.3.19): every result, every rule."""

from typing import Any

import pytest

from tests.dialects.convenience.handlers.calling import Answer, Platform
from tests.hospital.booking.clinic import HOSPITAL
from yiqiao.hospital.booking.book import unseal
from yiqiao.hospital.booking.service import LocalBooking
from yiqiao.ports.hospital.booking import Document, Serial
from yiqiao.ports.hospital.refusals import TransactionFailed
from yiqiao.storage import StorageUnreachable
from yiqiao.storage.orders import OrderRow

WISH: dict[str, Any] = {
    "HOSPITAL_ID": HOSPITAL,
    "REG_ID": "YY1",
    "DEPT_ID": "D0101",
    "DOCTOR_ID": "YS1",
    "IS_EXPERT": "0",
    "PATIENT_NAME": "柳成荫",
    "SEX": "1",
    "BIRTHDAY": "1985-03-12",
    "MOBILE": "15498510001",
    "SICKINSURETYPE": "6",
    "SEEDOCTORDATE": "2026-11-21",
    "WORKTYPE": "1",
    "REGISTRYFEE": "10.00",
    "CLINICFEE": "15",
    "CARDNO": "359851198503120134",
    "CARDTYPE": "身份证",
    "REGTYPE": "0",
    "REGVIA": "网站",
    "PAYTYPE": "0",
    "CREATEDATE": "2026-11-20 08:00:00",
}
AFTERNOON = {"DOCTOR_ID": "YS2", "WORKTYPE": "2"}


async def ask(platform: Platform, **other: Any) -> Answer:
    return await platform.call("GetYyNo", **{**WISH, **other})


def person(n: int) -> dict[str, Any]:
    return {"REG_ID": f"YY{n}", "PATIENT_NAME": f"患者{n}", "CARDNO": f"35985119850312{n:04}"}


async def on_file(platform: Platform, reg_id: str) -> OrderRow:
    return await platform.clinic.on_file(reg_id)


async def details(platform: Platform, reg_id: str) -> dict[str, str]:
    return dict(unseal(platform.clinic.house.keyring, await on_file(platform, reg_id)).details)


async def test_get_yy_no__rule_number_check(platform: Platform) -> None:
    """number.check"""
    given = (await ask(platform, CHECKNO="000000")).values
    assert (given["RESULTCODE"], given["REG_ID"], given["RESERVENO"]) == ("1000", "YY1", "1")
    assert len(given["CHECKNO"]) == 6
    assert (await on_file(platform, "YY1")).session == 1


async def test_get_yy_no__rule_number_existing(platform: Platform) -> None:
    """number.existing"""
    for reg_id in ("YY1", "YY1", "YY2", None):
        told = (await ask(platform, REG_ID=reg_id)).values
        assert told["REG_ID"] == "YY1"
    assert told["RESULTCODE"] == "1002"
    assert await platform.clinic.taken() == 1


async def test_without_a_serial_of_the_platforms_the_hospital_gives_one(platform: Platform) -> None:
    reg_id = (await ask(platform, REG_ID=None)).values["REG_ID"]
    assert (await on_file(platform, reg_id)).order_no == reg_id
    assert (await ask(platform, REG_ID=None)).values["REG_ID"] == reg_id
    assert (await back(platform, reg_id)).values["RESULTCODE"] == "0000"


async def test_the_time_that_was_chosen_is_given_and_else_the_earliest_that_is_free(platform: Platform) -> None:
    assert (await ask(platform, **AFTERNOON, BEGINTIME="09:00")).values["RESERVENO"] == "2"
    assert (await ask(platform, **AFTERNOON, **person(2))).values["RESERVENO"] == "1"
    assert (await ask(platform, **AFTERNOON, **person(3))).values["RESULTCODE"] == "1001"
    assert (await ask(platform, **AFTERNOON, **person(4), BEGINTIME="10:00")).values["RESULTCODE"] == "1004"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DEPT_ID": "D9"}, "1003"),
        ({"DOCTOR_ID": "YS9"}, "1003"),
        ({"SEEDOCTORDATE": "2026-11-22"}, "1004"),
        ({"WORKTYPE": "5"}, "1004"),
        ({"REGISTRYFEE": "11"}, "1005"),
        ({"BIRTHDAY": "1985-03-13"}, "1005"),
    ],
)
async def test_get_yy_no_says_why_there_is_no_number(platform: Platform, asked: dict[str, str], code: str) -> None:
    told = await ask(platform, **asked)
    assert (told.code, told.values["RESULTCODE"], told.values["REG_ID"]) == ("0", code, "")
    assert 0 < len(told.values["RESULTMSG"]) <= 32
    assert await platform.clinic.taken() == 0


async def test_what_is_wrong_with_the_message_is_told_by_its_return_code(platform: Platform) -> None:
    assert (await ask(platform, REGISTRYFEE="1.005")).code == "1"


async def test_get_yy_no__rule_number_exam(platform: Platform) -> None:
    """number.exam"""
    items = {"EXAMAPPLY": {"EXAMITEM": [{"NAME": "血常规"}, {"NAME": "尿常规"}]}}
    assert (await ask(platform, REGTYPE="5")).code == "1"
    assert (await ask(platform, REGTYPE="5", **items)).values["RESULTCODE"] == "1000"
    kept = unseal(platform.clinic.house.keyring, await on_file(platform, "YY1")).details
    assert kept == (("EXAMITEM", "血常规"), ("EXAMITEM", "尿常规"))


@pytest.mark.parametrize("kind", ["4", "6", "7", "2"])
async def test_get_yy_no_serves_all_kinds(platform: Platform, kind: str) -> None:
    assert (await ask(platform, REGTYPE=kind)).values["RESULTCODE"] == "1000"


@pytest.mark.parametrize("kind", ["1", "11", "12", "13"])
async def test_get_yy_no__rule_number_referral(platform: Platform, kind: str) -> None:
    """number.referral"""
    referral = {"OUTHOSPITALNAME": "柳溪镇卫生院", "PREDIAGNOSIS": "心悸待查"}
    told = await ask(platform, REGTYPE=kind, REGVIA="社区转诊", REGOPERATOR="GH01", **referral)
    assert told.values["RESERVENO"] == "901", "a number of the referral pool"
    assert await details(platform, "YY1") == referral
    assert (await ask(platform, **person(2), **referral)).values["RESULTCODE"] == "1000"
    assert await details(platform, "YY2") == {}


async def test_get_yy_no__rule_number_operator(platform: Platform) -> None:
    """number.operator"""
    for via in ("电话", "诊间", "社区转诊", "自助机"):
        assert (await ask(platform, REGVIA=via)).code == "1"
    assert (await ask(platform, REGVIA="电话", REGOPERATOR="GH01")).values["RESULTCODE"] == "1000"
    assert (await on_file(platform, "YY1")).operator == "GH01"


async def test_get_yy_no__rule_number_foreigner(platform: Platform) -> None:
    """number.foreigner"""
    assert (await ask(platform, CARDTYPE="护照")).code == "1"
    told = await ask(platform, CARDTYPE="护照", OTHERIDNO="X98510001")
    assert told.values["RESULTCODE"] == "1000"
    visitor = unseal(platform.clinic.house.keyring, await on_file(platform, "YY1")).visitor
    assert visitor.certificate == Document(5, "X98510001")


async def back(platform: Platform, reg_id: str) -> Answer:
    rest = ("DEPART_ID", "DOCTOR_ID", "IS_EXPERT", "RESERVENO", "SEEDOCTORDATE", "WORKTYPE", "BEGINTIME", "ENDTIME")
    return await platform.call("BackNo", HOSPITAL_ID=HOSPITAL, REG_ID=reg_id, **dict.fromkeys(rest, ""), REGTYPE="")


async def test_back_no__rule_back(platform: Platform) -> None:
    """back"""
    await ask(platform)
    assert (await back(platform, "YY9")).values["RESULTCODE"] == "0001"
    assert (await back(platform, "YY1")).values["RESULTCODE"] == "0000"
    assert await platform.clinic.taken() == 0
    assert (await back(platform, "YY1")).values["RESULTCODE"] == "0005"
    assert (await ask(platform)).values["RESULTCODE"] == "1005", "its serial is used up"


async def test_back_no_is_not_allowed_once_the_number_is_paid_taken_or_past(platform: Platform) -> None:
    await ask(platform, PAYTYPE="1")
    assert (await back(platform, "YY1")).values["RESULTCODE"] == "0002"
    await ask(platform, **person(2))
    serial = platform.serial("YY2")
    await platform.clinic.perform(await platform.clinic.booking.fetch(serial, None))
    assert (await back(platform, "YY2")).values["RESULTCODE"] == "0002"


async def test_back_no_tells_a_failure_of_the_database_and_any_other_within(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is longer than RESULTMSG can be ends with a sentence, or at least with a clause."""
    await ask(platform)
    with monkeypatch.context() as broken:
        broken.setattr(LocalBooking, "give_back", _raising(StorageUnreachable()))
        told = await back(platform, "YY1")
    assert (told.code, told.values["RESULTCODE"]) == ("0", "0003")
    assert told.values["RESULTMSG"] == "数据库暂时无法连接，请稍后用原流水号重试"
    reason = "该号已在医院换成另一位医生的号，请携带身份证到门诊楼一层人工窗口办理退号手续"
    with monkeypatch.context() as broken:
        broken.setattr(LocalBooking, "give_back", _raising(TransactionFailed(reason)))
        told = await back(platform, "YY1")
    assert (told.code, told.values["RESULTCODE"]) == ("0", "0004")
    assert told.values["RESULTMSG"] == "该号已在医院换成另一位医生的号"
    assert (await back(platform, "YY1")).values["RESULTCODE"] == "0000"


def _raising(failure: Exception) -> Any:
    async def give_back(booking: LocalBooking, serial: Serial) -> None:
        raise failure

    return give_back
