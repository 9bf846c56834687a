"""`yiqiao hospital`: calling sessions off, and taking them up again."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.hospital import HOSPITAL, fill, schedule_id
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.cli.hospital import app
from yiqiao.clock import BEIJING
from yiqiao.ports.hospital.values import Session

TODAY = datetime.now(BEIJING).date()
MORNING = schedule_id("YS8101", "D0101", TODAY, Session.MORNING)


@pytest.fixture(autouse=True)
def _a_hospital(tmp_path: Path) -> None:
    async def furnish() -> None:
        async with open_store(Settings(data=str(tmp_path))) as store:
            await store.database.write(lambda c: fill(c, TODAY, 2, keyring=store.keyring))

    asyncio.run(furnish())


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(folder)])


def told(folder: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(folder, *words, "--json").stdout)
    return found


def test_a_session_is_called_off_listed_and_taken_up_again(tmp_path: Path) -> None:
    stopped = run(tmp_path, "stop", HOSPITAL, "--schedule", MORNING, "--reason", "外出学习")
    assert stopped.exit_code == 0
    assert MORNING in stopped.stdout
    assert "1 session(s) called off" in stopped.stderr
    (stop,) = told(tmp_path, "stops", HOSPITAL)
    assert (stop["schedule"], stop["bookings"], stop["reason"]) == (MORNING, "closed", "外出学习")
    assert run(tmp_path, "resume", HOSPITAL, "--schedule", MORNING).exit_code == 0
    assert told(tmp_path, "stops", HOSPITAL) == []


def test_a_dry_run_says_what_would_be_and_changes_nothing(tmp_path: Path) -> None:
    would = told(tmp_path, "stop", HOSPITAL, "--doctor", "YS8102", "--session", "morning", "--dry-run")
    assert [(one["dept"], one["session"]) for one in would] == [("D0101", "morning"), ("D0102", "morning")]
    assert told(tmp_path, "stops", HOSPITAL) == []


def test_bookings_can_be_kept(tmp_path: Path) -> None:
    run(tmp_path, "stop", HOSPITAL, "--dept", "D03", "--keep")
    assert {one["bookings"] for one in told(tmp_path, "stops", HOSPITAL)} == {"kept"}


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        ((), 2, "--schedule, --doctor or --dept"),
        (("--doctor", "YS8101", "--session", "night"), 2, "morning"),
        (("--doctor", "YS8101", "--from", "tomorrow"), 2, "YYYY-MM-DD"),
        (("--doctor", "YS9999"), 1, "没有符合条件的排班"),
        (("--doctor", "YS8101", "--from", "2020-01-01"), 1, "从今天起"),
    ],
)
def test_what_cannot_be_called_off_is_refused_with_the_reason(
    tmp_path: Path, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    result = run(tmp_path, "stop", HOSPITAL, *words)
    assert result.exit_code == exit_code
    assert said in result.stderr
