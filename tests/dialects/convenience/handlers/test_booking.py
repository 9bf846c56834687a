"""Locks and orders in the standard's words (3.1.3.6 to 3.1.3.10, 3.1.3.13): every code of theirs, every rule."""

from typing import Any

import pytest
from sqlalchemy import Table

from tests.dialects.convenience.handlers.calling import Platform
from tests.hospital.booking.clinic import HOSPITAL
from yiqiao.partners import store
from yiqiao.ports.hospital.booking import LOCK_S
from yiqiao.storage.tables.booking import concession, insured_identity, registration_order
from yiqiao.storage.tables.hospital import department
from yiqiao.storage.tables.patients import patient

TEN_MINUTES, HALF_AN_HOUR, TWO_DAYS = 600, 1_800, 172_800
UNIT: dict[str, Any] = {
    "HOSPITAL_ID": HOSPITAL,
    "REG_ROLE": "1",
    "CHANNEL_ID": "3",
    "REG_ID": "PB1",
    "DEPT_ID": "D0101",
    "DOCTOR_ID": "YS1",
    "REG_DATE": "2026-11-21",
    "TIME_FLAG": "1",
    "REG_FEE": "2500",
    "TREAT_FEE": "1500",
}
SLOT = {"REG_ID": "PB2", "DOCTOR_ID": "YS2", "TIME_FLAG": "2"}
IDENTITY = {"RULE_TYPE": "ID", "TYPE_VALUE": "1", "RULE_VALUE": "359851198503120134"}


def group(*rules: dict[str, str]) -> list[dict[str, Any]]:
    return [{"GROUP_TYPE": "0", "RULE_INFO": list(rules)}]


def ordering(order_id: str, **other: Any) -> dict[str, Any]:
    person = {"NAME": "柳成荫", "SEX": "1", "BIRTHDAY": "1985-03-12", "MOBILE": "15498510001"}
    how = {"IS_PAY": "1", "HOSP_IS_PAY": "1", "IS_REG": "3", "REG_TYPE": "1", "ORDER_TIME": "2026-11-20 08:00:00"}
    return {**UNIT, **person, **how, "RULE_GROUP": group(IDENTITY), "ORDER_ID": order_id, **other}


def another(n: int) -> dict[str, Any]:
    number = f"35985119850312{n:04}"
    return {"NAME": f"患者{n}", "RULE_GROUP": group({**IDENTITY, "RULE_VALUE": number})}


async def lock(platform: Platform, lock_id: str, **other: Any) -> Any:
    return await platform.call("LockReg", **{**UNIT, "LOCK_ID": lock_id, **other})


async def order(platform: Platform, order_id: str, **other: Any) -> Any:
    return await platform.call("OrderReg", **ordering(order_id, **other))


async def cancel(platform: Platform, order_id: str, hosp_order_id: str, **other: Any) -> Any:
    values = {"ORDER_ID": order_id, "HOSP_ORDER_ID": hosp_order_id, "CANCEL_DATE": "2026-11-20 09:00:00"}
    return await platform.call("CancelReg", HOSPITAL_ID=HOSPITAL, **{**values, **other})


async def test_lock_reg__rule_lock_id__rule_lock_once(platform: Platform) -> None:
    """lock, lock.id, lock.once"""
    locked = await lock(platform, "SH1")
    assert (locked.code, bool(locked.values["HOSP_LOCK_ID"])) == ("0", True)
    assert (await lock(platform, "SH1")).code == "200504"
    ordered = await order(platform, "SH1", HOSP_LOCK_ID=locked.values["HOSP_LOCK_ID"])
    assert (ordered.code, ordered.values["HOSP_SERIAL_NUM"]) == ("0", "1")
    assert await platform.clinic.taken() == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"REG_ID": "PB9"}, "200501"),
        ({"REG_DATE": "2026-11-22"}, "200501"),
        ({"TIME_FLAG": "3"}, "200501"),
        (SLOT, "200501"),
        ({"DEPT_ID": "D9"}, "200502"),
        ({"DOCTOR_ID": "YS9"}, "200503"),
        ({"CLINIC_NO": "77"}, "200506"),
        ({"REG_ROLE": "3"}, "1"),
        ({"TIME_FLAG": "一"}, "1"),
    ],
)
async def test_lock_reg_refuses_what_does_not_go_with_the_schedule(
    platform: Platform, asked: dict[str, str], code: str
) -> None:
    assert (await lock(platform, "SH1", **asked)).code == code


