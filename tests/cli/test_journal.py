"""`yiqiao journal` on a hub that has served: data on stdout, talk on stderr, stable exit codes, people masked."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.support.hub import Hub, open_hub, registration, showing
from yiqiao.cli.journal import app
from yiqiao.cli.moments import moment
from yiqiao.clock import parse_compact
from yiqiao.dialects.ehealth_card.client import Refused
from yiqiao.storage import open_database

ID_NO, PHONE, NAME = "E00000001", "15400000001", "测试甲"


async def visits(folder: Path) -> None:
    """Somebody is registered, shows a code, and the desk sends the same serial again."""

    async def calls(hub: Hub) -> None:
        async with hub.client() as caller:
            wish = registration("REG-1")
            code = (await caller.call("ehc.ehealthcard.querywithreg", wish))["ehealth_code"]
            await caller.call("ehc.ehealthcode.verify", showing("VER-1", code))
            with pytest.raises(Refused):
                await caller.call("ehc.ehealthcode.verify", showing("VER-1", code))

    async with open_hub(folder) as hub:
        await calls(hub)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a hub that has served; nothing here changes it."""
    folder = tmp_path_factory.mktemp("hub")
    asyncio.run(visits(folder))
    return folder


def run(folder: Path, *arguments: str, **more: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(folder)], **more)  # type: ignore[arg-type]


def answer(result: Result) -> dict[str, list[dict[str, object]]]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, list[dict[str, object]]] = json.loads(result.stdout)
    return found


def outcomes(result: Result) -> list[object]:
    return [entry["outcome"] for entry in answer(result)["entries"]]


def reference(folder: Path, *arguments: str) -> str:
    return str(answer(run(folder, *arguments, "--json"))["entries"][0]["reference"])


def test_the_list_is_newest_first_and_goes_on_by_its_cursor(served: Path) -> None:
    assert outcomes(run(served, "list", "--json")) == ["3002", "0000", "0000"]
    first = answer(run(served, "list", "--limit", "2", "--json"))
    assert outcomes(run(served, "list", "--after", str(first["next"]), "--json")) == ["0000"]


def test_the_list_is_a_table_for_people(served: Path) -> None:
    result = run(served, "list", "--outcome", "3002")
    assert result.exit_code == 0
    assert "3002" in result.stdout
    assert "0000" not in result.stdout.replace("10000000001", "")


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (["--trace", "VER-1"], ["3002", "0000"]),
        (["--trace", "VER-1", "--outcome", "0000"], ["0000"]),
        (["--trace", "VER"], []),
        (["--person", f"03 {ID_NO}"], ["0000", "0000"]),
        (["--person", "03 E00000002"], []),
        (["--person", f"03 {ID_NO}", "--operation", "ehc.ehealthcode.verify"], ["0000"]),
        (["--card", "VER-1"], []),
        (["--order", "VER-1"], []),
    ],
)
def test_a_business_key_finds_what_is_about_it(served: Path, key: list[str], found: list[str]) -> None:
    assert outcomes(run(served, "search", *key, "--json")) == found


def test_a_number_may_come_by_stdin_and_so_stay_out_of_the_shells_history(served: Path) -> None:
    result = run(served, "search", "--person", "-", "--json", input=f"03 {ID_NO}\n")
    assert outcomes(result) == ["0000", "0000"]


def test_a_search_without_a_key_is_a_wrong_command_line(served: Path) -> None:
    assert run(served, "search", "--dialect", "ehealth_card").exit_code == 2


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_record_shows_nobody_in_the_clear(served: Path, form: list[str]) -> None:
    result = run(served, "show", reference(served, "search", "--trace", "REG-1"), *form)
    assert result.exit_code == 0
    assert "ehc.ehealthcard.querywithreg" in result.stdout
    assert [word for word in (ID_NO, PHONE, NAME) if word in result.stdout] == []
    assert "154****0001" in result.stdout


def test_a_record_in_full_warns_on_stderr(served: Path) -> None:
    result = run(served, "show", reference(served, "search", "--trace", "REG-1"), "--full", "--json")
    record = json.loads(result.stdout)
    assert record["request"]["id_no"] == ID_NO
    assert json.loads(record["wire_request"])["app_id"] == "demo-hospital"
    assert "in the clear" in result.stderr


