"""What counts as naming a rule, and what does not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.named_rules import unnamed
from yiqiao.spec import Rule


def spec_of(*ids: str) -> Any:
    first, *others = (Rule(one, "") for one in ids)
    return SimpleNamespace(rules=(first,), operations={"any": SimpleNamespace(rules=tuple(others))})


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("def test_rule_lock_lapse_after_ten_minutes(): ...", {"lock.lapse"}),
        ("async def test_rule_lock(): ...", {"lock"}),
        ("def test_rule_locked_is_another_word(): ...", set()),
        ("def test_rule_a0000_hex_in_small_letters(): ...", {"A0000.hex"}),
        ("def test_rule_sign_type_is_given(): ...", {"sign-type"}),
        ("def helper():\n    'lock.lapse'", set()),
        ("# lock.lapse\nx = 'A0000.hex'", set()),
        ("'A0000.hex and lock.lapse.'", {"A0000.hex", "lock.lapse"}),
        ("def test_it():\n    'sign-type'", {"sign-type"}),
        ("def test_it():\n    'lock.lapse.again, A0000.hexes, my.lock.lapse'", set()),
        ("def test_it():\n    'A lock, and then the order of the lock: order'", set()),
        ("def test_it():\n    'Names `order` and `lock`.'", {"order", "lock"}),
        ("def test_it():\n    'order, lock.lapse'", {"order", "lock.lapse"}),
        ("class TestIt:\n    def test_rule_order(self): ...", {"order"}),
    ],
)
def test_a_rule_is_named(source: str, named: set[str], tmp_path: Path) -> None:
    rules = {"lock", "lock.lapse", "A0000.hex", "sign-type", "order"}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_it.py").write_text(source, encoding="utf-8")
    assert set(unnamed(spec_of(*rules), [tmp_path])) == rules - named


def test_only_tests_are_read(tmp_path: Path) -> None:
    (tmp_path / "world.py").write_text("'lock.lapse'", encoding="utf-8")
    (tmp_path / "test_it.py").write_text("", encoding="utf-8")
    assert unnamed(spec_of("lock.lapse"), [tmp_path, tmp_path / "test_it.py"]) == ["lock.lapse"]


def test_what_people_do_needs_no_test_but_must_be_a_rule(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("", encoding="utf-8")
    assert unnamed(spec_of("scope", "order"), [tmp_path], {"scope"}) == ["order"]
    with pytest.raises(ValueError, match=r"no rules .*: gone$"):
        unnamed(spec_of("scope"), [tmp_path], {"gone"})


def test_a_folder_without_tests_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no tests under"):
        unnamed(spec_of("scope"), [tmp_path])
