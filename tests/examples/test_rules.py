"""Every rule that the standard has for a hospital's own systems has a test here that bears its name."""

import ast
from pathlib import Path

import pytest

from yiqiao.spec import load

HOSPITALS = ("his.", "archive.", "terminal.", "scan.", "consent.", "other.", "flow.")
RULES = [rule.id for rule in load("ehealth_card").rules if rule.id.startswith(HOSPITALS)]
TESTS = [
    node.name
    for file in Path(__file__).parent.glob("test_*.py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef)
]


@pytest.mark.parametrize("rule", RULES)
def test_a_test_bears_the_rules_name(rule: str) -> None:
    written = rule.replace(".", "_").replace("-", "_")
    assert any(name.startswith("test_rule_") and f"_{written}_" in name for name in TESTS)
