"""`yiqiao db`: upgrade, check, backup and restore from the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app.store import KEYS_FILE
from yiqiao.cli.db import app
from yiqiao.storage.migrate import newest


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(folder)])


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The data folder of a hub."""
    folder = tmp_path / "hub"
    assert run(folder, "upgrade").exit_code == 0
    FileKeys(folder / KEYS_FILE).keyring()
    return folder


def test_an_upgrade_goes_from_empty_to_the_newest_form_and_is_done_once(tmp_path: Path) -> None:
    said = json.loads(run(tmp_path, "upgrade", "--dry-run", "--json").stdout)
    assert said == {"before": None, "needed": newest(), "dry_run": True}
    assert run(tmp_path, "check").exit_code == 3
    assert f"gone from empty to revision {newest()}" in run(tmp_path, "upgrade").stdout
    assert "already" in run(tmp_path, "upgrade").stdout


def test_a_good_database_is_called_good(hub: Path) -> None:
    result = run(hub, "check", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["good"]
    assert "good" in run(hub, "check").stdout


def test_a_backup_is_restored_with_a_word_about_the_keys(hub: Path, tmp_path: Path) -> None:
    without = run(hub, "backup", str(tmp_path / "without.tar"))
    assert without.exit_code == 0
    assert "the keys are not in it" in without.stderr
    kept = run(hub, "backup", str(tmp_path / "with.tar"), "--with-keys", "--json")
    assert [part["name"] for part in json.loads(kept.stdout)["parts"]] == ["database.sqlite", "keys.json"]
    assert "whoever has it can read everything" in kept.stderr
    refused = run(tmp_path / "new", "restore", str(tmp_path / "without.tar"))
    assert refused.exit_code == 1
    assert "put the hub's keys file there first" in refused.stderr
    restored = run(tmp_path / "new", "restore", str(tmp_path / "with.tar"))
    assert restored.exit_code == 0, restored.stderr
    assert "the journal is whole" in restored.stdout
    assert run(tmp_path / "new", "check").exit_code == 0


def test_what_cannot_be_done_says_so_by_its_exit_code(hub: Path, tmp_path: Path) -> None:
    assert run(hub, "backup", str(tmp_path / "b.tar")).exit_code == 0
    assert run(hub, "backup", str(tmp_path / "b.tar")).exit_code == 1
    assert run(hub, "restore", str(tmp_path / "b.tar")).exit_code == 1
    assert run(hub, "restore", str(tmp_path / "b.tar"), "--force").exit_code == 0
    assert run(hub, "restore", str(tmp_path / "none.tar")).exit_code == 3
    assert run(tmp_path / "typo", "backup", str(tmp_path / "c.tar")).exit_code == 3
    assert run(hub, "backup", str(tmp_path / "no folder" / "c.tar")).exit_code == 3
    assert run(hub, "check", "--set", "nonsense=1").exit_code == 2


def test_a_server_out_of_reach_exits_3_and_shows_no_password(hub: Path, tmp_path: Path) -> None:
    url = "postgresql://hub:s3cret@127.0.0.1:1/none"
    for command in (["check"], ["upgrade"], ["backup", str(tmp_path / "b.tar")]):
        result = run(hub, *command, "--database-url", url)
        assert result.exit_code == 3, result.exception
        assert "s3cret" not in result.stderr + result.stdout
