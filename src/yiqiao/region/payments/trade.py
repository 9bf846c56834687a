"""What a trade is beside its row: whose account it is, and what the HIS has sent along, sealed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.his_billing import Patient
from yiqiao.storage.payments import AttemptRow, TradeRow


class UnknownTrade(DomainError):
    """There is no such trade of this merchant."""

    def __init__(self, message: str = "没有这笔交易，请核对 traceNo 或商户流水号") -> None:
        super().__init__(message)


class SerialReused(DomainError):
    """The number has been used for something else."""


class NotNow(DomainError):
    """The act has no place in the state that it meets; the message says which that is."""


class NotRefundable(DomainError):
    """The trade cannot be given back (any more); the message says why."""


class AmountTooLarge(DomainError):
    """More than is left of the trade."""


class AmountsDisagree(DomainError):
    """The parts of an amount do not add up to it; the message says which."""


class NotifyUrlNotListed(DomainError):
    """The address is not on the merchant's list."""

    def __init__(self) -> None:
        super().__init__("notifyUrl 不在该支付应用登记的回调地址内，请先在平台登记")


class NameMismatch(DomainError):
    """The refund is for somebody else than the trade was."""

    def __init__(self) -> None:
        super().__init__("退款的患者姓名或患者 ID 与原交易不一致，请核对")


@dataclass(frozen=True)
class Particulars:
    """What is known of a trade and is personal, or the partner's own; amounts 分.

    `own_part`: of an insured payment, what the patient pays; None for a plain one. `extra` goes to the HIS as it came.
    """

    patient: Patient = field(repr=False)
    term_no: str = ""
    his_order_no: str = ""
    notes: str = ""
    operator: str = ""
    shown_balance: int | None = None
    payer_ip: str = ""
    own_part: int | None = None
    channel_data: Mapping[str, object] = field(default_factory=dict, repr=False)
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


def seal(keyring: Keyring, merchant_id: str, trace_no: str, particulars: Particulars) -> tuple[str, bytes]:
    """(key id, sealed)."""
    return keyring.seal(orjson.dumps(asdict(particulars)), _context("trade", merchant_id, trace_no))


def particulars(keyring: Keyring, row: TradeRow) -> Particulars:
    """What is sealed in a trade. Raises SealingUnavailable."""
    kept = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), _context("trade", row.merchant_id, row.trace_no)))
    return Particulars(**{**kept, "patient": Patient(**kept["patient"])})


def seal_attempt(keyring: Keyring, merchant_id: str, order_no: str, data: Mapping[str, object]) -> tuple[str, bytes]:
    """(key id, sealed) of what one attempt alone needs or has been told: the payer's code, a POS's slip."""
    return keyring.seal(orjson.dumps(dict(data)), _context("attempt", merchant_id, order_no))


def attempt_data(keyring: Keyring, row: AttemptRow) -> Mapping[str, object]:
    """What is sealed in an attempt. Raises SealingUnavailable."""
    if row.key_id is None or row.sealed is None:
        return {}
    context = _context("attempt", row.merchant_id, row.order_no)
    found = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), context))
    return found if isinstance(found, dict) else {}


def _context(kind: str, merchant_id: str, number: str) -> bytes:
    return f"pay_{kind}|{merchant_id}|{number}".encode()
