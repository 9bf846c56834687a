"""Every fault, brought about over real HTTP on both engines: what the caller sees, and what was done all the same."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.hub import PATH, registration
from tests.support.served import Served, served
from yiqiao.app.loopback import loopback_hub
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.clock import parse_compact
from yiqiao.dialects.ehealth_card.client import ReadFailed, Refused
from yiqiao.journal.reader import Reader, Record
from yiqiao.journal.verify import Verifier
from yiqiao.sandbox.faults import HEADER

METHOD = "ehc.ehealthcard.querywithreg"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One sandbox for the module: its messages have serials of their own."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_cluster").create_database()
    with served(tmp_path_factory.mktemp("hub"), url) as running:
        yield running


def newest(hub: Served, count: int = 1) -> list[Record]:
    """The newest records of the journal, the newest first."""

    async def read() -> list[Record]:
        async with open_store(hub.settings) as store:
            reader = Reader(store.database, store.keyring)
            lines = (await reader.search(limit=count)).lines
            return [await reader.show(line.chain, line.seq) for line in lines]

    return asyncio.run(read())


def register(hub: Served, serial: str, fault: str = "") -> dict[str, object]:
    with hub.client(fault) as client:
        return client.call(METHOD, registration(serial, id_no=f"E{abs(hash(serial)) % 10**8:08}"))


def test_a_late_answer_is_late_and_right(hub: Served) -> None:
    began = time.monotonic()
    assert register(hub, "late-1", "late=300")["ehealth_code"]
    assert time.monotonic() - began >= 0.3
    assert newest(hub)[0].view.fault == "late=300"


def test_a_lost_answer_was_given_and_the_serial_shows_it(hub: Served) -> None:
    with pytest.raises(ReadFailed):
        register(hub, "lost-1", "lost")
    record = newest(hub)[0]
    assert (record.line.outcome, record.view.fault) == ("0000", "lost")
    with pytest.raises(Refused) as again:
        register(hub, "lost-1")
    assert again.value.code == "3002"


def test_of_a_lost_answer_not_one_byte_arrives(hub: Served) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        hub.post(b"{}", "lost")


def test_a_proxy_in_front_answers_html_and_nothing_was_done(hub: Served) -> None:
    with pytest.raises(ReadFailed, match="HTTP 500"):
        register(hub, "proxy-1", "proxy")
    record = newest(hub)[0]
    assert (record.line.outcome, record.line.operation, record.view.fault) == ("500", METHOD, "proxy=before")
    assert record.response.startswith(b"<html>")
    assert register(hub, "proxy-1")["ehealth_code"]


def test_a_proxy_behind_answers_html_and_everything_was_done(hub: Served) -> None:
    answer = hub.post(b"{}", "proxy=after")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html")
    with pytest.raises(ReadFailed, match="HTTP 500"):
        register(hub, "proxy-2", "proxy=after")
    assert newest(hub)[0].line.outcome == "0000"
    with pytest.raises(Refused) as again:
        register(hub, "proxy-2")
    assert again.value.code == "3002"


def test_a_message_delivered_twice_takes_effect_once_and_the_second_answer_comes(hub: Served) -> None:
    with pytest.raises(Refused) as second:
        register(hub, "twice-1", "twice")
    assert second.value.code == "3002"
    later, earlier = newest(hub, 2)
    assert (earlier.line.outcome, earlier.view.fault) == ("0000", "twice (1/2)")
    assert (later.line.outcome, later.view.fault) == ("3002", "twice (2/2)")


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_clock_that_is_off_refuses_the_time_and_names_both_clocks(hub: Served, seconds: int) -> None:
    with pytest.raises(Refused) as refusal:
        register(hub, f"clock{seconds}", f"clock={seconds}")
    assert refusal.value.code == "9001"
    assert "请求时间" in refusal.value.told
    assert "平台时间" in refusal.value.told


def test_a_clock_that_is_off_within_the_window_shows_in_the_answer_alone(hub: Served) -> None:
    with hub.client() as client:
        body = client.message(METHOD, registration("clock-2", id_no="E00000301"))
    usual, ahead = (hub.post(body, fault).json()["timestamp"] for fault in ("none", "clock=+300"))
    assert parse_compact(ahead) - parse_compact(usual) >= 300_000


def test_a_rotated_key_refuses_the_signature(hub: Served) -> None:
    with pytest.raises(Refused) as refusal:
        register(hub, "key-1", "key")
    assert refusal.value.code == "9003"
    assert not refusal.value.signed
    assert register(hub, "key-1")["ehealth_code"], "the partner's own key was not touched"


def test_a_database_that_is_gone_leaves_the_serial_free(hub: Served) -> None:
    with pytest.raises(Refused) as refusal:
        register(hub, "database-1", "database")
    assert refusal.value.code == "8005"
    assert newest(hub)[0].view.refusal == "StorageUnreachable"
    assert register(hub, "database-1")["ehealth_code"]


def test_a_fault_with_times_happens_so_often_and_no_more(hub: Served) -> None:
    with hub.client("lost, times=2") as client:
        for _ in range(2):
            with pytest.raises(ReadFailed):
                client.call(METHOD, registration("times-1", id_no="E00000401"))
        with pytest.raises(Refused) as third:
            client.call(METHOD, registration("times-1", id_no="E00000401"))
    assert third.value.code == "3002", "the first one was done, though its answer was lost"
    with pytest.raises(httpx.RemoteProtocolError):
        hub.post(b"{}", "lost, times=1, id=another")


def test_a_share_with_a_seed_falls_alike_each_time(hub: Served) -> None:
    def fallen(name: str) -> list[int]:
        return [hub.post(b"{}", f"proxy, share=0.5, seed=7, id={name}").status_code for _ in range(12)]

    first = fallen("one")
    assert set(first) == {200, 500}
    # The count is each sender's own: these are strangers, all of them the same one.
    assert fallen("two") == first


def test_words_that_name_no_fault_are_answered_with_those_that_there_are(hub: Served) -> None:
    answer = hub.post(b"{}", "late=soon")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("late", "lost", "proxy", "twice", "clock", "key", "database", "times", "share", "seed", "for"):
        assert name in answer.text


@pytest.mark.parametrize("sandbox", [True, False])
def test_elsewhere_the_header_is_ignored(sandbox: bool, tmp_path: Path) -> None:
    """On another address than loopback, and in a hub that is no sandbox. (The socket of the test is a local one.)"""
    settings: dict[str, object] = {"host": "0.0.0.0"} if sandbox else {"sandbox": False}
    for_real = {"data": str(tmp_path), "sandbox": sandbox, **settings}
    with loopback_hub(Settings(**for_real)) as url:  # type: ignore[arg-type]
        for fault in ("lost", "proxy", "nonsense"):
            answer = httpx.post(url + PATH, content=b"{}", headers={HEADER: fault})
            assert answer.status_code == 200
            assert answer.json()["ret_code"] != "0000"


def test_the_journal_verifies_after_all_that(hub: Served) -> None:
    async def verify() -> int:
        async with open_store(hub.settings) as store:
            report = await Verifier(store.database, store.keyring).verify([])
            return report.fault_count

    assert asyncio.run(verify()) == 0
