"""`yiqiao operator`: filing the people who sign in."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from yiqiao.cli.db import app as db
from yiqiao.cli.operator import app


@pytest.fixture(autouse=True)
def _a_hub_that_was_started(tmp_path: Path) -> None:
    CliRunner().invoke(db, ["upgrade", "--data", str(tmp_path)])


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(folder)])


def listed(folder: Path) -> dict[str, dict[str, str]]:
    return {row["name"]: row for row in json.loads(run(folder, "list", "--json").stdout)}


def test_added_operator_gets_a_password_on_stdout_and_is_listed(tmp_path: Path) -> None:
    result = run(tmp_path, "add", "wang.li", "--role", "operator")
    assert result.exit_code == 0
    assert len(result.stdout.strip()) == 23
    assert (listed(tmp_path)["wang.li"]["role"], listed(tmp_path)["wang.li"]["state"]) == ("operator", "active")


def test_password_is_no_part_of_the_list(tmp_path: Path) -> None:
    made = json.loads(run(tmp_path, "add", "wang.li", "--json").stdout)
    assert made["password"] not in run(tmp_path, "list", "--json").stdout
    assert "wang.li" in run(tmp_path, "list").stdout


def test_new_password_differs_from_the_old_one(tmp_path: Path) -> None:
    old = run(tmp_path, "add", "wang.li").stdout
    new = run(tmp_path, "password", "wang.li")
    assert new.exit_code == 0
    assert new.stdout not in ("", old)


def test_disabled_operator_can_be_enabled_again(tmp_path: Path) -> None:
    run(tmp_path, "add", "wang.li")
    assert run(tmp_path, "disable", "wang.li").exit_code == 0
    assert listed(tmp_path)["wang.li"]["state"] == "disabled"
    assert run(tmp_path, "enable", "wang.li").exit_code == 0
    assert listed(tmp_path)["wang.li"]["state"] == "active"


def test_last_administrator_cannot_be_disabled(tmp_path: Path) -> None:
    run(tmp_path, "add", "chief", "--role", "administrator")
    result = run(tmp_path, "disable", "chief")
    assert result.exit_code == 1
    assert "管理员" in result.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "wang.li", "--role", "king"), 2),
        (("add", "Wang Li"), 1),
        (("disable", "nobody"), 1),
        (("password", "nobody"), 1),
    ],
)
def test_what_cannot_be_is_refused_with_its_exit_code(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    assert run(tmp_path, *words).exit_code == code
