"""Messages handed over to a gateway: signed, and tried again unless they were taken."""

import httpx
import orjson
import pytest

from yiqiao.adapters.messages import HttpMessenger, signature
from yiqiao.clock import FixedClock
from yiqiao.ports.messenger import Message, NotSent

MESSAGE = Message("1|registered", "15498510001", "【云桥县人民医院】挂号成功")


async def test_what_is_handed_over_is_signed_over_its_time_and_body() -> None:
    got: list[httpx.Request] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(204)

    await HttpMessenger("http://sms/x", "k1", FixedClock(7), transport=httpx.MockTransport(gateway)).send(MESSAGE)
    (request,) = got
    assert orjson.loads(request.content) == {"id": "1|registered", "mobile": "15498510001", "text": MESSAGE.text}
    assert request.headers["x-yiqiao-signature"] == signature(b"k1", "7", request.content)
    assert request.headers["x-yiqiao-timestamp"] == "7"


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_anything_but_a_success_is_tried_again(status: int) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    with pytest.raises(NotSent, match=str(status)):
        await HttpMessenger("http://sms/x", "k1", FixedClock(7), transport=transport).send(MESSAGE)


async def test_a_gateway_that_is_away_is_tried_again_and_no_number_is_told() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("15498510001")

    with pytest.raises(NotSent) as told:
        await HttpMessenger("http://sms/x", "k1", FixedClock(7), transport=httpx.MockTransport(away)).send(MESSAGE)
    assert "154" not in told.value.message
