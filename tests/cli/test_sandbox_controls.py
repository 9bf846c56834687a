"""`yiqiao sandbox …` as it is typed: with a hub that runs, and without one."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.processes import Hub, start_hub, stop
from tests.cli.test_commands import pairs
from tests.support.command import yiqiao
from tests.support.hub import registration
from tests.support.migrated import furnished
from yiqiao.app.door import FILE, PATH


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A sandbox as a process of its own."""
    running = start_hub(furnished(tmp_path_factory.mktemp("hub")))
    yield running
    stop(running.process)


def said(hub: Hub, *words: str) -> dict[str, Any]:
    done = yiqiao("sandbox", *words, "--url", hub.url, "--json", data=hub.data)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def wish(number: int) -> list[str]:
    values = registration("", id_no=f"E7000000{number}")
    return pairs({k: v for k, v in values.items() if not k.startswith("out_register")})


def test_data_is_copied_and_put_back_and_reset(hub: Hub) -> None:
    said(hub, "snapshot", "before")
    assert yiqiao("call", "ehealth_card", "register", *wish(1), "--url", hub.url, data=hub.data).returncode == 0
    assert said(hub, "restore", "before")["rows"]["person"] == 150
    assert said(hub, "reset")["rows"]["person"] == 150
    assert [one["name"] for one in said(hub, "snapshots")["snapshots"]] == ["before"]
    said(hub, "snapshot", "before", "--drop")
    gone = yiqiao("sandbox", "restore", "before", "--url", hub.url, data=hub.data)
    assert (gone.returncode, gone.stderr) == (1, "没有名为 before 的快照\n")


def test_time_is_shown_and_set(hub: Hub) -> None:
    assert said(hub, "time")["moved"] is False
    moved = said(hub, "time", "2027-03-01 08:00:00")
    assert moved["moved"] is True
    assert yiqiao("sandbox", "time", "--url", hub.url, data=hub.data).stdout.startswith("sandbox 2027-03-01 08:00:0")
    refused = yiqiao("call", "ehealth_card", "register", *wish(2), "--url", hub.url, data=hub.data)
    assert refused.returncode == 1
    assert "沙箱时钟已拨动" in refused.stderr
    assert said(hub, "time", "real")["moved"] is False
    assert yiqiao("sandbox", "time", "soon", "--url", hub.url, data=hub.data).returncode == 1
    back = yiqiao("sandbox", "time", "--url", hub.url, "--json", "--", "-2h", data=hub.data)
    assert json.loads(back.stdout)["moved"] is True
    said(hub, "time", "real")


def test_faults_are_set_listed_and_cleared(hub: Hub) -> None:
    said(hub, "fault", "set", "lost, times=1")
    said(hub, "fault", "set", "late=5", "--partner", "ehealth_card/demo-hospital")
    rows = said(hub, "fault", "list")["switches"]
    assert [row["faults"] for row in rows] == ["lost, times=1", "late=5"]
    shown = yiqiao("sandbox", "fault", "list", "--url", hub.url, data=hub.data).stdout
    assert "ehealth_card/demo-hospital" in shown
    said(hub, "fault", "clear", "--partner", "ehealth_card/demo-hospital")
    lost = yiqiao("call", "ehealth_card", "register", *wish(3), "--url", hub.url, data=hub.data)
    assert lost.returncode == 3
    assert "原流水号" in lost.stderr
    said(hub, "fault", "clear", "--all")
    assert said(hub, "fault", "list")["switches"] == []
    wrong = yiqiao("sandbox", "fault", "set", "gone", "--url", hub.url, data=hub.data)
    assert wrong.returncode == 1
    assert "database" in wrong.stderr


def test_a_call_asks_for_a_fault_itself(hub: Hub) -> None:
    call = ("call", "ehealth_card", "register", *wish(4), "--url", hub.url)
    assert yiqiao(*call, "--fault", "lost", data=hub.data).returncode == 3
    wrong = yiqiao(*call, "--fault", "sometimes", data=hub.data)
    assert wrong.returncode == 2
    assert "late=" in wrong.stderr
    assert yiqiao(*call, data=hub.data).returncode == 0
    listed = json.loads(yiqiao("journal", "list", "--json", data=hub.data).stdout)["entries"]
    shown = yiqiao("journal", "show", listed[1]["reference"], "--json", data=hub.data)
    assert json.loads(shown.stdout)["fault"] == "lost"


def test_the_door_opens_to_who_holds_the_token_alone(hub: Hub) -> None:
    path = hub.data / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = json.loads(path.read_text())["token"]
    for shown in ({}, {"authorization": "Bearer guessed"}, {"authorization": "Basic x"}):
        assert httpx.post(hub.url + PATH, json={"act": "reset"}, headers=shown).status_code == 401
    mine = {"authorization": f"Bearer {token}"}
    for body in (b"", b"[]", b"{}", b'{"act": "explode"}', b'{"act": "restore"}', b'{"act": ["reset"]}', b"\xff"):
        assert httpx.post(hub.url + PATH, content=body, headers=mine).status_code == 400
    assert httpx.post(hub.url + PATH, content=b"x" * 5000, headers=mine).status_code == 413
    assert httpx.get(hub.url + PATH, headers=mine).status_code in {404, 405}


def test_another_hub_is_not_told_what_was_meant_for_this_one(hub: Hub, tmp_path: Path) -> None:
    other = start_hub(furnished(tmp_path))
    stop(other.process)
    done = yiqiao("sandbox", "reset", "--url", hub.url, data=tmp_path)
    assert done.returncode == 3
    assert "another hub" in done.stderr


def test_a_sandbox_that_does_not_run_is_told_all_the_same(tmp_path: Path) -> None:
    running = start_hub(furnished(tmp_path))
    stop(running.process)
    for words in (("snapshot", "a"), ("reset",), ("restore", "a"), ("time", "+1d"), ("fault", "set", "lost")):
        done = yiqiao("sandbox", *words, data=tmp_path)
        assert done.returncode == 0, done.stderr
    assert json.loads(yiqiao("sandbox", "time", "--json", data=tmp_path).stdout)["moved"] is True
    assert "the journal is whole" in yiqiao("journal", "verify", data=tmp_path).stdout


def test_what_never_was_a_sandbox_is_not_played_with(tmp_path: Path) -> None:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    done = yiqiao("sandbox", "reset", data=tmp_path)
    assert done.returncode == 3
    assert "never started as a sandbox" in done.stderr


@pytest.mark.parametrize(
    "words", [("fault", "clear", "--all", "--partner", "a/b"), ("fault", "set", "lost", "--partner", "x")]
)
def test_a_wrong_command_line_is_exit_code_2(words: tuple[str, ...], hub: Hub) -> None:
    assert yiqiao("sandbox", *words, data=hub.data).returncode == 2
