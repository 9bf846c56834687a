"""候诊: how many are before somebody, whose turn it is, and that the page renews itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hospital import HOSPITAL
from tests.web.care import PATIENT, add, care, link
from tests.web.town import DEPARTMENT, DOCTOR, Town, somebody
from yiqiao.hospital.queue.service import Door, LocalQueue
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered
from yiqiao.spec.masking import mask
from yiqiao.storage import Write

QUEUE = "/citizen/queue"
DOOR = Door(DEPARTMENT, DOCTOR)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    """The first of the sandbox's people, whose card is linked."""
    with care(tmp_path) as found:
        link(found.as_(0))
        yield found


def act(here: Town, write: Write[Any]) -> Any:
    """Do what a desk or a doctor does."""

    def work(connection: Any) -> Any:
        return write.lane.execute(connection, [write.command])[0]

    return here.do(here.runtime.database.write, work)


def line(here: Town) -> LocalQueue:
    queue = here.runtime.hospitals.of(HOSPITAL).queue
    assert isinstance(queue, LocalQueue)
    return queue


def wait(here: Town, *before: str, patient_id: str = PATIENT) -> None:
    """Somebody waits behind these patients."""
    for number in (*before, patient_id):
        act(here, line(here).take(DOOR, number, "某某"))


def turn(here: Town) -> tuple[str, int, int | None]:
    (one,) = here.json(QUEUE)["waits"]
    return one["turn"], one["ahead"], one["called"]


def test_from_the_end_of_the_line_to_the_door(here: Town) -> None:
    wait(here, "P2", "P3")
    assert turn(here) == ("waits", 2, None)
    shown = here.client.get(QUEUE).text
    for words in ("前面还有 2 位", "您的号", "金秋月", "普外科", "本人"):
        assert words in shown
    act(here, line(here).call(DEPARTMENT, DOCTOR))
    assert turn(here) == ("waits", 1, 1)
    assert "正在叫" in here.client.get(QUEUE).text
    act(here, line(here).call(DEPARTMENT, DOCTOR))
    assert turn(here) == ("next", 0, 2)
    assert "下一位就是您" in here.client.get(QUEUE).text
    act(here, line(here).call(DEPARTMENT, DOCTOR))
    assert turn(here) == ("now", 0, 3)
    assert "轮到您了" in here.client.get(QUEUE).text
    wait(here, patient_id="P4")
    here.clock.advance(60)
    act(here, line(here).call(DEPARTMENT, DOCTOR))
    assert turn(here) == ("past", 0, 4)
    assert "可能已经叫过您" in here.client.get(QUEUE).text


def test_page_renews_itself(here: Town) -> None:
    wait(here, "P2")
    page = here.json(QUEUE)
    assert f'content="{page["ask_ms"] // 1000}"' in here.client.get(QUEUE).text
    assert here.client.get(f"{QUEUE}/now?seen={page['mark']}").status_code == 204
    act(here, line(here).call(DEPARTMENT, DOCTOR))
    assert "下一位就是您" in here.client.get(f"{QUEUE}/now?seen={page['mark']}").text
    here.client.cookies.clear()
    assert here.client.get(f"{QUEUE}/now").status_code == 401
    assert "请先登录" in here.client.get(QUEUE).text


def test_family_is_shown_beside_oneself_and_nobody_else(here: Town) -> None:
    who = add(here, 1)
    link(here, "9800000002", who)
    wait(here, "P98000000002")
    shown = here.json(QUEUE)["waits"]
    masked = mask(somebody(1).name, "name")
    assert [(one["name"], one["ahead"]) for one in shown] == [("", 1), (masked, 0)]
    assert somebody(1).name not in here.client.get(QUEUE).text
    link(here.as_(3), "9800000004")
    assert here.json(QUEUE)["waits"] == []
    assert "现在没有在排队" in here.client.get(QUEUE).text


def test_without_a_record_the_page_asks_for_a_card(here: Town) -> None:
    shown = here.as_(1).client.get(QUEUE).text
    assert "添加就诊卡" in shown
    assert "next=%2Fcitizen%2Fqueue" in shown


@pytest.mark.parametrize(("refusal", "away"), [(HospitalUnreachable(), True), (NotOffered(), False)])
def test_hospital_that_does_not_tell_is_a_sentence_with_a_way_on(
    refusal: Exception, away: bool, here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(LocalQueue, "waiting", refuse)
    shown = here.client.get(QUEUE).text
    assert ("有的医院现在连不上" in shown) is away
    assert "现在没有在排队" in shown


def test_who_waits_is_told_so_where_the_calls_are_not_shown(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    wait(here, "P2")

    async def refuse(*_: object) -> None:
        raise NotOffered

    monkeypatch.setattr(LocalQueue, "calling", refuse)
    assert turn(here) == ("waits", 1, None)
