"""Telling apart what a scanned text is: an insurance voucher, an electronic health card, a card of the hospital's.

Their shapes do not meet, so no order of trying is needed:

    insurance voucher        28 digits
    electronic health card   hexadecimal, ":", 0 or 1, ":" …, as region/cards/codes.py describes it
    hospital card            4 to 20 letters and digits, at least one digit
"""

import re
from enum import StrEnum

from yiqiao.ports.card_reader import Unreadable


class CodeKind(StrEnum):
    """What a text is."""

    VOUCHER = "voucher"
    HEALTH_CARD = "health_card"
    HOSPITAL_CARD = "hospital_card"


_SHAPES: tuple[tuple[CodeKind, re.Pattern[str]], ...] = (
    (CodeKind.VOUCHER, re.compile(r"\d{28}", re.ASCII)),
    (CodeKind.HEALTH_CARD, re.compile(r"(?:\d{2}:)?[0-9A-Fa-f]{40,128}:[01](?::[0-9A-Za-z]*){0,4}", re.ASCII)),
    (CodeKind.HOSPITAL_CARD, re.compile(r"(?=[A-Za-z]*\d)[0-9A-Za-z]{4,20}", re.ASCII)),
)


def kind_of(text: str) -> CodeKind:
    """What a scanned text is. Raises Unreadable where it is none of them."""
    for kind, shape in _SHAPES:
        if shape.fullmatch(text):
            return kind
    raise Unreadable("不是医保电子凭证、电子健康卡或院内卡的码，请核对后重新出示，并检查扫码枪是否增删字符")
