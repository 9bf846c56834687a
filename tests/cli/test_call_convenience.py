"""`yiqiao call convenience`: a function by its name or number, in SOAP or plain; what goes wrong has its exit code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialects.convenience.test_notices import CHANGE
from tests.support.command import yiqiao
from tests.support.served_hospital import Running, served_hospital
from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE
from yiqiao.dialects.convenience.notices import notice

PAGE = (Path(__file__).parents[2] / "docs" / "convenience.md").read_text(encoding="utf-8")
HOSPITAL = "HOSPITAL_ID=9851001"
DEPARTMENTS = (HOSPITAL, "DEPT_ID=-1", "PAGE_CURRENT=1", "PAGE_SIZE=50")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with served_hospital(tmp_path_factory.mktemp("called")) as ready:
        yield ready


def called(running: Running, *arguments: str, url: str = "") -> tuple[int, str, str]:
    where = url or f"{running.url}/convenience"
    done = yiqiao("call", "convenience", *arguments, "--url", where, data=Path(running.settings.data))
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("style", ["soap", "plain"])
@pytest.mark.parametrize("function", ["GetDeptInfo", "getdeptinfo", "2001"])
def test_a_function_is_called_by_its_name_or_number(running: Running, function: str, style: str) -> None:
    code, out, _ = called(running, function, *DEPARTMENTS, "--style", style, "--json")
    assert code == 0
    assert {one["DEPT_NAME"] for one in json.loads(out)["DEPT_LIST"]} >= {"内科", "外科"}


def test_a_dry_run_shows_the_message_and_sends_nothing(running: Running) -> None:
    code, out, _ = called(running, "NetTest", HOSPITAL, "IP=192.0.2.1", "--dry-run", url="http://127.0.0.1:1/x")
    assert code == 0
    assert "<NetTest" in out
    assert running.key not in out


def test_an_address_without_a_path_is_a_hubs_and_one_without_a_service_is_told_so(running: Running) -> None:
    asked = ("NetTest", HOSPITAL, "IP=192.0.2.1")
    assert called(running, *asked, url=running.url)[0] == 0
    code, _, err = called(running, *asked, url=f"{running.url}/no-such-service")
    assert code == UNREACHABLE
    assert "这个地址上没有此项服务，请检查地址与路径" in err
    code, _, err = called(running, *asked, "--fault", "refuse=0003")
    assert code == UNREACHABLE
    assert "返回码 0003 不可用，可用：" in err


def test_a_refusal_is_told_with_its_code_and_what_to_do(running: Running) -> None:
    code, out, err = called(running, "1001", "HOSPITAL_ID=9859999", "IP=192.0.2.1")
    assert (code, out) == (REFUSED, "")
    assert err.startswith("1 ")
    assert "9859999" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("Lock", HOSPITAL), "LockReg (2005)"),
        (("NetTest", HOSPITAL), "IP"),
        (("NetTest", HOSPITAL, "IP=192.0.2.1", "HOSPITAL=1"), "HOSPITAL"),
        (("NetTest", HOSPITAL, "IP=192.0.2.1", "--style", "rest"), "--style"),
        (("NetTest", HOSPITAL, "--profile", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_sent_is_told_before_it_is(running: Running, arguments: tuple[str, ...], told: str) -> None:
    code, _, err = called(running, *arguments, url="http://127.0.0.1:1/x")
    assert code == USAGE
    assert told in err


def test_nobody_there_has_an_exit_code_of_its_own(running: Running) -> None:
    code, _, _ = called(running, "NetTest", HOSPITAL, "IP=192.0.2.1", url="http://127.0.0.1:1/convenience")
    assert code == UNREACHABLE


def test_the_sandbox_tells_the_demo_platforms_key(running: Running) -> None:
    done = yiqiao("sandbox", "credentials", "convenience", "--json", data=Path(running.settings.data))
    told = json.loads(done.stdout)
    assert (told["app_id"], told["secret"]) == ("demo", running.key)
    assert len(running.key) == 16


def test_the_commands_of_the_page_work_as_they_stand(running: Running) -> None:
    lines = re.findall(r"^    yiqiao call convenience (.+?)(?: +#.*)?$", PAGE, re.MULTILINE)
    whole = [line.split() for line in lines if "…" not in line]
    assert len(whole) == 2
    for arguments in whole:
        code, out, err = called(running, *arguments)
        assert (code, bool(json.loads(out))) == (0, True), err


def test_without_an_address_a_function_goes_to_the_side_that_answers_it(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YIQIAO_PORT", running.url.rpartition(":")[2])
    data = Path(running.settings.data)
    stop = [f"{key}:={json.dumps(value)}" for key, value in notice(CHANGE).items()]
    done = yiqiao("call", "convenience", "2035", *stop, data=data)
    assert (done.returncode, json.loads(done.stdout)["RESULTCODE"]) == (0, "0"), done.stderr
    done = yiqiao("call", "convenience", "NetTest", HOSPITAL, "IP=192.0.2.1", data=data)
    assert done.returncode == 0, done.stderr
    code, _, err = called(running, "2035", *stop)
    assert (code, err[0]) == (REFUSED, "5")
    stop = [HOSPITAL.replace("HOSPITAL_ID", "HOS_ID"), "DEPT_ID=D0201", "REG_DATE=2026-11-30", "TIME_FLAG=1"]
    done = yiqiao("call", "convenience", "StopReg", *stop, "--profile", "jkt", "--dry-run", data=data)
    assert "<StopReg" in done.stdout
