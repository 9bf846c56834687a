"""Alipay over real HTTP, against a simulator that signs, loses, delays and forges."""

import base64
import io
import json
import zipfile
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from tests.adapters.channels.alipay_world import APP_ID, Alipay, alipay, keys, simulator
from tests.adapters.channels.wechat_world import key
from yiqiao.adapters.channels import alipay_bill
from yiqiao.adapters.channels.alipay import AlipayChannel
from yiqiao.adapters.channels.alipay_signing import NotSigned, answered, text_of
from yiqiao.adapters.channels.http import Http
from yiqiao.clock import FixedClock
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
from yiqiao.sandbox.channels.alipay_simulator import Refusal, Sent
from yiqiao.sandbox.channels.weather import Fault

NOW = 1_795_000_000_000
DAY = "2026-11-18"
NOTIFY = "https://hub.example/pay/notice/alipay"
BACK = RefundWish("R1", "T1", 500, 1200, "退费")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def world(clock: FixedClock) -> AsyncIterator[Alipay]:
    async with alipay(clock) as opened:
        yield opened


def wish(entry: Entry = Entry.QR, amount: int = 1200, auth_code: str = "") -> OrderWish:
    """An order."""
    return OrderWish("T1", amount, "门诊充值", "云桥县人民医院", NOW + 900_000, entry, auth_code, NOTIFY)


async def paid(world: Alipay) -> None:
    """An order that is paid."""
    await world.channel.place(wish())
    world.simulator.pay("T1")


async def state(world: Alipay) -> OrderState | None:
    """How the order stands."""
    found = await world.channel.find("T1")
    return found.state if found else None


async def test_a_qr_code_is_precreated_and_is_no_trade_until_it_is_scanned(world: Alipay) -> None:
    order = await world.channel.place(wish())
    assert (order.state, order.pay_url) == (OrderState.OPEN, "https://qr.alipay.example/T1")
    assert await state(world) is None
    world.simulator.scan("T1")
    assert await state(world) is OrderState.OPEN
    world.simulator.pay("T1")
    found = await world.channel.find("T1")
    assert found is not None
    assert (found.state, found.amount, found.paid_at) == (OrderState.PAID, 1200, NOW)


async def test_a_scanned_code_is_paid_at_once_or_waits_for_its_payer(world: Alipay) -> None:
    done = await world.channel.place(wish(Entry.SCANNED, auth_code="280000000000000011"))
    assert (done.state, done.amount, done.paid_at) == (OrderState.PAID, 1200, NOW)
    assert (await world.channel.place(wish(Entry.SCANNED, auth_code="280000000000000011"))).state is OrderState.PAID


async def test_a_payer_who_has_to_confirm_is_waited_for(world: Alipay) -> None:
    assert (await world.channel.place(wish(Entry.SCANNED, auth_code="280000000000000000"))).state is OrderState.OPEN
    world.simulator.pay("T1")
    assert await state(world) is OrderState.PAID


async def test_a_telephone_goes_to_a_signed_page(world: Alipay) -> None:
    order = await world.channel.place(wish(Entry.PHONE))
    assert order.state is OrderState.OPEN
    with pytest.raises(Refusal):
        world.simulator.visit(order.pay_url.replace("12.00", "0.01"))
    world.simulator.visit(order.pay_url)
    world.simulator.pay("T1")
    assert (await world.channel.place(wish(Entry.PHONE))).state is OrderState.PAID
    with pytest.raises(ChannelRefused):
        await world.channel.place(wish(Entry.PHONE, 1300))


async def test_the_desk_takes_no_alipay(world: Alipay) -> None:
    with pytest.raises(ChannelRefused):
        await world.channel.place(wish(Entry.DESK))
    assert not world.simulator.calls


async def test_a_trade_whose_money_has_all_gone_back_was_paid_all_the_same(world: Alipay) -> None:
    """Alipay calls it TRADE_CLOSED, as it does one that was never paid."""
    await paid(world)
    await world.channel.refund(RefundWish("R1", "T1", 1200, 1200, "退费"))
    assert world.simulator.trades["T1"]["trade_status"] == "TRADE_CLOSED"
    assert await state(world) is OrderState.PAID


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.FORGED, Fault.UNSIGNED, Fault.LATE, Fault.SYSTEM])
async def test_an_answer_that_does_not_count_is_silence_and_the_act_was_done_once(world: Alipay, fault: Fault) -> None:
    await paid(world)
    world.simulator.weather.order(fault)
    with pytest.raises(ChannelSilent):
        await world.channel.refund(BACK)
    assert (await world.channel.refund(BACK)).state is RefundState.DONE
    assert (len(world.simulator.refunds), world.simulator.trades["T1"]["refunded"]) == (1, 500)


async def test_forged_words_are_not_believed(world: Alipay) -> None:
    world.simulator.weather.order(Fault.FORGED, Fault.UNSIGNED)
    for _ in range(2):
        with pytest.raises(ChannelSilent):
            await world.channel.find("T1")
    assert await world.channel.find("T1") is None


