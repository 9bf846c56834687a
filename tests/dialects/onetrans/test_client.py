"""The clients of the unified library's platform: judging answers in three steps, going on until a trade is settled."""

import socket
import threading
from collections.abc import Callable

import httpx
import orjson
import pytest

from tests.dialects.onetrans.desk import KEY, answered, query, recharge
from tests.dialects.onetrans.platform import Platform, Said, standing
from tests.support.hub import NOW_MS
from yiqiao.clock import FixedClock, compact
from yiqiao.crypto import generate_private_key, public_key
from yiqiao.dialects.onetrans import (
    AsyncClient,
    Client,
    ConcurrentCall,
    ConnectionFailed,
    Desk,
    NotDone,
    Refused,
    Standing,
    Step,
    Unanswered,
    Unbelievable,
)
from yiqiao.dialects.onetrans.course import FRESH_MSGIDS
from yiqiao.dialects.onetrans.envelope import Keys
from yiqiao.dialects.onetrans.reply import PENDING_CODES, STATES
from yiqiao.spec import Invalid, Retry, load

SPEC = load("onetrans")
DESK = Desk("H98510001001", opter="S8101", opter_name="陶文静", dept_codg="9801", dept_name="收费处")
PLACED = {"chargeNo": "C1", "traceNo": "7001", "extra": {"cashierUrl": "https://hub.example/cashier/1"}}
PENDING = Said("700100", PLACED, "已下单，待支付")
PAID = Said(values=answered("hop.trade.recharge", traceNo="7001"))
LOST = Said(raw=b"", status=502)


def calling(platform: Platform, **more: str) -> Client:
    return Client(
        platform.url,
        **{"app_id": "his", "app_key": KEY, "desk": DESK, "clock": FixedClock(NOW_MS), **more},  # type: ignore[arg-type]
    )


def refund(**more: object) -> dict[str, object]:
    return {
        **recharge(),
        "outChargeNo": "CZ9800000001",
        "outRefundNo": "TK9800000001",
        "withdrawMode": "1",
        "refundType": "hisDecide",
        **more,
    }


def test_a_query_is_judged_well() -> None:
    with standing(Said(values=answered("hop.trade.query"))) as platform, calling(platform) as client:
        reply = client.query(**query())
    assert (reply.code, reply.standing, reply.done) == ("000000", Standing.DONE, True)
    assert reply.text("result") == "succ"
    asked = platform.asked[0]
    assert asked.values == query()
    assert asked.params["msgid"].startswith("H98510001001" + "20261118190640")
    assert (len(asked.params["msgid"]), asked.params["dept_name"]) == (30, "收费处")


def test_rule_msgid_has_the_institution_the_time_and_a_serial() -> None:
    with standing(Said(values=answered("hop.trade.query"))) as platform, calling(platform) as client:
        for _ in range(3):
            client.query(**query())
    numbers = [asked.params["msgid"] for asked in platform.asked]
    assert {number[:12] for number in numbers} == {DESK.institution}
    assert {number[12:26] for number in numbers} == {compact(NOW_MS)}
    serials = [int(number[26:]) for number in numbers]
    assert {len(number) for number in numbers} == {30}
    assert [(serial - serials[0]) % 10_000 for serial in serials] == [0, 1, 2]


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (Said(values=answered("hop.trade.query"), signed=False), Step.PROTOCOL),
        (Said(raw=b""), Step.PROTOCOL),
        (Said(raw="不是报文".encode("gbk")), Step.PROTOCOL),
        (Said(raw=b'{"code":"000000","sign":"00","signtype":"SM3","enc_type":"SM4","data":""}'), Step.PROTOCOL),
        (Said("00", None, signed=False), Step.PROTOCOL),
        (Said("0000", None), Step.PROTOCOL),
        (Said("610006", None, "暂未开通"), Step.CODE),
        (Said("123456", None, "自定"), Step.CODE),
        (Said("700100", None, "待支付", signed=False), Step.CODE),
    ],
)
def test_rule_order_an_answer_that_fails_says_at_which_step(said: Said, step: Step) -> None:
    failure = Refused if step is Step.CODE else Unbelievable
    with standing(said) as platform, calling(platform) as client, pytest.raises(failure) as caught:
        client.query(**query())
    assert getattr(caught.value, "step", None) is step


