"""What a desk writes down of money that it has taken: cash, and the slip of a card machine."""

import re
from collections.abc import Mapping

SLIP: Mapping[str, tuple[int, bool]] = {
    "BankCardNo": (24, True),
    "posIssuingBank": (40, False),
    "BankCardType": (8, False),
    "posConsultNo": (20, True),
    "posVoucherNo": (20, True),
}
"""The fields of a slip under the standard's names: how long they may be, and whether a slip needs them."""
CARD_TYPES = ("借记卡", "贷记卡")
MOST_CASH = 100_000_000
"""分: a note of a larger sum is a slip of the finger."""


class CannotBe(ValueError):
    """What was typed cannot be; its text names what is wrong with it."""


def cash(text: str, amount: int) -> int:
    """The cash that was received, 分, of an amount typed in 元. Raises CannotBe."""
    found = re.fullmatch(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?", text.strip().replace(",", ""))
    if found is None:
        raise CannotBe("cash_unread")
    received = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if received < amount:
        raise CannotBe("cash_short")
    if received > MOST_CASH:
        raise CannotBe("cash_unread")
    return received


def slip(sent: Mapping[str, str]) -> Mapping[str, object]:
    """A card machine's slip by the standard's names, of the card's number its ends alone. Raises CannotBe."""
    found = {name: " ".join(sent.get(name, "").split()) for name in SLIP}
    if any(required and not found[name] for name, (_, required) in SLIP.items()):
        raise CannotBe("slip_missing")
    if any(len(found[name]) > longest for name, (longest, _) in SLIP.items()):
        raise CannotBe("slip_long")
    found["BankCardNo"] = _ends(found["BankCardNo"])
    if found["BankCardType"] not in CARD_TYPES:
        del found["BankCardType"]
    return {name: value for name, value in found.items() if value}


def _ends(text: str) -> str:
    """The first six and the last four of a card's number. Raises CannotBe."""
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{6}[0-9*]{2,9}[0-9]{4}", digits):
        raise CannotBe("slip_card")
    return digits[:6] + "*" * (len(digits) - 10) + digits[-4:]
