"""How a partner is told that a payment has succeeded: at the address it gave, where that is listed for its merchant."""

from collections.abc import Mapping
from typing import Protocol

from yiqiao.errors import DomainError


class NoticeNotSent(DomainError):
    """The partner did not take the notice; it is sent again, the same under the same number."""


class PaymentNotifier(Protocol):
    """A way for notices; the same one may come twice, so it says which trade it is about."""

    async def send(self, url: str, secret: str, notice: Mapping[str, object]) -> None:
        """Send a notice, signed with the merchant's secret. Raises NoticeNotSent."""
        ...