async def test_too_many_calls_and_an_address_without_anybody_are_unreachable(world: Alipay, clock: FixedClock) -> None:
    world.simulator.weather.order(Fault.BUSY)
    with pytest.raises(ChannelUnreachable):
        await world.channel.place(wish())
    assert not world.simulator.codes
    with pytest.raises(ChannelUnreachable):
        await AlipayChannel(keys(), clock, Http(), "http://127.0.0.1:1/gateway.do").place(wish())


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError])
async def test_what_broke_after_sending_is_silence(clock: FixedClock, error: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("")

    with pytest.raises(ChannelSilent):
        await AlipayChannel(keys(), clock, Http(transport=httpx.MockTransport(answer))).refund(BACK)


async def test_a_stranger_who_signs_is_not_answered(world: Alipay, clock: FixedClock) -> None:
    stranger = AlipayChannel(
        type(keys())(APP_ID, key("forger"), key("platform").public()), clock, Http(), world.channel.base
    )
    with pytest.raises(ChannelSilent):
        await stranger.find("T1")


def _signing(node: dict[str, object], method: str = "alipay.trade.query") -> httpx.MockTransport:
    """A platform that always says this, signed."""
    text = json.dumps(node, ensure_ascii=False)
    signature = base64.b64encode(key("platform").sign(text.encode())).decode()
    body = f'{{"{method.replace(".", "_")}_response":{text},"sign":"{signature}"}}'
    return httpx.MockTransport(lambda request: httpx.Response(200, content=body.encode()))


RIGHT = {"code": "10000", "out_trade_no": "T1", "trade_status": "TRADE_SUCCESS", "total_amount": "12.00"}


@pytest.mark.parametrize(
    "spoilt", [{"out_trade_no": "T2"}, {"trade_status": "NEW"}, {"total_amount": "12.005"}, {"total_amount": "NaN"}]
)
async def test_an_answer_about_something_else_is_silence(clock: FixedClock, spoilt: dict[str, object]) -> None:
    with pytest.raises(ChannelSilent):
        await AlipayChannel(keys(), clock, Http(transport=_signing({**RIGHT, **spoilt}))).find("T1")
    assert await AlipayChannel(keys(), clock, Http(transport=_signing({**RIGHT}))).find("T1") is not None


@pytest.mark.parametrize(
    ("node", "raised"),
    [
        ({"code": "20000"}, ChannelSilent),
        ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, ChannelSilent),
        ({"code": "40004", "sub_code": "ACQ.SELLER_BALANCE_NOT_ENOUGH"}, ChannelUnreachable),
        ({"code": "40005", "sub_code": "any"}, ChannelUnreachable),
        ({"code": "40004", "sub_code": "ACQ.INVALID_PARAMETER", "sub_msg": "参数无效"}, ChannelRefused),
        ({"code": "40002", "sub_code": "isv.invalid-app-id"}, ChannelRefused),
    ],
)
async def test_each_error_is_of_its_kind(clock: FixedClock, node: dict[str, object], raised: type[Exception]) -> None:
    with pytest.raises(raised):
        await AlipayChannel(keys(), clock, Http(transport=_signing(node))).find("T1")


def test_the_very_text_of_the_node_is_what_is_signed() -> None:
    node = '{ "code":"10000", "words": "a } and a \\" {", "inner": {"a": [1, "}"]} }'
    signature = base64.b64encode(key("platform").sign(node.encode())).decode()
    whole = f'{{"sign":"{signature}","alipay_trade_query_response": {node} }}'
    assert answered(keys(), "alipay.trade.query", whole.encode())["code"] == "10000"
    for spoilt in (
        whole.replace("10000", "10001"),
        whole.replace('"code":"10000"', '"code": "10000"'),
        whole.replace('"sign"', '"sing"'),
        whole.replace("_query_", "_other_"),
        "[]",
        "7",
        '"sign"',
        "",
    ):
        with pytest.raises(NotSigned):
            answered(keys(), "alipay.trade.query", spoilt.encode())
    with pytest.raises(NotSigned):
        answered(keys(), "alipay.trade.query", b"\xff")


def test_parameters_are_signed_from_a_to_z_without_the_empty_ones() -> None:
    assert (
        text_of({"b": "2", "a": "甲", "sign": "x", "c": "", "sign_type": "RSA2"}) == "a=甲&b=2&sign_type=RSA2".encode()
    )


async def test_a_slow_refund_is_pending_and_then_found(world: Alipay) -> None:
    await paid(world)
    world.simulator.slow_refunds = True
    assert (await world.channel.refund(BACK)).state is RefundState.PENDING
    world.simulator.settle("T1", "R1")
    done = await world.channel.refund(BACK)
    assert (done.state, done.amount, done.refunded_at) == (RefundState.DONE, 500, NOW)