def test_rule_order_the_third_step_is_the_state_in_the_data() -> None:
    failed = Said(values=answered("hop.trade.refund", result="fail", resultDesc="账户已注销"))
    with (
        standing(failed) as platform,
        calling(platform) as client,
        pytest.raises(NotDone, match="账户已注销") as caught,
    ):
        client.refund(refund())
    assert (caught.value.step, caught.value.reply.standing) == (Step.STATE, Standing.FAILED)
    with standing(Said(values=answered("hop.trade.query", result="fail"))) as platform, calling(platform) as client:
        assert client.query(**query()).standing is Standing.FAILED, "the query itself went well"


def test_every_state_of_the_tables_has_a_meaning() -> None:
    assert STATES["result"].keys() == SPEC.codes["result"].rows.keys()
    assert STATES["auth_status"].keys() == SPEC.codes["auth_status"].rows.keys()
    assert SPEC.return_codes.keys() > PENDING_CODES
    assert all(SPEC.return_codes[code].retry is Retry.SAME_SERIAL for code in PENDING_CODES)


def test_a_refusal_tells_what_to_do() -> None:
    said = Said("700202", None, "最多可退 12.50 元")
    with standing(said) as platform, calling(platform) as client, pytest.raises(Refused, match="700202 最多") as caught:
        client.refund(refund())
    refusal = caught.value
    assert (refusal.title, refusal.retry, refusal.signed) == ("退款金额超出可退", Retry.MENDED, True)


def test_an_order_that_awaits_its_payment_is_no_error() -> None:
    """ours.pending"""
    with standing(PENDING) as platform, calling(platform) as client:
        reply = client.recharge(recharge())
    assert (reply.code, reply.standing) == ("700100", Standing.PENDING)
    assert reply.text("extra", "cashierUrl") == "https://hub.example/cashier/1"
    assert len(platform.asked) == 1


def test_the_cashier_is_opened_once_and_the_same_order_asked_for_until_it_is_paid() -> None:
    """recharge.again"""
    opened: list[str] = []
    slept: list[float] = []
    with standing(PENDING, PENDING, LOST, PENDING, PAID) as platform, calling(platform) as client:
        reply = client.recharge(
            recharge(outChargeNo="CZ1"), on_cashier=opened.append, wait_s=60, poll_s=2, sleep=slept.append
        )
    assert reply.done
    assert opened == ["https://hub.example/cashier/1"]
    assert slept == [2, 2, 2, 2]
    assert {asked.values["outChargeNo"] for asked in platform.asked} == {"CZ1"}
    assert len({asked.params["msgid"] for asked in platform.asked}) == 5


def test_after_the_wait_it_is_pending_still_and_after_silence_nobody_knows() -> None:
    slept: list[float] = []
    with standing(PENDING) as platform, calling(platform) as client:
        reply = client.recharge(recharge(), wait_s=5, poll_s=2, sleep=slept.append)
        assert (reply.standing, slept, len(platform.asked)) == (Standing.PENDING, [2, 2, 1], 4)
    with standing(LOST) as platform, calling(platform) as client, pytest.raises(Unanswered):
        client.recharge(recharge(), wait_s=2, poll_s=2, sleep=slept.append)


def test_a_refund_without_an_answer_is_queried_and_never_repeated_under_another_number() -> None:
    """query.duty, refund.ask"""
    done = Said(values=answered("hop.trade.query", result="succ"))
    with standing(LOST, LOST, done) as platform, calling(platform) as client:
        reply = client.refund(refund(), wait_s=60, poll_s=2, sleep=lambda _: None)
    assert reply.done
    assert [asked.trans_type for asked in platform.asked] == ["hop.trade.refund", "hop.trade.query", "hop.trade.query"]
    asked = platform.asked[1].values
    assert (asked["outTradeNo"], asked["tradeType"]) == ("TK9800000001", "hop.trade.refund")


@pytest.mark.parametrize(
    "unknown", [Said(values=answered("hop.trade.query", result="notfound")), Said("700105", None, "交易不存在")]
)
def test_a_refund_that_never_arrived_is_sent_again_under_the_same_number(unknown: Said) -> None:
    """refund.same"""
    done = Said(values=answered("hop.trade.refund", result="succ"))
    with standing(LOST, unknown, done) as platform, calling(platform) as client:
        assert client.refund(refund(), wait_s=60, sleep=lambda _: None).done
    sent = [asked.values for asked in platform.asked if asked.trans_type == "hop.trade.refund"]
    assert [values["outRefundNo"] for values in sent] == ["TK9800000001", "TK9800000001"]


