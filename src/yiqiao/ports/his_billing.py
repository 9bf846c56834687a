"""The money side of a HIS as a payment hub needs it: what was paid in is told, what goes back is agreed first.

Every act has a number and takes effect once under it; a refund or charge that was cancelled may be asked for again
under its number. Whoever gets no answer asks `query` before anything else.
Amounts are 分.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError
from yiqiao.ports.insurance_settlement import FeeLine


class HisUnreachable(DomainError):
    """The HIS cannot be reached; nothing was done."""

    def __init__(self, message: str = "医院系统暂时无法连接，稍后自动重试") -> None:
        super().__init__(message)


class HisSilent(DomainError):
    """The HIS was asked and did not answer: whether it acted is unknown, ask by the number."""

    def __init__(self, message: str = "医院系统没有应答，结果待核对") -> None:
        super().__init__(message)


class HisRefused(DomainError):
    """The HIS will not do it, for good; the message says why."""


@dataclass(frozen=True)
class Patient:
    """Whose account it is at the HIS; account_type 01 outpatient, 02 inpatient, card_type of the table cardType."""

    account_type: str
    his_cust_id: str
    card_type: str = field(default="", repr=False)
    card_no: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    id_no: str = field(default="", repr=False)


@dataclass(frozen=True)
class RechargeNotice:
    """Money that was paid in: `number` is the hub's trace number, `out_charge_no` the HIS's own.

    `extra` is whatever the HIS passed through with its order.
    """

    merchant_id: str
    number: str
    out_charge_no: str
    patient: Patient
    amount: int
    channel: str
    external_no: str
    paid_at: int
    his_order_no: str = ""
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class RefundOrder:
    """Money that is to go back: `number` is the HIS's refund number (outRefundNo), `trace_no` the recharge's."""

    merchant_id: str
    number: str
    trace_no: str
    out_charge_no: str
    patient: Patient
    amount: int
    withdraw_mode: str


@dataclass(frozen=True)
class ChargeNotice:
    """Charges that were settled and paid: `number` is the hub's settlement, `charge_nos` all that it settles.

    total = funds + account + cash. `visit_id` and `settlement_id` are the insurance centre's (mdtrt_id, setl_id), empty
    where everything was paid by the patient; `trace_no` is the trade by which `cash` came, `channel` how. `extra` is
    hisExtra as it was passed through.
    """

    merchant_id: str
    number: str
    charge_nos: tuple[str, ...]
    patient: Patient
    total: int
    funds: int
    account: int
    cash: int
    settled_at: int
    visit_id: str = ""
    settlement_id: str = ""
    trace_no: str = ""
    channel: str = ""
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


class HisReceipt(NamedTuple):
    """What the HIS made of it: its own number, and the account's balance where it tells it."""

    callsn: str
    balance: int | None = None


class HisState(StrEnum):
    """How an act stands at the HIS."""

    NONE = "none"  # never heard of it
    PREPARED = "prepared"  # a refund, set aside and not confirmed
    DONE = "done"
    CANCELLED = "cancelled"  # a refund or charge that was done or prepared, and taken back


class HisFound(NamedTuple):
    """An act as the HIS knows it."""

    state: HisState
    receipt: HisReceipt | None = None


class HisEntry(NamedTuple):
    """A movement in the HIS's own books: kind is recharge or refund, `number` as it was told, `at` epoch ms."""

    kind: str
    number: str
    amount: int
    at: int
    callsn: str = ""


class PendingCharge(NamedTuple):
    """What a patient still owes. `lines`, where the HIS tells them, add up to `amount`: the insurance needs them."""

    charge_no: str
    title: str
    amount: int
    lines: tuple[FeeLine, ...] = ()


class HisBilling(Protocol):
    """Every act may raise HisUnreachable, HisSilent, HisRefused."""

    async def notify_recharge(self, notice: RechargeNotice) -> HisReceipt:
        """Money was paid in."""
        ...

    async def refund(self, order: RefundOrder) -> HisReceipt:
        """Take a refund off the account (refundType direct)."""
        ...

    async def prepare_refund(self, order: RefundOrder) -> HisReceipt:
        """Set a refund aside (prepareAndConfirm): it can be confirmed or cancelled afterwards."""
        ...

    async def confirm_refund(self, order: RefundOrder) -> HisReceipt:
        """The money has gone back: make the prepared refund final."""
        ...

    async def cancel_refund(self, order: RefundOrder) -> HisReceipt:
        """The money did not go back: undo what refund or prepare_refund did."""
        ...

    async def query(self, merchant_id: str, number: str) -> HisFound:
        """How a recharge, refund or charge stands, by the number under which it was told."""
        ...

    async def balance(self, merchant_id: str, patient: Patient) -> int | None:
        """What is on a patient's account; None where the HIS does not tell it."""
        ...

    async def pending_charges(
        self, merchant_id: str, patient: Patient, extra: Mapping[str, object] | None = None
    ) -> Sequence[PendingCharge]:
        """What a patient still owes; `extra` is what the HIS itself wants to be asked with (hisExtra: its branch …)."""
        ...

    async def confirm_charge(self, notice: ChargeNotice) -> HisReceipt:
        """Charges were settled and paid: all of them are marked, or none."""
        ...

    async def cancel_charge(self, notice: ChargeNotice) -> HisReceipt:
        """The settlement is taken back: what it settled is owed again. Refused where that may not be any more."""
        ...

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        """The movements of a day (yyyy-MM-dd, Beijing) in the HIS's own books."""
        ...


class NoHis:
    """A hub that no HIS is connected to: what was paid in waits until one is."""

    async def notify_recharge(self, notice: RechargeNotice) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def refund(self, order: RefundOrder) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def prepare_refund(self, order: RefundOrder) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def confirm_refund(self, order: RefundOrder) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def cancel_refund(self, order: RefundOrder) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def query(self, merchant_id: str, number: str) -> HisFound:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def balance(self, merchant_id: str, patient: Patient) -> int | None:
        """It does not tell."""
        return None

    async def pending_charges(
        self, merchant_id: str, patient: Patient, extra: Mapping[str, object] | None = None
    ) -> Sequence[PendingCharge]:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def confirm_charge(self, notice: ChargeNotice) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def cancel_charge(self, notice: ChargeNotice) -> HisReceipt:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        """Raises HisUnreachable."""
        raise HisUnreachable(_NOT_CONNECTED)


_NOT_CONNECTED = "平台尚未接通医院账务系统，接通后自动继续"
