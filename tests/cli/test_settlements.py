"""`yiqiao settlements` and `yiqiao sandbox owe`: seen, acted on, looked into, without a hub that runs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from yiqiao.app import insurance as wiring
from yiqiao.app.payments import furnish, open_hub
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.cli import sandbox, settlements
from yiqiao.ports.his_billing import Patient
from yiqiao.ports.insurance_settlement import Visitor
from yiqiao.region.insurance.service import Wish
from yiqiao.region.insurance.settlement import Facts
from yiqiao.storage import sandbox as switches

T = TypeVar("T")
CARD = "M20117734"


def on_store(folder: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_store(Settings(data=str(folder), sandbox=True)) as store:
            return await work(store)

    return asyncio.run(run())


def called(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(settlements.app, [*arguments, "--data", str(folder)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sandbox's folder, with a patient who owes 50 元 and a settlement that has begun."""

    async def opened(store: Store) -> None:
        await store.database.write(lambda c: switches.set_open(c, True))
        await furnish(store, (await open_hub(store)).channels)

    on_store(tmp_path, opened)
    owed = CliRunner().invoke(sandbox.app, ["owe", CARD, "30", "20.00", "--json", "--data", str(tmp_path)])
    assert owed.exit_code == 0, owed.output
    assert len(json.loads(owed.stdout)) == 2
    on_store(tmp_path, begun)
    return tmp_path


async def begun(store: Store) -> None:
    hub = await open_hub(store)
    (merchant, _) = await furnish(store, hub.channels)
    who = Visitor("ZF1", "01", "359801199001010027", "测试乙", "", "", "359800", "H98510001001", "云桥县人民医院")
    facts = Facts(who, Patient("01", CARD, "03", CARD, who.name, who.certificate_no), (), ())
    service = wiring.settlements_of(store, hub)
    write = await service.settle(Wish("his", merchant.merchant_id, merchant.secret, False, "", facts))
    (done,) = await store.database.write(lambda c: write.lane.execute(c, [write.command]))
    assert not isinstance(done, Exception), done


def only(folder: Path) -> dict[str, Any]:
    (row,) = json.loads(called(folder, "list", "--json").stdout)
    found: dict[str, Any] = row
    return found


def test_settlements_are_listed_and_shown(folder: Path) -> None:
    row = only(folder)
    assert (row["state"], row["total"], row["cash"]) == ("ordering", "50.00", "50.00")
    assert json.loads(called(folder, "list", "--state", "done", "--json").stdout) == []
    assert called(folder, "list", "--state", "nowhere").exit_code == 2
    shown = json.loads(called(folder, "show", row["number"], "--json").stdout)
    assert [step["after"] for step in shown["course"]] == ["ordering"]
    assert "测试乙" not in called(folder, "show", row["number"]).stdout
    assert row["number"] in called(folder, "list").stdout
    assert called(folder, "show", "9").exit_code == 1


def test_an_act_is_written_down_and_needs_to_be_meant(folder: Path) -> None:
    number = only(folder)["number"]
    assert called(folder, "retry", number, "--dry-run").exit_code == 0
    assert called(folder, "retry", number).exit_code == 0
    shown = json.loads(called(folder, "show", number, "--json").stdout)
    assert shown["course"][-1]["told"] == "立即重试"
    assert called(folder, "reverse", number).exit_code == 2, "it says --yes"
    for act in ("reverse", "confirm", "by-hand"):
        assert called(folder, act, number, "--yes").exit_code == 1
        assert called(folder, act, number, "--dry-run").exit_code == 1


def test_what_stands_on_one_side_is_found_and_days_are_compared(folder: Path) -> None:
    found = called(folder, "findings", "--look", "--json")
    assert (found.exit_code, json.loads(found.stdout)) == (0, [])
    compared = called(folder, "reconcile", "--json")
    assert (compared.exit_code, json.loads(compared.stdout)) == (0, []), "nothing was settled with the centre yet"
    assert called(folder, "reconcile").exit_code == 0


def test_what_is_owed_is_an_amount(folder: Path) -> None:
    for wrong in (["owe", CARD, "much"], ["owe", CARD, "0"], ["owe", CARD, "1", "--level", "9"]):
        assert CliRunner().invoke(sandbox.app, [*wrong, "--data", str(folder)]).exit_code == 2
