"""What became of bookings, in the words of each function (3.1.3.11, 3.1.3.12, 3.1.3.15): every rule."""

from typing import Any

import pytest

from tests.dialects.convenience.handlers.calling import Answer, Platform
from tests.dialects.convenience.handlers.test_booking import another, cancel, order
from tests.dialects.convenience.handlers.test_numbers import ask, back
from tests.hospital.booking.clinic import HOSPITAL
from yiqiao.ports.hospital.booking import Payment
from yiqiao.storage.tables.booking import registration_order

DAY = "2026-11-21"


async def booked_for(platform: Platform, day: str = DAY) -> list[dict[str, Any]]:
    found = await platform.call("GetGhInfo", BAT_REG_INFO={"HOSPITAL_ID": HOSPITAL, "QUEYDATE": day})
    assert found.code == "0", found.message
    assert found.values["COUNT"] == str(len(found.values["REG_INFO_LIST"]))
    rows: list[dict[str, Any]] = found.values["REG_INFO_LIST"]
    return rows


async def registered(platform: Platform, **more: Any) -> Answer:
    day = {"BEGINTIME": "2026-11-20 00:00:00", "ENDTIME": "2026-11-20 23:59:59"}
    return await platform.call("GetGhRecord", HOSPITAL_ID=HOSPITAL, **{**day, **more})


async def orders(platform: Platform, **more: Any) -> Answer:
    days = {"BEGIN_DATE": DAY, "END_DATE": DAY, "PAGE_CURRENT": "1", "PAGE_SIZE": "20", "QUERY_TYPE": "0"}
    return await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_DATE={**days, **more})


async def pay(platform: Platform, order_id: str, hosp_order_id: str) -> None:
    clinic = platform.clinic
    serial, payment = platform.serial(order_id), Payment(2500, 2, clinic.clock.now_ms())
    await clinic.perform(await clinic.booking.pay(serial, hosp_order_id, payment))


async def fetch(platform: Platform, order_id: str) -> None:
    serial = platform.serial(order_id)
    await platform.clinic.perform(await platform.clinic.booking.fetch(serial, None))


async def test_get_gh_info__rule_bookings_daily__rule_bookings_all__rule_bookings_id(platform: Platform) -> None:
    """bookings.daily, bookings.all, bookings.id"""
    made = await order(platform, "DD1")
    await ask(platform, PATIENT_NAME="患者2", CARDNO="359851198503120002")
    await order(platform, "DD3", **another(3), IS_REG="2")
    rows = await booked_for(platform)
    assert {row["REG_ID"] for row in rows} == {made.values["HOSP_ORDER_ID"], "YY1"}
    assert {row["REGVIA"] for row in rows} == {"APP", "网站"}
    first = next(row for row in rows if row["REG_ID"] != "YY1")
    assert (first["WORK_TYPE"], first["REGCAT"], first["CLINICLOC"], first["CLINICNO"]) == (
        "1",
        "普通",
        "门诊楼 2 层",
        "1",
    )


async def test_get_gh_info__rule_bookings_forms(platform: Platform) -> None:
    """bookings.forms"""
    made = await order(platform, "DD1")
    one = {
        "HOSPITAL_ID": HOSPITAL,
        "REG_ID": made.values["HOSP_ORDER_ID"],
        "CARDNO": "",
        "DEPART_ID": "",
        "DOCTOR_ID": "",
    }
    found = await platform.call("GetGhInfo", ONE_REG_INFO=one)
    assert found.values["COUNT"] == "1"
    day = {"HOSPITAL_ID": HOSPITAL, "QUEYDATE": DAY}
    assert (await platform.call("GetGhInfo", ONE_REG_INFO=one, BAT_REG_INFO=day)).code == "1"
    assert (await platform.call("GetGhInfo")).code == "1"
    assert (await platform.call("GetGhInfo", ONE_REG_INFO={**one, "REG_ID": "YY9"})).code == "12"


async def test_get_gh_info__rule_bookings_when__rule_bookings_settled(platform: Platform) -> None:
    """bookings.when, bookings.settled"""
    made = await order(platform, "DD1")
    await ask(platform, PATIENT_NAME="患者2", CARDNO="359851198503120002")
    row = (await booked_for(platform))[0]
    assert (row["IS_GET"], row["IS_QUIT"], row["IS_PAY"], row["NOTPAY"], row["MONEY"]) == (
        "1",
        "0",
        "0",
        "25.00",
        "25.00",
    )
    platform.clinic.clock.advance(60)
    await back(platform, "YY1")
    await pay(platform, "DD1", made.values["HOSP_ORDER_ID"])
    await fetch(platform, "DD1")
    rows = {row["REG_ID"]: row for row in await booked_for(platform)}
    paid, quit_ = rows[made.values["HOSP_ORDER_ID"]], rows["YY1"]
    at = "2026-11-20 08:01:00"
    assert (paid["IS_GET"], paid["GETNODATE"], paid["IS_PAY"], paid["PAYDATE"], paid["NOTPAY"]) == (
        "0",
        at,
        "1",
        at,
        "0",
    )
    assert (quit_["IS_QUIT"], quit_["QUITDATE"]) == ("1", at)