async def test_lock_reg_says_whether_all_is_sold_or_only_this(platform: Platform) -> None:
    assert (await lock(platform, "SH1", **SLOT, TIME_ID="FS1")).code == "0"
    assert (await lock(platform, "SH2", **SLOT, TIME_ID="FS1")).code == "200506"
    assert (await lock(platform, "SH3", **SLOT, TIME_ID="FS2")).code == "0"
    refused = await lock(platform, "SH4", **SLOT, TIME_ID="FS2")
    assert (refused.code, refused.message) == ("200505", "该排班的号已满，请选择其他时间或医生")


async def test_un_lock_reg__rule_lock_ten_minutes__rule_unlock_who(platform: Platform) -> None:
    """lock.ten-minutes, unlock.who: our own time is longer, so there is something left to unlock."""
    await lock(platform, "SH1")
    platform.clinic.clock.advance(TEN_MINUTES)
    asked = {"REG_ROLE": "1", "HOSPITAL_ID": HOSPITAL, "LOCK_ID": "SH1"}
    assert (await platform.call("UnLockReg", **asked)).code == "0"
    assert await platform.clinic.taken() == 0
    assert (await platform.call("UnLockReg", **asked)).code == "200601"
    await lock(platform, "SH2")
    platform.clinic.clock.advance(LOCK_S)
    assert (await platform.call("UnLockReg", **{**asked, "LOCK_ID": "SH2"})).code == "200601"


async def test_order_reg__rule_order_self__rule_order_patient__rule_order_card(platform: Platform) -> None:
    """order.self, order.patient, order.card"""
    made = await order(platform, "DD1")
    assert made.code == "0"
    values = made.values
    assert (values["HOSP_CARD_TYPE"], values["HOSP_SEE_DOCT_ADDR"], values["HOSP_GETREG_DATE"]) == (
        "7",
        "门诊楼 2 层",
        "0730-0800",
    )
    again = await order(platform, "DD2", **SLOT, TIME_ID="FS1", HOSP_PATIENT_ID=values["HOSP_PATIENT_ID"])
    assert (again.values["HOSP_PATIENT_ID"], again.values["HOSP_CARD_NO"]) == (
        values["HOSP_PATIENT_ID"],
        values["HOSP_CARD_NO"],
    )
    assert again.values["HOSP_GETREG_DATE"] == "08:00-09:00"
    assert (await order(platform, "DD3", RULE_GROUP=group({**IDENTITY, "RULE_TYPE": "disease"}))).code == "200703"


async def test_order_reg__rule_order_child(platform: Platform) -> None:
    """order.child"""
    guardian = {**IDENTITY, "RULE_TYPE": "parentID"}
    name = {"RULE_TYPE": "parentName", "RULE_VALUE": "柳成荫"}
    child = {"NAME": "柳小满", "BIRTHDAY": "2022-05-06", "RULE_GROUP": group(guardian, name)}
    assert (await order(platform, "DD1", **child)).code == "0"
    again = {**child, **SLOT, "TIME_ID": "FS1", "RULE_GROUP": group(guardian)}
    assert (await order(platform, "DD2", **again)).code == "0", "the archive is found without the guardian's name"
    assert (await order(platform, "DD3", **{**child, "NAME": "柳大满", "RULE_GROUP": group(guardian)})).code == "200703"


async def test_order_reg__rule_order_lock__rule_order_id(platform: Platform) -> None:
    """order.lock, order.id"""
    await lock(platform, "DD1", CLINIC_NO="3")
    assert (await order(platform, "DD1", CLINIC_NO="4")).code == "200710"
    made = await order(platform, "DD1", CLINIC_NO="3")
    assert made.values["HOSP_SERIAL_NUM"] == "3"
    assert (await order(platform, "DD1", CLINIC_NO="3")).code == "200708"


