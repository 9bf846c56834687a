"""`yiqiao sandbox insurance …` as it is typed: with a hub that runs, whose centre has settled something."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import Hub, start_hub, stop
from tests.sandbox.settlement.desk import Desk, line, somebody, visitor
from tests.support.command import yiqiao
from tests.support.migrated import furnished
from yiqiao.clock import SystemClock
from yiqiao.ports.insurance_settlement import CentreRefused, CentreSilent, Settlement
from yiqiao.sandbox.mischief import OnOrder
from yiqiao.sandbox.settlement.centre import INSURANCE, SandboxSettlement
from yiqiao.storage import open_database
from yiqiao.storage.shelves import DatabaseStore

WHO = somebody(kind="310", person_kind="11")


@dataclass(frozen=True)
class Running:
    """A sandbox as a process of its own, with a settlement."""

    hub: Hub
    settled: Settlement

    def said(self, *words: str) -> dict[str, Any]:
        """What a command says as JSON."""
        done = self.typed(*words, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def typed(self, *words: str) -> Any:
        """A command."""
        return yiqiao("sandbox", "insurance", *words, "--url", self.hub.url, data=self.hub.data)


async def settled(data: Path) -> Settlement:
    database = await open_database(f"sqlite:///{data / 'yiqiao.db'}")
    desk = Desk(DatabaseStore(database))
    desk.clock.ms = SystemClock().now_ms()
    try:
        return await desk.settle(visitor(WHO), line(30_000))
    finally:
        await database.close()


async def statement(data: Path) -> object:
    """What becomes of a question to the centre in a process of its own."""
    database = await open_database(f"sqlite:///{data / 'yiqiao.db'}")
    rows = DatabaseStore(database)
    centre = SandboxSettlement(rows, SystemClock(), OnOrder(rows, INSURANCE))
    try:
        return await centre.statement("H98510001001", "2026-01-01")
    except (CentreRefused, CentreSilent) as failure:
        return failure
    finally:
        await database.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    hub = start_hub(furnished(tmp_path_factory.mktemp("hub")))
    yield Running(hub, asyncio.run(settled(hub.data)))
    stop(hub.process)


def test_what_goes_wrong_is_ordered_shown_and_taken_back(running: Running) -> None:
    assert running.said("show") == {"reachable": True, "delay_ms": 0, "orders": []}
    assert running.typed("show").stdout == "answers\n"
    assert running.typed("behave", "refused", "--act", "statement", "--reason", "系统升级").returncode == 0
    assert running.typed("behave", "slow", "--delay", "1", "--always").stdout == "*: slow\n"
    (anything, one) = sorted(running.said("show")["orders"], key=lambda row: str(row["act"]))
    assert (anything["act"], anything["fate"], anything["delay_ms"]) == ("*", "slow", 1)
    assert (one["act"], one["fate"], one["times"], one["reason"]) == ("statement", "refused", 1, "系统升级")
    shown = running.typed("show").stdout
    assert "until told otherwise" in shown
    assert "系统升级" in shown
    assert str(asyncio.run(statement(running.hub.data))) == "系统升级"
    assert asyncio.run(statement(running.hub.data)) == []
    assert running.typed("behave", "silent_before", "--act", "statement").returncode == 0
    assert isinstance(asyncio.run(statement(running.hub.data)), CentreSilent)
    assert running.typed("behave", "well").returncode == 0
    assert running.said("show")["orders"] == []


def test_who_is_insured_is_listed(running: Running) -> None:
    people = running.said("people", "--kind", "310")["people"]
    (one,) = [row for row in people if row["psn_no"] == WHO.psn_no]
    assert {row["kind"] for row in people} == {"310"}
    assert (one["name"], one["status"], one["area"]) == (WHO.who.name, "1", WHO.present.area)
    assert one["balance"] == running.settled.balance
    shown = running.typed("people").stdout
    assert WHO.who.id_no in shown
    assert "paused" in shown
    assert "no answer" in shown


def test_settlements_are_listed_and_taken_back_by_a_clerk(running: Running) -> None:
    settlement_id = running.settled.settlement_id
    (row,) = running.said("settlements")["settlements"]
    assert (row["settlement_id"], row["total"], row["reversed_by"]) == (settlement_id, 30_000, "")
    assert running.said("settlements", "--day", "2026-01-01")["settlements"] == []
    assert "300.00" in running.typed("settlements", "--person", WHO.psn_no).stdout
    assert running.typed("take-back", settlement_id).stdout.startswith("taken back by 98")
    first, back = running.said("settlements", "--person", WHO.psn_no)["settlements"]
    assert (first["reversed_by"], back["settles"]) == (back["settlement_id"], settlement_id)
    again = running.typed("take-back", settlement_id)
    assert (again.returncode, "已经撤销" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("behave", "angry"),
        ("behave", "refused", "--act", "dance"),
        ("behave", "taken_back"),
        ("behave", "different", "--act", "upload"),
        ("settlements", "--day", "2026-01-01", "--person", "1"),
    ],
)
def test_what_cannot_be_ordered_is_told_with_what_can(running: Running, words: tuple[str, ...]) -> None:
    done = running.typed(*words)
    assert done.returncode == 2
    assert "one of" in done.stderr
