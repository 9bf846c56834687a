"""The libraries as Windows runs them: 64 bits under wine, 32 bits under a 32-bit wine; the rest is tested on Linux."""

import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import orjson
import pytest

from native.build import ENTRIES, SOURCES, WINDOWS_32
from tests.dialects.onetrans.desk import KEY, answered, parameters, query, recharge
from tests.dialects.onetrans.platform import Said, standing
from tests.native.building import EXAMPLES, HELPERS, Building, program
from tests.native.libraries import ini
from tests.native.servers import saying, saying_over_tls
from tests.native.test_bad_calls import TOLD
from tests.support.machines import Machine
from tests.support.needs import need

BAD_CALLS = Path(__file__).with_name("bad_calls.c")
PENDING = Said("700100", {"traceNo": "7001", "extra": {"cashierUrl": "https://hub.example/cashier/1?a=1&b=2"}})
Sections = Mapping[str, object]


@dataclass(frozen=True)
class Desk:
    """A folder of a HIS with the library, its ini, and the example that hands requests to it."""

    windows: Machine
    built: Path
    folder: Path

    def configure(self, url: str, gateway: Mapping[str, object] = MappingProxyType({}), **sections: Sections) -> None:
        quick = {"browser": "none", "wait_s": 5, "confirm_s": 0, "poll_ms": 50}
        text = ini({"gateway": {"url": url, **gateway}, "pages": quick, **sections})
        (self.folder / "OneTrans2.ini").write_bytes(text.encode("gbk"))

    def request(self, trans_type: str, data: object, **more: str) -> str:
        """A request as a file; its name."""
        path = self.folder / f"request{len(list(self.folder.glob('request*')))}.json"
        whole = {**parameters(), "trans_type": trans_type, "app_key": KEY, **more, "data": data}
        path.write_bytes(orjson.dumps(whole).decode().encode("gb18030"))
        return path.name

    def call(self, *requests: str) -> list[tuple[int, Mapping[str, object]]]:
        """The function's value and what it answered, for each of the requests."""
        printed = self.windows.run(self.folder, "call.exe", "OneTrans2.dll", *requests)
        lines = printed.decode("gbk").splitlines()
        return [(int(value), orjson.loads(answer)) for value, answer in zip(lines[::2], lines[1::2], strict=True)]

    def helper(self, name: str, sources: Sequence[Path] = (), linked: tuple[str, ...] = ()) -> str:
        """A program of the tests, compiled into the folder."""
        program(self.windows.system, self.folder / f"{name}.exe", HELPERS / f"{name}.c", *sources, linked=linked)
        return f"{name}.exe"


@pytest.fixture
def desk(windows: Machine, built: Building, tmp_path: Path) -> Desk:
    libraries = built(windows.system)
    shutil.copy(libraries / "OneTrans2.dll", tmp_path)
    program(windows.system, tmp_path / "call.exe", EXAMPLES / "c" / "call.c")
    return Desk(windows, libraries, tmp_path)


def test_requests_reach_the_platform_and_its_answers_come_back(desk: Desk) -> None:
    """OneTrans.prototype"""
    names = ["张三丰", "𠮷田", "䶮", "€uro", "\u200b", 'a\\b"c']
    with standing(*(Said(values={"userName": name}) for name in names)) as platform:
        desk.configure(platform.url)
        outcomes = desk.call(*(desk.request("hop.trade.query", {"a": name}, opter_name=name) for name in names))
    assert [(value, told["code"]) for value, told in outcomes] == [(0, "000000")] * len(names)
    assert [told["data"] for _, told in outcomes] == [{"userName": name} for name in names]
    assert [asked.values["a"] for asked in platform.asked] == names
    assert [asked.params["opter_name"] for asked in platform.asked] == names


def test_the_ini_is_found_beside_the_library_wherever_that_lies(desk: Desk) -> None:
    elsewhere = desk.folder / "医院 程序"
    elsewhere.mkdir()
    shutil.move(desk.folder / "OneTrans2.dll", elsewhere)
    with standing(Said(values={})) as platform:
        desk.configure(platform.url)
        shutil.move(desk.folder / "OneTrans2.ini", elsewhere)
        found = desk.helper("wide")
        printed = desk.windows.run(desk.folder, found, desk.request("hop.trade.query", query()))
    assert orjson.loads(printed.decode("gbk"))["code"] == "000000"


