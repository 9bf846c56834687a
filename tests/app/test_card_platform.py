"""The card platform as another part of the hub uses it: this hub's own cards, and one elsewhere, alike."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.support.hub import NOW_MS, Hub, open_hub
from yiqiao.app.card_platform import LocalCards, card_platform_of
from yiqiao.app.store import Store
from yiqiao.clock import compact
from yiqiao.dialects.ehealth_card.remote import RemoteCards
from yiqiao.dialects.ehealth_card.stages import accepted
from yiqiao.partners import Terminal
from yiqiao.partners import store as partners
from yiqiao.ports.card_platform import (
    CardCaller,
    CardPlatform,
    CardPlatformUnreachable,
    CardRefused,
    CodeUse,
    Consent,
    ConsentWish,
    DuplicateSerial,
)
from yiqiao.region.cards.monitoring import Monitoring
from yiqiao.spec import load
from yiqiao.storage.card_uses import UseFilter

TERM = "10000000001"


@pytest.fixture
async def hub(tmp_path: Path, hub_url: str) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path, hub_url) as opened:
        yield opened


@pytest.fixture(params=["local", "remote"])
def platform(request: pytest.FixtureRequest, hub: Hub) -> CardPlatform:
    if request.param == "local":
        found = hub.runtime.readings.platform
        assert isinstance(found, LocalCards)
        return found
    return RemoteCards("http://hub", hub.clock, transport=hub.transport)


def caller(hub: Hub, **more: str) -> CardCaller:
    return CardCaller(**{"app_id": "demo-hospital", "secret": hub.secret, "term_id": TERM, **more})


def use(hub: Hub, serial: str = "v1", **more: str) -> CodeUse:
    assert hub.runtime.demo is not None
    known = {
        "code": hub.runtime.demo.live_code().text,
        "at": compact(NOW_MS),
        "treatment_code": "0101055",
        "operator_id": "S8101",
        "operator_name": "陶文静",
        "ip_addr": "192.0.2.7",
    }
    return CodeUse(serial=serial, **{**known, **more})


def wish(number: str) -> ConsentWish:
    return ConsentWish(number, compact(NOW_MS), "010103", "S8101", "陶文静")


async def test_a_code_tells_its_holder_and_counts_as_a_use(hub: Hub, platform: CardPlatform) -> None:
    holder = await platform.verify(caller(hub), use(hub))
    assert hub.runtime.demo is not None
    assert holder.user_name[0] == hub.runtime.demo.live_code().name[0]
    assert holder.ehealth_card_id
    assert holder.values["mobile_phone"].startswith("154")
    assert not {"id_no", "user_name"} & holder.values.keys()
    runtime = hub.runtime
    monitoring = Monitoring(runtime.database, runtime.keyring, hub.clock)
    (line,) = (await monitoring.uses(UseFilter(0, NOW_MS + 1))).lines
    assert (line.app_id, line.term_id, line.treatment_code) == ("demo-hospital", TERM, "010105")


async def test_a_number_works_once(hub: Hub, platform: CardPlatform) -> None:
    await platform.verify(caller(hub), use(hub))
    with pytest.raises(DuplicateSerial):
        await platform.verify(caller(hub), use(hub))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"app_id": "nobody"}, "1008"),
        ({"secret": "0" * 32}, "9003"),
        ({"secret": "不是密钥"}, "9003"),
        ({"term_id": "99"}, "1009"),
    ],
)
async def test_who_may_not_ask_is_refused_with_the_standards_code(hub: Hub, wrong: dict[str, str], code: str) -> None:
    with pytest.raises(CardRefused) as caught:
        await hub.runtime.readings.platform.verify(caller(hub, **wrong), use(hub))
    assert caught.value.code == code


async def test_who_was_not_given_the_method_is_refused(hub: Hub) -> None:
    directory, now = hub.runtime.directory, hub.clock.now_ms()
    new = partners.NewPartner(
        "ehealth_card",
        "narrow",
        "某医院",
        operations=("ehc.ehealthcard.regquery",),
        terminals=(Terminal("T1", "某处"),),
    )
    await directory.change(lambda c: partners.add(c, hub.runtime.keyring, now, new))
    found = directory.find("ehealth_card", "narrow")
    assert found is not None
    narrow = CardCaller("narrow", found.secrets[0], "T1")
    with pytest.raises(CardRefused) as caught:
        await hub.runtime.readings.platform.verify(narrow, use(hub))
    assert caught.value.code == "1010"


async def test_a_code_that_is_none_is_refused_with_the_standards_code(hub: Hub, platform: CardPlatform) -> None:
    with pytest.raises(CardRefused) as caught:
        await platform.verify(caller(hub), use(hub, code="A" * 64 + ":1:::00000000001"))
    assert (caught.value.code, bool(caught.value.message)) == ("2002", True)


async def test_a_consent_is_asked_for_and_looked_up(hub: Hub, platform: CardPlatform) -> None:
    link = await platform.ask_consent(caller(hub), wish("c1"))
    assert "/a/" in link
    assert await platform.consent(caller(hub), "c1") == (Consent.ASKED, None)
    with pytest.raises(DuplicateSerial):
        await platform.ask_consent(caller(hub), wish("c1"))
    with pytest.raises(CardRefused):
        await platform.consent(caller(hub), "never")


async def test_a_platform_elsewhere_that_does_not_answer_is_told_as_such(hub: Hub) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    remote = RemoteCards("http://elsewhere", hub.clock, transport=httpx.MockTransport(fail))
    with pytest.raises(CardPlatformUnreachable):
        await remote.verify(caller(hub), use(hub))


async def test_what_cannot_be_sent_is_refused_before_it_is(hub: Hub) -> None:
    remote = RemoteCards("http://hub", hub.clock, transport=hub.transport)
    with pytest.raises(CardRefused, match="ehealth_code"):
        await remote.verify(caller(hub), use(hub, code="A" * 129))


async def test_the_settings_choose(hub: Hub) -> None:
    runtime = hub.runtime
    elsewhere = replace(runtime.settings, card_platform_url="https://cards.example")
    store = Store(**{name: getattr(runtime, name) for name in Store.__dataclass_fields__})
    found = card_platform_of(replace(store, settings=elsewhere), runtime.cards, runtime.writer)
    assert isinstance(found, RemoteCards)
    assert isinstance(card_platform_of(store, runtime.cards, runtime.writer), LocalCards)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("010101", "010101"),
        ("0101055", "010105"),
        ("0101021", "010102"),
        ("010104", "010104"),
        ("01010", "000000"),
        ("010108", "000000"),
        ("0302021", "000000"),
        ("02060299", "000000"),
        ("A10101", "A10101"),
        ("000000", "000000"),
    ],
)
def test_a_stage_of_a_deeper_table_is_told_by_its_longest_known_beginning(code: str, told: str) -> None:
    assert accepted(load("ehealth_card"), code) == told


def test_every_stage_of_the_library_is_told_as_one_of_the_card_platforms() -> None:
    stages = load("onetrans").codes["treatment_code"].rows
    known = load("ehealth_card").codes["treatment_code"].rows
    assert all(accepted(load("ehealth_card"), code) in known for code in stages)
