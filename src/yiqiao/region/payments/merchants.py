"""Merchants: for whom money is collected (payAppId), what they offer, and who may say that they ask.

A hospital has one for outpatients and one for inpatients, each with the channels that it offers, the addresses that may
be notified, and the amount above which a refund needs a second signature.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

import orjson
from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.storage import payments
from yiqiao.storage.payments import MerchantRow

PAY_MINUTES = 15
_ASTRAY = re.compile(r"[\\\x00-\x20\x7f]|(?:^|/|%2f)(?:\.|%2e){1,2}(?:[/?#]|%2f|$)", re.IGNORECASE)


class UnknownMerchant(DomainError):
    """Nobody collects under this payAppId."""

    def __init__(self) -> None:
        super().__init__("没有这个支付应用，请核对 payAppId")


class MerchantSecretWrong(DomainError):
    """The secret is not the merchant's."""

    def __init__(self) -> None:
        super().__init__("payAppSecret 与 payAppId 不符，请核对支付平台分配的密钥")


class MerchantDisabled(DomainError):
    """The merchant collects nothing at present."""

    def __init__(self) -> None:
        super().__init__("该支付应用已停用，请联系支付平台")


@dataclass(frozen=True)
class MerchantSettings:
    """What is set for a merchant. `approval_above`: 分, 0 for none; `pay_minutes`: how long a trade can be paid.

    `print_mode`: an order is answered at once with the text of a QR code that is printed, and paid later.
    `institution`: the hospital's code at the insurance centre (fixmedins_code); empty: it has said none.
    """

    channels: tuple[str, ...] = ()
    print_mode: bool = False
    approval_above: int = 0
    notify_urls: tuple[str, ...] = ()
    pay_minutes: int = PAY_MINUTES
    institution: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be meant."""
        if self.approval_above < 0:
            raise ValueError("approval_above is an amount in 分, not below 0")
        if not 1 <= self.pay_minutes <= 1440:
            raise ValueError("pay_minutes is between 1 and 1440")
        if self.institution and not re.fullmatch(r"[A-Z0-9]{1,12}", self.institution):
            raise ValueError("institution is a code of at most 12 capital letters and digits")
        for url in self.notify_urls:
            if not re.fullmatch(r"https?://[^\s]+", url):
                raise ValueError(f"{url!r} is no http(s) address")


@dataclass(frozen=True)
class Merchant:
    """A merchant; its repr does not show its secret."""

    merchant_id: str
    name: str
    hospital_id: str
    account_type: str
    settings: MerchantSettings
    enabled: bool
    secret: str = field(repr=False)

    def admit(self, secret: str) -> None:
        """Raises MerchantSecretWrong, MerchantDisabled."""
        if not hmac.compare_digest(self.secret.encode(), secret.encode()):
            raise MerchantSecretWrong
        if not self.enabled:
            raise MerchantDisabled

    def may_notify(self, url: str) -> bool:
        """Whether this address is on the list: an entry covers what begins with it at the end of a path's part.

        Not an address that a client or a server may read as another one: with parts that lead upwards, plain or
        encoded, with a backslash, or with what nobody sees.
        """
        if _ASTRAY.search(url):
            return False
        return any(
            url == listed or (url.startswith(listed) and (listed.endswith("/") or url[len(listed)] in "/?"))
            for listed in self.settings.notify_urls
        )


def opened(keyring: Keyring, row: MerchantRow) -> Merchant:
    """The merchant of a row. Raises SealingUnavailable."""
    kept = orjson.loads(row.settings)
    settings = MerchantSettings(
        **{**kept, "channels": tuple(kept["channels"]), "notify_urls": tuple(kept["notify_urls"])}
    )
    secret = keyring.unseal(row.key_id, bytes(row.sealed), _context(row.merchant_id)).decode()
    return Merchant(row.merchant_id, row.name, row.hospital_id, row.account_type, settings, row.enabled == 1, secret)


def find(connection: Connection, keyring: Keyring, merchant_id: str) -> Merchant:
    """One merchant. Raises UnknownMerchant, SealingUnavailable."""
    row = payments.merchant(connection, merchant_id)
    if row is None:
        raise UnknownMerchant
    return opened(keyring, row)


def add(
    connection: Connection,
    keyring: Keyring,
    now_ms: int,
    *,
    merchant_id: str,
    name: str,
    hospital_id: str,
    account_type: str,
    settings: MerchantSettings,
    secret: str | None = None,
) -> Merchant | None:
    """File a merchant, with a new secret where none is given; None where the number is taken. Raises ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{4,32}", merchant_id):
        raise ValueError("a merchant's number has 4 to 32 letters, digits, - or _")
    secret = secret or secrets.token_hex(16)
    key_id, sealed = keyring.seal(secret.encode(), _context(merchant_id))
    row = MerchantRow(
        merchant_id, name, hospital_id, account_type, key_id, sealed, _written(settings), 1, now_ms, now_ms
    )
    return opened(keyring, row) if payments.add_merchant(connection, row) else None


def change(
    connection: Connection,
    keyring: Keyring,
    now_ms: int,
    merchant_id: str,
    *,
    enabled: bool | None = None,
    name: str | None = None,
    settings: Mapping[str, object] | None = None,
) -> Merchant:
    """Change what is given. Raises UnknownMerchant, ValueError."""
    old = find(connection, keyring, merchant_id)
    values: dict[str, object] = {"changed_at": now_ms}
    if enabled is not None:
        values["enabled"] = int(enabled)
    if name is not None:
        values["name"] = name
    if settings is not None:
        try:
            values["settings"] = _written(replace(old.settings, **settings))  # type: ignore[arg-type]
        except TypeError as unknown:
            raise ValueError(str(unknown)) from None
    payments.change_merchant(connection, merchant_id, values)
    return find(connection, keyring, merchant_id)


def _written(settings: MerchantSettings) -> str:
    return orjson.dumps(asdict(settings)).decode()


def _context(merchant_id: str) -> bytes:
    return f"pay_merchant|{merchant_id}".encode()