def test_without_a_gateway_the_code_is_clear(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        desk.configure(f"http://127.0.0.1:{taken.getsockname()[1]}")
        [(value, told)] = desk.call(desk.request("hop.trade.recharge", recharge()))
    assert (value, told["code"]) == (600014, "600014")
    assert "无法连接" in str(told["err_msg"])


def test_a_gateway_that_says_nothing_is_given_up_in_time(desk: Desk) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        desk.configure(f"http://127.0.0.1:{deaf.getsockname()[1]}", {"timeout_ms": 300})
        [(value, told)] = desk.call(desk.request("hop.trade.query", query()))
    assert (value, told["code"]) == (600015, "600015")
    assert "超时" in str(told["err_msg"])


def test_an_answer_that_breaks_off_is_none(desk: Desk) -> None:
    with saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{") as url:
        desk.configure(url)
        [(value, told)] = desk.call(desk.request("hop.trade.query", query()))
    assert (value, told["code"]) == (600015, "600015")
    assert "未收到完整应答" in str(told["err_msg"])


def test_a_redirection_is_not_followed(desk: Desk) -> None:
    with standing(Said(values={})) as other:
        head = f"HTTP/1.1 307 Elsewhere\r\nlocation: {other.url}/\r\ncontent-length: 0\r\n\r\n"
        with saying(head.encode()) as url:
            desk.configure(url)
            [(value, told)] = desk.call(desk.request("hop.trade.query", query()))
    assert (value, told["code"]) == (600015, "600015")
    assert "HTTP 307" in str(told["err_msg"])
    assert other.asked == []


def test_an_answer_too_long_for_the_buffer_becomes_an_error_that_fits(desk: Desk) -> None:
    with standing(Said(values={"long": "长" * 600})) as platform:
        desk.configure(platform.url, limits={"output_size": 200})
        [(value, told)] = desk.call(desk.request("hop.trade.query", query()))
    assert (value, told["code"]) == (690003, "690003")


def test_the_cashier_is_opened_once_by_the_command_of_the_ini(desk: Desk) -> None:
    browser = desk.helper("opened")
    with standing(PENDING, PENDING, Said(values=answered("hop.trade.recharge"))) as platform:
        pages = {"browser": f"{browser} opened.txt", "wait_s": 30, "poll_ms": 500}
        desk.configure(platform.url, pages=pages)
        [(value, told)] = desk.call(desk.request("hop.trade.recharge", recharge()))
    assert (value, told["code"]) == (0, "000000")
    assert (desk.folder / "opened.txt").read_text().splitlines() == ["https://hub.example/cashier/1?a=1&b=2"]


def test_the_hosts_windows_stay_alive_while_a_page_is_waited_for(desk: Desk) -> None:
    host = desk.helper("alive", [desk.folder / "OneTrans2.dll"])
    with standing(PENDING) as platform:
        desk.configure(platform.url, pages={"browser": "none", "wait_s": 3, "poll_ms": 600})
        printed = desk.windows.run(desk.folder, host, desk.request("hop.trade.recharge", recharge()))
    value, told, served, wish = printed.decode("gbk").splitlines()
    assert (value, orjson.loads(told)["code"]) == ("0", "700100")
    assert int(served) >= 10
    assert wish == "7"


def test_a_window_that_is_never_done_does_not_keep_a_call_from_coming_back(desk: Desk) -> None:
    host = desk.helper("alive", [desk.folder / "OneTrans2.dll"])
    with standing(PENDING) as platform:
        desk.configure(platform.url, pages={"browser": "none", "wait_s": 1, "poll_ms": 300})
        printed = desk.windows.run(desk.folder, host, desk.request("hop.trade.recharge", recharge()), "busy")
    assert printed.decode("gbk").splitlines()[0] == "0"


def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Desk) -> None:
    with saying_over_tls(desk.folder, b"") as (url, spoken):
        desk.configure(url)
        [(value, told)] = desk.call(desk.request("hop.trade.query", query()))
    assert (value, told["code"]) == (600014, "600014")
    assert "证书" in str(told["err_msg"])
    assert spoken == []


@pytest.mark.parametrize("windows", ["x86"], indirect=True)  # has authorities of its own, to which a test may add
def test_a_certificate_of_an_authority_of_the_machine_s_is_taken(desk: Desk) -> None:
    said = b"HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n"
    with saying_over_tls(desk.folder, said) as (url, spoken):
        desk.configure(url)
        machine = replace(desk.windows, environment={"YIQIAO_I386_AUTHORITY": str(desk.folder / "authority.pem")})
        [(value, told)] = replace(desk, windows=machine).call(desk.request("hop.trade.query", query()))
    assert (value, "HTTP 503" in str(told["err_msg"])) == (600015, True), told
    assert [one.split(b" ")[:2] for one in spoken] == [[b"POST", b"/onetrans"]]


def test_a_code_that_a_plug_in_has_read_travels_and_the_call_is_recorded(desk: Desk) -> None:
    shutil.copy(desk.built / "reader_file.dll", desk.folder)
    (desk.folder / "scanned.txt").write_text("206CB2B5:1:::00000009801\n")
    reading = {"mdtrt_cert_type": "01", "business_type": "01101"}
    with standing(Said(values={})) as platform:
        reader = {"plugin": "reader_file.dll", "options": "scanned.txt"}
        desk.configure(platform.url, reader=reader, recorder={"file": "记录.log"})
        [(value, told)] = desk.call(desk.request("hos.user.get", reading))
    assert (value, told["code"]) == (0, "000000"), told
    assert platform.asked[0].values == {**reading, "code_text": "206CB2B5:1:::00000009801"}
    assert orjson.loads((desk.folder / "记录.log").read_bytes())["code"] == "000000"


def test_the_card_librarys_functions_keep_to_their_conventions(desk: Desk) -> None:
    """VirtualCardTrans.prototype, Set_QRflow_Mode.prototype, EhealthID_Print.prototype"""
    shutil.copy(desk.built / "VirtualCardChk.dll", desk.folder)
    quiet = {"gateway": {"url": "http://127.0.0.1:9"}, "pages": {"browser": "none"}, "printer": {"name": "没有这台"}}
    (desk.folder / "VirtualCardChk.ini").write_bytes(ini(quiet).encode("gbk"))
    host = desk.helper("cards", [desk.folder / "VirtualCardChk.dll"])
    assert desk.windows.run(desk.folder, host).decode().split() == ["9008", "0", "690007"] * 2 + ["a5a5a5a5"]
    assert "<p>电子健康卡</p>" in (desk.folder / "YiqiaoScreen.html").read_text("utf-8")


def test_a_program_that_wine_cannot_run_is_noticed(wine_64: Machine, tmp_path: Path) -> None:
    need(shutil.which(WINDOWS_32.compiler), f"{WINDOWS_32.compiler} is not installed")
    program(WINDOWS_32, tmp_path / "call.exe", EXAMPLES / "c" / "call.c")
    with pytest.raises(AssertionError):
        wine_64.run(tmp_path, "call.exe", "OneTrans2.dll", "request.json")


def test_no_bad_call_harms_the_host(desk: Desk) -> None:
    for name in ENTRIES:
        shutil.copy(desk.built / f"{name}.dll", desk.folder)
        settings = {"gateway": {"url": "http://127.0.0.1:9"}, "pages": {"browser": "none"}}
        (desk.folder / f"{name}.ini").write_text(ini(settings))
    libraries = [desk.folder / f"{name}.dll" for name in ENTRIES]
    threads = ("-Wl,-Bstatic", "-lpthread", "-Wl,-Bdynamic")
    program(desk.windows.system, desk.folder / "calls.exe", BAD_CALLS, *libraries, linked=threads)
    assert desk.windows.run(desk.folder, "calls.exe").decode().splitlines() == TOLD.splitlines()


def test_a_slip_is_drawn_module_by_module(desk: Desk) -> None:
    sources = [SOURCES / name for name in ("qr.c", "qr_words.c", "utf8.c", "wide_win.c")]
    helper = desk.helper("drawn", sources)
    wrong, quiet, words = desk.windows.run(desk.folder, helper).decode().splitlines()
    assert wrong.startswith("0 of ")
    assert (quiet, words) == ("0", "1")


def test_every_character_is_what_python_says(desk: Desk) -> None:
    helper = desk.helper("charset", [SOURCES / "gb18030_win.c"])
    printed = desk.windows.run(desk.folder, helper).decode()
    written = {int(character, 16): rest for character, *rest in (line.split(" ") for line in printed.splitlines())}
    for character in [*range(0xD800), *range(0xE000, 0x10000), *range(0x10000, 0x110000, 0xFF)]:
        gb, gbk = written.get(character, ["", ""])
        if 0xE000 <= character < 0xF900 and not gb:
            continue  # privately used: no text that is exchanged has them
        assert gb == chr(character).encode("gb18030").hex(), hex(character)
        assert not gbk or gbk == gb