async def test_order_reg__rule_order_rules__all_groups_are_read(platform: Platform) -> None:
    """order.rules"""
    card = {"RULE_TYPE": "card", "TYPE_VALUE": "3", "RULE_VALUE": "SB98001"}
    groups = [*group(IDENTITY), *group(card, {"RULE_TYPE": "address", "RULE_VALUE": "云桥县柳溪镇"})]
    made = await order(platform, "DD1", RULE_GROUP=groups)
    told = await query(platform, "DD1", made.values["HOSP_ORDER_ID"])
    assert (told["CARD_TYPE"], told["CARD_NO"], told["ADDRESS"]) == ("3", "SB98001", "云桥县柳溪镇")


async def test_order_reg__rule_order_rules__the_password_of_a_card_of_the_hospitals_own_has_to_be_right(
    platform: Platform,
) -> None:
    """order.rules: of other cards, and of who has stated none, the hospital knows no password."""
    person = {"NAME": "柳成荫", "SEX": "1", "BIRTHDAY": "1985-03-12", "MOBILE": "15498510001"}
    known = {"ID_TYPE": "1", "ID_NO": IDENTITY["RULE_VALUE"], "PASSWORD": "柳暗花明"}
    filed = (await platform.call("CreatePat", HOSPITAL_ID=HOSPITAL, **person, **known)).values
    own = {"RULE_TYPE": "card", "TYPE_VALUE": filed["CARD_TYPE"], "RULE_VALUE": filed["CARD_NO"]}

    def coming(card: dict[str, str], word: str) -> dict[str, Any]:
        return {"RULE_GROUP": group(IDENTITY, card, {"RULE_TYPE": "password", "RULE_VALUE": word})}

    refused = await order(platform, "DD1", **coming(own, "山重水复"))
    assert (refused.code, refused.message) == ("200712", "卡密码不正确，请核对后重试")
    assert await platform.clinic.taken() == 0
    assert (await order(platform, "DD2", **coming(own, "柳暗花明"))).code == "0"
    bank = {"RULE_TYPE": "card", "TYPE_VALUE": "4", "RULE_VALUE": "YH98001"}
    assert (await order(platform, "DD3", **SLOT, TIME_ID="FS1", **coming(bank, "山重水复"))).code == "0"
    first = await order(platform, "DD4", **another(2))
    issued = {"RULE_TYPE": "card", "TYPE_VALUE": "7", "RULE_VALUE": first.values["HOSP_CARD_NO"]}
    again = {**another(2), **SLOT, "TIME_ID": "FS2"}
    again["RULE_GROUP"] = [*again["RULE_GROUP"], *group(issued, {"RULE_TYPE": "password", "RULE_VALUE": "1"})]
    assert (await order(platform, "DD5", **again)).code == "0", "whose record an order has made has no password"


async def query(platform: Platform, order_id: str, hosp_order_id: str) -> dict[str, Any]:
    numbers = {"ORDER_ID": order_id, "HOSP_ORDER_ID": hosp_order_id}
    answer = await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_ORDER=[numbers])
    told: dict[str, Any] = answer.values["ORDER_LIST"][0]
    return told


async def test_order_reg__rule_order_discount(platform: Platform) -> None:
    """order.discount"""
    assert (await order(platform, "DD1")).values["IS_CONCESSIONS"] == "0"
    row = {"hospital_id": HOSPITAL, "concession_id": "1", "title": "老年优惠", "age_min": 60}
    percents = {"registration_percent": 50, "treatment_percent": 100}
    await platform.clinic.database.write(lambda c: c.execute(concession.insert(), {**row, **percents}))
    old = {"BIRTHDAY": "1950-03-12", "RULE_GROUP": group({**IDENTITY, "RULE_VALUE": "359851195003120134"})}
    told = (await order(platform, "DD2", **old)).values
    assert told["IS_CONCESSIONS"] == "1"
    assert told["CONCESSIONS"] == {
        "CONCESSIONS_FEE": "500",
        "REAL_REG_FEE": "500",
        "REAL_TREAT_FEE": "1500",
        "REAL_TOTAL_FEE": "2000",
        "CONCESSIONS_TYPE": "老年优惠",
    }


