"""Agreements by which a patient is treated now and pays later (信用就医), as a payment hub charges them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from yiqiao.ports.payment_channel import Order, OrderWish, Refunded, RefundWish, StatementLine

OWN = ""
"""The kind of an agreement that goes by the credit platform's own number."""


@dataclass(frozen=True)
class Agreement:
    """Which agreement is charged: `kind` is the agreementType of somebody else's number, or OWN."""

    number: str
    kind: str
    holder: str = field(repr=False)


class CreditCentre(Protocol):
    """Who keeps agreements. It raises as a channel does, and keeps to the numbers as one does."""

    async def charge(self, wish: OrderWish, agreement: Agreement) -> Order:
        """Charge an order to an agreement, at once. Raises ChannelRefused where that does not bear it."""
        ...

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        ...

    async def close(self, order_no: str) -> Order:
        """See to it that an order is not charged any more."""
        ...

    async def refund(self, wish: RefundWish) -> Refunded:
        """Take off what was charged."""
        ...

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        ...

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day."""
        ...
