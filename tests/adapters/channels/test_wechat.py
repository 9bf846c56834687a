"""WeChat Pay over real HTTP, against a simulator that signs, loses, delays and forges."""

import base64
import hashlib
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import httpx
import orjson
import pytest

from tests.adapters.channels.wechat_world import API_V3_KEY, MCHID, PLATFORM, SERIAL, Wechat, key, keys, wechat
from yiqiao.adapters.channels import wechat_bill
from yiqiao.adapters.channels.http import Http
from yiqiao.adapters.channels.wechat import WechatChannel
from yiqiao.adapters.channels.wechat_signing import NotSigned, authorization, opened, told, verify
from yiqiao.clock import FixedClock
from yiqiao.crypto import RsaKeyUnusable, RsaPrivateKey, RsaPublicKey, aes_gcm_encrypt
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    Entry,
    Notice,
    NoticeKind,
    OrderState,
    OrderWish,
    RefundState,
    RefundWish,
    StatementKind,
)
from yiqiao.sandbox.channels.weather import Fault
from yiqiao.sandbox.channels.wechat_simulator import Sent

NOW = 1_795_000_000_000
DAY = "2026-11-18"
NOTIFY = "https://hub.example/pay/notice/wechat"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def world(clock: FixedClock) -> AsyncIterator[Wechat]:
    async with wechat(clock) as opened_world:
        yield opened_world


def wish(entry: Entry = Entry.QR, amount: int = 1200, auth_code: str = "", **extra: object) -> OrderWish:
    """An order."""
    return OrderWish(
        "T1",
        amount,
        "门诊充值",
        "云桥县人民医院",
        NOW + 900_000,
        entry,
        auth_code,
        NOTIFY,
        "192.0.2.7",
        extra,
    )


BACK = RefundWish("R1", "T1", 500, 1200, "退费")


async def paid(world: Wechat) -> None:
    """An order that is paid."""
    await world.channel.place(wish())
    world.simulator.pay("T1")


async def test_a_qr_code_is_native(world: Wechat) -> None:
    order = await world.channel.place(wish())
    assert (order.state, order.pay_url) == (OrderState.OPEN, "weixin://wxpay/bizpayurl?pr=T1")
    world.simulator.pay("T1")
    found = await world.channel.find("T1")
    assert found is not None
    assert (found.state, found.amount, found.paid_at, found.external_no[:4]) == (OrderState.PAID, 1200, NOW, "4200")
    assert world.simulator.calls == ["POST /v3/pay/transactions/native", "GET /v3/pay/transactions/out-trade-no/T1"]


async def test_a_telephone_is_h5_and_inside_wechat_jsapi(world: Wechat, clock: FixedClock) -> None:
    assert (await world.channel.place(wish(Entry.PHONE))).pay_url.startswith("https://wx.example/h5?")
    url = (await world.channel.place(wish(Entry.PHONE, openid="openid-of-a-patient"))).pay_url
    scheme, _, query = url.partition("?")
    said = {name: values[0] for name, values in parse_qs(query).items()}
    assert (scheme, said["package"], said["signType"], said["appId"]) == ("jsapi:", "prepay_id=wxT1", "RSA", "wx-appid")
    text = f"{said['appId']}\n{said['timeStamp']}\n{said['nonceStr']}\n{said['package']}\n"
    assert key("merchant").public().verify(text.encode(), base64.b64decode(said["paySign"]))


async def test_a_scanned_code_is_paid_at_once_or_waits_for_a_password(world: Wechat) -> None:
    done = await world.channel.place(wish(Entry.SCANNED, auth_code="134511111111111111"))
    assert (done.state, done.amount) == (OrderState.PAID, 1200)
    again = await world.channel.place(wish(Entry.SCANNED, auth_code="134511111111111111"))
    assert again.state is OrderState.PAID