async def test_order_reg__rule_order_insured(platform: Platform) -> None:
    """order.insured: where the check of the identity says that a code must come, orders bring it for a day."""
    made = await order(platform, "DD1")
    checked = {"hospital_id": HOSPITAL, "patient_id": made.values["HOSP_PATIENT_ID"], "settlement_no": "JS1"}
    now = {"code_due": 1, "checked_at": platform.clinic.clock.now_ms()}
    await platform.clinic.database.write(lambda c: c.execute(insured_identity.insert(), {**checked, **now}))
    assert (await order(platform, "DD2", **SLOT, TIME_ID="FS1")).code == "200701"
    assert (await order(platform, "DD3", **SLOT, TIME_ID="FS1", DAE147="9851")).code == "0"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"REG_FEE": "2400"}, "200701"),
        ({"IS_REG": "1"}, "200701"),
        ({"HOSP_IS_PAY": "0"}, "200701"),
        ({"SEX": "3", "REG_ID": "PB-men"}, "200702"),
        ({"BIRTHDAY": "1985-03-13"}, "200703"),
        ({"REG_ID": "PB9"}, "200705"),
        ({"REG_ID": "PB-stopped"}, "200705"),
        ({"DEPT_ID": "D9"}, "200706"),
        ({"DOCTOR_ID": "YS9"}, "200707"),
        ({"REG_ID": "PB-none"}, "200709"),
        ({"HOSP_LOCK_ID": "x"}, "200710"),
        ({"HOSP_PATIENT_ID": "P0"}, "200711"),
    ],
)
async def test_order_reg_refuses_with_a_code_of_its_own(platform: Platform, asked: dict[str, Any], code: str) -> None:
    await platform.clinic.schedule("PB-men", 1, sex_limit=1)
    await platform.clinic.schedule("PB-none", 0)
    await platform.clinic.schedule("PB-stopped", 1, state="stopped")
    refused = await order(platform, "DD1", **asked)
    assert (refused.code, bool(refused.message)) == (code, True)
    assert await platform.clinic.taken() == 0


async def test_order_reg_refuses_who_is_not_who_the_archive_says(platform: Platform) -> None:
    made = await order(platform, "DD1")
    card = {"RULE_TYPE": "card", "TYPE_VALUE": "7", "RULE_VALUE": made.values["HOSP_CARD_NO"]}
    assert (await order(platform, "DD2", NAME="柳成林")).code == "200711"
    other = another(2)
    other["RULE_GROUP"] = group(other["RULE_GROUP"][0]["RULE_INFO"][0], card)
    assert (await order(platform, "DD3", **other)).code == "200712"
    await platform.clinic.database.write(lambda c: c.execute(twin(patient, made.values["HOSP_PATIENT_ID"])))
    assert (await order(platform, "DD4")).code == "200704"


def twin(table: Table, patient_id: str) -> Any:
    """What makes the rows of a patient those of another as well."""
    columns = [(c + "2").label(c.name) if c.name == "patient_id" else c for c in table.columns]
    source = table.select().with_only_columns(*columns).where(table.c.patient_id == patient_id)
    return table.insert().from_select([c.name for c in table.columns], source)


async def test_op_app_regist__rule_transfer(platform: Platform) -> None:
    """transfer"""
    made = await order(platform, "DD1")
    asked = {
        "APP_HOSPITAL_MAR": HOSPITAL,
        "HIS_ORDER_NO": made.values["HOSP_ORDER_ID"],
        "REG_TYPE": "3",
        "PAY_MODE": "1",
        "FLOW_NO": "DD1",
        "REG_FEE": "2500",
    }
    for wrong in ({"REG_FEE": "2400"}, {"REG_FEE": "25.00"}):
        assert (await platform.call("OpAppRegist", **{**asked, **wrong})).code == "1"
    assert (await platform.call("OpAppRegist", **{**asked, "FLOW_NO": "DD9"})).code == "12"
    assert (await platform.call("OpAppRegist", **asked)).code == "0"
    assert (await platform.call("OpAppRegist", **asked)).code == "10"
    told = await query(platform, "DD1", made.values["HOSP_ORDER_ID"])
    assert (told["ORDER_STATUS"], told["PAY_CHANNEL_ID"], told["REAL_FEE"]) == ("2", "1", "2500")
    cancelled = await order(platform, "DD2", **another(2))
    await cancel(platform, "DD2", cancelled.values["HOSP_ORDER_ID"])
    closed = {**asked, "FLOW_NO": "DD2", "HIS_ORDER_NO": cancelled.values["HOSP_ORDER_ID"]}
    assert (await platform.call("OpAppRegist", **closed)).code == "1"


