"""Every profile over HTTP: its signature and cipher, its words and numbers. None of it is code, all of it is data."""

import re

import pytest

from tests.support.hospital import HOSPITAL, schedule_id
from tests.support.hub import Hub
from yiqiao.clock import beijing
from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.client import AsyncClient, Refused, Style
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.partners import store
from yiqiao.ports.hospital.values import Session
from yiqiao.spec import profiles

PROFILES = sorted(profiles("convenience"))
NET_TEST = {"HOSPITAL_ID": HOSPITAL, "IP": "192.0.2.1"}


async def speaking(hub: Hub, profile: str, style: Style = "soap") -> AsyncClient:
    """The demo platform, on file with this profile and speaking it."""
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.set_profile(c, now, "convenience", "demo", profile))
    return hub.convenience(profile=profile, style=style)


@pytest.mark.parametrize("style", ["soap", "plain"])
@pytest.mark.parametrize("profile", PROFILES)
async def test_a_profile_is_spoken_and_another_is_not_understood(hub: Hub, profile: str, style: Style) -> None:
    async with await speaking(hub, profile, style) as caller:
        assert await caller.call("NetTest", NET_TEST) == {"SYSDATE": "2026-11-18 19:06:40"}
        document = caller.speaker.document("NetTest", NET_TEST)
    for other in PROFILES:
        if scheme_of(other) == scheme_of(profile):
            continue
        async with await speaking(hub, other, style) as caller:
            refused = await hub.http.post("/convenience", content=document)
            answer = envelope.open_response(refused.content, [caller.speaker.secret], scheme_of(other))
            assert answer.code in ("6", "7")


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_refusal_is_told_in_the_partners_own_scheme(hub: Hub, profile: str) -> None:
    async with await speaking(hub, profile) as caller:
        with pytest.raises(Refused) as refused:
            await caller.send("NetTest", caller.speaker.sealed("NetTest", {}))
    assert refused.value.code == "11"
    assert refused.value.signed


async def test_a_profiles_service_stands_at_an_address_of_its_own(hub: Hub) -> None:
    for profile in PROFILES:
        path = "/convenience" if profile == "standard" else f"/convenience/{profile}"
        described = (await hub.http.get(f"{path}?wsdl")).text
        assert f'location="http://hub{path}"' in described
        assert ('name="PayReg"' in described) == (profile == "jkt")
        assert ('name="opPay"' in described) == (profile != "jkt")


def locking(hub: Hub, lock_id: str) -> dict[str, object]:
    day = beijing(hub.clock.now_ms()).date().replace(day=19)
    return {
        "HOS_ID": HOSPITAL,
        "LOCK_ID": lock_id,
        "CHANNEL_ID": "8",
        "REG_ID": schedule_id("YS8103", "D0201", day, Session.MORNING),
        "DEPT_ID": "D0201",
        "DOCTOR_ID": "YS8103",
        "REG_DATE": day.isoformat(),
        "TIME_FLAG": "1",
        "REG_FEE": "2500",
        "TREAT_FEE": "1500",
    }


async def test_jkt_has_its_own_names_and_tells_its_callers_one_code_for_every_refusal_of_a_hospital(hub: Hub) -> None:
    async with await speaking(hub, "jkt") as caller:
        assert "HOSP_LOCK_ID" not in await caller.call("LockReg", locking(hub, "SH1"))
        with pytest.raises(Refused) as refused:
            await caller.call("LockReg", locking(hub, "SH1"))
    assert refused.value.code == "13"
    assert re.search(r"（200504）$", refused.value.told)


async def test_jkt_gives_the_family_s_numbers_other_functions(hub: Hub) -> None:
    async with await speaking(hub, "jkt") as caller:
        key, scheme = caller.speaker.secret, caller.speaker.scheme
        for number, code in (("1003", "1"), ("2008", "1"), ("3003", "1"), ("1010", "5"), ("2014", "5"), ("2034", "5")):
            sealed = envelope.seal_request(number, "demo", "<REQ><A>1</A></REQ>", key, scheme)
            answer = envelope.open_response(
                (await hub.http.post("/convenience", content=sealed)).content, [key], scheme
            )
            assert (number, answer.code) == (number, code)


async def test_jkt_answers_under_the_name_that_its_callers_know(hub: Hub) -> None:
    async with await speaking(hub, "jkt", "plain") as caller:
        document = caller.speaker.document("GetDeptInfo", {"HOS_ID": HOSPITAL, "DEPT_ID": "-1"})
        answered = await hub.http.post("/convenience", content=document)
        answer = envelope.open_response(answered.content, [caller.speaker.secret], caller.speaker.scheme)
    assert answer.code == "0"
    assert answer.tree["HOS_ID"] == HOSPITAL
    assert not {"HOSPITAL_ID", "COUNT"} & answer.tree.keys()
