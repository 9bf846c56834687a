"""PostgreSQL's programs are found where the machine has them, and a failure of theirs shows no password."""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url

from yiqiao.app.postgresql_tools import ToolFailed, ToolMissing, run

URL = make_url("postgresql+asyncpg://hub:s3cret@db.example:5433/yiqiao?ssl=require")


def program(folder: Path, script: str) -> Path:
    """A pg_dump that does what the script says."""
    path = folder / "pg_dump"
    folder.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def test_the_connection_goes_by_the_environment_and_not_by_the_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        tmp_path / "bin", f'echo "$* | $PGHOST $PGPORT $PGUSER $PGPASSWORD $PGDATABASE $PGSSLMODE" > {tmp_path}/said'
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    await run("pg_dump", ["--file=x"], URL)
    said = (tmp_path / "said").read_text().strip()
    assert said == "--no-password --file=x | db.example 5433 hub s3cret yiqiao require"


async def test_a_failure_is_told_in_the_programs_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", 'echo "with $*" >&2; exit 3')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolFailed, match="pg_dump failed: with --no-password") as failed:
        await run("pg_dump", [], URL)
    assert "s3cret" not in str(failed.value)


async def test_the_newest_of_the_installed_is_taken_where_path_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("9", "15", "tools"):
        program(tmp_path / version / "bin", f"echo {version} > {tmp_path}/said")
    monkeypatch.setattr("yiqiao.app.postgresql_tools.INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    await run("pg_dump", [], URL)
    assert (tmp_path / "said").read_text() == "15\n"


async def test_a_missing_program_is_named_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiqiao.app.postgresql_tools.INSTALLED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(ToolMissing, match=r"pg_dump is needed .* postgresql-client"):
        await run("pg_dump", [], URL)
