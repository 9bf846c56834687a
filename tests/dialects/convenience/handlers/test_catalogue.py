"""3.1.1.2, 3.1.3.1 to 3.1.3.3, 3.1.8, 3.1.9: the hospital, its departments and doctors, prices and visits."""

import base64
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.dialects.convenience.handlers.desk import NOW, Desk, Refused
from tests.support.hospital import HOSPITAL, JPEG, fill, schedule_id
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import open_database
from yiqiao.storage.tables import metadata
from yiqiao.storage.tables.booking import registration_order

SECOND = "9851002"
TODAY = date(2026, 11, 20)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """The desk of two hospitals on SQLite."""
    database = await open_database(f"sqlite:///{tmp_path / 'yiqiao.db'}")
    await database.write(_furnish)
    yield Desk(database, (HOSPITAL, SECOND))
    await database.close()


def _furnish(connection: Connection) -> None:
    metadata.create_all(connection)
    fill(connection, TODAY)
    fill(connection, TODAY, hospital_id=SECOND, name="云桥县中医院")


async def _ids(desk: Desk, dept_id: str) -> list[str]:
    answer = await desk.ask("GetDeptInfo", DEPT_ID=dept_id, PAGE_CURRENT="1", PAGE_SIZE="20")
    return [row["DEPT_ID"] for row in answer["DEPT_LIST"]]


async def _department(desk: Desk, dept_id: str) -> dict[str, object]:
    answer = await desk.ask("GetDeptInfo", DEPT_ID=dept_id, PAGE_CURRENT="1", PAGE_SIZE="20")
    row: dict[str, object] = answer["DEPT_LIST"][0]
    return row


async def _duties(desk: Desk, **asked: str) -> list[tuple[str, str]]:
    answer = await desk.ask("GetDoctorInfo", **asked)
    return [(row["DEPT_ID"], row["DOCTOR_ID"]) for row in answer["DOCTOR_LIST"]]


async def test_rule_hospital_refresh_one_hospital_is_told_with_its_own_rules(desk: Desk) -> None:
    first, second = await desk.ask("GetHosInfo"), await desk.ask("GetHosInfo", HOSPITAL_ID=SECOND)
    assert (first["NAME"], second["NAME"]) == ("云桥县人民医院", "云桥县中医院")
    assert first["MAX_REG_DAYS"] == 7
    assert (first["START_REG_TIME"], first["END_REG_TIME"]) == ("00:00", "23:59")
    assert (first["STOP_BOOK_TIMEA"], first["STOP_BOOK_TIMEP"]) == ("11:30", "16:30")