async def test_get_gh_record__rule_registrations_filter(platform: Platform) -> None:
    """registrations.filter"""
    first = await order(platform, "DD1", IS_REG="2", IS_PAY="0")
    await order(platform, "DD2", **another(2), IS_REG="2")
    await order(platform, "DD3", **another(3))
    assert (await registered(platform)).values["COUNT"] == "2"
    for asked in ({"IDCARD": "359851198503120134"}, {"OPNO": first.values["HOSP_PATIENT_ID"]}):
        rows = (await registered(platform, **asked)).values["REC_ITEM_LIST"]
        assert [row["CLINICSN"] for row in rows] == [first.values["HOSP_ORDER_ID"]]
    assert (await registered(platform, IDCARD="359851198503120003")).code == "12"
    assert (await registered(platform, ENDTIME="2026-11-20 07:59:59")).code == "12"


async def test_get_gh_record__rule_registrations_money__rule_registrations_funds(platform: Platform) -> None:
    """registrations.money, registrations.funds"""
    made = await order(platform, "DD1", IS_REG="2")
    update = registration_order.update().values(insured_part=1200)
    await platform.clinic.database.write(lambda c: c.execute(update))
    names = ("TOTALFEE", "CLINICFEE", "EXPFEE", "SELFPAYFEE", "INSUREFEE", "ACCOUNTFEE", "CASHFEE")

    async def money() -> list[str]:
        row = (await registered(platform)).values["REC_ITEM_LIST"][0]
        return [row[name] for name in names]

    assert await money() == ["25.00", "15.00", "0.00", "13.00", "12.00", "0.00", "0.00"]
    await cancel(platform, "DD1", made.values["HOSP_ORDER_ID"])
    assert await money() == ["25.00", "15.00", "0.00", "0.00", "0.00", "0.00", "0.00"]


async def test_each_function_has_tables_of_its_own(platform: Platform) -> None:
    """A man is 1 in an order and 0 in a registration; an afternoon is 2 in both, a whole day 4 and 3."""
    await platform.clinic.schedule("PB4", 3, session=4, level=3)
    await order(platform, "DD1", REG_ID="PB4", TIME_FLAG="4", IS_REG="2")
    row = (await registered(platform)).values["REC_ITEM_LIST"][0]
    assert (row["PATIENT_SEX"], row["SCHEDUL_TYPE"], row["REGT_YPE"], row["REGVIA"]) == ("0", "4", "3", "4")
    told = (await orders(platform)).values["ORDER_LIST"][0]
    assert (told["SEX"], told["TIME_FLAG"], told["REG_LEVEL"]) == ("1", "4", "3")
    await ask(platform, PATIENT_NAME="患者2", CARDNO="359851198503120002", WORKTYPE="3")
    assert (await booked_for(platform))[0]["WORK_TYPE"] == "3"


async def test_query_reg_record__rule_orders_daily__rule_orders_channels(platform: Platform) -> None:
    """orders.daily, orders.channels"""
    first = await order(platform, "DD1")
    await ask(platform, PATIENT_NAME="患者2", CARDNO="359851198503120002")
    assert (await orders(platform)).values["COUNT"] == "2"
    person = {
        "PATIENT_TYPE": "1",
        "ID_TYPE": "1",
        "ID_NO": "359851198503120134",
        "NAME": "柳成荫",
        "SEX": "1",
        "BIRTHDAY": "1985-03-12",
        "MOBILE": "15498510001",
    }
    for one in (person, {**person, "HOSP_PATIENT_ID": first.values["HOSP_PATIENT_ID"]}):
        rows = (await orders(platform, PATIENT_INFO=one)).values["ORDER_LIST"]
        assert [row["ORDER_ID"] for row in rows] == ["DD1"]


