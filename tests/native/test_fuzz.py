"""Inputs by chance do no harm; `./dev soak` runs a million of them."""

from pathlib import Path

import pytest

from tests.native.fuzzing import findings, fuzzer


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fuzzer(tmp_path_factory.mktemp("fuzz"))


def test_inputs_by_chance_find_nothing(program: Path) -> None:
    assert findings(program, 3000, 20261128) == ""


def test_a_buffer_that_is_too_short_would_be_found(program: Path) -> None:
    assert "heap-buffer-overflow" in findings(program, 200, 20261128, "planted")
