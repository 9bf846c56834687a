"""OneTrans2 called as a HIS calls it, against a platform that says what a test has written down."""

import socket
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest

from native.build import NATIVE
from tests.dialects.onetrans.desk import KEY, answered, parameters, query, recharge
from tests.dialects.onetrans.platform import Said, standing
from tests.native.conftest import asking, at
from tests.native.libraries import Answered, OneTrans, exported, wait_for

PLACED = {"chargeNo": "C1", "traceNo": "7001", "extra": {"cashierUrl": "https://hub.example/cashier/1"}}
PENDING = Said("700100", PLACED, "已下单，待支付")
PAID = Said(values=answered("hop.trade.recharge", traceNo="7001"))
LOST = Said(raw=b"", status=502)


def refund() -> dict[str, Any]:
    return {**recharge(), "outRefundNo": "TK9800000001", "withdrawMode": "1", "refundType": "hisDecide"}


def test_a_query_reaches_the_platform_as_the_host_wrote_it(his: OneTrans) -> None:
    with standing(Said(values=answered("hop.trade.query"))) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.query", query())
    assert (answer.value, answer.code) == (0, "000000")
    assert answer.data == orjson.loads(orjson.dumps(answered("hop.trade.query")))
    asked = platform.asked[0]
    assert asked.values == query()
    assert asked.params["dept_name"] == "收费处"
    assert asked.params["msgid"] == parameters()["msgid"]
    assert "app_key" not in asked.params


@pytest.mark.parametrize("name", ["张三丰", "𠮷田", "䶮", "€uro", 'a\\b"c/\n', "\u200b"])
def test_a_text_comes_and_goes_unharmed(his: OneTrans, name: str) -> None:
    with standing(Said(values={"userName": name})) as platform:
        at(his, platform)
        body = orjson.dumps({**parameters(opter_name=name), "app_key": KEY, "data": {"userName": name}}).decode()
        answer = his.send(body.encode("gb18030"))
    assert platform.asked[0].values == {"userName": name}
    assert platform.asked[0].params["opter_name"] == name
    assert answer.data == {"userName": name}


def test_data_may_be_a_text_that_holds_json(his: OneTrans) -> None:
    with standing(Said(values={})) as platform:
        at(his, platform)
        asking(his, "hop.trade.query", orjson.dumps(query()).decode())
    assert platform.asked[0].values == query()


def test_the_numbers_digits_are_kept(his: OneTrans) -> None:
    with standing(Said(raw=b"")) as platform:
        at(his, platform)
        body = orjson.dumps({**parameters(), "app_key": KEY, "data": {}}).decode()
        his.send(body.replace('"data":{}', '"data":{"a":12345678901234567890,"b":-1.50e3}').encode("gbk"))
    assert platform.asked[0].values == {"a": 12345678901234567890, "b": -1500.0}


@pytest.mark.parametrize(
    ("said", "code", "word"),
    [
        (Said(values={}, signed=False), "600015", "不可采信"),
        (Said(raw=b""), "600015", "为空"),
        (Said(raw="不是报文".encode("gbk")), "600015", "JSON"),
        (Said(raw=b'{"code":"000000","sign":"00","signtype":"SM3","enc_type":"SM4","data":""}'), "600015", "验签"),
        (LOST, "600015", "HTTP 502"),
        (Said("0", None, signed=False), "600015", "返回码不合法"),
        (Said("00", None, signed=False), "600015", "返回码不合法"),
        (Said("0000", None), "600015", "返回码不合法"),
    ],
)
def test_an_answer_that_nobody_may_believe_is_told_as_none(his: OneTrans, said: Said, code: str, word: str) -> None:
    with standing(said) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.query", query())
    assert (answer.value, answer.code) == (int(code), code)
    assert word in answer.said
    assert answer.data == {}


def test_rule_library_a_refusal_is_handed_on_by_a_call_that_went_well(his: OneTrans) -> None:
    """OneTrans.result"""
    with standing(Said("610001", None, "应用不存在", signed=False)) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.query", query())
    assert (answer.value, answer.code, answer.said) == (0, "610001", "应用不存在")


def test_a_recharge_is_asked_for_again_under_its_number_until_it_is_paid(his: OneTrans) -> None:
    with standing(PENDING, LOST, PENDING, PAID) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.recharge", recharge())
    assert (answer.value, answer.code, answer.data["traceNo"]) == (0, "000000", "7001")
    assert [one.trans_type for one in platform.asked] == ["hop.trade.recharge"] * 4
    assert all(one.values == recharge() for one in platform.asked)
    assert len({one.params["msgid"] for one in platform.asked}) == 4
    assert {one.params["msgid"][:12] for one in platform.asked} == {"H98510001001"}