async def test_a_refund_can_fail(world: Alipay) -> None:
    await paid(world)
    world.simulator.slow_refunds = True
    await world.channel.refund(BACK)
    world.simulator.settle("T1", "R1", "REFUND_FAIL")
    found = await world.channel.find_refund("R1", "T1")
    assert found is not None
    assert (found.state, bool(found.told)) == (RefundState.FAILED, True)


async def caught(world: Alipay) -> list[Sent]:
    """The notices that wait."""
    sent: list[Sent] = []

    async def send(notice: Sent) -> None:
        sent.append(notice)

    await world.simulator.deliver(send)
    return sent


async def test_notices_of_payments_and_refunds_are_read(world: Alipay) -> None:
    await paid(world)
    await world.channel.refund(BACK)
    payment, refund = await caught(world)
    assert payment.url == NOTIFY
    assert world.channel.read_notice(payment.headers, payment.body) == Notice(NoticeKind.ORDER, "T1")
    assert world.channel.read_notice(refund.headers, refund.body) == Notice(NoticeKind.REFUND, "R1")
    assert [world.channel.notice_answer(taken)[2] for taken in (True, False)] == [b"success", b"fail"]


async def test_a_notice_that_was_changed_is_refused(world: Alipay) -> None:
    await paid(world)
    (notice,) = await caught(world)
    said = dict(parse_qsl(notice.body.decode()))
    changes: list[dict[str, str]] = [
        {"out_trade_no": "T2"},
        {"total_amount": "0.01"},
        {"new": "parameter"},
        {"sign": ""},
        {"sign": "AAAA"},
        {"sign": "签名"},
        {"sign_type": "RSA"},
    ]
    assert world.channel.read_notice({}, urlencode(said).encode())  # the control
    for change in changes:
        with pytest.raises(BadNotice):
            world.channel.read_notice({}, urlencode({**said, **change}).encode())
    for body in (notice.body + b"&out_trade_no=T2", b"%ff=%ff", b"\xff", b""):
        with pytest.raises(BadNotice):
            world.channel.read_notice({}, body)


def test_a_notice_for_another_application_is_refused(clock: FixedClock) -> None:
    channel = AlipayChannel(keys(), clock)
    for app_id, fits in ((APP_ID, True), ("2026000000000998", False)):
        said = {"app_id": app_id, "out_trade_no": "T1"}
        signature = base64.b64encode(key("platform").sign(text_of(said))).decode()
        body = urlencode({**said, "sign": signature, "sign_type": "RSA2"}).encode()
        if fits:
            assert channel.read_notice({}, body).number == "T1"
            continue
        with pytest.raises(BadNotice):
            channel.read_notice({}, body)


async def test_a_bill_that_is_not_made_yet_is_waited_for_until_the_next_morning(
    world: Alipay, clock: FixedClock
) -> None:
    with pytest.raises(ChannelUnreachable):
        await world.channel.statement(DAY)
    clock.advance(15 * 3600)  # 10:06 of the next day: nothing moved
    assert await world.channel.statement(DAY) == ()


def packed(*files: tuple[str, str]) -> bytes:
    """A zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files:
            archive.writestr(name, text.encode("gbk"))
    return content.getvalue()


HEAD = "支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,退款批次号/请求号"
LINES = (
    "#支付宝业务明细查询",
    HEAD,
    "A1\t,T1\t,交易\t,2026-11-18 08:00:01,12.00\t,\t",
    "A1\t,T1\t,退款\t,2026-11-18 09:00:00,-5.00\t,R1\t",
    "#----业务明细列表结束----",
    "#合计",
)


def test_a_bill_is_read_by_the_names_of_its_columns() -> None:
    found = alipay_bill.lines(packed(("sum.csv", "#汇总\n"), ("detail.csv", "\r\n".join(LINES))))
    assert [(line.kind, line.number, line.order_no, line.amount) for line in found] == [
        (StatementKind.PAYMENT, "T1", "T1", 1200),
        (StatementKind.REFUND, "R1", "T1", 500),
    ]
    assert found[0].at == 1_794_960_001_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        packed(("sum.csv", "#汇总\n")),
        packed(("detail.csv", "\n".join(LINES[:4]))),
        packed(("detail.csv", "\n".join(LINES).replace("12.00", "12.001"))),
        packed(("detail.csv", "\n".join(LINES).replace("退款\t", "其他\t"))),
        packed(("detail.csv", "\n".join(LINES).replace("2026-11-18 08", "2026-11-38 08"))),
        packed(("a.csv", "\n".join(LINES)), ("b.csv", "\n".join(LINES))),
    ],
)
def test_half_a_bill_is_none(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        alipay_bill.lines(content)


def test_the_simulator_knows_a_forger(clock: FixedClock) -> None:
    platform = simulator(clock)
    with pytest.raises(Refusal):
        platform.visit("https://x/?biz_content=%7B%7D&sign=AAAA")
