"""A launch opens once, whoever asks at the same time, on both databases; and what is kept of it."""

import asyncio
import secrets
from functools import partial

import pytest
from sqlalchemy import Connection

from tests.dialects.cmc.launching import INSURED, SELF_PAY, click, insured, selfpay
from tests.support.hub import Hub
from yiqiao.dialects.cmc.server import COOKIE
from yiqiao.region.launches.launch import NoteUnfit, Session, WorkstationEnded
from yiqiao.region.launches.sessions import LONGEST_NOTE, TICKET_S, Workstation
from yiqiao.storage import launches as store
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.launches import launch as launch_table

AT_ONCE = 20


def workstation(hub: Hub) -> Workstation:
    return Workstation(hub.runtime.database, hub.runtime.keyring, hub.runtime.clock)


async def opened(hub: Hub, **more: str) -> Session:
    answer = await click(hub, insured(hub, **more))
    return await workstation(hub).find(answer.http.cookies[COOKIE])


async def sessions(hub: Hub) -> int:
    count = "SELECT count(*) FROM launch_session"
    return int(await hub.runtime.database.read(lambda c: c.exec_driver_sql(count).scalar_one()))


async def test_rule_once_of_many_clicks_at_the_same_time_one_opens(each_hub: Hub) -> None:
    launch = insured(each_hub)
    answers = await asyncio.gather(*(click(each_hub, launch) for _ in range(AT_ONCE)))
    assert sorted(answer.code for answer in answers) == ["20000"] + ["40901"] * (AT_ONCE - 1)
    assert await sessions(each_hub) == 1


class Everybody(set[tuple[str, str]]):
    """Whoever asks was filed."""

    def __contains__(self, _: object) -> bool:
        return True


async def test_rule_once_negative_control_without_the_mark_every_click_opens(
    each_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same race with the guard taken away: it must be seen to fail."""

    def unguarded(connection: Connection, rows: list[store.LaunchRow]) -> "Everybody":
        own = [row._replace(mark=f"{row.mark}{secrets.token_hex(8)}") for row in rows]
        insert_many(connection, launch_table, store.LaunchRow._fields, own)
        return Everybody()

    monkeypatch.setattr("yiqiao.region.launches.service.store.add_launches", unguarded)
    launch = insured(each_hub)
    await asyncio.gather(*(click(each_hub, launch) for _ in range(AT_ONCE)))
    assert await sessions(each_hub) == AT_ONCE


async def test_different_launches_at_the_same_time_all_open(each_hub: Hub) -> None:
    launches = [insured(each_hub, jzsxh=f"V{n}") for n in range(AT_ONCE)]
    answers = await asyncio.gather(*(click(each_hub, launch) for launch in launches))
    assert {answer.code for answer in answers} == {"20000"}
    assert len({answer.http.cookies[COOKIE] for answer in answers}) == AT_ONCE


async def test_notes_are_kept_and_the_next_launch_on_the_patient_finds_them(each_hub: Hub) -> None:
    first = await opened(each_hub)
    await workstation(each_hub).note(first, "  血糖平稳。\r\n两周后复查。 ", "form-1")
    await workstation(each_hub).note(first, "血糖平稳。\n两周后复查。", "form-1")
    each_hub.clock.advance(60)
    second = await opened(each_hub, ysmc="石磊", jzsxh="next", mzsxh="next")
    notes = await workstation(each_hub).notes(second)
    assert [note.text for note in notes] == ["血糖平稳。\n两周后复查。"]
    assert notes[0].doctor.name == "陶文静"
    assert [past.doctor.name for past in await workstation(each_hub).history(second)] == ["石磊", "陶文静"]


async def test_what_is_stored_of_a_patient_is_sealed(each_hub: Hub) -> None:
    session = await opened(each_hub)
    await workstation(each_hub).note(session, "血糖平稳", "form-1")
    for table in ("launch", "launch_note", "launch_session"):
        statement = f"SELECT * FROM {table}"
        rows = await each_hub.runtime.database.read(partial(_all, statement=statement))
        text = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
        for secret in ("柳成荫", "359851198503120134", "血糖", "陶文静"):
            assert secret.encode() not in text, table


def _all(connection: Connection, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(statement)]


async def test_a_patient_without_a_number_is_nobody_elses(hub: Hub) -> None:
    """Two people of one name at one hospital: only the registration number joins launches."""

    async def own(**more: str) -> Session:
        hub.clock.advance(1)
        answer = await click(hub, selfpay(hub, **more))
        return await workstation(hub).find(answer.http.cookies[COOKIE])

    one, again, other, none = await own(), await own(), await own(jzsxh="G999"), await own(jzsxh="")
    assert one.patient_key == again.patient_key
    assert len({one.patient_key, other.patient_key, none.patient_key}) == 3
    known = await own(sfzh=INSURED["sfzh"], xm="柳成荫", xb="1", nl="41", birthday="1985-03-12")
    assert known.patient_key == (await opened(hub)).patient_key
    assert "birthday" in SELF_PAY


@pytest.mark.parametrize("text", ["", " \r\n ", "长" * (LONGEST_NOTE + 1)])
async def test_a_note_that_is_empty_or_too_long_is_refused(text: str, hub: Hub) -> None:
    with pytest.raises(NoteUnfit):
        await workstation(hub).note(await opened(hub), text, "form-1")


async def test_a_ticket_opens_one_session_of_its_own_and_soon(each_hub: Hub) -> None:
    desk, session = workstation(each_hub), await opened(each_hub)
    ticket = await desk.hand_over(session)
    with pytest.raises(WorkstationEnded):
        await desk.find(ticket)
    token = await desk.take_over(ticket)
    assert (await desk.find(token)).launch == session.launch
    with pytest.raises(WorkstationEnded):
        await desk.take_over(ticket)
    late = await desk.hand_over(session)
    each_hub.clock.advance(TICKET_S)
    with pytest.raises(WorkstationEnded):
        await desk.take_over(late)


async def test_a_session_that_was_ended_is_over_and_swept_ones_are_gone(each_hub: Hub) -> None:
    desk = workstation(each_hub)
    answer = await click(each_hub, insured(each_hub))
    token = answer.http.cookies[COOKIE]
    await desk.end(await desk.find(token))
    with pytest.raises(WorkstationEnded):
        await desk.find(token)
    await opened(each_hub, jzsxh="other")
    each_hub.clock.advance(13 * 3600)
    assert await desk.sweep() == 1
    assert await sessions(each_hub) == 0
