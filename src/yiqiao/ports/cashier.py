"""Where a citizen pays what a region collects: trades opened, asked for, closed, and their money given back.

A trade is known by our own number, and everything may be asked for again under it: opening the same trade twice is
opening it once, a refund under the same number is made once. Whoever gets no answer asks before anything else.
"""

from enum import StrEnum
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError


class CashierUnreachable(DomainError):
    """The cashier cannot be reached; nothing was done."""

    def __init__(self, message: str = "收银台暂时无法连接，请稍后再试") -> None:
        super().__init__(message)


class CashierSilent(DomainError):
    """The cashier was asked and did not answer: whether it acted is unknown, ask by the number."""

    def __init__(self, message: str = "支付结果确认中，请勿重复支付") -> None:
        super().__init__(message)


class CashierRefused(DomainError):
    """The cashier will not do it; the message says why."""


class TradeState(StrEnum):
    """How a trade stands."""

    OPEN = "open"  # it can be paid
    PAID = "paid"
    FAILED = "failed"  # the payer's channel refused; another trade may be opened
    CLOSED = "closed"  # it can never be paid any more


class RefundState(StrEnum):
    """How a refund stands."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # for good: a person has to look


class TradeWish(NamedTuple):
    """What is to be paid: 分, to whom, for what; until when (epoch ms)."""

    trade_no: str
    amount: int
    payee: str
    subject: str
    expires_at: int


class Trade(NamedTuple):
    """A trade as the cashier knows it. `address`: the path or URL where its payer goes; `channel` is a PAY_CHANNEL."""

    trade_no: str
    state: TradeState
    amount: int
    address: str = ""
    channel: int | None = None
    paid_at: int | None = None
    told: str = ""


class RefundWish(NamedTuple):
    """Money to go back: 分, of which trade, under a number of our own."""

    refund_no: str
    trade_no: str
    amount: int
    reason: str


class Refunded(NamedTuple):
    """A refund as the cashier knows it."""

    refund_no: str
    state: RefundState
    told: str = ""


class Cashier(Protocol):
    """Every act may raise CashierUnreachable, CashierSilent, CashierRefused."""

    async def open(self, wish: TradeWish) -> Trade:
        """Open a trade; one that is open under the number already is answered as it stands."""
        ...

    async def find(self, trade_no: str) -> Trade | None:
        """How a trade stands; None where there is none."""
        ...

    async def close(self, trade_no: str) -> Trade:
        """See to it that an unpaid trade is never paid; answers it as it stands: CLOSED, or PAID where it was."""
        ...

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back, once under its number; answers how that stands."""
        ...


class NoCashier:
    """A region that collects nothing: who books pays at the hospital."""

    async def open(self, wish: TradeWish) -> Trade:
        """Raises CashierRefused."""
        raise CashierRefused("本平台未开通在线支付，请到医院支付")

    async def find(self, trade_no: str) -> Trade | None:
        """There is none."""
        return None

    async def close(self, trade_no: str) -> Trade:
        """Raises CashierRefused."""
        raise CashierRefused("本平台未开通在线支付")

    async def refund(self, wish: RefundWish) -> Refunded:
        """Raises CashierRefused."""
        raise CashierRefused("本平台未开通在线支付")