async def test_a_payer_who_enters_a_password_is_waited_for(world: Wechat) -> None:
    waiting = await world.channel.place(wish(Entry.SCANNED, auth_code="134511111111111100"))
    assert waiting.state is OrderState.OPEN
    world.simulator.pay("T1")
    found = await world.channel.find("T1")
    assert found is not None
    assert found.state is OrderState.PAID


async def test_a_scanned_order_is_reversed_and_another_closed(world: Wechat) -> None:
    await world.channel.place(wish(Entry.SCANNED, auth_code="134511111111111100"))
    assert (await world.channel.close("T1")).state is OrderState.CLOSED
    assert world.simulator.calls[2].endswith("/T1/reverse")


async def test_the_desk_takes_no_wechat(world: Wechat) -> None:
    with pytest.raises(ChannelRefused):
        await world.channel.place(wish(Entry.DESK))
    assert not world.simulator.calls


async def test_a_bank_that_refuses_fails_the_order(world: Wechat) -> None:
    await world.channel.place(wish())
    world.simulator.decline("T1")
    found = await world.channel.find("T1")
    assert found is not None
    assert found.state is OrderState.FAILED


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.FORGED, Fault.UNSIGNED, Fault.LATE, Fault.SYSTEM])
async def test_an_answer_that_does_not_count_is_silence_and_the_act_was_done_once(world: Wechat, fault: Fault) -> None:
    await paid(world)
    world.simulator.weather.order(fault)
    with pytest.raises(ChannelSilent):
        await world.channel.refund(BACK)
    assert (await world.channel.refund(BACK)).state is RefundState.DONE
    assert len(world.simulator.refunds) == 1


async def test_a_forged_word_that_an_order_is_paid_is_not_believed(world: Wechat) -> None:
    await paid(world)
    world.simulator.weather.order(Fault.FORGED)
    with pytest.raises(ChannelSilent):
        await world.channel.find("T1")
    found = await world.channel.find("T1")  # the control: signed, it is
    assert found is not None
    assert found.state is OrderState.PAID


async def test_a_forged_refusal_is_no_refusal(world: Wechat) -> None:
    world.simulator.weather.order(Fault.FORGED, Fault.UNSIGNED)
    for _ in range(2):
        with pytest.raises(ChannelSilent):
            await world.channel.find("T9")
    assert await world.channel.find("T9") is None


async def test_too_many_calls_and_an_address_without_anybody_are_unreachable(world: Wechat, clock: FixedClock) -> None:
    world.simulator.weather.order(Fault.BUSY)
    with pytest.raises(ChannelUnreachable):
        await world.channel.place(wish())
    assert not world.simulator.trades
    nobody = WechatChannel(keys(), "wx-appid", clock, Http(), "http://127.0.0.1:1")
    with pytest.raises(ChannelUnreachable):
        await nobody.place(wish())


async def test_a_place_that_was_dropped_can_be_placed_again(world: Wechat) -> None:
    world.simulator.weather.order(Fault.DROPPED)
    with pytest.raises(ChannelSilent):
        await world.channel.place(wish())
    assert await world.channel.find("T1") is None
    assert (await world.channel.place(wish())).state is OrderState.OPEN


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError])
async def test_what_broke_after_sending_is_silence(clock: FixedClock, error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("")

    channel = WechatChannel(keys(), "wx-appid", clock, Http(transport=httpx.MockTransport(answer)))
    with pytest.raises(ChannelSilent):
        await channel.refund(BACK)


@pytest.mark.parametrize(
    ("told_by_them", "raised"),
    [
        ({"code": "NOT_ENOUGH", "message": "余额不足"}, ChannelUnreachable),
        ({"code": "SYSTEM_ERROR", "message": ""}, ChannelSilent),
        ({"code": "PARAM_ERROR", "message": "参数错误"}, ChannelRefused),
        ({"code": "ANYTHING_ELSE"}, ChannelRefused),
    ],
)
async def test_each_error_is_of_its_kind(
    clock: FixedClock, told_by_them: dict[str, str], raised: type[Exception]
) -> None:
    channel = WechatChannel(keys(), "wx-appid", clock, Http(transport=_signing(told_by_them, 400)))
    with pytest.raises(raised):
        await channel.refund(BACK)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"out_trade_no": "T2"},
        {"mchid": "1900000998"},
        {"trade_state": "SOMETHING"},
        {"amount": {}},
        {"amount": {"total": "1200"}},
        {"amount": {"total": True}},
    ],
)
async def test_an_answer_about_something_else_is_silence(clock: FixedClock, spoilt: dict[str, object]) -> None:
    right = {"out_trade_no": "T1", "mchid": MCHID, "trade_state": "SUCCESS", "amount": {"total": 1200}}
    channel = WechatChannel(keys(), "wx-appid", clock, Http(transport=_signing({**right, **spoilt})))
    with pytest.raises(ChannelSilent):
        await channel.find("T1")
    whole = WechatChannel(keys(), "wx-appid", clock, Http(transport=_signing(right)))
    assert await whole.find("T1") is not None


