"""`yiqiao cards uses`: the monitoring of card use on a hub that has served."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from tests.support.hub import NOW_MS, open_hub, registration, showing
from yiqiao.cli.cards import app
from yiqiao.clock import readable

DAY = readable(NOW_MS)[:10]
NAME, ID_NO = "测试甲", "E00000001"


async def visits(folder: Path) -> None:
    """Somebody is registered and shows a code three times, at two stages and two offices."""
    async with open_hub(folder) as hub, hub.client() as caller:
        code = (await caller.call("ehc.ehealthcard.querywithreg", registration("REG-1")))["ehealth_code"]
        for number, stage, office in [(1, "010101", "0300"), (2, "010105", "0300"), (3, "010105", "0700")]:
            shown = showing(f"VER-{number}", code, treatment_code=stage, office_code=office, operator_name="窗口某")
            await caller.call("ehc.ehealthcode.verify", shown)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a hub that has served; nothing here changes it."""
    folder = tmp_path_factory.mktemp("hub")
    asyncio.run(visits(folder))
    return folder


def run(folder: Path, *words: str, code: int = 0) -> tuple[str, str]:
    """What `yiqiao cards uses` says on stdout and stderr."""
    result = CliRunner().invoke(app, ["uses", *words, "--last", DAY, "--data", str(folder)])
    assert result.exit_code == code, result.stderr
    return result.stdout, result.stderr


def answer(folder: Path, *words: str) -> object:
    return json.loads(run(folder, *words, "--json")[0])


def listed(folder: Path, *words: str) -> tuple[list[dict[str, object]], str | None]:
    found = cast(dict[str, object], answer(folder, *words))
    return cast(list[dict[str, object]], found["uses"]), cast(str | None, found["next"])


def test_uses_are_listed_with_place_and_operator_and_the_person_masked(served: Path) -> None:
    uses, _ = listed(served)
    assert [use["serial"] for use in uses] == ["VER-3", "VER-2", "VER-1"]
    assert (uses[0]["operator_id"], uses[0]["operator_name"], uses[0]["ip_addr"]) == ("0007", "窗口某", "192.0.2.7")
    assert (uses[0]["name"], uses[0]["id_no"]) == ("测**", "E******01")


def test_the_list_goes_on_by_its_place(served: Path) -> None:
    first, after = listed(served, "--limit", "2")
    assert after is not None
    rest, end = listed(served, "--limit", "2", "--after", after)
    assert [use["serial"] for use in first + rest] == ["VER-3", "VER-2", "VER-1"]
    assert end is None


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("stage", {"010105": 2, "010101": 1}),
        ("office", {"0300": 2, "0700": 1}),
        ("partner", {"demo-hospital": 3}),
        ("terminal", {"10000000001": 3}),
        ("operator", {"0007": 3}),
    ],
)
def test_uses_are_counted(by: str, told: dict[str, int], served: Path) -> None:
    rows = cast(list[dict[str, object]], answer(served, "--by", by))
    assert {row[by]: row["uses"] for row in rows} == told


def test_time_is_counted_by_day_and_days_without_uses_are_there(served: Path) -> None:
    rows = cast(list[dict[str, object]], answer(served, "--by", "time"))
    assert [row["uses"] for row in rows] == [0] * 6 + [3]
    assert rows[-1]["day"] == DAY


def test_filters_leave_out_the_others(served: Path) -> None:
    assert [use["serial"] for use in listed(served, "--stage", "010105", "--office", "0700")[0]] == ["VER-3"]
    assert listed(served, "--partner", "somebody-else")[0] == []


def test_tables_are_for_people(served: Path) -> None:
    assert "挂号 010101" in run(served)[0]
    assert "█" in run(served, "--by", "stage")[0]
    assert "nothing found" in run(served, "--partner", "nobody")[0]


def test_csv_is_whole_and_masked(served: Path) -> None:
    text = run(served, "--csv", "--limit", "1")[0]
    assert text.startswith("\ufeff")
    assert len(list(csv.reader(io.StringIO(text)))) == 4
    assert NAME not in text
    assert ID_NO not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--by", "weather"), 2, "stage"),
        (("--by", "stage", "--csv"), 2, "--csv"),
        (("--first", "2026-13-01"), 1, "2026-11-20"),
        (("--after", "nowhere"), 1, "place"),
    ],
)
def test_what_cannot_be_is_refused_with_its_exit_code(
    words: tuple[str, ...], code: int, said: str, served: Path
) -> None:
    assert said in run(served, *words, code=code)[1]
