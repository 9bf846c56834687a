"""What a scanned text is."""

import pytest

from yiqiao.ports.card_reader import Unreadable
from yiqiao.region.reading.codes import CodeKind, kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9" * 28, CodeKind.VOUCHER),
        ("0123456789012345678901234567", CodeKind.VOUCHER),
        ("A" * 64 + ":1:::00000000001", CodeKind.HEALTH_CARD),
        ("0" * 64 + ":0:::00000000001", CodeKind.HEALTH_CARD),
        ("01:" + "F" * 64 + ":1", CodeKind.HEALTH_CARD),
        ("9800000001", CodeKind.HOSPITAL_CARD),
        ("ZY98001", CodeKind.HOSPITAL_CARD),
    ],
)
def test_a_text_is_told_by_its_shape(text: str, kind: CodeKind) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABCDEFG",
        "123",
        "9" * 27,
        "9" * 29,
        "https://example.org/a",
        "９８００００００１２",
        "A" * 64 + ":2:::1",
        "98 00",
    ],
)
def test_anything_else_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        kind_of(text)
