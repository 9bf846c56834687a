"""`yiqiao sandbox card …` as it is typed: with a hub that runs, and without one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import Hub, start_hub, stop
from tests.support.command import yiqiao
from tests.support.migrated import furnished


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A sandbox as a process of its own, and stopped at the end."""
    running = start_hub(furnished(tmp_path_factory.mktemp("hub")))
    yield running
    stop(running.process)


def said(hub: Hub, *words: str) -> dict[str, Any]:
    done = yiqiao("sandbox", "card", *words, "--url", hub.url, "--json", data=hub.data)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def first(hub: Hub, kind: str) -> str:
    return str(next(one["certificate_no"] for one in said(hub, "list")["offers"] if one["kind"] == kind))


def test_cards_are_listed_laid_and_taken_away(hub: Hub) -> None:
    who = first(hub, "identity_card")
    assert said(hub, "put", "ZZJ-98-01", "identity_card", who) == {"code": ""}
    assert said(hub, "device", "ZZJ-98-01", "identity_card", "empty") == {}
    shown = yiqiao("sandbox", "card", "list", "--url", hub.url, data=hub.data).stdout
    assert who in shown
    laid = yiqiao("sandbox", "card", "put", "D", "identity_card", who, "--url", hub.url, data=hub.data).stdout
    assert laid == "identity_card lies at D\n"


def test_a_codes_text_is_told(hub: Hub) -> None:
    told = yiqiao("sandbox", "card", "code", "voucher", first(hub, "voucher"), "--url", hub.url, data=hub.data)
    assert (told.returncode, len(told.stdout.strip()), told.stdout.strip().isdigit()) == (0, 28, True)
    assert ":1:::" in said(hub, "code", "health_card", first(hub, "health_card"))["code"]


def test_the_insurance_centre_is_told_how_to_answer(hub: Hub) -> None:
    for words, told in (
        (["--unreachable"], "unreachable"),
        (["--slow", "1500"], "answers after 1500 ms"),
        ([], "answers"),
    ):
        done = yiqiao("sandbox", "card", "centre", *words, "--url", hub.url, data=hub.data)
        assert (done.returncode, done.stdout) == (0, f"{told}\n")


def test_what_there_is_not_is_refused_in_words(hub: Hub) -> None:
    done = yiqiao("sandbox", "card", "put", "D", "passport", "1", "--url", hub.url, data=hub.data)
    assert (done.returncode, "identity_card" in done.stderr) == (1, True)


def test_without_a_server_the_database_is_told(tmp_path: Path) -> None:
    running = start_hub(furnished(tmp_path))
    who = first(running, "identity_card")
    stop(running.process)
    done = yiqiao("sandbox", "card", "put", "D", "identity_card", who, "--json", data=running.data)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"code": ""})