async def test_a_hospital_that_is_not_served_is_nothing_to_tell_of(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        await desk.ask("GetHosInfo", HOSPITAL_ID="9851999")
    assert refused.value.code == "1"


async def test_rule_dept_scope_all_the_first_level_or_one_and_those_below(desk: Desk) -> None:
    assert await _ids(desk, "-1") == ["D01", "D0101", "D0102", "D02", "D0201", "D03", "D04"]
    assert await _ids(desk, "0") == ["D01", "D02", "D03", "D04"]
    assert await _ids(desk, "D01") == ["D01", "D0101", "D0102"]
    assert await _ids(desk, "D0102") == ["D0102"]


async def test_departments_come_in_pages_and_the_count_is_of_all(desk: Desk) -> None:
    """paging"""
    first = await desk.ask("GetDeptInfo", DEPT_ID="-1", PAGE_CURRENT="1", PAGE_SIZE="3")
    last = await desk.ask("GetDeptInfo", DEPT_ID="-1", PAGE_CURRENT="3", PAGE_SIZE="3")
    assert [row["DEPT_ID"] for row in first["DEPT_LIST"]] == ["D01", "D0101", "D0102"]
    assert [row["DEPT_ID"] for row in last["DEPT_LIST"]] == ["D04"]
    assert (first["COUNT"], last["COUNT"]) == (7, 7)
    with pytest.raises(Refused) as refused:
        await desk.ask("GetDeptInfo", DEPT_ID="-1", PAGE_CURRENT="4", PAGE_SIZE="3")
    assert (refused.value.code, refused.value.message) == ("200101", "第 4 页没有记录：共 7 条，每页 3 条")


async def test_rule_dept_clinical_where_no_doctor_has_schedules_is_not_listed(desk: Desk) -> None:
    assert "D09" not in await _ids(desk, "-1")
    with pytest.raises(Refused) as refused:
        await _ids(desk, "D09")
    assert refused.value.code == "200101"


async def test_schedules_of_the_past_do_not_make_a_department_clinical(desk: Desk) -> None:
    desk.clock.advance(3 * 86_400)
    with pytest.raises(Refused) as refused:
        await _ids(desk, "-1")
    assert refused.value.code == "200101"


async def test_200101_a_department_that_is_not_there(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        await _ids(desk, "D99")
    assert refused.value.code == "200101"


async def test_rule_dept_top_a_department_of_the_first_level_has_the_parent_minus_one(desk: Desk) -> None:
    assert (await _department(desk, "D01"))["PARENT_ID"] == "-1"
    assert (await _department(desk, "D0101"))["PARENT_ID"] == "D01"


async def test_departments_that_name_each_other_as_parents_are_listed_all_the_same(desk: Desk) -> None:
    await desk.database.write(
        lambda c: c.execute(text("UPDATE department SET parent_id = 'D0101' WHERE dept_id = 'D01'"))
    )
    assert await _ids(desk, "D0102") == ["D0102"]
    assert set(await _ids(desk, "D01")) == {"D01", "D0101", "D0102"}


async def test_rule_dept_sex_a_department_for_women_says_so(desk: Desk) -> None:
    assert (await _department(desk, "D04"))["DEPART_SEX"] == 2
    assert (await _department(desk, "D02"))["DEPART_SEX"] == 0


async def test_rule_dept_baby_whom_a_department_sees_and_up_to_or_from_which_age(desk: Desk) -> None:
    children, adults, all_ages = [await _department(desk, one) for one in ("D03", "D0101", "D02")]
    assert (children["BABY_FLAG"], children["BABY_AGE"]) == (1, 14)
    assert (adults["BABY_FLAG"], adults["BABY_AGE"]) == (2, 14)
    assert (all_ages["BABY_FLAG"], all_ages["BABY_AGE"]) == (0, "")


async def test_rule_doctor_scope_of_a_department_of_all_or_one_doctor_in_each_department(desk: Desk) -> None:
    page = {"PAGE_CURRENT": "1", "PAGE_SIZE": "20"}
    assert await _duties(desk, DEPT_ID="D0101", DOCTOR_ID="-1", **page) == [("D0101", "YS8101"), ("D0101", "YS8102")]
    assert len(await _duties(desk, DEPT_ID="-1", DOCTOR_ID="-1", **page)) == 6
    two = [("D0101", "YS8102"), ("D0102", "YS8102")]
    assert await _duties(desk, DEPT_ID="-1", DOCTOR_ID="YS8102", **page) == two
    assert await _duties(desk, DEPT_ID="D0201", DOCTOR_ID="YS8102", **page) == two, "the doctor counts"


async def test_doctors_come_all_where_paging_is_left_out(desk: Desk) -> None:
    assert len(await _duties(desk, DEPT_ID="-1", DOCTOR_ID="-1")) == 6
    answer = await desk.ask("GetDoctorInfo", DEPT_ID="-1", DOCTOR_ID="-1", PAGE_CURRENT="2", PAGE_SIZE="4")
    assert (answer["COUNT"], len(answer["DOCTOR_LIST"])) == (6, 2)


async def test_what_is_sealed_of_a_doctor_is_told_to_the_platform(desk: Desk) -> None:
    answer = await desk.ask("GetDoctorInfo", DEPT_ID="-1", DOCTOR_ID="YS8101")
    row = answer["DOCTOR_LIST"][0]
    assert (row["IDCARD"], row["BIRTHDAY"], row["MOBILE"]) == ("359851198001010000", "1980-01-01", "15400000000")
    assert (row["JOB_TITLE"], row["SEX"], row["STATUS"], row["EDUCATION"]) == ("231", 2, 1, "研究生")


async def test_rule_doctor_famous_is_a_flag_of_the_doctor(desk: Desk) -> None:
    answer = await desk.ask("GetDoctorInfo", DEPT_ID="D0101", DOCTOR_ID="-1")
    assert [row["IS_FAMOUS"] for row in answer["DOCTOR_LIST"]] == [1, 0]


@pytest.mark.parametrize(
    ("dept_id", "doctor_id", "code"),
    [("D99", "-1", "200201"), ("-1", "YS9999", "200202"), ("D09", "-1", "200202")],
)
async def test_200201_and_200202_no_such_department_no_such_doctor_nobody_on_duty(
    desk: Desk, dept_id: str, doctor_id: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await desk.ask("GetDoctorInfo", DEPT_ID=dept_id, DOCTOR_ID=doctor_id)
    assert refused.value.code == code


async def test_rule_photo_jpg_the_picture_is_base64_of_a_jpg(desk: Desk) -> None:
    answer = await desk.ask("GetDoctorPhoto", DOCTOR_ID="YS8101")
    start, _, picture = answer["DOCTORPHOTO"].partition(",")
    assert (start, base64.b64decode(picture)) == ("data:image/jpg;base64", JPEG)


async def test_a_doctor_without_a_photo_has_an_empty_one(desk: Desk) -> None:
    answer = await desk.ask("GetDoctorPhoto", DOCTOR_ID="YS8102")
    assert (answer["DOCTOR_NAME"], answer["DOCTORPHOTO"]) == ("石磊", "")
    with pytest.raises(Refused) as refused:
        await desk.ask("GetDoctorPhoto", DOCTOR_ID="YS9999")
    assert refused.value.code == "12"


async def test_rule_prices_kind_drugs_and_services_with_their_prices_in_yuan(desk: Desk) -> None:
    drug, service = (await desk.ask("queryPriceBoardInfo"))["TIME_REG_LIST"]
    assert (drug["BOARD_STYLE"], drug["ITEM_PRICE"]) == ("0", "1.3996")
    assert (service["BOARD_STYLE"], service["ITEM_PRICE"]) == ("1", "15.00")


async def test_rule_prices_none_a_service_has_no_maker_no_form_no_remark(desk: Desk) -> None:
    drug, service = (await desk.ask("queryPriceBoardInfo"))["TIME_REG_LIST"]
    assert [service[name] for name in ("MANUFACTORY", "FORMATS", "REMARK")] == ["无", "无", "无"]
    assert [drug[name] for name in ("MANUFACTORY", "FORMATS", "REMARK")] == ["云桥制药", "0.25g*24 粒", "无"]


async def test_visits_of_today_are_counted_by_department_waiting_and_just_seen(desk: Desk) -> None:
    hour = 3_600_000
    await desk.database.write(
        lambda c: c.execute(
            registration_order.insert(),
            [
                _order("1", "registered"),
                _order("2", "fetched"),
                _order("3", "visited", NOW - hour + 1),
                _order("4", "visited", NOW - hour),
                _order("5", "booked"),
                _order("6", "cancelled"),
            ],
        )
    )
    rows = (await desk.ask("queryRegistrationState"))["TIME_REG_LIST"]
    heart = next(row for row in rows if row["DEPT_CODE"] == "D0101")
    assert heart["WAITING_CALL_NUMBER"] == "2"
    assert heart["IN_ONE_HOUR_DIAGNOSIS"] == "1"
    assert heart["REGIST_TOTAL_NUMBER"] == "4"
    assert (heart["DEPT_TYPE"], heart["CREATE_TIME"]) == ("开诊", "2026-11-20 08:00:00")


async def test_a_department_all_of_whose_sessions_were_called_off_is_not_open(desk: Desk) -> None:
    await desk.database.write(lambda c: c.execute(text("UPDATE schedule SET state = 'stopped' WHERE dept_id = 'D03'")))
    rows = (await desk.ask("queryRegistrationState"))["TIME_REG_LIST"]
    assert {row["DEPT_CODE"]: row["DEPT_TYPE"] for row in rows}["D03"] == "未开诊"


async def test_rule_load_all_minus_one_asks_for_every_hospital(desk: Desk) -> None:
    one = (await desk.ask("queryRegistrationState"))["TIME_REG_LIST"]
    both = (await desk.ask("queryRegistrationState", HOSPITAL_ID="-1"))["TIME_REG_LIST"]
    assert {row["HOSPITAL_ID"] for row in one} == {HOSPITAL}
    assert {row["HOSPITAL_ID"] for row in both} == {HOSPITAL, SECOND}


async def test_a_second_region_reads_departments_without_pages(desk: Desk) -> None:
    answer = await desk.ask("GetDeptInfo", profile="jkt", DEPT_ID="0")
    assert answer["HOS_ID"] == HOSPITAL
    assert "COUNT" not in answer
    assert len(answer["DEPT_LIST"]) == 4


def _order(number: str, state: str, visited_at: int | None = None) -> dict[str, object]:
    zero = dict.fromkeys(
        ("fee_registration", "fee_treatment", "fee_service", "fee_other", "discount", "insured_part", "extra"), 0
    )
    return {
        "hospital_id": HOSPITAL,
        "order_no": number,
        "order_id": number,
        "source": "hospital",
        "schedule_id": schedule_id("YS8101", "D0101", TODAY, Session.MORNING),
        "time_id": "",
        "pool": 1,
        "number": int(number),
        "day": TODAY.isoformat(),
        "session": 1,
        "dept_id": "D0101",
        "doctor_id": "YS8101",
        "level": 2,
        "patient_id": f"P{number}",
        "state": state,
        "paid": "unpaid",
        **zero,
        "channel": 6,
        "booked": 0,
        "via": "",
        "vendor": "",
        "operator": "",
        "key_id": "k1",
        "sealed": b"",
        "app_id": "",
        "fingerprint": b"",
        "ordered_at": NOW,
        "visited_at": visited_at,
        "changed_at": NOW,
    }
