"""For whom one books: adding a family's members, what is wrong with what was filled in, and taking them off again."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.web.town import TODAY, Town, afternoon, morning, somebody, town

MOTHER = {"name": "方秋兰", "id_no": "359851194605080040", "mobile": "15498510002"}
BABY = {"name": "柳小叶", "sex": "2", "birthday": "2026-03-01", "guardian": "me", "mobile": "15498510001"}
IDENTITY, OTHER, CHILD = (f"/citizen/family/add/{kind}" for kind in ("identity", "other", "child"))
PASSPORT_HOLDER = 160


@pytest.fixture(scope="module")
def open_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town"), days=7) as found:
        yield found


def added(here: Town, **more: str) -> str:
    """Somebody with an identity card is added; answers their id."""
    assert here.send(IDENTITY, **{**MOTHER, **more}).headers["location"] == "/citizen/family"
    found: str = here.json("/citizen/family")["members"][-1]["member_id"]
    return found


def test_member_is_added_masked_and_can_be_booked_for(open_town: Town) -> None:
    here = open_town.as_(0)
    assert "还没有添加家人" in here.client.get("/citizen/family").text
    back = here.step("patient", morning())
    assert here.json(back)["add"] == f"/citizen/family/add?next={quote(back, safe='')}"
    kinds = here.json(here.json(back)["add"])["kinds"]
    assert here.send(kinds["identity"], **MOTHER).headers["location"] == back
    shown = here.client.get("/citizen/family").text
    assert "方**" in shown
    assert "359***********0040" in shown
    assert "154****0002" in shown
    for value in MOTHER.values():
        assert value not in shown
    line = here.json(back)["patients"][1]
    assert (line["name"], line["age"], line["ending"]) == ("方**", 80, "0040")
    at = here.begin(morning(), line["member_id"])
    assert here.settled(at)["told"]["patient"] == "方**"
    here.send(at, act="confirm", pays="there")
    assert here.settled(at)["told"]["state"] == "booked"


def test_sex_and_birthday_come_from_the_identity_card(open_town: Town) -> None:
    here = open_town.as_(1)
    added(here, sex="1", birthday="1999-01-01")
    line = here.json("/citizen/family")["members"][0]
    assert (line["sex"], line["birthday"]) == (2, "1946******")


@pytest.mark.parametrize(
    ("path", "values", "told", "fault"),
    [
        (IDENTITY, {**MOTHER, "id_no": "359851194605080041"}, "校验码不正确", "id_no"),
        (IDENTITY, {**MOTHER, "id_no": "35985119460508"}, "应为 18 位", "id_no"),
        (IDENTITY, {**MOTHER, "id_no": ""}, "不能为空", "id_no"),
        (IDENTITY, {**MOTHER, "name": "  "}, "请填写姓名", "name"),
        (IDENTITY, {**MOTHER, "mobile": "0512-5555"}, "11 位数字", "mobile"),
        (OTHER, {**MOTHER, "id_type": "77", "sex": "1", "birthday": "1990-01-01"}, "请选择证件类型", "id_type"),
        (OTHER, {**MOTHER, "id_type": "03", "birthday": "1990-01-01"}, "请选择性别", "sex"),
        (OTHER, {**MOTHER, "id_type": "03", "id_no": "E98000001", "sex": "1"}, "请填写出生日期", "birthday"),
        (CHILD, {**BABY, "birthday": "2126-01-01"}, "出生日期不对", "birthday"),
        (CHILD, {**BABY, "guardian": "other"}, "不能为空", "guardian_no"),
        (
            CHILD,
            {**BABY, "guardian": "other", "guardian_no": MOTHER["id_no"]},
            "请填写监护人的姓名",
            "guardian_name",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    path: str, values: dict[str, str], told: str, fault: str, open_town: Town
) -> None:
    here = open_town.as_(2)
    answer = here.send(path, **values)
    assert answer.status_code == 422
    assert told in answer.text
    if fault in ("name", "id_no", "mobile", "birthday", "guardian_no", "guardian_name"):
        assert re.search(f'id="{fault}"[^>]*aria-invalid="true"', answer.text)
    if values["name"].strip():
        assert f'value="{values["name"]}"' in answer.text
    assert here.json("/citizen/family")["members"] == []


def test_child_without_a_certificate_comes_with_its_guardian(open_town: Town) -> None:
    here = open_town.as_(3)
    assert here.send(CHILD, **BABY).status_code == 303
    here.hurry()
    other = {**BABY, "name": "柳小枝", "guardian": "other", "guardian_name": "方秋兰", "guardian_no": MOTHER["id_no"]}
    assert here.send(CHILD, **other).status_code == 303
    shown = here.json("/citizen/family")["members"]
    assert [(one["kind"], one["id_no"][-4:]) for one in shown] == [("child", somebody(3).id_no[-4:]), ("child", "0040")]
    choice = morning(doctor="YS8104", department="D03")
    patients = here.json(here.step("patient", choice))["patients"]
    assert [one["why_not"] for one in patients] == ["children", "", ""]
    for line in patients[1:]:
        at = here.begin(choice, line["member_id"])
        here.settled(at)
        here.send(at, act="confirm", pays="there")
        assert here.settled(at)["told"]["state"] == "booked"


def test_nobody_is_added_twice_and_nobody_adds_themselves(open_town: Town) -> None:
    here = open_town.as_(4)
    added(here)
    for values in (MOTHER, {**MOTHER, "id_no": somebody(4).id_no}):
        answer = here.send(IDENTITY, **values)
        assert answer.status_code == 422
        assert "已经在列表中" in answer.text
    assert here.send(CHILD, **BABY).status_code == 303
    assert "已经在列表中" in here.send(CHILD, **BABY).text


def test_list_has_room_for_ten(open_town: Town) -> None:
    here = open_town.as_(5)
    for n in range(10):
        assert here.send(CHILD, **{**BABY, "name": f"孩子{n}"}).status_code == 303
    assert "最多添加 10 位" in here.client.get("/citizen/family").text
    answer = here.send(IDENTITY, **MOTHER)
    assert answer.status_code == 409
    assert "最多添加 10 位" in answer.text


def test_member_is_removed_by_their_owner_alone(open_town: Town) -> None:
    member = added(open_town.as_(6))
    other = open_town.as_(7)
    added(other)
    assert other.send("/citizen/family", member=member).status_code == 409
    here = open_town.as_(6)
    assert here.client.post("/citizen/family", data={"member": member, "csrf": "forged"}).status_code == 403
    assert len(here.json("/citizen/family")["members"]) == 1
    assert here.send("/citizen/family", member=member).status_code == 303
    assert here.json("/citizen/family")["members"] == []


def test_member_of_somebody_else_cannot_be_booked_for(open_town: Town) -> None:
    member = added(open_town.as_(8))
    here = open_town.as_(9)
    answer = here.send(here.step("patient", afternoon("1", TODAY + timedelta(days=2))), who=member)
    assert answer.status_code == 409


def test_mobile_number_on_file_can_be_changed(open_town: Town) -> None:
    here = open_town.as_(14)
    page = here.json("/citizen/family")
    assert page["me"]["mobile"][-4:] == somebody(14).mobile_phone[-4:]
    assert here.send(page["tell"], mobile="15498510077").headers["location"] == "/citizen/family"
    assert here.json("/citizen/family")["me"]["mobile"] == "154****0077"
    assert here.json(here.step("patient", morning()))["patients"][0]["member_id"] == "me"


def test_forms_without_the_token_add_nothing(open_town: Town) -> None:
    here = open_town.as_(11)
    for path, values in ((IDENTITY, MOTHER), (CHILD, BABY), ("/citizen/family/me", {"mobile": "15498510009"})):
        assert here.client.post(path, data={**values, "csrf": "forged"}).status_code == 403
    assert here.json("/citizen/family")["members"] == []


def test_way_back_stays_on_the_hub(open_town: Town) -> None:
    here = open_town.as_(12)
    answer = here.send(f"{IDENTITY}?next=https://elsewhere.example/", **MOTHER)
    assert answer.headers["location"] == "/citizen/family"
    assert here.client.get("/citizen/family/add/nobody").status_code == 404


def test_citizen_whose_certificate_tells_no_birthday_is_asked_for_it(open_town: Town) -> None:
    person = somebody(PASSPORT_HOLDER)
    assert person.id_type == "03"
    here = open_town.as_(PASSPORT_HOLDER)
    back = here.step("patient", morning(TODAY + timedelta(days=3)))
    tell = here.json(back)["tell"]
    assert here.json(tell)["fields"] == ["sex", "birthday", "mobile"]
    assert here.send(tell, mobile="15498510003", sex="1").status_code == 422
    told = {"mobile": "15498510003", "sex": "1", "birthday": "1990-05-06"}
    assert here.send(tell, **told).headers["location"] == back
    at = here.begin(morning(TODAY + timedelta(days=3)))
    here.settled(at)
    here.send(at, act="confirm", pays="there")
    assert here.settled(at)["told"]["state"] == "booked"


def test_english_faults_are_english(open_town: Town) -> None:
    here = open_town.as_(13)
    answer = here.send(IDENTITY + "?lang=en", **{**MOTHER, "mobile": "1"})
    assert "A mobile number has 11 digits" in answer.text
    added(here)
    assert "on your list already" in here.send(IDENTITY + "?lang=en", **MOTHER).text
    here.client.cookies.delete("yiqiao_lang")
