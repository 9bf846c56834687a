"""A way in which money comes and goes back: WeChat Pay, Alipay, a POS, the cash drawer, a bank.

Everything is done under numbers of ours, and may be asked for again under them: the same order placed twice is one
order, the same refund asked for twice is paid once. Whoever gets no answer asks before anything else. Amounts are 分.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError


class ChannelUnreachable(DomainError):
    """The channel cannot be reached; nothing was done."""

    def __init__(self, message: str = "支付渠道暂时无法连接，稍后自动重试") -> None:
        super().__init__(message)


class ChannelSilent(DomainError):
    """The channel was asked and gave no answer that could be read: whether it acted is unknown, ask by the number."""

    def __init__(self, message: str = "支付结果确认中，请勿重复支付") -> None:
        super().__init__(message)


class ChannelRefused(DomainError):
    """The channel will not do it, for good; the message says why."""


class BadNotice(DomainError):
    """A notice whose signature does not hold, or that cannot be read: nothing follows from it."""


class OrderState(StrEnum):
    """How an order stands at the channel."""

    OPEN = "open"  # placed, not paid yet
    PAID = "paid"
    FAILED = "failed"  # refused by the payer's bank, for good
    CLOSED = "closed"  # can never be paid any more


class RefundState(StrEnum):
    """How a refund stands at the channel."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # for good


class Entry(StrEnum):
    """How the payer gets to the order."""

    QR = "qr"  # the payer scans what we show
    SCANNED = "scanned"  # we scan the payer's code
    PHONE = "phone"  # a page on the payer's own phone
    DESK = "desk"  # the desk takes it: cash, a POS


@dataclass(frozen=True)
class OrderWish:
    """What is to be paid. `order_no` is ours, unique a channel; `expires_at` epoch ms.

    `auth_code` is the payer's code where `entry` is SCANNED. `extra` is what only one channel needs, by its own names.
    """

    order_no: str
    amount: int
    subject: str
    payee: str
    expires_at: int
    entry: Entry = Entry.QR
    auth_code: str = field(default="", repr=False)
    notify_url: str = ""
    payer_ip: str = ""
    extra: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Order:
    """An order as the channel knows it. `pay_url`: what the QR code holds, or where a phone goes.

    `amount` is what the channel took (or is to take), which may differ from what was asked. `card` is what a POS tells
    of the bank card, under the standard's names (BankCardNo masked, posIssuingBank ...).
    """

    order_no: str
    state: OrderState
    amount: int
    pay_url: str = ""
    external_no: str = ""
    paid_at: int | None = None
    told: str = ""
    card: Mapping[str, str] = field(default_factory=dict, repr=False)


class RefundWish(NamedTuple):
    """Money to go back: 分, of which order, under a number of ours. `total` is what the order was paid with."""

    refund_no: str
    order_no: str
    amount: int
    total: int
    reason: str


class Refunded(NamedTuple):
    """A refund as the channel knows it."""

    refund_no: str
    state: RefundState
    amount: int
    external_no: str = ""
    refunded_at: int | None = None
    told: str = ""


class NoticeKind(StrEnum):
    """What a notice is about."""

    ORDER = "order"
    REFUND = "refund"


class Notice(NamedTuple):
    """A channel's word that something happened, its signature verified: reason to ask, and nothing more."""

    kind: NoticeKind
    number: str


class StatementKind(StrEnum):
    """What a line of a statement is about."""

    PAYMENT = "payment"
    REFUND = "refund"


class StatementLine(NamedTuple):
    """A movement as the channel settles it: `number` our order's or refund's, amount 分 above 0, `at` epoch ms."""

    kind: StatementKind
    number: str
    order_no: str
    amount: int
    at: int
    external_no: str = ""


class PaymentChannel(Protocol):
    """Every act may raise ChannelUnreachable, ChannelSilent, ChannelRefused."""

    @property
    def code(self) -> str:
        """As the wire names it: the values of `channel` and `tradeMode`."""
        ...

    async def place(self, wish: OrderWish) -> Order:
        """Place an order; one that is there under the number already is answered as it stands."""
        ...

    async def find(self, order_no: str) -> Order | None:
        """How an order stands; None where there is none."""
        ...

    async def close(self, order_no: str) -> Order:
        """See to it that an unpaid order is never paid; answers it as it stands: CLOSED, or PAID where it was.

        Also for an order that the channel never got: it answers CLOSED, and refuses the number afterwards or is never
        asked for it again.
        """
        ...

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back, once under its number; answers how that stands. One that has failed is tried again."""
        ...

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands; None where there is none."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """What a notice says; header names in lower case. Raises BadNotice. Pure, no I/O."""
        ...

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """What the channel wants to hear: HTTP status, content type, body."""
        ...

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """All movements of a day (yyyy-MM-dd, Beijing), as the channel settles them."""
        ...