def test_the_cashier_is_opened_once(his: OneTrans, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    with standing(PENDING, PENDING, PAID) as platform:
        at(his, platform, pages={"browser": browser, "wait_s": 20, "poll_ms": 200})
        answer = asking(his, "hop.trade.recharge", recharge())
    assert answer.code == "000000"
    assert wait_for(opened).read_text().splitlines() == ["https://hub.example/cashier/1"]


def test_at_the_timeout_the_host_is_told_to_ask_again_with_the_trace_number(his: OneTrans) -> None:
    with standing(PENDING) as platform:
        at(his, platform, pages={"browser": "none", "wait_s": 0})
        answer = asking(his, "hop.trade.recharge", recharge())
    assert (answer.value, answer.code, answer.data["traceNo"]) == (0, "700100", "7001")
    with standing(LOST) as platform:
        at(his, platform, pages={"browser": "none", "confirm_s": 0})
        lost = asking(his, "hop.trade.recharge", recharge())
    assert (lost.value, lost.code) == (600015, "600015")
    assert "outChargeNo=CZ9800000001" in lost.said


def test_a_refund_is_sent_once_and_then_queried(his: OneTrans) -> None:
    uncertain = Said("700103", {"result": "ing"}, "确认中")
    done = Said(values=answered("hop.trade.query", result="succ"))
    with standing(uncertain, uncertain, done) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.refund", refund())
    assert answer.code == "000000"
    assert [one.trans_type for one in platform.asked] == ["hop.trade.refund", "hop.trade.query", "hop.trade.query"]
    sent = platform.asked[1].values
    assert (sent["outTradeNo"], sent["tradeType"], sent["isRefund"]) == ("TK9800000001", "hop.trade.refund", "1")


def test_a_refund_that_never_arrived_is_sent_again_under_its_number(his: OneTrans) -> None:
    with standing(LOST, Said("700105", None, "不存在"), Said(values={"result": "succ"})) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.refund", refund())
    assert answer.code == "000000"
    assert [one.trans_type for one in platform.asked] == ["hop.trade.refund", "hop.trade.query", "hop.trade.refund"]
    assert platform.asked[2].values["outRefundNo"] == "TK9800000001"


@pytest.mark.parametrize("code", ["600005", "600012", "610008", "610009", "610010"])
@pytest.mark.parametrize(("trans_type", "number"), [("recharge", "outChargeNo"), ("refund", "outRefundNo")])
def test_what_is_said_of_a_later_message_is_no_answer_about_the_trade(
    his: OneTrans, trans_type: str, number: str, code: str
) -> None:
    short: dict[str, object] = {"browser": "none", "confirm_s": 1, "wait_s": 1, "poll_ms": 200}
    begun = recharge() if trans_type == "recharge" else refund()
    with standing(LOST, Said(code, None, "稍后再试")) as platform:
        at(his, platform, pages=short)
        answer = asking(his, f"hop.trade.{trans_type}", begun)
    assert (answer.value, answer.code) == (600015, "600015")
    assert f"{number}={begun[number]}" in answer.said
    assert len(platform.asked) > 2
    assert {asked.values.get(number, begun[number]) for asked in platform.asked} == {begun[number]}


def test_a_trade_that_was_pending_is_so_still_when_a_later_message_is_turned_away(his: OneTrans) -> None:
    busy = Said("610008", None, "忙")
    with standing(PENDING, busy) as platform:
        at(his, platform, pages={"browser": "none", "wait_s": 1, "poll_ms": 200})
        assert asking(his, "hop.trade.recharge", recharge()).code == "700100"
    with standing(PENDING, busy, PAID) as platform:
        at(his, platform)
        assert asking(his, "hop.trade.recharge", recharge()).code == "000000"


def test_a_first_message_that_was_turned_away_is_refused(his: OneTrans) -> None:
    with standing(Said("610008", None, "忙")) as platform:
        at(his, platform)
        answer = asking(his, "hop.trade.recharge", recharge())
    assert (answer.value, answer.code, len(platform.asked)) == (0, "610008", 1)


@pytest.mark.parametrize("code", ["610009", "610010"])
def test_where_the_platform_failed_over_the_first_message_nobody_knows(his: OneTrans, code: str) -> None:
    failed = Said(code, None, "平台内部异常")
    short: dict[str, object] = {"browser": "none", "confirm_s": 1, "wait_s": 1, "poll_ms": 200}
    with standing(failed) as platform:
        at(his, platform, pages=short)
        answer = asking(his, "hop.trade.recharge", recharge())
    assert (answer.value, answer.code) == (600015, "600015")
    with standing(failed, PAID) as platform:
        at(his, platform)
        assert asking(his, "hop.trade.recharge", recharge()).code == "000000"
    assert {asked.values["outChargeNo"] for asked in platform.asked} == {recharge()["outChargeNo"]}


def test_a_reading_waits_for_the_choice(his: OneTrans) -> None:
    wait = Said("800100", {"extra": {"readerUrl": "https://hub.example/reader/1", "choiceNo": "W1"}}, "待选择")
    empty = Said("800102", None, "没有放卡")
    with standing(wait, wait, empty, Said(values={"card_no": "1"})) as platform:
        at(his, platform)
        answer = asking(his, "hos.user.get", {"mdtrt_cert_type": "09", "business_type": "01101"})
    assert (answer.code, answer.data) == ("000000", {"card_no": "1"})
    assert [one.values.get("choiceNo") for one in platform.asked] == [None, "W1", "W1", "W1"]


def test_a_second_call_while_one_runs_is_refused(his: OneTrans) -> None:
    """OneTrans.serial"""
    go_on = threading.Event()
    with standing(Said(values={}, wait_for=go_on)) as platform:
        at(his, platform)
        outcomes: list[Answered] = []
        first = threading.Thread(target=lambda: outcomes.append(asking(his, "hop.trade.query", query())))
        first.start()
        assert platform.arrived.wait(20)
        second = asking(his, "hop.trade.query", query())
        go_on.set()
        first.join()
        third = asking(his, "hop.trade.query", query())
    assert (second.value, second.code) == (600001, "600001")
    assert (outcomes[0].code, third.code) == ("000000", "000000")


def test_null_pointers_do_no_harm(his: OneTrans) -> None:
    """OneTrans.text"""
    assert his.function(None, None) == 690001
    assert his.function(b"{}", None) == 690001
    answer = his.send(None)
    assert (answer.value, answer.code) == (690001, "690001")


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        (b"", "600002", "为空"),
        (b"x" * 9000, "690002", "8192"),
        (b"{", "600003", "第 1 行第 2 列"),
        (b"[]", "600003", "JSON 对象"),
        (b'{"a":1,"a":2}', "600003", "重复"),
        (b'{"a":"\x81"}', "600003", "GBK"),
        (b"[" * 500, "600003", "32 层"),
        (b'{"a":true}', "600003", "a"),
        (b'{"app_id":"a","app_key":"k","data":{}}', "600004", "trans_type"),
        (b'{"trans_type":"t","app_key":"k","data":{}}', "600004", "app_id"),
        (b'{"trans_type":"t","app_id":"a","data":{}}', "600011", "app_key"),
        (b'{"trans_type":"t","app_id":"a","app_key":"k"}', "600003", "data"),
        (b'{"trans_type":"t","app_id":"a","app_key":"k","data":"x"}', "600003", "data"),
        (b'{"trans_type":"t","app_id":"a","app_key":"k","signtype":"SM2","data":{}}', "600006", "SM3"),
        (b'{"trans_type":"t","app_id":"a","app_key":"k","signtype":"MD5","data":{}}', "600006", "SM3"),
        (b'{"trans_type":"t","app_id":"a","app_key":"k","enc_type":"AES","data":{}}', "600007", "SM4"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(his: OneTrans, given: bytes, code: str, word: str) -> None:
    """OneTrans.text"""
    answer = his.send(given)
    assert (answer.value, answer.code) == (int(code), code)
    assert word in answer.said


@pytest.mark.parametrize("size", [64, 80, 200, 1000])
def test_an_answer_too_long_for_the_buffer_becomes_an_error_that_fits(his: OneTrans, size: int) -> None:
    """OneTrans.text"""
    with standing(Said(values={"traceNo": "7001", "long": "长" * 600})) as platform:
        at(his, platform, limits={"output_size": size})
        value, told = his.raw(orjson.dumps({**parameters(), "app_key": KEY, "data": {}}).decode().encode("gbk"), size)
    assert value == 690003
    assert len(told) < size
    assert orjson.loads(told.decode("gbk"))["code"] == "690003"


def test_without_a_gateway_the_code_is_clear(his: OneTrans) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        his.configure({"gateway": {"url": f"http://127.0.0.1:{taken.getsockname()[1]}"}})
        answer = asking(his, "hop.trade.recharge", recharge())
    assert (answer.value, answer.code) == (600014, "600014")
    assert "无法连接" in answer.said


def test_a_gateway_that_says_nothing_is_given_up_in_time(his: OneTrans) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        his.configure({"gateway": {"url": url, "timeout_ms": 200}, "pages": {"confirm_s": 0}})
        answer = asking(his, "hop.trade.query", query())
    assert (answer.value, answer.code) == (600015, "600015")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "url"),
        ("[gateway]\nurl = ftp://x\n", "url"),
        ("[gateway]\nurl = http://x\nconnect_ms = soon\n", "connect_ms"),
        ("[limits]\noutput_size = 1\n", "output_size"),
        ("[limits]\ncharset = latin\n", "charset"),
        ("[gateway]\nurl = " + "x" * 600, "url"),
        ("\udc81 ", "GBK"),
        ("[gateway]\nurl = http://x\ntimeout = 5\n", "[gateway] timeout"),
        ("url = http://x\n", "[] url"),
        ("[gateway\nurl = http://x\nnonsense\n", "nonsense"),
    ],
)
def test_settings_that_cannot_be_are_named(his: OneTrans, text: str, word: str) -> None:
    (his.folder / "OneTrans2.ini").write_bytes(text.encode("utf-8", "surrogateescape"))
    answer = asking(his, "hop.trade.query", query())
    assert (answer.value, answer.code) == (690005, "690005")
    assert word in answer.said


