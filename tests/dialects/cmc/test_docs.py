"""docs/cmc.md: its worked examples are computed, and its tables are those of the specification."""

import re
from pathlib import Path

import pytest

from tests.dialects.cmc.worked import examples
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.examination import encoded_in
from yiqiao.spec import load

PAGE = (Path(__file__).parents[3] / "docs" / "cmc.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", examples())
def test_a_worked_example_is_what_the_code_computes(name: str) -> None:
    assert examples()[name] in PAGE


def test_the_twenty_three_places_of_the_example_are_read() -> None:
    text = examples()["23 places"].rpartition("plain text")[2].strip()
    read = envelope.read(encoded_in(text))
    assert read["mzsxh"] == "欧阳晚晴@2@34@1992-07-28"


def test_every_place_and_every_code_stands_in_the_page() -> None:
    spec = load("cmc")
    for place, field in enumerate(spec.operations["launch.insured"].request, 1):
        assert re.search(rf"^\| {place} \| `{field.name}` \| {re.escape(field.title)} ", PAGE, re.M), field.name
    for code in spec.return_codes:
        assert f"`{code}`" in PAGE, code
