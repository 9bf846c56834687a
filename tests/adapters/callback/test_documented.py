"""docs/existing-his.md says what really goes over the line."""

import json
import re
from typing import Any

import pytest

from tests.support.tree import ROOT
from yiqiao.adapters.callback.line import OUTCOME, REFUSALS
from yiqiao.adapters.callback.samples import SAMPLES
from yiqiao.adapters.callback.wording import READERS
from yiqiao.adapters.sqlviews.rows import ROWS

PAGE = (ROOT / "docs" / "existing-his.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[dict[str, Any]]:
    """The JSON texts below an act's heading."""
    section = re.split(r"^### ", PAGE.split(f"### `{kind}`\n")[1], flags=re.MULTILINE)[0]
    return [json.loads(found) for found in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]


@pytest.mark.parametrize("kind", SAMPLES)
def test_each_call_is_shown_as_it_is(kind: str) -> None:
    asked, answer = blocks(kind)
    assert asked == {"serial": "P2026112800001", "attempt": 1, **json.loads(json.dumps(SAMPLES[kind]))}
    assert answer["code"] == "OK"
    READERS["lock" if kind == OUTCOME else kind](answer["data"])


@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_is_told(code: str) -> None:
    assert f"| `{code}` |" in PAGE


@pytest.mark.parametrize("row", ROWS)
def test_each_view_and_its_columns_are_told(row: str) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{row}` |"))
    assert set(re.findall(r"`(\w+)`", line)) == {row, *ROWS[row].fields}
