"""docs/client.md: every example runs, in its order, and nothing of the client is left out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import running_hub
from tests.support.tree import ROOT
from yiqiao.dialects import ehealth_card
from yiqiao.dialects.ehealth_card import Client

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.platform == "win32", reason="the sandbox is stopped by a signal")
def test_all_examples_of_the_page_run_against_a_sandbox(tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    program.write_text("\n".join(EXAMPLES), encoding="utf-8")
    with running_hub(tmp_path / "data") as hub:
        environment = {**hub.environment, "PYTHONUTF8": "1"}
        command = [sys.executable, str(program)]
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert "林小满 SB97000001" in done.stdout
    assert re.search(r"^2002 .*注销", done.stdout, re.MULTILINE)


def test_the_page_shows_every_method_in_at_most_two_lines() -> None:
    words = {name for name, value in vars(Client).items() if not name.startswith("_") and callable(value)}
    assert {"verify", "close_card", "auth_query"} < words
    methods = PAGE.partition("## Methods")[2].partition("\n## ")[0]
    for word in words - {"close"}:
        assert any(f"card.{word}(" in example for example in EXAMPLES if example in methods), word
    assert all(len(example.splitlines()) <= 2 for example in EXAMPLES if example in methods)


def test_the_page_names_every_error_of_the_client() -> None:
    for name in set(ehealth_card.__all__) - {"Client", "AsyncClient"}:
        assert f"`{name}`" in PAGE, name