def test_a_refund_that_awaits_approval_is_queried() -> None:
    waiting = Said("700200", {"outRefundNo": "TK9800000001", "result": "ing"}, "待审批")
    done = Said(values=answered("hop.trade.query", result="succ"))
    with standing(waiting, waiting, done) as platform, calling(platform) as client:
        assert client.refund(refund(), wait_s=60, sleep=lambda _: None).done
        assert len(platform.asked) == 3


@pytest.mark.parametrize("code", ["600005", "600012", "610001", "610008", "610010"])
def test_what_is_said_of_a_later_message_is_no_answer_about_the_trade(code: str) -> None:
    """query.duty, refund.same"""
    away = Said(code, None, "稍后再试")
    with standing(LOST, away) as platform, calling(platform) as client, pytest.raises(Unanswered):
        client.recharge(recharge(), wait_s=4, sleep=lambda _: None)
    assert {asked.values["outChargeNo"] for asked in platform.asked} == {recharge()["outChargeNo"]}
    with standing(LOST, away) as platform, calling(platform) as client, pytest.raises(Unanswered):
        client.refund(refund(), wait_s=4, sleep=lambda _: None)
    with standing(PENDING, away) as platform, calling(platform) as client:
        assert client.recharge(recharge(), wait_s=4, sleep=lambda _: None).standing is Standing.PENDING
    once = (away,) * FRESH_MSGIDS if code == "600012" else (away,)
    with standing(LOST, *once, PAID) as platform, calling(platform) as client:
        assert client.recharge(recharge(), wait_s=4, sleep=lambda _: None).done


def test_a_first_message_that_was_turned_away_is_refused() -> None:
    with standing(Said("610008", None, "忙")) as platform, calling(platform) as client:
        with pytest.raises(Refused, match="610008"):
            client.recharge(recharge(), wait_s=60, sleep=lambda _: None)
        assert len(platform.asked) == 1


@pytest.mark.parametrize("code", ["610009", "610010"])
def test_where_the_platform_failed_over_the_first_message_nobody_knows(code: str) -> None:
    failed = Said(code, None, "平台内部异常")
    for trade in ("recharge", "refund"):
        values = recharge() if trade == "recharge" else refund()
        with standing(failed) as platform, calling(platform) as client, pytest.raises(Unanswered, match=code):
            getattr(client, trade)(values, wait_s=0, sleep=lambda _: None)
    with standing(failed, PAID) as platform, calling(platform) as client:
        assert client.recharge(recharge(), wait_s=4, sleep=lambda _: None).done
    assert {asked.values["outChargeNo"] for asked in platform.asked} == {recharge()["outChargeNo"]}


def test_a_refusal_of_the_trade_ends_the_asking() -> None:
    refused = Said("700107", None, "金额不符")
    with standing(LOST, refused) as platform, calling(platform) as client, pytest.raises(Refused, match="700107"):
        client.recharge(recharge(), wait_s=60, sleep=lambda _: None)


