"""What is shown of personal values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.spec.masking import KINDS, mask, mask_stray


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("number", "359851198503120137", "359***********0137"),
        ("number", "E98510023", "E******23"),
        ("number", "98510", "*****"),
        ("name", "王某", "王*"),
        ("name", "欧阳某某", "欧***"),
        ("name", "王", "*"),
        ("phone", "15498510001", "154****0001"),
        ("date", "19850312", "1985****"),
        ("text", "云桥县柳溪镇梧桐路 12 号", "云桥县******"),
        ("text", "云桥县柳溪镇", "******"),
        ("secret", "0123456789abcdef", "***"),
        ("secret", "", "***"),
    ],
)
def test_a_masked_value_looks_like_this(kind: str, value: str, seen: str) -> None:
    assert mask(value, kind) == seen


@given(kind=st.sampled_from(sorted(KINDS)), value=st.text(min_size=1, max_size=60))
def test_four_characters_or_half_of_every_value_are_hidden(kind: str, value: str) -> None:
    shown = mask(value, kind).replace("*", "")
    assert len(value) - len(shown) >= min(4, len(value) / 2)


def test_numbers_of_people_are_masked_wherever_they_stand() -> None:
    text = mask_stray("见 359851198503120137 与 15498510001，流水 2026013109300000123")
    assert text == "见 359***********0137 与 154****0001，流水 2026013109300000123"
