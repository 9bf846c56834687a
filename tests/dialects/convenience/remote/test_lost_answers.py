"""Where nobody was reached nothing was done; where an answer was lost, an act is open until it was asked for."""

import httpx
import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, Stranger, act, question
from tests.dialects.convenience.remote.test_booking import MORNING, on_file, wish
from tests.hospital.booking.clinic import HOSPITAL
from yiqiao.dialects.convenience.client import AsyncClient
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.ports.hospital.booking import LockWish
from yiqiao.ports.hospital.records import OrderNumbers
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    HospitalUnreachable,
    OutcomeUnknown,
)


class Lost(httpx.AsyncBaseTransport):
    """A way on which answers are lost while `losing`; what was asked is done."""

    def __init__(self, way: httpx.AsyncBaseTransport) -> None:
        self._way = way
        self.losing = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._way.handle_async_request(request)
        if self.losing and "GetRegInfo" not in request.headers["soapaction"]:
            raise httpx.ReadTimeout("lost")
        return response


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ConnectTimeout("late")])
async def test_without_a_connection_nothing_was_done(stranger: Stranger, failure: Exception) -> None:
    for function in ("UnLockReg", "GetRegInfo"):
        stranger.fails(function, failure)
    for asked in (act, question):
        with pytest.raises(HospitalUnreachable, match="未受理"):
            await asked(stranger.hospital)


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("late"), httpx.RemoteProtocolError("gone")])
async def test_without_an_answer_an_act_is_open_and_a_question_is_not(stranger: Stranger, failure: Exception) -> None:
    for function in ("UnLockReg", "GetRegInfo"):
        stranger.fails(function, failure)
    with pytest.raises(OutcomeUnknown):
        await act(stranger.hospital)
    assert len(stranger.asked) == 1
    with pytest.raises(HospitalUnreachable, match="没有应答"):
        await question(stranger.hospital)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>busy</html>"),
        (500, b"System.NullReferenceException at HIS.Order()"),
        (502, b"<html>Bad Gateway</html>"),
        (
            500,
            b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
            b"<faultcode>soap:Server</faultcode><faultstring>Object reference not set</faultstring>"
            b"</soap:Fault></soap:Body></soap:Envelope>",
        ),
    ],
)
async def test_an_answer_that_is_none_leaves_an_act_open(status: int, body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    client = AsyncClient("http://stranger", user_id="p", secret="0" * 16, transport=transport)
    hospital = RemoteHospital(HOSPITAL, Line(client, pause_s=0))
    with pytest.raises(OutcomeUnknown):
        await act(hospital)
    with pytest.raises(HospitalUnreachable):
        await question(hospital)


async def test_an_act_whose_answer_was_lost_was_done_and_is_found(either: Elsewhere) -> None:
    way = Lost(either.hub.transport)
    async with either.hub.convenience(profile=either.profile) as known:
        secret = known.speaker.secret
    client = AsyncClient("http://hub/convenience", user_id="demo", secret=secret, profile=either.profile, transport=way)
    hospital = RemoteHospital(HOSPITAL, Line(client, pause_s=0))
    with pytest.raises(OutcomeUnknown, match="请勿重复提交"):
        await hospital.booking.lock(LockWish(either.serial("DD1"), MORNING))
    assert await either.clinic.taken() == 1
    with pytest.raises(OutcomeUnknown):
        await hospital.booking.order(wish(either, "DD1"))
    made = await on_file(either, "DD1")
    with pytest.raises(HospitalUnreachable):
        await hospital.records.by_numbers([OrderNumbers("DD1", None)])
    way.losing = False
    (found,) = await hospital.records.by_numbers([OrderNumbers("DD1", None)])
    assert (found.order_no, found.state, found.paid) == (made.order_no, made.state, made.paid)
    with pytest.raises(DuplicateSerial):
        await hospital.booking.order(wish(either, "DD1"))


async def test_who_answers_under_another_key_is_not_believed(clinic: Elsewhere) -> None:
    client = AsyncClient("http://hub/convenience", user_id="demo", secret="0" * 16, transport=clinic.hub.transport)
    hospital = RemoteHospital(HOSPITAL, Line(client, pause_s=0))
    with pytest.raises(HospitalUnreachable):
        await hospital.now_ms()
    with pytest.raises(OutcomeUnknown):
        await act(hospital)
