"""The examples for vendors of a HIS: those in C on each system that is built for, that in Python on this one."""

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from native.build import LINUX
from tests.dialects.onetrans.desk import KEY, parameters
from tests.dialects.onetrans.platform import Said, standing
from tests.native.building import EXAMPLES, HELPERS, Building, program
from tests.native.libraries import ini
from tests.native.sandbox import Sandbox, person, sandbox
from tests.sandbox.settlement.desk import somebody
from tests.support.machines import Machine
from yiqiao.ports.card_reader import Media
from yiqiao.ports.his_billing import Patient, PendingCharge
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.region.payments.trade import UnknownTrade
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.reader import SandboxReader
from yiqiao.storage import insurance

CARD = "M20117733"
PLACE = "ZZJ-98-01"
PAYS: Mapping[str, str] = {"scan": "1", "code": "SANDBOX01"}
STEPS = ["read", "recharge", "query", "refund", "settle", "cancel"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("hub")) as opened:
        yield opened


@contextmanager
def somebody_pays(hub: Sandbox, folder: Path) -> Iterator[None]:
    """Whatever page is opened (a line of pages.txt), somebody pays: by a code at a cashier, a settlement in cash."""
    over = threading.Event()
    pays = person(folder, PAYS)

    def watch() -> None:
        seen = 0
        while not over.wait(0.1):
            lines = (folder / "pages.txt").read_text().splitlines() if (folder / "pages.txt").exists() else []
            for address in lines[seen:]:
                if "/settlement/" in address:
                    hub.do(cash(hub))
                else:
                    subprocess.run([pays, address], check=True)
            seen = len(lines)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def equipped(machine: Machine, built: Building, folder: Path, url: str) -> None:
    """A folder of a HIS: the libraries with their settings, and a browser that notes what it is to open."""
    system = machine.system
    libraries = built(system)
    browser = system.program.format("opened")
    program(system, folder / browser, HELPERS / "opened.c")
    for name in ("OneTrans2", "VirtualCardChk"):
        shutil.copy(libraries / system.library.format(name), folder)
        command = f"{browser if system.windows else folder / browser} pages.txt"
        pages = {"browser": command, "wait_s": 60, "confirm_s": 60, "poll_ms": 200}
        (folder / f"{name}.ini").write_text(ini({"gateway": {"url": url}, "pages": pages}))


async def cash(hub: Sandbox) -> None:
    """What is left of the newest settlement is handed over at the desk, as soon as the centre has said what."""
    for _ in range(1000):
        (row,) = await hub.runtime.database.read(lambda c: insurance.newest(c, 1))
        with suppress(UnknownTrade):
            await hub.runtime.orders.choose(row.merchant_id, row.trace_no, "CASH", at_desk=True)
            return
        await asyncio.sleep(0.02)
    raise AssertionError("there was nothing to pay")


async def owe(hub: Sandbox, fen: int) -> None:
    """The patient of the card has a bill."""
    his = hub.runtime.his_billing
    assert isinstance(his, SandboxHis)
    line = FeeLine("MZ1", "MZ1", "X1", "治疗费", "01", Decimal(fen) / 100, Decimal(1), fen)
    charge = PendingCharge("MZ1", "治疗费", fen, (line,))
    await his.owe(hub.runtime.merchants_demo[0].merchant_id, Patient("01", CARD), charge)


def test_the_whole_tour_is_driven_by_a_program_in_c(
    machine: Machine, built: Building, hub: Sandbox, tmp_path: Path
) -> None:
    system, merchant = machine.system, hub.runtime.merchants_demo[0]
    equipped(machine, built, tmp_path, hub.url)
    tour = system.program.format("tour")
    program(system, tmp_path / tour, EXAMPLES / "c" / "tour.c", EXAMPLES / "c" / "message.c")
    reader = hub.runtime.readings.reader
    assert isinstance(reader, SandboxReader)
    who = somebody(lambda one: not one.identities, kind="390", person_kind="50")
    hub.do(reader.put(PLACE, Media.IDENTITY_CARD, who.who.id_no))
    hub.do(owe(hub, 100_000))
    library = system.library.format("OneTrans2")
    arguments = [hub.his.app_id, hub.his.app_key, PLACE, merchant.merchant_id, merchant.secret, CARD]
    with somebody_pays(hub, tmp_path):
        printed = machine.run(tmp_path, tour, library if system.windows else f"./{library}", *arguments)
    assert printed.decode("gbk").splitlines() == [*(f"{step} 0 000000" for step in STEPS), "done"]
    assert len((tmp_path / "pages.txt").read_text().splitlines()) == 2


def test_a_shown_code_is_verified_by_a_program_in_c(
    machine: Machine, built: Building, hub: Sandbox, tmp_path: Path
) -> None:
    system = machine.system
    equipped(machine, built, tmp_path, hub.url)
    verify = system.program.format("verify")
    program(system, tmp_path / verify, EXAMPLES / "c" / "verify.c")
    library = system.library.format("VirtualCardChk")
    demo = hub.runtime.demo
    assert demo is not None
    shown = demo.live_code()
    arguments = [library if system.windows else f"./{library}", demo.app_id, demo.secret, shown.text]
    printed = machine.run(tmp_path, verify, *arguments)
    value, answer = printed.decode("gbk").splitlines()
    assert value == "00", answer
    assert orjson.loads(answer)["user_name"][0] == shown.name[0]


def test_a_request_is_sent_from_python(built: Building, tmp_path: Path) -> None:
    shutil.copy(built(LINUX) / "libOneTrans2.so", tmp_path)
    request = tmp_path / "request.json"
    request.write_bytes(orjson.dumps({**parameters(opter_name="𠮷田"), "app_key": KEY, "data": {"userName": "䶮"}}))
    command: list[str | Path] = [
        sys.executable,
        EXAMPLES / "python" / "onetrans.py",
        tmp_path / "libOneTrans2.so",
        request,
    ]
    with standing(Said(values={"userName": "贺知秋"}), Said("610001", None, "应用不存在", signed=False)) as platform:
        (tmp_path / "OneTrans2.ini").write_text(ini({"gateway": {"url": platform.url}}))
        good, refused = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))
    assert (good.returncode, good.stdout.splitlines()[0]) == (0, "0"), good.stderr
    assert "贺知秋" in good.stdout
    assert (refused.returncode, "610001" in refused.stdout) == (1, True)
    assert platform.asked[0].values == {"userName": "䶮"}
    assert platform.asked[0].params["opter_name"] == "𠮷田"