def _signing(content: object, status: int = 200) -> httpx.MockTransport:
    """A platform that always says this, signed."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.dumps(content)
        signature = base64.b64encode(key("platform").sign(told(str(NOW // 1000), "n", body))).decode()
        headers = {
            "Wechatpay-Timestamp": str(NOW // 1000),
            "Wechatpay-Nonce": "n",
            "Wechatpay-Serial": PLATFORM,
            "Wechatpay-Signature": signature,
        }
        return httpx.Response(status, content=body, headers=headers)

    return httpx.MockTransport(answer)


async def test_a_slow_refund_is_pending_and_then_told(world: Wechat) -> None:
    await paid(world)
    world.simulator.slow_refunds = True
    assert (await world.channel.refund(BACK)).state is RefundState.PENDING
    world.simulator.settle("R1")
    found = await world.channel.find_refund("R1", "T1")
    assert found is not None
    assert (found.state, found.amount, found.refunded_at) == (RefundState.DONE, 500, NOW)
    assert await world.channel.find_refund("R1", "T2") is None


@pytest.mark.parametrize("status", ["ABNORMAL", "CLOSED"])
async def test_a_refund_can_fail(world: Wechat, status: str) -> None:
    await paid(world)
    world.simulator.slow_refunds = True
    await world.channel.refund(BACK)
    world.simulator.settle("R1", status)
    assert (await world.channel.refund(BACK)).state is RefundState.FAILED
    assert [line.kind for line in await world.channel.statement(DAY)] == [StatementKind.PAYMENT]


async def caught(world: Wechat) -> Sent:
    """The notice that waits."""
    sent: list[Sent] = []

    async def send(notice: Sent) -> None:
        sent.append(notice)

    await world.simulator.deliver(send)
    return sent[-1]


async def test_notices_of_payments_and_refunds_are_read(world: Wechat) -> None:
    await paid(world)
    notice = await caught(world)
    assert notice.url == NOTIFY
    assert world.channel.read_notice(notice.headers, notice.body) == Notice(NoticeKind.ORDER, "T1")
    world.simulator.slow_refunds = True
    await world.channel.refund(BACK)
    world.simulator.settle("R1")
    notice = await caught(world)
    assert world.channel.read_notice(notice.headers, notice.body) == Notice(NoticeKind.REFUND, "R1")
    assert world.channel.notice_answer(True) == (204, "application/json", b"")
    status, _, body = world.channel.notice_answer(False)
    assert (status, orjson.loads(body)["code"]) == (500, "FAIL")


async def test_a_notice_that_was_changed_in_any_part_is_refused(world: Wechat, clock: FixedClock) -> None:
    await paid(world)
    notice = await caught(world)
    assert world.channel.read_notice(notice.headers, notice.body)  # the control
    changed: list[tuple[dict[str, str], bytes]] = [({**notice.headers}, notice.body.replace(b"transaction", b"x", 1))]
    for name in ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature"):
        changed.append(({**notice.headers, name: notice.headers[name][:-4] + "AAAA"}, notice.body))
        changed.append(({k: v for k, v in notice.headers.items() if k != name}, notice.body))
    changed.append(({**notice.headers, "wechatpay-signature": "WECHATPAY/SIGNTEST/abc"}, notice.body))
    changed.append(({**notice.headers, "wechatpay-timestamp": "１２３４５６７８９０"}, notice.body))
    for headers, body in changed:
        with pytest.raises(BadNotice):
            world.channel.read_notice(headers, body)
    clock.advance(301)
    with pytest.raises(BadNotice):
        world.channel.read_notice(notice.headers, notice.body)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"event_type": "SOMETHING.ELSE"},
        {"event_type": 7},
        {"resource": None},
        {"resource": {"algorithm": "NONE"}},
        {"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "short", "ciphertext": "AAAA"}},
        {"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "n" * 12, "ciphertext": "AAAA", "associated_data": ""}},
    ],
)
def test_a_signed_notice_that_cannot_be_opened_is_refused(clock: FixedClock, spoilt: dict[str, object]) -> None:
    body = orjson.dumps({"event_type": "TRANSACTION.SUCCESS", **spoilt})
    with pytest.raises(BadNotice):
        WechatChannel(keys(), "wx-appid", clock).read_notice(_headers(body), body)


def test_a_notice_for_another_merchant_is_refused(clock: FixedClock) -> None:
    channel = WechatChannel(keys(), "wx-appid", clock)
    for mchid, fits in ((MCHID, True), ("1900000998", False)):
        sealed = aes_gcm_encrypt(
            API_V3_KEY.encode(), b"n" * 12, orjson.dumps({"mchid": mchid, "out_trade_no": "T1"}), b"transaction"
        )
        resource = {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": "n" * 12,
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": "transaction",
        }
        body = orjson.dumps({"event_type": "TRANSACTION.SUCCESS", "resource": resource})
        if fits:
            assert channel.read_notice(_headers(body), body).number == "T1"
            continue
        with pytest.raises(BadNotice):
            channel.read_notice(_headers(body), body)


def _headers(body: bytes) -> dict[str, str]:
    """A notice's headers, signed by the platform."""
    signature = base64.b64encode(key("platform").sign(told(str(NOW // 1000), "n", body))).decode()
    return {
        "wechatpay-timestamp": str(NOW // 1000),
        "wechatpay-nonce": "n",
        "wechatpay-serial": PLATFORM,
        "wechatpay-signature": signature,
    }


def test_a_call_is_signed_over_method_address_time_nonce_and_body() -> None:
    said = authorization(keys(), "POST", "/v3/x?y=1", 7, "nonce", b"{}")
    assert said.startswith("WECHATPAY2-SHA256-RSA2048 mchid=")
    fields = dict(part.split("=", 1) for part in said.partition(" ")[2].split(","))
    assert {fields["timestamp"], fields["serial_no"], fields["mchid"]} == {'"7"', f'"{SERIAL}"', f'"{MCHID}"'}
    signature = base64.b64decode(fields["signature"].strip('"'))
    assert key("merchant").public().verify(b"POST\n/v3/x?y=1\n7\nnonce\n{}\n", signature)
    for other in (b"GET\n/v3/x?y=1\n7\nnonce\n{}\n", b"POST\n/v3/x\n7\nnonce\n{}\n", b"POST\n/v3/x?y=1\n7\nnonce\n\n"):
        assert not key("merchant").public().verify(other, signature)


def test_an_empty_answer_is_signed_too() -> None:
    headers = _headers(b"")
    verify(keys(), headers, b"", NOW // 1000)
    with pytest.raises(NotSigned):
        verify(keys(), headers, b" ", NOW // 1000)


def test_no_key_is_in_a_repr() -> None:
    assert "thirty-two" not in repr(keys())


async def test_a_bill_whose_hash_differs_is_not_taken(world: Wechat, monkeypatch: pytest.MonkeyPatch) -> None:
    await paid(world)
    assert [line.amount for line in await world.channel.statement(DAY)] == [1200]
    real = world.simulator._lines
    monkeypatch.setattr(world.simulator, "_lines", lambda day: real(day))
    answers = iter((real(DAY), real(DAY).replace(b"12.00", b"13.00")))
    monkeypatch.setattr(world.simulator, "_lines", lambda day: next(answers))
    with pytest.raises(ChannelSilent):
        await world.channel.statement(DAY)


HEAD = "交易时间,微信订单号,商户订单号,交易状态,微信退款单号,商户退款单号,退款状态,订单金额,申请退款金额"


def test_a_bill_is_read_by_the_names_of_its_columns() -> None:
    text = "\r\n".join(
        (
            "\ufeff" + HEAD,
            "`2026-11-18 08:00:01,`W1,`T1,`SUCCESS,`0,`0,`,`12.00,`0.00",
            "`2026-11-18 08:30:00,`W1,`T1,`REFUND,`W9,`R1,`SUCCESS,`0.00,`5.00",
            "`2026-11-18 08:31:00,`W1,`T1,`REFUND,`W8,`R2,`FAIL,`0.00,`5.00",
            "`2026-11-18 09:00:00,`W2,`T2,`REVOKED,`W7,`,`SUCCESS,`0.00,`8.00",
            "总交易单数,应结订单总金额",
            "`4,`12.00",
        )
    )
    found = [(line.kind, line.number, line.order_no, line.amount, line.external_no) for line in wechat_bill.lines(text)]
    assert found == [
        (StatementKind.PAYMENT, "T1", "T1", 1200, "W1"),
        (StatementKind.REFUND, "R1", "T1", 500, "W9"),
        (StatementKind.REFUND, "T2", "T2", 800, "W7"),
    ]
    assert next(iter(wechat_bill.lines(text))).at == 1_794_960_001_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        HEAD,
        HEAD + "\n`2026-11-18 08:00:01,`W1,`T1,`SUCCESS,`0,`0,`,`12.00,`0.00",
        HEAD + "\n`2026-11-18 08:00:01,`W1,`T1,`SUCCESS,`0,`0,`,`12.005,`0.00\n总交易单数",
        HEAD + "\n`2026-11-18 08:00:01,`W1,`T1,`SUCCESS,`0,`0,`,`many,`0.00\n总交易单数",
        HEAD + "\n`today,`W1,`T1,`SUCCESS,`0,`0,`,`12.00,`0.00\n总交易单数",
        HEAD + "\n`2026-11-18 08:00:01,`W1\n总交易单数",
    ],
)
def test_half_a_bill_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        list(wechat_bill.lines(text))


def test_what_a_notice_holds_opens_with_its_key_alone() -> None:
    sealed = aes_gcm_encrypt(API_V3_KEY.encode(), b"n" * 12, b'{"a": 1}', b"x")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "n" * 12,
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": "x",
    }
    assert opened(keys(), resource) == {"a": 1}
    for spoilt in ({"nonce": "m" * 12}, {"associated_data": "y"}, {"ciphertext": "!"}):
        with pytest.raises(ValueError):  # noqa: PT011
            opened(keys(), {**resource, **spoilt})


def test_keys_are_taken_as_platforms_hand_them_out() -> None:
    public = key("platform").public()
    assert public.verify(b"x", key("platform").sign(b"x"))
    assert not public.verify(b"y", key("platform").sign(b"x"))
    assert not public.verify(b"x", key("forger").sign(b"x"))
    for text in (
        "",
        "no key",
        base64.b64encode(hashlib.sha256(b"").digest()).decode(),
        "-----BEGIN CERTIFICATE-----\nAA==",
    ):
        with pytest.raises(RsaKeyUnusable):
            RsaPublicKey(text)
        with pytest.raises(RsaKeyUnusable):
            RsaPrivateKey(text)
