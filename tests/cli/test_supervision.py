"""`yiqiao supervision`: internet hospitals opened, bound and closed from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import yiqiao

APP = "IH9851"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    assert yiqiao("partner", "list", data=tmp_path).returncode == 0  # makes the keys
    return tmp_path


def told(hub: Path, *command: str) -> Any:
    done = yiqiao("supervision", *command, "--json", data=hub)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_institution_is_opened_bound_and_closed(hub: Path) -> None:
    opening = ("open", APP, "--hospital", "H9851", "--name", "云桥互联网医院")
    assert "would be opened" in yiqiao("supervision", *opening, "--dry-run", data=hub).stderr
    assert told(hub, "list") == []
    done = yiqiao("supervision", *opening, data=hub)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "opened\n")
    (one,) = told(hub, "list")
    assert (one["appid"], one["hospital"], one["open"]) == (APP, "H9851", True)
    for binding in (
        ("subject", "0101", "--subject", "03.04", "--name", "心血管内科专业"),
        ("partner", "H9852", "--name", "云桥县中医医院"),
    ):
        assert yiqiao("supervision", "bind", APP, *binding, data=hub).returncode == 0
    shown = told(hub, "show", APP)
    assert shown["subjects"] == {"0101": "03.04 心血管内科专业"}
    assert shown["partners"] == {"H9852": "云桥县中医医院"}
    assert yiqiao("supervision", "unbind", APP, "partner", "H9852", data=hub).returncode == 0
    assert yiqiao("supervision", "unbind", APP, "partner", "H9852", data=hub).returncode == 1
    assert yiqiao("supervision", "close", APP, data=hub).returncode == 0
    assert not told(hub, "list")[0]["open"]


def test_what_cannot_be_is_refused_with_its_reason(hub: Path) -> None:
    assert yiqiao("supervision", "show", "IH0000", data=hub).returncode == 1
    done = yiqiao("supervision", "bind", APP, "subject", "0101", "--name", "内科", data=hub)
    assert (done.returncode, "--subject" in done.stderr) == (2, True)
    done = yiqiao("supervision", "record", APP, "order", "O1", data=hub)
    assert (done.returncode, "没有这条记录" in done.stderr) == (1, True)
    assert told(hub, "waiting", APP) == told(hub, "batches", APP) == told(hub, "totals") == []