async def test_cancel_reg__rule_cancel_again__rule_cancel_thirty_minutes(platform: Platform) -> None:
    """cancel.again, cancel.thirty-minutes, cancel-twice: kept until the platform cancels; a yes as often as it does."""
    made = await order(platform, "DD1")
    platform.clinic.clock.advance(HALF_AN_HOUR)
    assert await platform.clinic.taken() == 1
    for _ in range(2):
        assert (await cancel(platform, "DD1", made.values["HOSP_ORDER_ID"])).code == "0"
    assert await platform.clinic.taken() == 0


async def test_cancel_reg__rule_cancel_unpaid(platform: Platform) -> None:
    """cancel.unpaid"""
    paid, unpaid = await order(platform, "DD1", IS_PAY="0"), await order(platform, "DD2", **another(2))
    numbers = paid.values["HOSP_ORDER_ID"], unpaid.values["HOSP_ORDER_ID"]
    assert (await cancel(platform, "DD9", numbers[0])).code == "200901"
    assert (await cancel(platform, "DD1", numbers[1])).code == "200901"
    assert (await cancel(platform, "DD1", numbers[0])).code == "200902"
    serial = platform.serial("DD1")
    await platform.clinic.perform(await platform.clinic.booking.refund(serial, numbers[0], 2500))
    assert (await cancel(platform, "DD1", numbers[0])).code == "200906"
    platform.clinic.clock.advance(TWO_DAYS)
    assert (await cancel(platform, "DD2", numbers[1])).code == "200903"


async def test_update_order_info__rule_update_patient(platform: Platform) -> None:
    """update.patient"""
    made = await order(platform, "DD1")
    asked = {
        "HOSPITALID": HOSPITAL,
        "REGID": made.values["HOSP_ORDER_ID"],
        "NAME": "柳成阴",
        "SEX": "2",
        "CARDTYPE": "6",
        "PHONE": "15498510009",
        "CARDNO": "359851198503120142",
        "PAYTYPE": "0",
    }
    for phone in ("15498510008", "15498510009"):
        assert (await platform.call("UpdateOrderInfo", **{**asked, "PHONE": phone})).code == "0"
    told = await query(platform, "DD1", made.values["HOSP_ORDER_ID"])
    assert (told["NAME"], told["SEX"], told["MOBILE"], told["ID_NO"]) == (
        "柳成阴",
        "2",
        "15498510009",
        "359851198503120142",
    )
    assert (await platform.call("UpdateOrderInfo", **{**asked, "REGID": "DD9"})).code == "12"
    await cancel(platform, "DD1", made.values["HOSP_ORDER_ID"])
    assert (await platform.call("UpdateOrderInfo", **asked)).code == "1"


async def test_the_familys_other_document_pays_refunds_and_takes_numbers(platform: Platform) -> None:
    runtime = platform.hub.runtime
    new = store.NewPartner("convenience", "other", "另一地区的平台", profile="jkt")
    await runtime.directory.change(lambda c: store.add(c, runtime.keyring, platform.clinic.clock.now_ms(), new))
    jkt = Platform(platform.hub, platform.clinic, "other", "jkt")
    rest = dict.fromkeys(("IS_PAY", "HOSP_IS_PAY", "RULE_GROUP", "REG_TYPE", "REG_ROLE"))
    flat = {"ID_TYPE": "1", "ID_NO": "359851198503120134"}
    made = await jkt.call("OrderReg", **{**ordering("DD1"), **rest, **flat})
    assert made.code == "0", made.message
    numbers = {"HOSPITAL_ID": HOSPITAL, "ORDER_ID": "DD1", "HOSP_ORDER_ID": made.values["HOSP_ORDER_ID"]}
    fees = {"PAY_TOTAL_FEE": "2500", "PAY_COPE_FEE": "2500", "PAY_FEE": "2500", "PAY_CHANNEL_ID": "1"}
    paying = {**numbers, **fees, "SERIAL_NUM": "1", "PAY_DATE": "2026-11-20", "PAY_TIME": "08:00:00"}
    assert (await jkt.call("PayReg", **paying)).values["HOSP_SERIAL_NUM"] == "1"
    assert (await jkt.call("PayReg", **paying)).code == "10"
    returning = {**numbers, "REFUND_ID": "TK1", "TOTAL_FEE": "2500", "REFUND_FEE": "2500"}
    returned = await jkt.call("Refund", **returning)
    assert returned.values["REFUND_FLAG"] == "1"
    assert await jkt.call("Refund", **returning) == returned, "the first answer once more"
    other = await jkt.call(
        "OrderReg", **{**ordering("DD2", **another(2)), **rest, "ID_TYPE": "1", "ID_NO": "359851198503120002"}
    )
    for _ in range(2):
        fetched = await jkt.call("GetRegNum", HOSPITAL_ID=HOSPITAL, ORDER_ID="DD2")
        assert fetched.values["HOSP_SERIAL_NUM"] == other.values["HOSP_SERIAL_NUM"]


