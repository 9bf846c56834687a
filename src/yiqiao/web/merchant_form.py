"""The form on a merchant: what is in its fields, how they are read, and what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from yiqiao.money import yuan
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.ways import WAYS, Channels

MOST_APPROVAL = 100_000_000
"""分."""
LONGEST_NAME = 64


class MerchantFaults(ValueError):
    """What was typed cannot be: by field, what is wrong with it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class MerchantForm:
    """A form with what is in its fields. `channels` are (code, title, whether it is ticked); `faults` by field."""

    name: str
    channels: tuple[tuple[str, str, bool], ...]
    print_mode: bool
    approval_above: str
    notify_urls: str
    pay_minutes: str
    merchant_id: str = ""
    hospital_id: str = ""
    account_type: str = "01"
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """A merchant as a form has it."""

    name: str
    settings: MerchantSettings
    merchant_id: str
    hospital_id: str
    account_type: str


def form_of(channels: Channels, name: str, settings: MerchantSettings) -> MerchantForm:
    """A form with what is on file. Channels that this hub has lost since are offered as long as they are ticked."""
    known = [code for code in WAYS if code in channels or code in settings.channels]
    return MerchantForm(
        name=name,
        channels=tuple((code, WAYS[code].title, code in settings.channels) for code in known),
        print_mode=settings.print_mode,
        approval_above=yuan(settings.approval_above),
        notify_urls="\n".join(settings.notify_urls),
        pay_minutes=str(settings.pay_minutes),
    )


def typed_form(channels: Channels, sent: Mapping[str, str], faults: Mapping[str, str]) -> MerchantForm:
    """A form with what was typed into it."""
    known = [code for code in WAYS if code in channels or f"channel.{code}" in sent]
    return MerchantForm(
        name=sent.get("name", ""),
        channels=tuple((code, WAYS[code].title, f"channel.{code}" in sent) for code in known),
        print_mode="print_mode" in sent,
        approval_above=sent.get("approval_above", ""),
        notify_urls=sent.get("notify_urls", ""),
        pay_minutes=sent.get("pay_minutes", ""),
        merchant_id=sent.get("merchant_id", ""),
        hospital_id=sent.get("hospital_id", ""),
        account_type=sent.get("account_type", "01"),
        faults=faults,
    )


def wish_of(sent: Mapping[str, str], *, new: bool) -> Wish:
    """The merchant that a form asks for; `new`: with its number. Raises MerchantFaults."""
    faults: dict[str, str] = {}
    name = sent.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        faults["name"] = "name"
    channels = tuple(code for code in WAYS if f"channel.{code}" in sent)
    above = _fen(sent.get("approval_above", ""))
    if above is None or above > MOST_APPROVAL:
        faults["approval_above"] = "amount"
    minutes = sent.get("pay_minutes", "").strip()
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 4 and 1 <= int(minutes) <= 1440):
        faults["pay_minutes"] = "minutes"
    urls = tuple(dict.fromkeys(sent.get("notify_urls", "").split()))
    if not all(map(_is_url, urls)):
        faults["notify_urls"] = "urls"
    merchant_id, hospital_id = sent.get("merchant_id", "").strip(), sent.get("hospital_id", "").strip()
    account_type = sent.get("account_type", "")
    if new:
        if not re.fullmatch(r"[A-Za-z0-9_-]{4,32}", merchant_id):
            faults["merchant_id"] = "merchant_id"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", hospital_id):
            faults["hospital_id"] = "hospital_id"
        if account_type not in ("01", "02"):
            faults["account_type"] = "account_type"
    if faults:
        raise MerchantFaults(faults)
    settings = MerchantSettings(channels, "print_mode" in sent, above or 0, urls, int(minutes))
    return Wish(name, settings, merchant_id, hospital_id, account_type)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and text.isprintable()


def _fen(text: str) -> int | None:
    """An amount typed in 元; empty is 0, None what cannot be read."""
    found = re.fullmatch(r"([0-9]{0,8})(?:\.([0-9]{1,2}))?", text.strip().replace(",", ""))
    return None if found is None else int(found[1] or 0) * 100 + int((found[2] or "").ljust(2, "0"))
