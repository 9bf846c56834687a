"""What docs/payments.md says is what the code does: its states, its kinds, its signature."""

import re
from pathlib import Path

import pytest

from yiqiao.adapters.messages import signature
from yiqiao.region.payments.findings import TITLES
from yiqiao.region.payments.states import TABLES

TEXT = (Path(__file__).parents[3] / "docs" / "payments.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", TABLES)
def test_every_state_is_told_with_its_title_and_its_acts(kind: str) -> None:
    rows = TEXT.partition(f"| {kind} | whose turn")[2].partition("\n\n")[0].splitlines()
    for state, about in TABLES[kind].items():
        assert f"`{state}` {about.title}" in TEXT
        row = next((line for line in rows if f"`{state}` {about.title}" in line), "")
        assert bool(row) != about.final
        assert {f"`{act}`" for act in about.acts} <= set(re.findall(r"`\w+`", row))


def test_every_kind_of_finding_is_told() -> None:
    for kind, title in TITLES.items():
        assert f"{title} `{kind}`" in TEXT


def test_the_signature_of_the_example_holds() -> None:
    def found(pattern: str) -> str:
        match = re.search(pattern, TEXT, re.MULTILINE)
        assert match
        return match[1]

    timestamp, told = found(r"x-yiqiao-timestamp: (\d+)"), found(r"x-yiqiao-signature: (\w+)")
    body, key = found(r"^    (\{.*\})$"), found(r"under `(\w{32})`")
    assert signature(key.encode(), timestamp, body.encode()) == told
