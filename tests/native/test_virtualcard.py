"""VirtualCardChk called as a HIS calls it, against a sandbox behind real HTTP."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from tests.native.libraries import VirtualCard
from tests.support.hub import registration
from tests.support.served import Served, served
from yiqiao.clock import SystemClock, compact

OPEN = {
    "app_id": "demo-hospital",
    "term_id": "10000000001",
    "method": "ehc.ehealthcard.querywithreg",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hub")) as opened:
        yield opened


@pytest.fixture
def card(card_library: Path, tmp_path: Path, hub: Served) -> VirtualCard:
    return VirtualCard(card_library, tmp_path, {"gateway": {"url": hub.url}, "card": {"key": hub.secret}})


def wish(serial: str, **more: object) -> dict[str, object]:
    """A registration as a host writes it, with everything left open."""
    now = compact(SystemClock().now_ms())
    return {**OPEN, "biz_content": {**registration(serial, out_register_time=now), **more}}


def code_of(card: VirtualCard, serial: str) -> str:
    code, told = card.call("", wish(serial))
    assert (code, "ehealth_code" in told) == ("00", True), told
    return str(told["ehealth_code"])


@pytest.mark.parametrize("sign_type", ["", "SM3", "MD5"])
@pytest.mark.parametrize("enc_type", ["", "SM4", "AES", "DES"])
def test_rule_virtualcardtrans_result_what_is_open_is_signed_and_enciphered(
    card: VirtualCard, sign_type: str, enc_type: str
) -> None:
    serial = f"native-{sign_type}-{enc_type}"
    code, told = card.call("", {**wish(serial), "sign_type": sign_type, "enc_type": enc_type, "sign": ""})
    assert code == "00", told
    assert told["user_name"] == "测试甲"
    assert "ret_code" not in told


def test_a_code_is_verified(card: VirtualCard, hub: Served) -> None:
    now = compact(SystemClock().now_ms())
    code, told = card.call(
        hub.url,
        {
            **OPEN,
            "method": "ehc.ehealthcode.verify",
            "key": hub.secret,
            "version": "X.M.0.1",
            "timestamp": now,
            "biz_content": {
                "ehealth_code": code_of(card, "native-verify"),
                "out_verify_no": "native-verify-1",
                "out_verify_time": now,
                "operator_id": "9527",
                "operator_name": "admin",
                "treatment_code": "010105",
                "ip_addr": "192.168.1.10",
                "office_code": "0300",
            },
        },
    )
    assert code == "00", told
    assert (told["user_name"], told["id_no"]) == ("测试甲", "E00000001")


def test_rule_virtualcardtrans_error_a_refusal_is_its_code_and_reason(card: VirtualCard) -> None:
    code, told = card.call("", wish("native-refused", user_sex="7"))
    assert (code, told["ret_code"]) == ("9001", "9001")
    assert "user_sex" in str(told["ret_msg"]) or "性别" in str(told["ret_msg"])


def test_a_wrong_key_is_the_platforms_refusal(card: VirtualCard) -> None:
    code, told = card.call("", {**wish("native-key"), "key": "0" * 32})
    assert (code, "验签" in str(told["ret_msg"])) == ("9003", True)


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [
        (None, "9001", "空指针"),
        (b"", "8003", "为空"),
        (b"x" * 9000, "9001", "8192"),
        (b"{", "9008", "第 1 行第 2 列"),
        (b"\xff\xff", "9008", "GBK"),
        (b"[]", "9008", "JSON 对象"),
        (b'{"app_id":"a"}', "9008", "biz_content"),
        (b'{"biz_content":"x"}', "9008", "biz_content"),
        (b'{"biz_content":{},"sign_type":"SHA"}', "1007", "SM3"),
        (b'{"biz_content":{},"enc_type":"RC4"}', "1006", "SM4"),
        (b'{"biz_content":{},"key":"short"}', "9006", "密钥"),
    ],
)
def test_bad_calls_are_told_what_is_wrong(card: VirtualCard, given: bytes | None, code: str, word: str) -> None:
    told = card.call("", given)
    assert (told[0], word in str(told[1]["ret_msg"])) == (code, True), told


def test_without_a_key_nothing_is_sent(card: VirtualCard, hub: Served) -> None:
    card.configure({"gateway": {"url": hub.url}})
    code, told = card.call("", wish("native-no-key"))
    assert (code, "key" in str(told["ret_msg"])) == ("9002", True)


def test_null_pointers_do_no_harm(card: VirtualCard) -> None:
    assert card.function(None, None, None) == b"9001"
    assert card.function(b"http://127.0.0.1", b"{}", None) == b"9001"


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://a b", "x" * 3000])
def test_an_address_that_is_none_is_told(card: VirtualCard, url: str) -> None:
    code, told = card.call(url, wish("native-url"))
    assert code in {"9005", "9001"}
    assert "地址" in str(told["ret_msg"]) or "strUrl" in str(told["ret_msg"])


def test_without_a_platform_the_code_is_clear(card: VirtualCard) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        code, told = card.call(f"http://127.0.0.1:{taken.getsockname()[1]}", wish("native-nobody"))
    assert (code, "无法连接" in str(told["ret_msg"])) == ("8004", True)


@pytest.mark.parametrize("size", [64, 100, 300])
def test_content_too_long_for_the_buffer_becomes_an_error_that_fits(card: VirtualCard, hub: Served, size: int) -> None:
    card.configure({"gateway": {"url": hub.url}, "card": {"key": hub.secret}, "limits": {"output_size": size}})
    code, told = card.call("", wish(f"native-full-{size}"), size)
    assert (code, told["ret_code"]) == ("9999", "9999")


def test_a_utf8_host_is_spoken_to_in_utf8(card: VirtualCard, hub: Served) -> None:
    card.configure({"gateway": {"url": hub.url}, "card": {"key": hub.secret}, "limits": {"charset": "UTF-8"}})
    code, told = card.call("", wish("native-utf8"), charset="utf-8")
    assert (code, told.get("user_name")) == ("00", "测试甲")


def test_what_a_host_signed_itself_is_handed_on_as_it_is(card: VirtualCard, hub: Served) -> None:
    with hub.client() as client:
        message = orjson.loads(client.message("ehc.ehealthcard.querywithreg", wish("native-own")["biz_content"]))  # type: ignore[arg-type]
    code, told = card.call("", message)
    assert (code, told.get("user_name")) == ("00", "测试甲")


def test_threads_do_not_hear_each_others_codes(card: VirtualCard) -> None:
    def one(number: int) -> tuple[str, str]:
        given = b"{" if number % 2 else wish(f"native-thread-{number}")
        return card.call("", given)[0], "9008" if number % 2 else "00"

    with ThreadPoolExecutor(4) as pool:
        assert all(code == expected for code, expected in pool.map(one, range(16)))
