"""`yiqiao hospital connect` and its kin: the register of hospitals elsewhere, from the command line."""

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import yiqiao
from tests.support.hospital import HOSPITAL
from tests.support.served_hospital import served_hospital

KEY = "0123456789ABCDEF"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    assert yiqiao("partner", "list", data=tmp_path).returncode == 0  # makes the keys
    return tmp_path


def connect(hub: Path, *more: str, given: str = "") -> CompletedProcess[str]:
    known = ("--url", "http://192.0.2.7/ws", "--user", "region", "--name", "云桥县第二医院")
    return yiqiao("hospital", "connect", "9859002", *known, *more, data=hub, given=given)


def listed(hub: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(yiqiao("hospital", "list", "--json", data=hub).stdout)
    return found


def test_a_hospital_is_registered_listed_suspended_and_forgotten(hub: Path) -> None:
    (hub / "key").write_text(KEY)
    done = connect(hub, "--key", f"file:{hub / 'key'}", "--profile", "jkt", "--style", "plain")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (one,) = listed(hub)
    assert one == {
        "hospital": "9859002",
        "name": "云桥县第二医院",
        "url": "http://192.0.2.7/ws",
        "profile": "jkt",
        "style": "plain",
        "user": "region",
        "in_service": True,
    }
    assert KEY not in yiqiao("hospital", "list", data=hub).stdout
    assert yiqiao("hospital", "suspend", "9859002", data=hub).returncode == 0
    assert not listed(hub)[0]["in_service"]
    assert yiqiao("hospital", "reinstate", "9859002", data=hub).returncode == 0
    assert listed(hub)[0]["in_service"]
    assert yiqiao("hospital", "disconnect", "9859002", data=hub).returncode == 0
    assert listed(hub) == []


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (("--key", "env:NOBODY_HAS_SET_THIS"), 2, "NOBODY_HAS_SET_THIS is not set"),
        (("--key", "0123456789ABCDEF"), 2, "never written down"),
        (("--profile", "nowhere"), 2, "jkt"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_filed(
    hub: Path, more: tuple[str, ...], code: int, told: str
) -> None:
    done = connect(hub, *more)
    assert done.returncode == code
    assert told in done.stderr
    assert listed(hub) == []


def test_nobody_registered_is_nobody(hub: Path) -> None:
    done = yiqiao("hospital", "disconnect", "9859002", data=hub)
    assert done.returncode == 1
    assert "9859002" in done.stderr


def test_a_hospital_is_checked_over_the_wire(hub: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with served_hospital(tmp_path_factory.mktemp("hospital")) as running:
        (hub / "key").write_text(running.key)
        where = ("--url", f"{running.url}/convenience", "--user", "demo", "--name", "云桥县人民医院")
        yiqiao("hospital", "connect", HOSPITAL, *where, "--key", f"file:{hub / 'key'}", data=hub)
        checked = yiqiao("hospital", "check", HOSPITAL, "--json", data=hub)
        assert checked.returncode == 0, checked.stderr
        assert "nothing missing, nothing odd" in checked.stderr
        assert {visit["verdict"] for visit in json.loads(checked.stdout)} == {"ok"}
        (hub / "key").write_text("F" * 16)
        yiqiao("hospital", "connect", HOSPITAL, *where, "--key", f"file:{hub / 'key'}", data=hub)
        spoiled = yiqiao("hospital", "check", HOSPITAL, data=hub)
        assert spoiled.returncode == 1
        assert "need a look" in spoiled.stderr
    gone = yiqiao("hospital", "check", HOSPITAL, "--timeout", "2", data=hub)
    assert (gone.returncode, "缺失" in gone.stdout) == (1, True)
