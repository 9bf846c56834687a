"""ehc.ehealthcard.authurl and auth.query through the unified library, on both databases."""

import pytest

from tests.dialects.onetrans.desk import Desk
from tests.support.hub import NOW_MS, registration
from yiqiao.app.consents import decide
from yiqiao.clock import compact
from yiqiao.dialects.onetrans.envelope import Answer
from yiqiao.ports.login import Citizen
from yiqiao.region.cards.consent import Event

CARDS = [{"card_type": "05", "card_no": "J1"}, {"card_type": "01", "card_no": "K1"}]
ASK, FIND = "ehc.ehealthcard.authurl", "ehc.ehealthcard.auth.query"


def caller(desk: Desk, **more: object) -> dict[str, object]:
    known = {"ehc_app_id": "demo-hospital", "ehc_app_secret": desk.hub.secret, "term_id": "10000000001"}
    return {**known, **more}


async def ask(desk: Desk, number: str = "a1", **more: object) -> Answer:
    told = {"out_authorize_no": number, "out_authorize_time": compact(NOW_MS), "treatment_code": "0101051", **more}
    return await desk.ask(ASK, caller(desk, **told))


async def find(desk: Desk, number: str = "a1", **more: object) -> Answer:
    return await desk.ask(FIND, caller(desk, out_authorize_no=number, **more))


async def decided(desk: Desk, link: str, event: Event) -> None:
    async with desk.hub.client() as client:
        await client.register(**registration(desk.hub.serial(), card_list=CARDS))
    runtime, token = desk.hub.runtime, link.rpartition("/")[2]
    consent = await runtime.database.read(lambda connection: runtime.cards.consents.seen(connection, token))
    assert consent is not None
    assert consent.treatment_code == "010105"
    await decide(runtime, consent, token, event, Citizen("03", "E00000001", "测试甲"), "192.0.2.99")


async def test_a_consent_is_asked_for_given_and_told(desk: Desk) -> None:
    """authurl.number, auth.query.order"""
    link = (await ask(desk)).values
    assert link is not None
    waiting = await find(desk)
    assert (waiting.code, waiting.values) == ("000000", {"auth_status": "ing"})
    await decided(desk, str(link["ehealth_authurl"]), Event.CONSENT)
    told = (await find(desk)).values
    assert told is not None
    assert told["auth_status"] == "succ"
    assert (told["id_type"], told["id_no"], told["user_name"]) == ("03", "E00000001", "测试甲")
    assert told["ehealth_card_id"]


async def test_rule_auth_query_card_the_default_one_is_told(desk: Desk) -> None:
    link = (await ask(desk)).values
    assert link is not None
    await decided(desk, str(link["ehealth_authurl"]), Event.CONSENT)
    told = (await find(desk)).values
    assert told is not None
    assert (told["card_type"], told["card_no"]) == ("05", "J1")


async def test_rule_authurl_stage_is_one_of_the_table(desk: Desk) -> None:
    for wrong in ("99", "0199", "挂号"):
        answer = await ask(desk, treatment_code=wrong)
        assert (answer.code, "treatment_code" in answer.err_msg) == ("610007", True)
    assert (await ask(desk, treatment_code="0101051")).code == "000000"


@pytest.mark.parametrize(("event", "status"), [(Event.REFUSE, "fail"), (Event.CANCEL, "cancel")])
async def test_rule_auth_query_success_nobody_is_told_without_consent(desk: Desk, event: Event, status: str) -> None:
    link = (await ask(desk)).values
    assert link is not None
    await decided(desk, str(link["ehealth_authurl"]), event)
    assert (await find(desk)).values == {"auth_status": status}


async def test_a_number_that_was_used_before_is_refused_as_such(desk: Desk) -> None:
    await ask(desk)
    assert (await ask(desk)).code == "800110"


async def test_the_card_platforms_refusals_say_why(desk: Desk) -> None:
    wrong = [
        (await ask(desk, ehc_app_id="nobody"), "应用不存在"),
        (await ask(desk, ehc_app_secret="0" * 32), "秘钥"),
        (await ask(desk, term_id="99"), "终端不存在"),
        (await find(desk, "never"), "未查到"),
    ]
    for answer, why in wrong:
        assert answer.code == "800108"
        assert why in answer.err_msg


async def test_secrets_of_the_card_platform_are_not_journalled(desk: Desk) -> None:
    from tests.dialects.onetrans.test_gateway import last_record

    await ask(desk)
    record = await last_record(desk.hub)
    assert desk.hub.secret not in repr(record)
