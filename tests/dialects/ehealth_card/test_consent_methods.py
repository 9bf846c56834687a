"""Asking for a consent and seeing how it ends, through the whole hub, on both databases."""

import asyncio
from dataclasses import replace

import pytest

from tests.support.hub import NOW_MS, Hub, refused, registration
from yiqiao.app.consents import decide
from yiqiao.dialects.ehealth_card.client import AsyncClient, Refused
from yiqiao.dialects.ehealth_card.handlers import authurl
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Call
from yiqiao.exchange.request import Request
from yiqiao.partners import Partner, store
from yiqiao.partners.partner import Terminal
from yiqiao.ports.login import Citizen
from yiqiao.region.cards.consent import CONSENT_S, Concluded, Event
from yiqiao.spec import load

AUTHURL = "ehc.ehealthcard.authurl"
QUERY = "ehc.ehealthcard.auth.query"
HOLDER = Citizen("03", "E00000001", "测试甲")


def asking(serial: str, **more: object) -> dict[str, object]:
    return {
        "out_authorize_no": serial,
        "out_authorize_time": "20261118192640",
        "operator_id": "0007",
        "operator_name": "测试员",
        "treatment_code": "010101",
        "ip_addr": "192.0.2.7",
        "office_code": "0300",
        **more,
    }


async def given_out(hub: Hub, caller: AsyncClient, serial: str) -> str:
    """The token of a fresh link; its holder has a card."""
    await caller.register(**registration(hub.serial(), address="样例路 1 号"))
    return str((await caller.authurl(**asking(serial)))["ehealth_authurl"]).rpartition("/")[2]


async def decided(hub: Hub, token: str, event: Event) -> Concluded | DomainError:
    """What the holder decides on their phone."""
    runtime = hub.runtime
    consent = await runtime.database.read(lambda connection: runtime.cards.consents.seen(connection, token))
    assert consent is not None
    return await decide(runtime, consent, token, event, HOLDER, "192.0.2.99")


async def test_rule_authurl_use_a_link_is_given_out_and_its_result_is_asked_for(hub: Hub) -> None:
    """authurl.use, auth.query.update, auth.query.until: whoever asks again after the end hears the same"""
    async with hub.client() as caller:
        token = await given_out(hub, caller, "q1")
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": "ing"}
        await decided(hub, token, Event.CONSENT)
        answer = await caller.auth_query(out_authorize_no="q1")
        assert await caller.auth_query(out_authorize_no="q1") == answer
    assert answer["auth_status"] == "succ"
    assert (answer["id_type"], answer["id_no"], answer["user_name"]) == ("03", "E00000001", "测试甲")
    assert (answer["user_sex"], answer["mobile_phone"], answer["address"]) == ("1", "15400000001", "样例路 1 号")
    assert {"ehealth_card_id", "mindex_id"} <= answer.keys()


@pytest.mark.parametrize(("event", "status"), [(Event.REFUSE, "fail"), (Event.CANCEL, "cancel")])
async def test_rule_auth_query_states_without_a_consent_no_person_is_told(hub: Hub, event: Event, status: str) -> None:
    async with hub.client() as caller:
        await decided(hub, await given_out(hub, caller, "q1"), event)
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": status}


async def test_reading_auth_status_who_does_not_answer_in_a_minute_has_failed(hub: Hub) -> None:
    async with hub.client() as caller:
        token = await given_out(hub, caller, "q1")
        hub.clock.advance(CONSENT_S - 0.001)
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": "ing"}
        hub.clock.advance(0.001)
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": "fail"}
        assert isinstance(await decided(hub, token, Event.CONSENT), DomainError)
        assert await caller.auth_query(out_authorize_no="q1") == {"auth_status": "fail"}


async def test_rule_serial_the_same_serial_is_refused(hub: Hub) -> None:
    async with hub.client() as caller:
        await given_out(hub, caller, "q1")
    again = await refused(hub, AUTHURL, asking("q1"))
    assert (again.code, "首次请求已生效" in again.told) == ("3002", True)
    other = await refused(hub, AUTHURL, asking("q1", treatment_code="010105"))
    assert (other.code, "不一致" in other.told) == ("3002", True)