@pytest.mark.parametrize(
    "faulty", ["[gateway]\nca_file = " + "x" * 600, "[pages]\nwait_s = soon", "[a]\nb = 1", "[limits]\ncharset = x"]
)
def test_what_is_wrong_with_the_settings_fits_into_the_hosts_buffer(his: OneTrans, faulty: str) -> None:
    for text in (f"[limits]\noutput_size = 64\n{faulty}\n", f"{faulty}\n[limits]\noutput_size = 64\n"):
        (his.folder / "OneTrans2.ini").write_text(text, "utf-8")
        value, told = his.raw(b"{}", 64)
        assert (value, orjson.loads(told.decode("gbk"))["code"]) == (690005, "690005")


def test_an_ini_may_be_in_gbk_with_comments(his: OneTrans) -> None:
    with standing(Said(values={})) as platform:
        text = (
            f"; 说明\r\n[gateway]\r\n  proxy = \r\nurl = {platform.url}/onetrans \r\n# 完\r\n[printer]\r\nname = 机\r\n"
        )
        (his.folder / "OneTrans2.ini").write_bytes(text.encode("gbk"))
        assert asking(his, "hop.trade.query", query()).code == "000000"


def test_without_its_ini_the_library_says_which_file_is_missing(his: OneTrans) -> None:
    (his.folder / "OneTrans2.ini").unlink()
    answer = asking(his, "hop.trade.query", query())
    assert (answer.code, "OneTrans2.ini" in answer.said) == ("690005", True)


