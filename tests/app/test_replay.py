"""A kept message is sent again as an exchange of its own; what has taken effect is not moved twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.databases import hub_url
from tests.support.hub import PATH, Hub, open_hub, registration, showing
from yiqiao.app.replay import AlreadySettled, NotReplayable, Replayed, StaleMessage, gateways_of, replay
from yiqiao.dialects.ehealth_card.client import Refused
from yiqiao.journal import Direction
from yiqiao.journal.reader import Reader, Record, Reference, UnknownEntry
from yiqiao.journal.verify import Verifier
from yiqiao.partners import store

__all__ = ["hub_url"]

REGISTER = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"


@pytest.fixture
async def hub(tmp_path: Path, hub_url: str) -> AsyncIterator[Hub]:
    """An open sandbox hub."""
    async with open_hub(tmp_path, hub_url) as opened:
        yield opened


def reader(hub: Hub) -> Reader:
    return Reader(hub.runtime.database, hub.runtime.keyring)


async def newest(hub: Hub) -> Reference:
    return (await reader(hub).search(limit=1)).lines[0].reference


async def shown(hub: Hub, reference: Reference | None) -> Record:
    assert reference is not None
    return await reader(hub).show(reference.chain, reference.seq)


async def again(hub: Hub, of: Reference, *, dry_run: bool = False, seal_anew: bool = False) -> Replayed:
    served = (hub.runtime.ehealth_card,)
    return await replay(hub.runtime, served, of, dry_run=dry_run, seal_anew=seal_anew)


async def count(hub: Hub, table: str) -> int:
    return int(await hub.runtime.database.read(lambda c: c.scalar(text(f"SELECT count(*) FROM {table}"))) or 0)


async def expired(hub: Hub) -> Reference:
    """A verification that was refused: the code had run out."""
    async with hub.client() as caller:
        wish = registration(hub.serial(), generate_type="dynamic", time_expire="60")
        code = (await caller.call(REGISTER, wish))["ehealth_code"]
        hub.clock.advance(61)
        with pytest.raises(Refused, match="2001"):
            await caller.call(VERIFY, showing(hub.serial(), code))
    return await newest(hub)


async def registered(hub: Hub) -> Reference:
    async with hub.client() as caller:
        await caller.call(REGISTER, registration(hub.serial()))
    return await newest(hub)


async def test_a_refused_write_is_sent_again_as_a_new_exchange_that_names_the_old(hub: Hub) -> None:
    of = await expired(hub)
    hub.clock.advance(5)
    before = await count(hub, "journal")
    done = await again(hub, of)
    assert (done.code_then, done.code, done.refusal, done.dry_run) == ("2001", "2001", "CodeExpired", False)
    assert await count(hub, "journal") == before + 1
    old, new = await shown(hub, of), await shown(hub, done.record)
    assert done.record != of
    assert new.view.replay_of == of
    assert old.view.replay_of is None
    assert (new.request, new.view.peer, new.view.request) == (old.request, old.view.peer, old.view.request)
    assert new.line.request_id != old.line.request_id


async def test_a_refused_write_takes_effect_when_its_cause_is_gone(hub: Hub) -> None:
    of = await expired(hub)
    hub.clock.advance(-30)
    done = await again(hub, of)
    assert (done.code, done.refusal, done.would_write) == ("0000", None, True)
    assert await count(hub, "card_use") == 1
    with pytest.raises(AlreadySettled):
        await again(hub, done.record or of)
    repeated = await again(hub, of)
    assert (repeated.code, repeated.refusal) == ("3002", "DuplicateSerial")
    assert await count(hub, "card_use") == 1


async def test_a_write_that_took_effect_is_replayed_as_a_dry_run_only(hub: Hub) -> None:
    of = await registered(hub)
    before = await count(hub, "journal")
    with pytest.raises(AlreadySettled, match="--dry-run"):
        await again(hub, of)
    with pytest.raises(AlreadySettled):
        await again(hub, of, seal_anew=True)
    done = await again(hub, of, dry_run=True)
    assert (done.code, done.refusal, done.would_write, done.record) == ("3002", "DuplicateSerial", False, None)
    assert await count(hub, "journal") == before


async def test_a_dry_run_does_the_work_and_undoes_it(hub: Hub) -> None:
    of = await expired(hub)
    hub.clock.advance(-30)
    counts = [await count(hub, table) for table in ("journal", "card_use", "person", "health_card")]
    done = await again(hub, of, dry_run=True)
    assert (done.code, done.would_write, done.record) == ("0000", True, None)
    assert [await count(hub, table) for table in ("journal", "card_use", "person", "health_card")] == counts
    assert (await again(hub, of)).code == "0000"


async def test_a_stale_message_is_told_and_sealed_anew_on_request(hub: Hub) -> None:
    of = await expired(hub)
    hub.clock.advance(86_400)
    for dry_run in (True, False):
        with pytest.raises(StaleMessage, match="--now"):
            await again(hub, of, dry_run=dry_run)
    done = await again(hub, of, seal_anew=True)
    assert (done.code, done.sealed_anew) == ("2001", True)
    old, new = await shown(hub, of), await shown(hub, done.record)
    assert new.view.request == old.view.request
    assert new.request != old.request
    assert new.whole


@pytest.mark.parametrize(("sign_type", "enc_type"), [("MD5", "DES"), ("SM3", "AES")])
async def test_a_message_sealed_anew_keeps_its_algorithms(hub: Hub, sign_type: str, enc_type: str) -> None:
    async with hub.client(sign_type=sign_type, enc_type=enc_type) as caller:
        with pytest.raises(Refused, match="2002"):
            await caller.call(VERIFY, showing(hub.serial(), "no code at all"))
    of = await newest(hub)
    hub.clock.advance(86_400)
    done = await again(hub, of, seal_anew=True)
    assert done.code == "2002"
    wire = (await shown(hub, done.record)).request
    assert f'"sign_type":"{sign_type}"'.encode() in wire
    assert f'"enc_type":"{enc_type}"'.encode() in wire


async def test_a_message_refused_for_its_signature_is_refused_again_and_cannot_be_sealed_anew(hub: Hub) -> None:
    async with hub.client(secret="0" * 32) as caller:
        with pytest.raises(Refused, match="9003"):
            await caller.call(VERIFY, showing(hub.serial(), "x"))
    of = await newest(hub)
    assert (await again(hub, of)).refusal == "SignatureMismatch"
    with pytest.raises(NotReplayable, match="没有业务内容"):
        await again(hub, of, seal_anew=True)


async def test_what_is_no_message_at_all_is_refused_again(hub: Hub) -> None:
    await hub.http.post(PATH, content=b"{no json")
    done = await again(hub, await newest(hub))
    assert (done.effect, done.refusal) == ("read", "UnreadableMessage")


async def test_a_request_that_was_cut_short_is_not_sent_as_it_is(hub: Hub) -> None:
    await hub.http.post(PATH, content=b'{"a":"' + b"x" * 9000 + b'"}')
    with pytest.raises(NotReplayable, match="未按原样保存"):
        await again(hub, await newest(hub))


async def test_the_partners_state_of_today_decides(hub: Hub) -> None:
    of = await expired(hub)
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.disable(c, now, "ehealth_card", "demo-hospital"))
    assert (await again(hub, of)).refusal == "PartnerDisabled"


async def test_only_messages_that_came_in_are_sent_again(hub: Hub) -> None:
    of = await registered(hub)
    with pytest.raises(NotReplayable):
        await replay(hub.runtime, (), of)
    with pytest.raises(UnknownEntry):
        await again(hub, replace(of, seq=9999))
    assert (await shown(hub, of)).line.direction == Direction.IN


async def test_the_journal_is_whole_after_replays_also_of_a_process_that_does_not_serve(hub: Hub) -> None:
    of = await expired(hub)
    await again(hub, of)
    done = await replay(hub.runtime, gateways_of(hub.runtime), of)
    assert done.record is not None
    assert done.record.chain != of.chain
    report = await Verifier(hub.runtime.database, hub.runtime.keyring).verify()
    assert report.clean, report.faults


async def test_messages_that_move_money_are_not_replayed(hub: Hub) -> None:
    """A dry run undoes its transaction; what has reached a bank it cannot undo."""
    assert {one.dialect.name for one in gateways_of(hub.runtime)} == {"ehealth_card", "cmc", "convenience"}
