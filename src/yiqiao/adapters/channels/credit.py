"""CREDIT (信用就医): a visit is charged to an agreement, and the patient pays nothing at the desk.

The order's `extra` carries what the standard has for it: agreementNo, or outAgreementNo with agreementType in its
place, empiUserId whose agreement it is, frozenType, creditPayType, businessInfo, payInfo (3.1.3.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yiqiao.ports.credit import OWN, Agreement, CreditCentre
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    Notice,
    Order,
    OrderWish,
    Refunded,
    RefundWish,
    StatementLine,
)

CODE = "CREDIT"


@dataclass(frozen=True)
class CreditChannel:
    """`PaymentChannel` over a credit centre."""

    centre: CreditCentre
    code: str = CODE

    async def place(self, wish: OrderWish) -> Order:
        """Charge the order. Raises ChannelRefused where no agreement is named, and what the centre raises."""
        return await self.centre.charge(wish, agreement_of(wish.extra))

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        return await self.centre.find(order_no)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not charged."""
        return await self.centre.close(order_no)

    async def refund(self, wish: RefundWish) -> Refunded:
        """Take off what was charged."""
        return await self.centre.refund(wish)

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        return await self.centre.find_refund(refund_no, order_no)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Orders are charged while they are placed: there are no notices. Raises BadNotice."""
        raise BadNotice("信用就医没有通知")

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """Whoever sends a notice in its name is not answered."""
        return 404, "text/plain", b""

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day."""
        return await self.centre.statement(day)


def agreement_of(extra: Mapping[str, object]) -> Agreement:
    """The agreement that is named: agreementNo before outAgreementNo with its agreementType. Raises ChannelRefused."""
    holder = str(extra.get("empiUserId") or "")
    own, others, kind = (str(extra.get(name) or "") for name in ("agreementNo", "outAgreementNo", "agreementType"))
    if own:
        return Agreement(own, OWN, holder)
    if others and kind:
        return Agreement(others, kind, holder)
    raise ChannelRefused("缺少信用协议：请传 agreementNo，或同时传 outAgreementNo 与 agreementType")