def test_only_the_documented_function_is_seen(onetrans_library: Path) -> None:
    """OneTrans.prototype"""
    assert exported(onetrans_library) == ["OneTrans"]


def test_a_settlement_is_asked_for_again_by_its_own_number(his: OneTrans) -> None:
    told = {"orderList": ["S1"], "extra": {"settlementNo": "S1", "cashierUrl": "https://hub.example/desk/1"}}
    under_way, awaiting = Said("700300", told, "办理中"), Said("700100", told, "待支付")
    with standing(under_way, awaiting, LOST, Said(values={"orderList": ["S1"]})) as platform:
        at(his, platform)
        answer = asking(his, "fsi.outpatient.charge", {"cardno": "9801", "certno": "X", "extra": ""})
    assert (answer.code, answer.data) == ("000000", {"orderList": ["S1"]})
    again = {"cardno": "9801", "certno": "X", "extra": {"cardno": "9801", "settlementNo": "S1"}}
    assert [one.values for one in platform.asked[1:]] == [again] * 3


def test_a_settlements_own_extra_is_kept(his: OneTrans) -> None:
    told = {"orderList": ["S1"], "extra": {"settlementNo": "S1"}}
    for extra in ('{"cardno":"9802","hisExtra":{"a":"1"}}', {"cardno": "9802", "hisExtra": {"a": "1"}}):
        with standing(Said("700300", told, "办理中"), Said(values={})) as platform:
            at(his, platform)
            asking(his, "fsi.outpatient.charge", {"cardno": "9801", "extra": extra})
        kept = {"cardno": "9802", "hisExtra": {"a": "1"}, "settlementNo": "S1"}
        assert platform.asked[1].values["extra"] == kept


def test_a_settlement_without_an_answer_is_not_to_be_begun_anew(his: OneTrans) -> None:
    with standing(LOST) as platform:
        at(his, platform, pages={"browser": "none", "confirm_s": 0})
        answer = asking(his, "fsi.outpatient.charge", {"cardno": "9801"})
    assert (answer.code, "不要重新收费" in answer.said) == ("600015", True)


def test_the_sample_settings_are_good(his: OneTrans) -> None:
    sample = (NATIVE / "ini" / "OneTrans2.ini").read_text("utf-8")
    with standing(Said(values={})) as platform:
        (his.folder / "OneTrans2.ini").write_text(sample.replace("http://127.0.0.1:8600", platform.url), "utf-8")
        assert asking(his, "hop.trade.query", query()).code == "000000"
