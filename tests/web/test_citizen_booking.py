"""Booking, step by step: what can be chosen, what cannot and why, and that nothing in an address is believed."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from tests.support.hospital import HOSPITAL, SHARED, fill
from tests.web.town import DEPARTMENT, DOCTOR, FEE, TODAY, TOMORROW, Town, afternoon, morning, somebody, town
from yiqiao.clock import FixedClock
from yiqiao.ports.hospital.refusals import HospitalUnreachable

WITHOUT_CARD, CHILD_OF_AGE_0 = 199, 21


@pytest.fixture(scope="module")
def open_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town"), days=10) as found:
        yield found


@pytest.fixture
def here(open_town: Town) -> Town:
    """The first of the sandbox's people, signed in."""
    return open_town.as_(0)


def test_signing_in_comes_first_and_leads_back_to_what_was_chosen(open_town: Town) -> None:
    open_town.client.cookies.clear()
    shown = open_town.client.get(open_town.step("doctor", {"hospital": HOSPITAL, "department": DEPARTMENT})).text
    assert "请先登录" in shown
    way = re.search(r'href="(/sandbox/sign-in[^"]+)"', shown)
    assert way is not None
    assert "%2Fcitizen%2Fbook%2Fdoctor%3Fhospital%3D9851001%26department%3DD0201" in way[1]


def test_home_greets_by_a_masked_name_and_has_the_doors(here: Town) -> None:
    shown = here.client.get("/citizen").text
    assert f"您好，{somebody(0).name[0]}*" in shown
    assert somebody(0).name not in shown
    assert somebody(0).id_no not in shown
    for address in ("/citizen/book", "/citizen/appointments", "/card", "/citizen/family"):
        assert f'href="{address}"' in shown


def test_of_one_hospital_nobody_has_to_choose(here: Town) -> None:
    answer = here.client.get("/citizen/book")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/citizen/book/department?hospital={HOSPITAL}")


def test_departments_are_shown_level_by_level_and_only_those_with_schedules(here: Town) -> None:
    first = here.json(f"/citizen/book/department?hospital={HOSPITAL}")
    assert [row["title"] for row in first["rows"]] == ["内科", "外科", "儿科", "妇科"]
    below = here.json(first["rows"][0]["address"])
    assert [row["title"] for row in below["rows"]] == ["心血管内科", "消化内科"]
    assert below["chosen"] == ["云桥县人民医院", "内科"]
    assert below["back"] == f"/citizen/book/department?hospital={HOSPITAL}"
    assert "/citizen/book/doctor?" in first["rows"][2]["address"]


def test_doctors_are_shown_with_title_price_and_what_is_left(here: Town) -> None:
    page = here.json(here.step("doctor", {"hospital": HOSPITAL, "department": "D0101"}))
    one, two = page["doctors"]
    assert (one["name"], one["title"], one["about"], one["fee"]) == ("陶文静", "主任医师", "从医多年", FEE)
    assert (one["standing"], one["first"]) == ("open", TOMORROW.isoformat())
    assert one["left"] == 6 * 3 * SHARED  # six of seven days are still to come, each with a morning and two slots
    assert two["name"] == "石磊"
    shown = here.client.get(here.step("doctor", {"hospital": HOSPITAL, "department": "D0101"})).text
    assert "¥ 27.00" in shown
    assert f"近 7 天还有 {one['left']} 个号" in shown


def test_days_say_what_is_left_and_those_that_are_not_open_yet(here: Town) -> None:
    page = here.json(here.step("day", {"hospital": HOSPITAL, "department": DEPARTMENT, "doctor": DOCTOR}))
    days = page["days"] + page["later"]
    assert days[0]["day"] == TOMORROW.isoformat()  # today's hours are over
    assert [line["standing"] for line in days[0]["sessions"]] == ["open", "open"]
    assert days[-1]["day"] == (TODAY + timedelta(days=6)).isoformat()  # as far ahead as the hospital can be booked