async def test_an_order_is_told_to_the_family_however_it_was_paid(platform: Platform) -> None:
    """One order whose means of payment the family has no code for must not make the whole of 2012 fail."""
    runtime = platform.hub.runtime
    new = store.NewPartner("convenience", "other", "另一地区的平台", profile="jkt")
    await runtime.directory.change(lambda c: store.add(c, runtime.keyring, platform.clinic.clock.now_ms(), new))
    jkt = Platform(platform.hub, platform.clinic, "other", "jkt")
    await order(platform, "DD1")
    told: dict[int, str] = {}
    for channel in (1, 2, 3, 4, 5, 6, 7, 11, 12):
        paid = registration_order.update().values(
            app_id="other", state="registered", paid="paid", pay_channel=channel, paid_at=platform.clinic.clock.now_ms()
        )
        await platform.clinic.database.write(lambda c, paid=paid: c.execute(paid))  # type: ignore[misc]
        found = await jkt.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, ORDER_ID="DD1")
        assert found.code == "0", found.message
        told[channel] = found.values["ORDER_LIST"][0]["PAY_CHANNEL_ID"]
    assert told == {1: "1", 2: "2", 3: "3", 4: "6", 5: "2", 6: "2", 7: "1", 11: "3", 12: "6"}


async def test_a_department_that_was_closed_takes_no_orders(platform: Platform) -> None:
    await platform.clinic.database.write(lambda c: c.execute(department.delete()))
    assert (await order(platform, "DD1")).code == "200706"


async def test_an_order_of_the_family_is_told_to_a_platform_of_the_standard(platform: Platform) -> None:
    """What the standard has no code for must not make the whole of 2012 fail for the others."""
    runtime = platform.hub.runtime
    new = store.NewPartner("convenience", "other", "另一地区的平台", profile="jkt")
    await runtime.directory.change(lambda c: store.add(c, runtime.keyring, platform.clinic.clock.now_ms(), new))
    jkt = Platform(platform.hub, platform.clinic, "other", "jkt")
    rest = dict.fromkeys(("IS_PAY", "HOSP_IS_PAY", "RULE_GROUP", "REG_TYPE", "REG_ROLE"))
    licence = {"ID_TYPE": "8", "ID_NO": "JZ98001"}
    made = await jkt.call("OrderReg", **{**ordering("DD1"), **rest, **licence, "CHANNEL_ID": "11"})
    assert made.code == "0", made.message
    numbers = {"HOSPITAL_ID": HOSPITAL, "ORDER_ID": "DD1", "HOSP_ORDER_ID": made.values["HOSP_ORDER_ID"]}
    fees = {"PAY_TOTAL_FEE": "2500", "PAY_COPE_FEE": "2500", "PAY_FEE": "2500", "PAY_CHANNEL_ID": "4"}
    assert (
        await jkt.call("PayReg", **numbers, **fees, SERIAL_NUM="1", PAY_DATE="2026-11-20", PAY_TIME="08:00:00")
    ).code == "0"
    told = await query(platform, "DD1", made.values["HOSP_ORDER_ID"])
    assert (told["ID_TYPE"], told["CHANNEL_ID"], told["PAY_CHANNEL_ID"]) == ("99", "4", "3")
    (own,) = (await jkt.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, ORDER_ID="DD1")).values["ORDER_LIST"]
    assert (own["ID_TYPE"], own["CHANNEL_ID"], own["PAY_CHANNEL_ID"]) == ("8", "11", "4")
