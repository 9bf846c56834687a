"""The common way of a message when something goes wrong that no rule foresaw."""

from pathlib import Path

import pytest

from tests.support.hub import NOW_MS, PATH, open_hub, registration
from yiqiao.dialects.ehealth_card.client import Refused
from yiqiao.exchange.http import OversizedMessage
from yiqiao.exchange.message import RawRequest
from yiqiao.storage import StorageUnreachable


async def test_an_accident_is_answered_as_an_internal_error_and_journalled_without_its_details(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_hub(tmp_path) as hub, hub.client() as caller:

        async def accident(*_: object) -> None:
            raise RuntimeError("a detail that is nobody's business")

        monkeypatch.setitem(hub.runtime.ehealth_card.handlers.by_operation, "ehc.ehealthcard.querywithreg", accident)
        with pytest.raises(Refused) as caught:
            await caller.querywithreg(**registration("1"))
        assert caught.value.code == "8009"
        assert "detail" not in caught.value.told
        rows = await hub.runtime.database.read(
            lambda c: [tuple(r) for r in c.exec_driver_sql("SELECT outcome, request_id FROM journal")]
        )
        assert [row[0] for row in rows] == ["8009"]
        assert rows[0][1] in caught.value.told, "the caller is told the number under which the log knows more"


async def test_an_accident_while_a_message_is_turned_away_is_answered_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_hub(tmp_path) as hub:
        gateway = hub.runtime.ehealth_card

        def accident(_: object) -> None:
            raise RuntimeError("a detail that is nobody's business")

        monkeypatch.setattr(gateway.dialect, "peek", accident)
        raw = RawRequest(b"{}", "application/json", "127.0.0.1", "r1", NOW_MS, 0)
        answer = await gateway.turn_away(raw, OversizedMessage("报文过长"))
        assert answer.outcome == "8009"
        assert b"detail" not in answer.body


async def test_a_database_that_is_gone_is_answered_with_its_code_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_hub(tmp_path) as hub, hub.client() as caller:

        async def gone(_: object) -> None:
            raise StorageUnreachable

        with monkeypatch.context() as patched:
            patched.setattr(hub.runtime.database, "write_briefly", gone)
            with pytest.raises(Refused) as caught:
                await caller.querywithreg(**registration("1"))
            assert caught.value.code == "8005"
            assert "原流水号" in caught.value.told
            patched.setattr(hub.runtime.database, "read", gone)
            ready = await hub.http.get("/readyz")
            assert ready.status_code == 503
        # Back again, the same serial is free: nothing took effect.
        assert await caller.querywithreg(**registration("1"))
        assert (await hub.http.get("/readyz")).status_code == 200


async def test_a_journal_that_breaks_for_no_foreseen_reason_still_leaves_the_caller_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_hub(tmp_path) as hub, hub.client() as caller:

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        for ledger in hub.runtime.writer._idle:
            monkeypatch.setattr(ledger, "append", broken)
        with pytest.raises(Refused) as caught:
            await caller.querywithreg(**registration("1"))
        assert caught.value.code == "8009"
        people = await hub.runtime.database.read(
            lambda c: c.exec_driver_sql("SELECT out_register_no FROM card_registration").all()
        )
        assert "1" not in {row[0] for row in people}, "what cannot be journalled is not done"


async def test_an_operation_without_a_handler_says_so(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub, hub.client() as caller:
        spec = hub.runtime.ehealth_card.dialect.spec("standard")
        missing = [name for name in spec.operations if name not in hub.runtime.ehealth_card.handlers.by_operation]
        for name in missing:
            with pytest.raises(Refused) as caught:
                await caller.call(name, spec.operations[name].sample())
            assert caught.value.code == "9005"


async def test_a_get_at_the_gateways_path_is_no_message_and_is_told_how_messages_come(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        answer = await hub.http.get(PATH)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert "只接受 POST" in answer.text
        by_post = await hub.http.post("/redirect/client/web/get")
        assert (by_post.status_code, by_post.headers["allow"]) == (405, "GET")


async def test_every_answer_carries_the_number_of_its_exchange(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        numbers = {(await hub.http.post(PATH, content=b"{}")).headers["x-request-id"] for _ in range(3)}
        assert len(numbers) == 3
        rows = await hub.runtime.database.read(
            lambda c: {r[0] for r in c.exec_driver_sql("SELECT request_id FROM journal")}
        )
        assert rows == numbers