def test_a_day_with_one_session_leads_straight_on(here: Town) -> None:
    only_mornings(here)
    page = here.json(here.step("day", {"hospital": HOSPITAL, "department": "D04", "doctor": "YS8105"}))
    assert page["days"][0]["address"].startswith("/citizen/book/patient?")


def only_mornings(here: Town) -> None:
    def stop(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM slot_pool WHERE schedule_id LIKE 'PB8105%2'")
        connection.exec_driver_sql("DELETE FROM time_slot WHERE schedule_id LIKE 'PB8105%2'")
        connection.exec_driver_sql("DELETE FROM schedule WHERE schedule_id LIKE 'PB8105%2'")

    here.do(here.runtime.database.write, stop)


def test_times_are_the_morning_and_the_slots_of_the_afternoon(here: Town) -> None:
    page = here.json(here.step("time", {k: v for k, v in morning().items() if k != "schedule"}))
    assert [(one["session"], one["begins"], one["left"]) for one in page["times"]] == [
        (1, "", SHARED),
        (2, "13:30", SHARED),
        (2, "14:30", SHARED),
    ]


def test_what_is_full_or_called_off_is_said_and_cannot_be_chosen(here: Town) -> None:
    day = TODAY + timedelta(days=4)

    def change(connection: Connection) -> None:
        stopped, full = morning(day)["schedule"], afternoon("1", day)["slot"]
        connection.exec_driver_sql("UPDATE schedule SET state = 'stopped' WHERE schedule_id = ?", (stopped,))
        connection.exec_driver_sql("UPDATE slot_pool SET taken = total WHERE time_id = ?", (full,))

    here.do(here.runtime.database.write, change)
    at = here.step("time", {k: v for k, v in morning(day).items() if k != "schedule"})
    assert [(one["standing"], bool(one["address"])) for one in here.json(at)["times"]] == [
        ("stopped", False),
        ("full", False),
        ("open", True),
    ]
    shown = here.client.get(at).text
    assert "停诊" in shown
    assert "约满了" in shown
    beyond, today = TODAY + timedelta(days=8), afternoon("1", TODAY)
    refusals = [
        (morning(day), "已停诊"),
        (afternoon("1", day), "已被占用"),
        (morning(beyond), "还没开始预约"),
        (today, "已过预约时间"),
    ]
    for choice, told in refusals:
        answer = here.client.get(here.step("patient", choice))
        assert answer.status_code == 409
        assert told in answer.text
        assert "重新选择" in answer.text


def test_for_whom_shows_who_it_is_not_for_and_why(here: Town) -> None:
    child = here.json(here.step("patient", morning(doctor="YS8104", department="D03")))
    assert [(one["member_id"], one["why_not"]) for one in child["patients"]] == [("me", "children")]
    shown = here.client.get(here.step("patient", morning(doctor="YS8104", department="D03"))).text
    assert "只接诊 14 岁及以下的患者" in shown
    assert 'value="me"' not in shown


def test_appointment_begins_with_what_the_hospital_says_whatever_the_address_claims(here: Town) -> None:
    at = here.begin({**morning(), "fee": "1", "name": "别人"})
    told = here.settled(at)["told"]
    assert (told["fee"], told["doctor"], told["hospital"]) == (FEE, "金秋月", "云桥县人民医院")
    assert told["patient"] == somebody(0).name[0] + "*" * (len(somebody(0).name) - 1)


def test_finger_that_presses_twice_begins_one_appointment(here: Town) -> None:
    choice = afternoon("2", TODAY + timedelta(days=2))
    assert here.begin(choice) == here.begin(choice)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"hospital": "0000000"}, "医院不存在"),
        ({"department": "D99"}, "科室不存在"),
        ({"doctor": "YS0000"}, "医生不存在"),
        ({"schedule": "PB0"}, "排班不存在"),
        ({"day": "yesterday"}, "排班不存在"),
        ({"day": ""}, "排班不存在"),
    ],
)
def test_what_is_not_there_is_refused_in_words_with_a_way_on(wrong: dict[str, str], told: str, here: Town) -> None:
    answer = here.client.get(here.step("patient", {**morning(), **wrong}))
    assert answer.status_code == 409
    assert told in answer.text
    assert 'href="/citizen"' in answer.text
    assert here.send(here.step("patient", {**morning(), **wrong}), who="me").status_code in (403, 409)