async def test_serial_of_verifying_and_of_asking_do_not_meet(hub: Hub) -> None:
    async with hub.client() as caller:
        await caller.register(**registration("same"))
        await caller.authurl(**asking("same"))
        assert await caller.auth_query(out_authorize_no="same") == {"auth_status": "ing"}


async def test_rule_auth_query_poll_only_who_asked_sees_the_result(hub: Hub) -> None:
    runtime = hub.runtime
    other = store.NewPartner("ehealth_card", "other", "另一医院", terminals=(Terminal("T", ""),))
    secret = await runtime.directory.change(lambda c: store.add(c, runtime.keyring, hub.clock.now_ms(), other))
    async with hub.client() as caller, hub.client(secret, app_id="other", term_id="T") as stranger:
        await decided(hub, await given_out(hub, caller, "q1"), Event.CONSENT)
        with pytest.raises(Refused) as caught:
            await stranger.auth_query(out_authorize_no="q1")
        unknown = await refused(hub, QUERY, {"out_authorize_no": "never"})
        assert (caught.value.code, caught.value.told) == (unknown.code, unknown.told)
        assert unknown.code == "3001"
        await stranger.authurl(**asking("q1"))  # and the serial is free for others
        assert await stranger.auth_query(out_authorize_no="q1") == {"auth_status": "ing"}


@pytest.mark.parametrize("missing", ["operator_id", "operator_name", "treatment_code"])
async def test_rule_authurl_monitor_operator_and_stage_must_be_told(hub: Hub, missing: str) -> None:
    async with hub.client() as caller:
        body = asking("q1", **{missing: None})
        with pytest.raises(DomainError, match=missing):
            await caller.authurl(**body)


async def test_twenty_decisions_at_once_leave_one_in_the_journal_as_done(hub: Hub) -> None:
    async with hub.client() as caller:
        token = await given_out(hub, caller, "q1")
        events = [Event.CONSENT, Event.REFUSE] * 10
        outcomes = await asyncio.gather(*(decided(hub, token, event) for event in events))
        done = [outcome for outcome in outcomes if isinstance(outcome, Concluded)]
        assert len(done) == 1
        assert (await caller.auth_query(out_authorize_no="q1"))["auth_status"] == done[0].state
    codes = await hub.runtime.database.read(
        lambda c: [row[0] for row in c.exec_driver_sql("SELECT outcome FROM journal WHERE operation = 'consent'")]
    )
    assert sorted(codes) == ["0000"] + ["9998"] * 19


async def test_link_is_nowhere_in_the_journals_rows(hub: Hub) -> None:
    async with hub.client() as caller:
        token = await given_out(hub, caller, "q1")
        await decided(hub, token, Event.CONSENT)
    rows = await hub.runtime.database.read(lambda c: c.exec_driver_sql("SELECT * FROM journal").all())
    assert all(token not in str(row) for row in rows)


@pytest.mark.parametrize(("settings", "seconds"), [({}, CONSENT_S), ({"consent_seconds": 90}, 90)])
async def test_a_profile_says_how_long_a_link_lives(hub: Hub, settings: dict[str, object], seconds: int) -> None:
    spec = replace(load("ehealth_card"), settings=settings)
    partner = Partner("ehealth_card", "app", "甲医院")
    call = Call(partner, AUTHURL, "T", "192.0.2.7", NOW_MS, "1", spec, b"")
    act = await authurl(Request(asking("q1")), call, hub.runtime.cards)
    link = await hub.runtime.database.write(lambda c: act.write.lane.execute(c, [act.write.command])[0])
    token = str(link).rpartition("/")[2]
    seen = await hub.runtime.database.read(lambda c: hub.runtime.cards.consents.seen(c, token))
    assert seen is not None
    assert seen.left_ms == seconds * 1000
