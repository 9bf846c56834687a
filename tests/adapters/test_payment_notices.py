"""Notices to partners: signed under the merchant's secret, sent where they were to go and nowhere else."""

import httpx
import orjson
import pytest

from yiqiao.adapters.messages import signature
from yiqiao.adapters.payment_notices import HttpNotifier
from yiqiao.clock import FixedClock
from yiqiao.ports.payment_notices import NoticeNotSent

NOTICE = {"traceNo": "2611280000000000001", "amount": "12.00", "result": "succ"}
URL = "https://his.example/notify"


async def test_a_notice_is_signed_over_its_time_and_body() -> None:
    got: list[httpx.Request] = []

    def partner(request: httpx.Request) -> httpx.Response:
        got.append(request)
        return httpx.Response(204)

    await HttpNotifier(FixedClock(7), transport=httpx.MockTransport(partner)).send(URL, "s1", NOTICE)
    (request,) = got
    assert (request.method, str(request.url)) == ("POST", URL)
    assert orjson.loads(request.content) == NOTICE
    assert request.headers["x-yiqiao-timestamp"] == "7"
    assert request.headers["x-yiqiao-signature"] == signature(b"s1", "7", request.content)
    assert signature(b"s2", "7", request.content) != signature(b"s1", "7", request.content)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500])
async def test_anything_but_a_success_is_sent_again_and_no_other_address_is_asked(status: int) -> None:
    asked: list[str] = []

    def partner(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": "http://169.254.0.1/inner"})

    with pytest.raises(NoticeNotSent, match=str(status)):
        await HttpNotifier(FixedClock(7), transport=httpx.MockTransport(partner)).send(URL, "s1", NOTICE)
    assert asked == [URL]


async def test_a_partner_that_is_away_is_told_again_and_nothing_of_the_notice_is_told() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("2611280000000000001")

    with pytest.raises(NoticeNotSent) as told:
        await HttpNotifier(FixedClock(7), transport=httpx.MockTransport(away)).send(URL, "s1", NOTICE)
    assert "26112800" not in told.value.message
