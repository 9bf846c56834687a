"""The cards that a hospital itself gives out: whose one is, and which ones somebody has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class HospitalCard(NamedTuple):
    """A card of the hospital's: `kind` of the table cardType, `balance` 分 where the hospital tells it."""

    card_no: str
    kind: str
    balance: int | None = None


@dataclass(frozen=True)
class CardOwner:
    """Whom a card was given to. The certificate's type is of the table psn_cert_type; `birthday` yyyy-MM-dd."""

    certificate_type: str
    certificate_no: str = field(repr=False)
    name: str = field(repr=False)
    sex: str = field(repr=False)
    birthday: str = field(repr=False)


class HospitalCards(Protocol):
    """The hospital's cards."""

    async def owner(self, card_no: str) -> CardOwner | None:
        """Whose card it is; None where it is none of the hospital's."""
        ...

    async def of(self, certificate_type: str, certificate_no: str) -> Sequence[HospitalCard]:
        """The cards that somebody has."""
        ...


class NoHospitalCards:
    """A hub that is told of no hospital's cards."""

    async def owner(self, card_no: str) -> CardOwner | None:
        return None

    async def of(self, certificate_type: str, certificate_no: str) -> Sequence[HospitalCard]:
        return ()