def test_where_a_later_message_does_not_leave_nobody_knows_still() -> None:
    sent: list[bytes] = []

    def broken(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        if len(sent) > 1:
            raise httpx.ConnectError("refused")
        return httpx.Response(502)

    with Client(
        "http://platform.example", app_id="his", app_key=KEY, desk=DESK, transport=httpx.MockTransport(broken)
    ) as client:
        with pytest.raises(Unanswered):
            client.recharge(recharge(), wait_s=4, sleep=lambda _: None)
        assert len(sent) > 1
        with pytest.raises(ConnectionFailed):
            client.recharge(recharge(), wait_s=4, sleep=lambda _: None)


def test_rule_concurrent_one_call_at_a_time() -> None:
    hold = threading.Event()
    slow = Said(values=answered("hop.trade.query"), wait_for=hold)
    with standing(slow) as platform, calling(platform) as client:
        first = threading.Thread(target=lambda: client.query(**query()))
        first.start()
        assert platform.arrived.wait(20)
        with pytest.raises(ConcurrentCall) as caught:
            client.query(**query())
        hold.set()
        first.join()
        assert SPEC.code_for(caught.value.name).code == "600001"
        assert client.query(**query()).done, "free again"


async def test_the_asynchronous_client_does_the_same() -> None:
    opened: list[str] = []
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with standing(PENDING, LOST, PAID, Said(values=answered("hop.trade.query"))) as platform:
        async with AsyncClient(platform.url, app_id="his", app_key=KEY, desk=DESK) as client:
            reply = await client.recharge(recharge(), on_cashier=opened.append, wait_s=60, sleep=sleep)
            assert (reply.done, len(opened), len(slept)) == (True, 1, 2)
            assert (await client.query(**query())).done


def test_a_msgid_that_another_desk_has_used_is_changed_and_nothing_else() -> None:
    used = Said("600012", None, "发送方报文ID重复")
    with standing(used, PAID) as platform, calling(platform) as client:
        assert client.recharge(recharge(outChargeNo="CZ1")).done
    first, second = platform.asked
    assert first.values == second.values
    assert first.params["msgid"] != second.params["msgid"]
    with standing(used) as platform, calling(platform) as client:
        with pytest.raises(Refused, match="600012"):
            client.recharge(recharge())
        assert len(platform.asked) == 3


def test_sm2_each_side_with_its_own_key() -> None:
    ours, theirs = generate_private_key(), generate_private_key()
    keys = Keys((KEY,), public_key(ours), theirs)
    more = {"private_key": ours.hex(), "platform_key": "04" + public_key(theirs).hex(), "profile": "sm2"}
    with standing(Said(values=answered("hop.trade.query")), keys=keys, profile="sm2") as platform:
        with calling(platform, **more) as client:
            assert client.query(**query()).done
        other = {**more, "platform_key": public_key(ours).hex()}
        with calling(platform, **other) as client, pytest.raises(Unbelievable):
            client.query(**query())


def test_what_cannot_be_is_told_before_anything_is_sent() -> None:
    with standing(PAID) as platform, calling(platform) as client:
        for values, told in (
            ({"amount": "1.234"}, "amount"),
            ({"amout": "1.23"}, "amout"),
            ({"depositType": "CHS_ONE_BAR"}, "extra"),
            ({"extra": {"empiUserId": "E1"}}, "payInfo"),
        ):
            with pytest.raises(Invalid, match=told):
                client.recharge(recharge(**values))
        with pytest.raises(KeyError, match=r"hop\.trade\.recharge"):
            client.call("OneTrans", {})
        assert platform.asked == []


def test_medical_content_is_sent_as_text_and_other_nodes_as_objects() -> None:
    medical = dict.fromkeys(("feeSumamt", "fundPay", "psnAcctPay", "ownPayAmt"), "1.00")
    extra = {
        "ecToken": "t",
        "medicalContent": {**medical, "bizTraceNo": "J1", "ecCode": "28"},
        "wardNo": "3",
        "businessInfo": '{"bizType": "1", "sceneType": "1", "sourceType": "2"}',
    }
    with standing(PAID) as platform, calling(platform) as client:
        client.recharge(recharge(depositType="CHS_ONE_BAR", extra=extra))
    sent = platform.asked[0].values["extra"]
    assert isinstance(sent, dict)
    assert orjson.loads(sent["medicalContent"])["bizTraceNo"] == "J1"
    assert sent["businessInfo"] == {"bizType": "1", "sceneType": "1", "sourceType": "2"}
    assert sent["wardNo"] == "3", "what the table does not name goes to the HIS"


def test_nodes_of_an_answer_may_come_as_text() -> None:
    said = Said(values={**answered("hop.trade.query"), "extra": '{"balance": "12.50"}'})
    with standing(said) as platform, calling(platform) as client:
        assert client.query(**query()).text("extra", "balance") == "12.50"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.user_get(**SPEC.operations["hos.user.get"].sample()),
        lambda client: client.user_third_get(**SPEC.operations["hos.user.third.get"].sample()),
        lambda client: client.outpatient_charge(SPEC.operations["fsi.outpatient.charge"].sample()),
        lambda client: client.settle_cancel(SPEC.operations["chs.common.outpatient.settle.cancel"].sample()),
        lambda client: client.authurl(**SPEC.operations["ehc.ehealthcard.authurl"].sample()),
        lambda client: client.auth_query(**SPEC.operations["ehc.ehealthcard.auth.query"].sample()),
    ],
)
def test_every_operation_has_a_method(call: Callable[[Client], object]) -> None:
    with standing(Said(values={})) as platform, calling(platform) as client:
        call(client)
    assert platform.asked[0].trans_type in SPEC.operations


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with Client(url, app_id="his", app_key=KEY, desk=DESK) as client, pytest.raises(ConnectionFailed) as caught:
        client.query(**query())
    assert caught.value.step is Step.PROTOCOL
