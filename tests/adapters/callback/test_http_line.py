"""The line over HTTP: what is signed, and what counts as an answer."""

from collections.abc import Callable

import httpx
import orjson
import pytest

from yiqiao.adapters.callback.http import HttpLine, signature
from yiqiao.adapters.callback.line import Answer
from yiqiao.adapters.lines import NoAnswer, NotConnected
from yiqiao.clock import FixedClock
from yiqiao.crypto import hmac_sm3

KEY = "not-a-real-key"


def line(answer: Callable[[httpx.Request], httpx.Response]) -> HttpLine:
    transport = httpx.MockTransport(answer)
    return HttpLine("http://his/yq/", KEY, "9851002", FixedClock(1_795_000_000_000), transport=transport)


async def test_a_call_is_signed_over_time_nonce_path_and_body() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": "OK", "message": None, "data": {"number": "7"}})

    opened = line(answer)
    assert await opened.ask("lock", {"serial": "L1"}) == Answer("OK", "", {"number": "7"})
    await opened.ask("lock", {"serial": "L1"})
    await opened.close()
    first, second = seen
    said = first.headers
    signed = f"{said['x-yiqiao-timestamp']}\n{said['x-yiqiao-nonce']}\n/yq/lock\n".encode() + first.content
    assert said["x-yiqiao-signature"] == hmac_sm3(KEY.encode(), signed).hex()
    assert said["x-yiqiao-nonce"] != second.headers["x-yiqiao-nonce"]
    assert said["x-yiqiao-hospital"] == "9851002"
    assert (str(first.url), orjson.loads(first.content)) == ("http://his/yq/lock", {"serial": "L1"})


def test_the_signature_changes_with_each_of_its_parts() -> None:
    parts = ("1", "n", "/p", b"{}")
    others = [("2", "n", "/p", b"{}"), ("1", "m", "/p", b"{}"), ("1", "n", "/q", b"{}"), ("1", "n", "/p", b"[]")]
    assert len({signature(b"k", *one) for one in (parts, *others)} | {signature(b"j", *parts)}) == 6


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_where_nothing_was_sent_it_was_not_connected(error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("")

    with pytest.raises(NotConnected):
        await line(answer).ask("lock", {})


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError])
async def test_where_something_may_have_been_heard_there_is_no_answer(error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("")

    with pytest.raises(NoAnswer):
        await line(answer).ask("lock", {})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b'{"code": "OK"}'),
        (401, b"{}"),
        (200, b"<html>"),
        (200, b'{"code": "OK'),
        (200, b"[]"),
        (200, b'{"code": 0}'),
        (200, b'{"code": ""}'),
        (200, b'{"code": "OK", "data": []}'),
        (200, b'{"code": "OK", "message": 1}'),
        (200, b"\xff"),
    ],
)
async def test_what_is_no_proper_answer_says_nothing_of_what_was_done(status: int, body: bytes) -> None:
    with pytest.raises(NoAnswer):
        await line(lambda _: httpx.Response(status, content=body)).ask("lock", {})
