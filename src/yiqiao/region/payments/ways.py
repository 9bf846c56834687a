"""The ways in which money comes and goes back, as the hub names them: channels, how a payer gets to each, and by which
one a refund's withdrawMode goes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yiqiao.errors import DomainError
from yiqiao.ports.payment_channel import Entry, PaymentChannel

Channels = Mapping[str, PaymentChannel]


class ChannelNotOffered(DomainError):
    """The merchant does not collect in this way, or this hub does not have it."""

    def __init__(self, title: str) -> None:
        super().__init__(f"本商户未开通“{title}”，请选择其他支付方式")


@dataclass(frozen=True)
class Way:
    """A channel in words. `entries` the ways to pay through it, the first the usual one; none: it only pays out.

    `at_desk`: the desk takes the money, so only the desk may choose it. `scans`: how the code looks that a payer shows
    for it; empty: it cannot be told by its look.
    """

    code: str
    title: str
    entries: tuple[Entry, ...]
    at_desk: bool = False
    scans: str = ""


WAYS: Mapping[str, Way] = {
    way.code: way
    for way in (
        Way("WECHAT", "微信支付", (Entry.QR, Entry.SCANNED, Entry.PHONE), scans=r"1[0-5][0-9]{16}"),
        Way("ALIPAY", "支付宝", (Entry.QR, Entry.SCANNED, Entry.PHONE), scans=r"(?:2[5-9]|30)[0-9]{14,22}"),
        Way("SANDBOX", "沙箱支付", (Entry.QR, Entry.SCANNED, Entry.PHONE), scans=r"SANDBOX[0-9A-Za-z]{1,32}"),
        Way("CHS_ONE_BAR", "医保一码付", (Entry.SCANNED,), at_desk=True),
        Way("CREDIT", "信用就医", (Entry.DESK,), at_desk=True),
        Way("CASH", "现金", (Entry.DESK,), at_desk=True),
        Way("POS", "银行卡（POS）", (Entry.DESK,), at_desk=True),
        Way("MISPOS", "银行卡（MisPOS）", (Entry.DESK,), at_desk=True),
        Way("BANK", "银企转账", (), at_desk=True),
        Way("ORG", "单位转账", (), at_desk=True),
    )
}

ORIGINAL = ""
"""The channel through which the trade was paid."""
WITHDRAWN_BY: Mapping[str, str] = {
    "0": "CASH",
    "1": ORIGINAL,
    "2": "BANK",
    "3": ORIGINAL,  # the self-paid part of an insured payment
    "4": "POS",
    "5": "ORG",
    "7": "MISPOS",
}
SELF_PAID_PART = "3"


def title(code: str | None) -> str:
    """A channel's title; the code itself where nothing is known of it."""
    if code is None:
        return ""
    way = WAYS.get(code)
    return way.title if way else code


def way_of_code(code: str, offered: Iterable[str]) -> Way | None:
    """Whose code a payer has shown, of the channels on offer; None where it is none of theirs."""
    ways = (WAYS[one] for one in offered)
    return next((way for way in ways if way.scans and re.fullmatch(way.scans, code)), None)
