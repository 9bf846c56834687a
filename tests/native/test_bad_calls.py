"""Every bad call in C, under the sanitizers: the host is not harmed, and is told what was wrong."""

import subprocess
from pathlib import Path

import pytest

from native.build import ENTRIES, SOURCES
from tests.native.fuzzing import SANITIZED
from tests.native.libraries import compiled, ini, sources

TOLD = """690001
690001 1
600002 1
690002 1
600003 1
600014 1
9001
9001 1
8003 1
9001 1
9001 1
8004 1
600004 600004
690001 600002
690002
done
"""


@pytest.mark.parametrize("sanitizer", [SANITIZED, ("-O1", "-fsanitize=thread")], ids=["address", "thread"])
def test_no_bad_call_harms_the_host(tmp_path: Path, sanitizer: tuple[str, ...]) -> None:
    entries = [str(SOURCES / name) for name in ENTRIES.values()]
    caller = str(Path(__file__).with_name("bad_calls.c"))
    program = compiled(tmp_path / "calls", [*sources(), *entries, caller], *sanitizer, "-pthread")
    settings = {"gateway": {"url": "http://127.0.0.1:9"}, "pages": {"browser": "none"}}
    for name in ENTRIES:
        (tmp_path / f"{name}.ini").write_text(ini(settings), "utf-8")
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, TOLD), done.stderr
