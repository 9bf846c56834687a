"""By which number a hospital knows somebody: from appointments, by a card that the hospital says is theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.hospital import HOSPITAL
from tests.web.care import CARD, PATIENT, add, care, link
from tests.web.town import Town, somebody
from yiqiao.ports.hospital.refusals import HospitalUnreachable

RECORDS = "/citizen/records"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with care(tmp_path) as found:
        yield found.as_(0)


def known(here: Town) -> list[tuple[str, bool]]:
    return [(one["member_id"], one["by_card"]) for one in here.json(RECORDS)["records"]]


@pytest.mark.parametrize(
    ("kind", "number"), [("card", CARD), ("card", f" {CARD[:5]} {CARD[5:]} "), ("number", PATIENT)]
)
def test_card_or_number_of_ones_own_is_linked(kind: str, number: str, here: Town) -> None:
    assert link(here, number, kind=kind).headers["location"] == "/citizen"
    assert known(here) == [("me", True)]


@pytest.mark.parametrize(
    ("kind", "number", "told"),
    [
        ("card", "9800000002", "卡号与姓名或证件号不一致"),
        ("card", "1", "未查询到该卡号"),
        ("number", "P98000000002", "不一致"),
        ("card", " ", "请填写卡片或病历上的号码"),
        ("card", "9" * 33, "请填写卡片或病历上的号码"),
        ("other", CARD, "请填写卡片或病历上的号码"),
    ],
)
def test_what_is_not_ones_own_is_refused_in_words(kind: str, number: str, told: str, here: Town) -> None:
    answer = link(here, number, kind=kind)
    assert answer.status_code == 422
    assert told in answer.text
    assert known(here) == []


def test_cards_are_not_guessed(here: Town) -> None:
    for number in range(2, 7):
        assert "不一致" in link(here, f"980000000{number}").text
    assert "今天填错的次数过多" in link(here, "9800000007").text
    assert "今天填错的次数过多" in link(here, CARD).text
    here.clock.advance(86_400)
    assert link(here.as_(0), CARD).headers["location"] == "/citizen"


def test_a_hospital_that_is_away_is_no_wrong_guess(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise HospitalUnreachable

    with monkeypatch.context() as patch:
        patch.setattr(here.runtime.hospitals.of(HOSPITAL).patients.__class__, "find", away)
        for _ in range(7):
            link(here, CARD)
    assert link(here, CARD).headers["location"] == "/citizen"


def test_questions_with_one_answer_are_not_asked(here: Town) -> None:
    at = here.client.get(RECORDS + "/link?next=%2Fcitizen").headers["location"]
    at = here.client.get(at).headers["location"]
    assert f"hospital={HOSPITAL}&who=me" in at
    shown = here.client.get(at).text
    assert "您手上有什么" in shown
    assert somebody(0).name not in shown


def test_family_members_card_is_theirs_alone(here: Town) -> None:
    who = add(here, 1)
    page = here.json(f"{RECORDS}/link?hospital={HOSPITAL}")
    assert [one["title"] for one in page["options"]] == ["", somebody(1).name[0] + "*" * (len(somebody(1).name) - 1)]
    assert link(here, CARD, who).status_code == 422
    assert link(here, "9800000002", who).status_code == 303
    assert known(here) == [(who, True)]
    assert link(here).status_code == 303
    choose = here.json("/citizen/bills")
    assert [one["name"] for one in choose["records"]] == ["", page["options"][1]["title"]]
    assert here.client.get(choose["records"][1]["address"]).status_code == 200


def test_card_is_taken_off_the_list(here: Town) -> None:
    link(here)
    here.send(RECORDS, hospital=HOSPITAL, who="me")
    assert known(here) == []
    assert here.send(RECORDS, page="/citizen", hospital=HOSPITAL, who="me").status_code == 404


def test_whoever_leaves_the_family_takes_their_card_along(here: Town) -> None:
    who = add(here, 1)
    link(here, "9800000002", who)
    here.send("/citizen/family", member=who)
    assert known(here) == []

    def links(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM patient_link").scalar_one())

    assert here.do(here.runtime.database.read, links) == 0


def test_hospital_that_is_away_is_told_where_the_number_was_filled_in(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise HospitalUnreachable

    monkeypatch.setattr(here.runtime.hospitals.of(HOSPITAL).patients.__class__, "find", away)
    answer = link(here)
    assert answer.status_code == 422
    assert "医院系统暂时无法连接" in answer.text


def test_links_of_others_and_unknown_hospitals_are_refused(here: Town) -> None:
    link(here)
    assert link(here, who="0123456789abcdef", page="/citizen/records").status_code == 409
    answer = here.client.get(f"{RECORDS}/link?hospital=nowhere&who=me")
    assert answer.status_code == 409
    assert 'href="/citizen' in answer.text


def test_nothing_of_a_link_lies_open_in_the_table(here: Town) -> None:
    link(here)

    def rows(connection: Connection) -> str:
        return repr(connection.exec_driver_sql("SELECT * FROM patient_link").all())

    kept = here.do(here.runtime.database.read, rows)
    for value in (CARD, PATIENT, somebody(0).id_no, somebody(0).name):
        assert value not in kept
