"""The rows of the sandbox's payment channels and of its stand-in of a HIS, and the shelves on which they stand."""

from typing import NamedTuple

from yiqiao.storage.shelves import Shelf
from yiqiao.storage.tables import sandbox_payments as tables


class ChannelRow(NamedTuple):
    """A channel, and the key under which it signs."""

    channel: str
    key: bytes

    def __repr__(self) -> str:
        return f"ChannelRow({self.channel})"


class OrderRow(NamedTuple):
    """An order as stored, its columns in order. Amounts are 分."""

    channel: str
    order_no: str
    state: str
    amount: int
    taken: int
    refunded: int
    subject: str
    payee: str
    placed: int
    asked: int
    closed: int
    expires_at: int
    paid_at: int | None
    at: int


class RefundRow(NamedTuple):
    """A refund as stored."""

    channel: str
    refund_no: str
    order_no: str
    state: str
    amount: int
    placed: int
    asked: int
    refunded_at: int | None
    at: int


class MovementRow(NamedTuple):
    """Money that moved, and what the day's statement says of it."""

    channel: str
    kind: str
    number: str
    order_no: str
    amount: int
    stated: int
    day: str
    at: int


class NoticeRow(NamedTuple):
    """A notice that is to be sent or was."""

    channel: str
    kind: str
    number: str
    copy: int
    state: str
    late: int
    tries: int
    next_at: int
    at: int


class AccountRow(NamedTuple):
    """A patient's account at the HIS, 分."""

    merchant_id: str
    account_type: str
    his_cust_id: str
    balance: int


class EntryRow(NamedTuple):
    """A recharge or refund in the HIS's books."""

    merchant_id: str
    number: str
    kind: str
    state: str
    account_type: str
    his_cust_id: str
    amount: int
    balance: int
    turn: int
    day: str
    at: int


class ChargeRow(NamedTuple):
    """What a patient owes, or has paid; `lines` is JSON."""

    merchant_id: str
    charge_no: str
    account_type: str
    his_cust_id: str
    title: str
    amount: int
    paid_by: str
    lines: str


class SettledRow(NamedTuple):
    """Charges that were settled under a number, or taken back; `charge_nos` and `told` are JSON."""

    merchant_id: str
    number: str
    state: str
    charge_nos: str
    total: int
    cash: int
    told: str
    turn: int
    at: int


class AgreementRow(NamedTuple):
    """An agreement to be charged later; what may be charged to it, 分."""

    kind: str
    agreement_no: str
    holder: str
    credit_limit: int

    def __repr__(self) -> str:
        return f"AgreementRow({self.agreement_no})"


class ChargedRow(NamedTuple):
    """An order that is charged to an agreement, 分."""

    order_no: str
    kind: str
    agreement_no: str
    amount: int


class MischiefRow(NamedTuple):
    """What shall happen to the next `times` calls of an act of a stand-in, in what time, and with which words."""

    target: str
    act: str
    fate: str
    times: int
    delay_ms: int
    reason: str


CHANNELS = Shelf(tables.sandbox_channel, ChannelRow._make)
ORDERS = Shelf(tables.sandbox_order, OrderRow._make)
REFUNDS = Shelf(tables.sandbox_order_refund, RefundRow._make)
MOVEMENTS = Shelf(tables.sandbox_movement, MovementRow._make)
NOTICES = Shelf(tables.sandbox_notice, NoticeRow._make)
ACCOUNTS = Shelf(tables.sandbox_his_account, AccountRow._make)
ENTRIES = Shelf(tables.sandbox_his_entry, EntryRow._make)
CHARGES = Shelf(tables.sandbox_his_charge, ChargeRow._make)
SETTLED = Shelf(tables.sandbox_his_settled, SettledRow._make)
AGREEMENTS = Shelf(tables.sandbox_agreement, AgreementRow._make)
CHARGED = Shelf(tables.sandbox_charged, ChargedRow._make)
MISCHIEF = Shelf(tables.sandbox_mischief, MischiefRow._make)
