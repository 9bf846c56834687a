"""The two merchants of a sandbox: one collects for outpatients, one for inpatients, by every channel there is."""

from collections.abc import Callable

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.region.payments import merchants
from yiqiao.region.payments.merchants import Merchant, MerchantSettings
from yiqiao.sandbox.staff import PLANS
from yiqiao.storage import payments

APPROVAL_ABOVE = 500_000
"""分: a refund above it needs a second signature, so that there is something to approve."""
NOTIFIED = "http://127.0.0.1:8700/"
"""Where whoever tries the sandbox may listen for notices."""
INSTITUTION = "H98510001001"
"""The hospital's code at the insurance centre."""
_MERCHANTS = (("YQDEMO01", "门诊", "01"), ("YQDEMO02", "住院", "02"))


def furnishing(keyring: Keyring, now_ms: int, channels: tuple[str, ...]) -> Callable[[Connection], None]:
    """The work that files the demo merchants, each with a secret of its own, where they are not filed yet."""

    def work(connection: Connection) -> None:
        for merchant_id, what, account_type in _MERCHANTS:
            if payments.merchant(connection, merchant_id) is None:
                merchants.add(
                    connection,
                    keyring,
                    now_ms,
                    merchant_id=merchant_id,
                    name=f"{PLANS[0].name}（{what}）",
                    hospital_id=PLANS[0].hospital_id,
                    account_type=account_type,
                    settings=MerchantSettings(
                        channels, approval_above=APPROVAL_ABOVE, notify_urls=(NOTIFIED,), institution=INSTITUTION
                    ),
                )

    return work


def furnished(connection: Connection, keyring: Keyring) -> tuple[Merchant, ...]:
    """The demo merchants on file. Raises SealingUnavailable."""
    rows = (payments.merchant(connection, merchant_id) for merchant_id, _, _ in _MERCHANTS)
    return tuple(merchants.opened(keyring, row) for row in rows if row is not None)
