"""The client: what it sends, what it makes of an answer, and how it tells that there was none."""

import json
from collections.abc import Callable

import httpx
import pytest

from tests.support.hub import showing
from yiqiao.clock import FixedClock, compact
from yiqiao.dialects.ehealth_card import (
    AsyncClient,
    Client,
    ConnectionFailed,
    ReadFailed,
    Refused,
    TransferFailed,
    Unanswered,
    Unbelievable,
    envelope,
)
from yiqiao.errors import DomainError
from yiqiao.spec import Invalid, load

SECRET = "00112233445566778899aabbccddeeff"
SCHEME = envelope.scheme(load("ehealth_card").security)
NOW_MS = 1_795_000_000_000
Answering = Callable[[httpx.Request], httpx.Response]


def caller(answering: Answering, profile: str = "standard", enc_type: str = "SM4") -> Client:
    return Client(
        "http://platform",
        app_id="app",
        secret=SECRET,
        term_id="T1",
        profile=profile,
        enc_type=enc_type,
        clock=FixedClock(NOW_MS),
        transport=httpx.MockTransport(answering),
    )


def answered(code: str, content: dict[str, object] | None, secret: str | None = SECRET) -> Answering:
    """A platform that answers every request like this."""

    def answer(request: httpx.Request) -> httpx.Response:
        claim = envelope.peek(request.content)
        body = envelope.seal_response(claim, code, "说明", content, secret, SCHEME, "20261118192640")
        return httpx.Response(200, content=body)

    return answer


def test_the_message_goes_to_the_gateways_path_signed_and_in_time() -> None:
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answered("0000", {"user_name": "某人"})(request)

    with caller(keep) as client:
        assert client.verify(**showing("1", "code")) == {"user_name": "某人"}
    assert seen[0].url == "http://platform/ehcService/gateway.do"
    claim = envelope.peek(seen[0].content)
    assert claim.timestamp == compact(NOW_MS)
    assert envelope.open_request(claim, [SECRET], SCHEME).biz == showing("1", "code")