async def test_query_reg_record__rule_orders_forms__rule_orders_hundred(platform: Platform) -> None:
    """orders.forms, orders.hundred"""
    made = await order(platform, "DD1")
    await order(platform, "DD2", **another(2))
    numbers = {"ORDER_ID": "DD1", "HOSP_ORDER_ID": made.values["HOSP_ORDER_ID"]}
    many = [numbers, *({"ORDER_ID": f"{n}", "HOSP_ORDER_ID": f"{n}"} for n in range(99))]
    found = await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_ORDER=many)
    assert [row["ORDER_ID"] for row in found.values["ORDER_LIST"]] == ["DD1"]
    too_many = await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_ORDER=[*many, numbers])
    assert too_many.code == "1"
    assert (await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL)).code == "1"
    mixed = [{**numbers, "HOSP_ORDER_ID": "another order's"}]
    assert (await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_ORDER=mixed)).code == "12"


async def test_orders_are_told_in_pages(platform: Platform) -> None:
    for n in range(2, 7):
        await order(platform, f"DD{n}", **another(n))
    pages = [await orders(platform, PAGE_CURRENT=str(page), PAGE_SIZE="2") for page in (1, 2, 3)]
    assert [page.values["COUNT"] for page in pages] == ["5", "5", "5"]
    told = [row["ORDER_ID"] for page in pages for row in page.values["ORDER_LIST"]]
    assert sorted(told) == [f"DD{n}" for n in range(2, 7)]
    assert (await orders(platform, PAGE_CURRENT="4", PAGE_SIZE="2")).code == "12"


@pytest.mark.parametrize(("kind", "told"), [("0", "1234"), ("1", "3"), ("2", "134"), ("3", "2"), ("4", "4")])
async def test_orders_are_told_by_what_became_of_them(platform: Platform, kind: str, told: str) -> None:
    for n in range(1, 5):
        made = await order(platform, f"DD{n}", **another(n), IS_PAY="0" if n == 2 else "1")
        if n == 3:
            await cancel(platform, "DD3", made.values["HOSP_ORDER_ID"])
    stop = registration_order.update().where(registration_order.c.order_id == "DD4").values(state="stopped")
    await platform.clinic.database.write(lambda c: c.execute(stop))
    rows = (await orders(platform, QUERY_TYPE=kind)).values["ORDER_LIST"]
    assert sorted(row["ORDER_ID"] for row in rows) == [f"DD{n}" for n in told]
    assert all((row["IS_STOP"] == "0") == (row["ORDER_ID"] == "DD4") for row in rows)


async def test_query_reg_record__rule_orders_paid__rule_orders_fees(platform: Platform) -> None:
    """orders.paid, orders.fees"""
    made = await order(platform, "DD1")
    await pay(platform, "DD1", made.values["HOSP_ORDER_ID"])
    await fetch(platform, "DD1")
    row = (await orders(platform)).values["ORDER_LIST"][0]
    at = "2026-11-20 08:00:00"
    assert (row["PAY_CHANNEL_ID"], row["PAY_DATE"], row["PAY_FLAG"], row["GET_REGNO_DATE"]) == ("2", at, "1", at)
    assert (row["TOTAL_FEE"], row["PAYABLE_FEE"], row["REAL_FEE"], row["ORDER_STATUS"]) == ("2500", "2500", "2500", "3")


async def test_an_order_is_found_by_one_side_s_number_alone(platform: Platform) -> None:
    made = await order(platform, "DD1")
    number = made.values["HOSP_ORDER_ID"]
    for asked in ({"ORDER_ID": "DD1", "HOSP_ORDER_ID": ""}, {"ORDER_ID": "", "HOSP_ORDER_ID": number}):
        found = await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_ORDER=[asked])
        assert [row["HOSP_ORDER_ID"] for row in found.values["ORDER_LIST"]] == [number]
    nothing = [{"ORDER_ID": "", "HOSP_ORDER_ID": ""}, {"ORDER_ID": "DD1", "HOSP_ORDER_ID": number}]
    assert (await platform.call("QueryRegRecord", HOSPITAL_ID=HOSPITAL, QUERY_ORDER=nothing)).code == "1"


async def test_orders_of_a_day_are_those_of_whoever_is_named_in_either_way(platform: Platform) -> None:
    made = await order(platform, "DD1")
    await order(platform, "DD2", **another(2))
    for whom in ({"HOSP_PATIENT_ID": made.values["HOSP_PATIENT_ID"]}, {"ID_TYPE": "1", "ID_NO": "359851198503120134"}):
        found = await orders(platform, PATIENT_INFO={"PATIENT_TYPE": "1", **whom})
        assert [row["ORDER_ID"] for row in found.values["ORDER_LIST"]] == ["DD1"]
    assert (await orders(platform, PATIENT_INFO={"PATIENT_TYPE": "1"})).code == "1"
