"""The README's first program does what the README says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import running_hub
from tests.support.tree import ROOT

LONGEST_PROGRAM = 20


def _program(readme: str) -> str:
    (found,) = re.findall(
        r"^```python\n(.*?)^```", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(found)


def test_both_readmes_show_the_same_program_in_at_most_twenty_lines() -> None:
    program = _program("README.md")
    assert program == _program("README.zh-CN.md")
    assert len([line for line in program.splitlines() if line.strip()]) <= LONGEST_PROGRAM


@pytest.mark.skipif(sys.platform == "win32", reason="the sandbox is stopped by a signal")
def test_the_program_registers_and_verifies_against_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text(_program("README.md"), encoding="utf-8")
    with running_hub(tmp_path / "data") as hub:
        command = [sys.executable, "first.py"]
        done = subprocess.run(
            command, cwd=tmp_path, env=hub.environment, capture_output=True, encoding="utf-8", timeout=60
        )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"林小满 [0-9A-F]{64}\n", done.stdout)
