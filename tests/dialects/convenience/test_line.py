"""What is repeated by itself, and who is left alone."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.client import AsyncClient, ConnectionFailed, Refused, Unanswered
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.dialects.convenience.line import LeftAlone, Line
from yiqiao.exchange.breaker import Breaker, Patience
from yiqiao.spec import Invalid

KEY = "0123456789ABCDEF"
NET_TEST = {"HOSPITAL_ID": "9851001", "IP": "192.0.2.1"}
UNLOCK = {"REG_ROLE": "1", "HOSPITAL_ID": "9851001", "LOCK_ID": "L1"}
Answering = Callable[[int], httpx.Response]


def good(code: str = "0") -> httpx.Response:
    content = "<RES><SYSDATE><![CDATA[2026-11-20 08:00:00]]></SYSDATE></RES>" if code == "0" else ""
    return httpx.Response(200, text=envelope.seal_response(code, "说明", content, KEY, scheme_of("standard")))


def line(answering: Answering) -> tuple[Line, list[int]]:
    asked: list[int] = []

    def handle(_: httpx.Request) -> httpx.Response:
        asked.append(len(asked) + 1)
        return answering(len(asked))

    client = AsyncClient("http://h/convenience", user_id="p", secret=KEY, transport=httpx.MockTransport(handle))
    return Line(client, Breaker(lambda: 0.0, Patience(failures=4)), pause_s=0), asked


def away(_: int) -> httpx.Response:
    raise httpx.ConnectError("refused")


def silent(_: int) -> httpx.Response:
    raise httpx.ReadTimeout("late")


async def test_a_question_is_asked_again_once() -> None:
    over, asked = line(lambda n: silent(n) if n == 1 else good())
    assert await over.call("NetTest", NET_TEST) == {"SYSDATE": "2026-11-20 08:00:00"}
    assert asked == [1, 2]


async def test_an_act_without_an_answer_is_never_sent_again() -> None:
    over, asked = line(silent)
    with pytest.raises(Unanswered):
        await over.call("UnLockReg", UNLOCK)
    assert asked == [1]


async def test_an_act_that_was_not_sent_is_sent_again_once() -> None:
    over, asked = line(lambda n: away(n) if n == 1 else good())
    await over.call("UnLockReg", UNLOCK)
    assert asked == [1, 2]


@pytest.mark.parametrize("answering", [away, silent])
async def test_who_does_not_answer_is_left_alone(answering: Answering) -> None:
    over, asked = line(answering)
    for _ in range(2):
        with pytest.raises((ConnectionFailed, Unanswered)):
            await over.call("NetTest", NET_TEST)
    assert len(asked) == 4
    with pytest.raises(LeftAlone, match="再试"):
        await over.call("NetTest", NET_TEST)
    assert len(asked) == 4


async def test_who_refuses_or_is_asked_wrongly_is_not_away() -> None:
    over, asked = line(lambda _: good("200601"))
    for _ in range(9):
        with pytest.raises(Refused):
            await over.call("UnLockReg", UNLOCK)
        with pytest.raises(Invalid):
            await over.call("UnLockReg", {})
    assert (len(asked), over.breaker.open) == (9, False)


async def test_a_call_that_is_given_up_counts_as_unanswered() -> None:
    over, _ = line(lambda _: good())

    async def never(*_: object) -> None:
        await asyncio.sleep(60)

    over.client.call = never  # type: ignore[assignment,method-assign]
    for _ in range(4):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(over.call("UnLockReg", UNLOCK), 0.01)
    assert over.breaker.open
