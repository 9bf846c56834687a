"""`yiqiao sandbox his` as it is typed."""

import json
from pathlib import Path

import pytest

from tests.support.command import yiqiao


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's folder with an empty database."""
    folder = tmp_path_factory.mktemp("hub")
    assert yiqiao("db", "upgrade", data=folder).returncode == 0
    return folder


def test_what_is_ordered_is_shown_and_taken_back(data: Path) -> None:
    done = yiqiao("sandbox", "his", "silent_after", "--act", "refund", "--times", "2", "--json", data=data)
    (ordered,) = json.loads(done.stdout)
    assert (ordered["target"], ordered["act"]) == ("his", "refund")
    assert (ordered["fate"], ordered["times"]) == ("silent_after", 2)
    assert "silent_after" in yiqiao("sandbox", "his", data=data).stdout
    over = yiqiao("sandbox", "his", "well", "--act", "refund", data=data)
    assert (over.returncode, over.stdout) == (0, "")
    assert "all goes well" in over.stderr


def test_well_without_an_act_takes_everything_back(data: Path) -> None:
    for act in ("refund", "query"):
        assert yiqiao("sandbox", "his", "silent_after", "--act", act, data=data).returncode == 0
    assert "all goes well" in yiqiao("sandbox", "his", "well", data=data).stderr


@pytest.mark.parametrize("words", [("angry",), ("refused", "--act", "dance")])
def test_what_cannot_be_ordered_is_told_with_what_can(data: Path, words: tuple[str, ...]) -> None:
    done = yiqiao("sandbox", "his", *words, data=data)
    assert done.returncode == 2
    assert "one of" in done.stderr