def test_form_without_its_token_begins_nothing(here: Town) -> None:
    before = here.json("/citizen/appointments")
    answer = here.client.post(here.step("patient", morning(TODAY + timedelta(days=3))), data={"who": "me", "csrf": "x"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert here.json("/citizen/appointments") == before


def test_whoever_is_not_on_the_list_cannot_be_booked_for(here: Town) -> None:
    answer = here.send(here.step("patient", morning(TODAY + timedelta(days=3))), who="0123456789abcdef")
    assert answer.status_code == 409
    assert "没有找到这位就诊人" in answer.text


def test_who_holds_no_card_is_asked_for_a_mobile_number_once(open_town: Town) -> None:
    here = open_town.as_(WITHOUT_CARD)
    at = here.step("patient", morning(TODAY + timedelta(days=5)))
    page = here.json(at)
    assert page["patients"] == []
    tell = page["tell"]
    assert here.send(tell, mobile="12345").status_code == 422
    answer = here.send(tell, mobile="154 0000 0009")
    assert (answer.status_code, answer.headers["location"]) == (303, at)
    page = here.json(at)
    assert page["tell"] == ""
    assert page["patients"][0]["age"] == 34
    assert here.settled(here.begin(morning(TODAY + timedelta(days=5))))["told"]["state"] == "locked"


def test_hospital_out_of_reach_is_said_and_can_be_tried_again(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise HospitalUnreachable

    catalogue = here.runtime.hospitals.of(HOSPITAL).catalogue
    monkeypatch.setattr(type(catalogue), "schedules", away)
    at = here.step("doctor", {"hospital": HOSPITAL, "department": DEPARTMENT})
    answer = here.client.get(at)
    assert answer.status_code == 503
    assert "医院系统暂时无法连接" in answer.text
    assert "再试一次" in answer.text
    assert "重新选择" in answer.text
    assert "cannot be reached" in here.client.get(at + "&lang=en").text
    here.client.cookies.delete("yiqiao_lang")


def test_hospital_out_of_reach_leaves_the_others_to_be_chosen(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = here.runtime
    here.do(
        runtime.database.write,
        lambda c: fill(c, TODAY, 1, hospital_id="9851009", name="云桥县第二医院", keyring=runtime.keyring),
    )
    here.do(runtime.hospitals.refresh)
    real = type(runtime.hospitals.of(HOSPITAL).catalogue).hospital

    async def away(catalogue: object) -> object:
        if catalogue.hospital_id == "9851009":  # type: ignore[attr-defined]
            raise HospitalUnreachable
        return await real(catalogue)  # type: ignore[arg-type]

    monkeypatch.setattr(type(runtime.hospitals.of(HOSPITAL).catalogue), "hospital", away)
    rows = here.json("/citizen/book")["rows"]
    assert {row["title"]: bool(row["address"]) for row in rows} == {"云桥县人民医院": True, "9851009": False}
    assert "暂时连不上" in here.client.get("/citizen/book").text


def test_more_appointments_than_one_may_have_are_refused(open_town: Town) -> None:
    here = open_town.as_(7)
    days = [TODAY + timedelta(days=n) for n in (1, 2, 3, 5, 6)]
    choices = [choice for day in days for choice in (morning(day), afternoon("1", day), afternoon("2", day))]
    for choice in choices[:10]:
        here.begin(choice)
    answer = here.send(here.step("patient", choices[10]), who="me")
    assert answer.status_code == 409
    assert "最多 10 个" in answer.text


def test_region_without_hospitals_says_so(sandbox: TestClient) -> None:
    here = Town(sandbox, FixedClock(0)).as_(0)
    assert "目前还没有医院开通预约" in here.client.get("/citizen/book").text