def test_an_address_with_a_path_is_taken_as_it_is() -> None:
    def echo_path(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/other/gateway"
        return answered("0000", {})(request)

    with Client(
        "http://platform/other/gateway",
        app_id="a",
        secret=SECRET,
        term_id="T",
        transport=httpx.MockTransport(echo_path),
    ) as client:
        client.verify(**showing("1", "code"))


def test_values_that_cannot_be_are_refused_before_anything_is_sent() -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    with caller(never) as client, pytest.raises(Invalid, match="treatment_code"):
        client.verify(**showing("1", "code", treatment_code="999999"))


def test_a_refusal_tells_code_title_reason_and_remedy() -> None:
    with caller(answered("2001", None)) as client, pytest.raises(Refused) as caught:
        client.verify(**showing("1", "code"))
    assert (caught.value.code, caught.value.told, caught.value.signed) == ("2001", "说明", True)
    assert caught.value.title == "电子健康卡二维码已过期"
    assert caught.value.remedy


def test_a_code_that_the_standard_does_not_have_is_still_told() -> None:
    with caller(answered("7777", None)) as client, pytest.raises(Refused, match="7777"):
        client.verify(**showing("1", "code"))


def test_an_unsigned_refusal_is_told_as_such_and_an_unsigned_success_is_not_believed() -> None:
    with caller(answered("9003", None, secret=None)) as client, pytest.raises(Refused) as caught:
        client.verify(**showing("1", "code"))
    assert not caught.value.signed
    forged = json.dumps(
        {"ret_code": "0000", "ret_msg": "ok", "sign_type": "SM3", "enc_type": "SM4", "biz_content": "00"}
    ).encode()
    with (
        caller(lambda _: httpx.Response(200, content=forged)) as client,
        pytest.raises(Unbelievable) as unsigned,
    ):
        client.verify(**showing("1", "code"))
    assert isinstance(unsigned.value.__cause__, envelope.SignatureMismatch)


def test_an_answer_under_another_key_is_not_believed() -> None:
    other = "ffeeddccbbaa99887766554433221100"
    with caller(answered("0000", {}, secret=other)) as client, pytest.raises(Unbelievable, match="查询") as caught:
        client.verify(**showing("1", "code"))
    assert isinstance(caught.value.__cause__, envelope.SignatureMismatch)


@pytest.mark.parametrize(("body", "fault"), [(b"", "EmptyAnswer"), (b"<html>", "UnreadableMessage")])
def test_no_answer_in_the_answer_is_told(body: bytes, fault: str) -> None:
    with caller(lambda _: httpx.Response(200, content=body)) as client, pytest.raises(Unbelievable) as caught:
        client.verify(**showing("1", "code"))
    assert caught.value.name == fault, "the fault keeps its name, and with it its return code"


def test_after_an_unanswered_call_alone_the_platform_may_have_acted() -> None:
    assert all(issubclass(kind, Unanswered) for kind in (TransferFailed, ReadFailed, Unbelievable))
    assert not any(issubclass(kind, Unanswered) for kind in (Invalid, ConnectionFailed, Refused))
    with caller(answered("0000", {}), enc_type="SM9") as client, pytest.raises(DomainError) as unsent:
        client.verify(**showing("1", "code"))
    assert not isinstance(unsent.value, Unanswered)


def test_a_field_that_the_method_does_not_have_is_refused_with_all_other_faults() -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    with caller(never) as client:
        with pytest.raises(Invalid, match="mobile_fone 不是本接口的字段"):
            client.alterinfo(ehealth_card_id="1", out_alter_no="1", out_alter_time="20261118192640", mobile_fone="1")
        with pytest.raises(Invalid) as caught:
            client.close_card(ehealth_card_id="1", out_close_nr="1", out_close_time="20261118192640")
        with pytest.raises(KeyError, match=r"no method 'verify'; there are: .*ehc\.ehealthcode\.verify"):
            client.call("verify", {})
    assert [fault.path for fault in caught.value.faults] == ["out_close_nr", "out_close_no"]


def test_what_is_none_is_not_sent() -> None:
    with caller(answered("0000", {})) as client:
        with_none = client.message("ehc.ehealthcode.verify", showing("1", "code", ip_addr=None))
        assert "ip_addr" not in (envelope.open_request(envelope.peek(with_none), [SECRET], SCHEME).biz)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ConnectError("refused"), ConnectionFailed),
        (httpx.ConnectTimeout("slow"), ConnectionFailed),
        (httpx.ProxyError("refused"), ConnectionFailed),
        (httpx.PoolTimeout("all in use"), ConnectionFailed),
        (httpx.WriteError("broken"), TransferFailed),
        (httpx.ReadTimeout("slow"), ReadFailed),
        (httpx.RemoteProtocolError("cut"), ReadFailed),
    ],
)
def test_a_broken_connection_says_whether_the_platform_may_have_acted(
    failure: httpx.HTTPError, error: type[Exception]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    with caller(fail) as client, pytest.raises(error):
        client.verify(**showing("1", "code"))


WORDS = {
    "querywithreg": "ehc.ehealthcard.querywithreg",
    "register": "ehc.ehealthcard.register",
    "regquery": "ehc.ehealthcard.regquery",
    "alterinfo": "ehc.ehealthcard.alterinfo",
    "alterlink": "ehc.ehealthcard.alterlink",
    "close_card": "ehc.ehealthcard.close",
    "verify": "ehc.ehealthcode.verify",
    "authurl": "ehc.ehealthcard.authurl",
    "auth_query": "ehc.ehealthcard.auth.query",
}


@pytest.mark.parametrize("word", WORDS)
async def test_every_method_of_the_clients_calls_its_operation(word: str) -> None:
    called: list[str] = []

    def keep(request: httpx.Request) -> httpx.Response:
        called.append(envelope.peek(request.content).method)
        return answered("0000", {})(request)

    sample = load("ehealth_card").operations[WORDS[word]].sample()
    with caller(keep) as client:
        getattr(client, word)(**sample)
    transport = httpx.MockTransport(keep)
    async with AsyncClient("http://platform", app_id="a", secret=SECRET, term_id="T", transport=transport) as other:
        await getattr(other, word)(**sample)
    assert called == [WORDS[word]] * 2


async def test_the_asynchronous_client_speaks_the_same() -> None:
    transport = httpx.MockTransport(answered("0000", {"user_name": "某人"}))
    async with AsyncClient("http://platform", app_id="a", secret=SECRET, term_id="T", transport=transport) as client:
        assert await client.verify(**showing("1", "code")) == {"user_name": "某人"}


async def test_headers_that_a_gateway_in_between_wants_go_with_every_message() -> None:
    def check(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-region"] == "east"
        assert request.headers["content-type"].startswith("application/json")
        return answered("0000", {})(request)

    transport = httpx.MockTransport(check)
    wanted = {"x-region": "east"}
    with Client("http://p", app_id="a", secret=SECRET, term_id="T", headers=wanted, transport=transport) as client:
        client.verify(**showing("1", "code"))
    async with AsyncClient(
        "http://p", app_id="a", secret=SECRET, term_id="T", headers=wanted, transport=transport
    ) as other:
        await other.verify(**showing("1", "code"))


def test_milliseconds_are_sent_where_the_profile_says_so() -> None:
    def check(request: httpx.Request) -> httpx.Response:
        assert envelope.peek(request.content).timestamp == str(NOW_MS)
        return answered("0000", {})(request)

    with caller(check, profile="epoch-timestamp") as client:
        client.verify(**showing("1", "code"))


def test_an_error_page_of_something_between_is_told_as_such() -> None:
    page = httpx.Response(502, content=b"<html>Bad Gateway</html>")
    with caller(lambda _: page) as client, pytest.raises(ReadFailed, match="HTTP 502"):
        client.verify(**showing("1", "code"))


@pytest.mark.parametrize("url", ["nonsense", "ftp://somewhere", "http://[bad"])
def test_an_address_that_cannot_be_is_told_as_such(url: str) -> None:
    with (
        Client(url, app_id="a", secret=SECRET, term_id="T") as client,
        pytest.raises(ConnectionFailed, match="http://"),
    ):
        client.verify(**showing("1", "code"))


def test_the_secret_is_in_no_repr() -> None:
    with caller(answered("0000", {})) as client:
        assert SECRET not in repr(client)
        assert SECRET not in repr(client._speaker)
