"""VirtualCardChk called as a HIS calls it, against a sandbox behind real HTTP."""

import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
import segno

from native.build import NATIVE
from tests.native.libraries import VirtualCard, compiled, exported, sources, wait_for
from tests.native.servers import saying
from tests.support.hub import registration
from tests.support.served import Served, served
from yiqiao.clock import SystemClock, compact
from yiqiao.dialects.ehealth_card.envelope import Scheme, seal_response

SLOW_PRINTER = Path(__file__).with_name("slow_printer.c")
KEY = "0123456789abcdef" * 2
LINK = "https://hub.example/consent/1"
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
    """VirtualCardTrans.result, VirtualCardTrans.data, VirtualCardTrans.input"""
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


def test_rule_virtualcardtrans_address_the_parameter_goes_before_the_ini(card: VirtualCard, hub: Served) -> None:
    card.configure({"gateway": {"url": "http://127.0.0.1:9"}, "card": {"key": hub.secret}})
    assert card.call("", wish("native-address"))[0] == "8004"
    assert card.call(hub.url, wish("native-address"))[0] == "00"


def test_rule_virtualcardtrans_time_has_fourteen_digits(card: VirtualCard) -> None:
    now = compact(SystemClock().now_ms())
    assert card.call("", {**wish("native-time"), "timestamp": now})[0] == "00"
    dashed = f"{now[:4]}-{now[4:6]}-{now[6:8]} {now[8:10]}:{now[10:12]}:{now[12:]}"
    assert card.call("", {**wish("native-dashed"), "timestamp": dashed})[0] == "9001"


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


def test_what_is_wrong_with_the_settings_is_told_in_the_hosts_charset_within_its_buffer(card: VirtualCard) -> None:
    card.configure({"gateway": {"ca_file": "x" * 600}, "limits": {"output_size": 100, "charset": "UTF-8"}})
    code, told = card.call("", b"{}", 100, "utf-8")
    assert (code, str(told["ret_msg"])[:2]) == ("9005", "配置")


def test_a_code_of_any_length_is_told_in_whole_characters(card: VirtualCard) -> None:
    body = seal_response(None, "x" + "超" * 9, "平台忙", None, None, Scheme(), "20261121010203")
    with saying(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body) as url:
        code, told = card.call(url, {"app_id": "a", "key": KEY, "biz_content": {}})
    assert (code, told) == ("x超超超超", {"ret_code": "x超超超超", "ret_msg": "平台忙"})


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


def authorised(card: VirtualCard) -> str:
    """Ask for a consent; the link whose code the patient scans."""
    now = compact(SystemClock().now_ms())
    content = {
        "out_authorize_no": "native-consent",
        "out_authorize_time": now,
        "operator_id": "9527",
        "operator_name": "admin",
        "treatment_code": "010105",
        "ip_addr": "192.168.1.10",
        "office_code": "0300",
    }
    code, told = card.call("", {**OPEN, "method": "ehc.ehealthcard.authurl", "biz_content": content})
    assert code == "00", told
    return str(told["ehealth_authurl"])


def test_rule_set_qrflow_mode_mode_the_page_shows_the_code_of_the_consent_and_rests_again(
    card: VirtualCard, hub: Served, tmp_path: Path
) -> None:
    opened, browser, page = tmp_path / "opened", tmp_path / "browser", tmp_path / "screen.html"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    card.configure(
        {
            "gateway": {"url": hub.url},
            "card": {"key": hub.secret},
            "screen": {"file": page.name},
            "pages": {"browser": browser},
        }
    )
    assert card.loaded.Set_QRflow_Mode(1) == 0
    assert "<svg" not in page.read_text("utf-8"), "nobody was asked yet"
    code = segno.make_qr(authorised(card), error="m", mode="byte", boost_error=False)
    assert card.loaded.Set_QRflow_Mode(1) == 0
    shown = page.read_text("utf-8")
    side = len(list(code.matrix))
    assert f'viewBox="0 0 {side + 8} {side + 8}"' in shown
    assert "扫描二维码" in shown
    assert card.loaded.Set_QRflow_Mode(0) == 0
    assert "<svg" not in page.read_text("utf-8")
    assert wait_for(opened).read_text().splitlines() == [f"file://{page}"]


def consents(link: str) -> bytes:
    """A platform's answer over HTTP: ehc.ehealthcard.authurl came to this link."""
    body = seal_response(None, "0000", "操作成功", {"ehealth_authurl": link}, KEY, Scheme(), "20261121010203")
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def shown_after(card: VirtualCard, *links: str) -> str:
    """The second screen's page after these links, one after another."""
    for link in links:
        with saying(consents(link)) as url:
            card.configure({"gateway": {"url": url}, "screen": {"file": "screen.html"}, "pages": {"browser": "none"}})
            assert card.call("", {"app_id": "a", "key": KEY, "biz_content": {}})[0] == "00"
    card.loaded.Set_QRflow_Mode(1)
    return (card.folder / "screen.html").read_text("utf-8")