def test_a_record_that_is_not_there_is_refused(served: Path) -> None:
    assert run(served, "show", "nowhere/1").exit_code == 1
    assert run(served, "show", "nowhere").exit_code == 2


def test_a_replay_says_what_came_of_it(served: Path) -> None:
    stale = run(served, "replay", reference(served, "list", "--outcome", "3002"), "--dry-run")
    assert stale.exit_code == 1
    assert "--now" in stale.stderr
    first = reference(served, "search", "--trace", "VER-1", "--outcome", "0000")
    settled = run(served, "replay", first, "--now")
    assert settled.exit_code == 1
    assert "--dry-run" in settled.stderr
    rehearsed = run(served, "replay", first, "--now", "--dry-run", "--json")
    assert rehearsed.exit_code == 1
    assert json.loads(rehearsed.stdout)["refusal"] == "DuplicateSerial"


def test_a_whole_journal_verifies_and_its_report_can_be_held_against_a_later_one(served: Path, tmp_path: Path) -> None:
    first = run(served, "verify", "--json")
    assert first.exit_code == 0
    (tmp_path / "report.json").write_text(first.stdout)
    again = run(served, "verify", "--heads", str(tmp_path / "report.json"))
    assert again.exit_code == 0
    assert "the journal is whole" in again.stdout
    (tmp_path / "report.json").write_text("[]")
    assert run(served, "verify", "--heads", str(tmp_path / "report.json")).exit_code == 2
    assert run(served, "verify", "--heads", str(tmp_path / "none.json")).exit_code == 3


def test_a_broken_journal_exits_1_and_is_pruned_only_when_told_to(tmp_path: Path) -> None:
    asyncio.run(visits(tmp_path))

    async def tamper() -> None:
        database = await open_database(f"sqlite:///{tmp_path / 'yiqiao.db'}")
        await database.write(lambda connection: connection.execute(text("UPDATE journal SET outcome = '0000'")))
        await database.close()

    asyncio.run(tamper())
    result = run(tmp_path, "verify")
    assert result.exit_code == 1
    assert "entry altered" in result.stdout
    assert run(tmp_path, "prune", "--before", "2099-01-01").exit_code == 1
    assert len(answer(run(tmp_path, "list", "--json"))["entries"]) == 3
    assert run(tmp_path, "prune", "--before", "2099-01-01", "--broken-too").exit_code == 1
    assert answer(run(tmp_path, "list", "--json"))["entries"] == []


def test_a_dry_run_of_pruning_only_counts(served: Path) -> None:
    result = run(served, "prune", "--before", "2099-01-01", "--dry-run", "--json")
    assert json.loads(result.stdout)["entries"] == 3
    assert len(answer(run(served, "list", "--json"))["entries"]) == 3


@pytest.mark.parametrize("command", [["list"], ["verify"], ["show", "a/1"], ["prune"], ["replay", "a/1"]])
def test_a_folder_without_a_hub_is_out_of_reach_and_stays_empty(tmp_path: Path, command: list[str]) -> None:
    result = run(tmp_path / "typo", *command)
    assert result.exit_code == 3
    assert "no hub here" in result.stderr
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    "wrong", [["--since", "yesterday"], ["--after", "x"], ["--set", "nonsense=1"], ["--set", "port"], ["--limit", "0"]]
)
def test_a_wrong_command_line_exits_2(served: Path, wrong: list[str]) -> None:
    assert run(served, "list", *wrong).exit_code == 2


@pytest.mark.parametrize(
    ("text", "compact"),
    [
        ("2026-11-20", "20261120000000"),
        ("2026-11-20 09:30", "20261120093000"),
        ("2026-11-20T09:30:15", "20261120093015"),
        ("90m", "20261120080000"),
        ("2h", "20261120073000"),
        ("7d", "20261113093000"),
    ],
)
def test_times_are_beijing_time_or_so_long_ago(text: str, compact: str) -> None:
    assert moment(text, parse_compact("20261120093000")) == parse_compact(compact)


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "2026-13-01", "20261120", "１h"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        moment(text, 0)