@pytest.mark.parametrize("last", [LINK.ljust(128, "x"), LINK.ljust(128, "医")], ids=["ascii", "chinese"])
def test_the_longest_link_that_there_can_be_is_shown(card: VirtualCard, last: str) -> None:
    page = shown_after(card, LINK, last)
    side = len(list(segno.make_qr(last.encode(), error="m", mode="byte", boost_error=False).matrix))
    assert f'viewBox="0 0 {side + 8} {side + 8}"' in page


@pytest.mark.parametrize("length", [400, 600])
def test_a_link_that_is_too_long_leaves_no_former_patients_code(card: VirtualCard, length: int) -> None:
    assert "<svg" in shown_after(card, LINK)
    assert "<svg" not in shown_after(card, LINK.ljust(length, "x"))


@pytest.mark.parametrize("code", ["0", "00", "000"])
def test_a_code_that_only_looks_like_a_success_is_no_answer(card: VirtualCard, code: str) -> None:
    body = seal_response(None, code, "操作成功", None, None, Scheme(), "20261121010203")
    with saying(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body) as url:
        told = card.call(url, {"app_id": "a", "key": KEY, "biz_content": {}})
    assert (told[0], "返回码不合法" in str(told[1]["ret_msg"])) == ("8001", True)


def test_rule_set_qrflow_mode_result_what_cannot_be_is_no_success(card: VirtualCard, hub: Served) -> None:
    assert card.loaded.Set_QRflow_Mode(7) == 600004
    card.configure({"gateway": {"url": hub.url}, "screen": {"file": "/nowhere/at/all.html"}})
    assert card.loaded.Set_QRflow_Mode(1) == 690005


def printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An lp that keeps what it gets."""
    folder = tmp_path / "bin"
    folder.mkdir()
    taken = tmp_path / "taken.pdf"
    (folder / "lp").write_text(f'#!/bin/sh\n[ "$3" = "挂号窗口" ] || exit 3\ncp "$4" {taken}\n', "utf-8")
    (folder / "lp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return taken


def test_rule_ehealthid_print_result_a_slip_goes_to_the_printer_by_name(
    card: VirtualCard, hub: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.configure({"gateway": {"url": hub.url}, "printer": {"name": "挂号窗口"}})
    taken = printer(tmp_path, monkeypatch)
    text = f"{'A1' * 24}:0:::00000009801"
    assert card.print(text.encode(), b"9801000001", "测试甲".encode("gbk")) == 0
    slip = taken.read_bytes()
    assert slip.startswith(b"%PDF")
    assert "测试甲".encode("utf-16-be").hex().upper().encode() in slip
    assert "9801000001".encode("utf-16-be").hex().upper().encode() in slip
    code = segno.make_qr(text, error="m", mode="byte", boost_error=False)
    assert f"{120 / len(list(code.matrix)):.4f} 0 0".encode() in slip
    table = int(slip.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert slip[table:].startswith(b"xref\n")


def test_a_slip_that_cannot_be_printed_is_no_success(
    card: VirtualCard, hub: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer(tmp_path, monkeypatch)
    card.configure({"gateway": {"url": hub.url}, "printer": {"name": "另一台"}})
    assert card.print(b"code", b"", None) == 690007
    assert card.print(None, None, None) == 690001
    assert card.print(b"", None, None) == 600002
    assert card.print(b"x" * 300, None, None) == 690002
    assert card.print(b"code", b"\xff", None) == 600003


@pytest.mark.parametrize("script", ["cat > /dev/null", "echo said; echo said >&2"], ids=["reads", "writes"])
def test_a_printer_has_nothing_of_the_hosts_streams(script: str, tmp_path: Path) -> None:
    program = compiled(tmp_path / "print", [*sources(), str(SLOW_PRINTER)])
    lp = tmp_path / "lp"
    lp.write_text(f"#!/bin/sh\n{script}\n")
    lp.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"PATH": path}
    ) as host:
        assert host.stdout is not None
        try:
            host.wait(10)  # its own input is still open
            assert host.stdout.read() == b"1\n"
        finally:
            host.kill()


def test_a_printer_that_never_ends_is_given_up(tmp_path: Path) -> None:
    program = compiled(tmp_path / "print", [*sources(), str(SLOW_PRINTER)])
    lp, left = tmp_path / "lp", tmp_path / "pid"
    lp.write_text(f"#!/bin/sh\necho $$ > {left}\nexec sleep 600\n")
    lp.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run([program, "30"], capture_output=True, check=True, env={"PATH": path}, timeout=60)
    assert done.stdout == b"0\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(left.read_text()), 0)


def test_only_the_documented_functions_are_seen(card_library: Path) -> None:
    assert exported(card_library) == ["EhealthID_Print", "Set_QRflow_Mode", "VirtualCardTrans"]


def test_the_sample_settings_are_good(card: VirtualCard, hub: Served) -> None:
    sample = (NATIVE / "ini" / "VirtualCardChk.ini").read_text("utf-8")
    (card.folder / "VirtualCardChk.ini").write_text(sample.replace("http://127.0.0.1:8600", hub.url), "utf-8")
    code, told = card.call("", {**wish("native-sample"), "key": hub.secret})
    assert code == "00", told
