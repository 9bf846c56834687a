"""What the registers of residents tell a region: whether a person is who they say, and which cards they hold already.

Filled by the sandbox's synthetic people, or by an adapter to the region's own registers.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Resident:
    """An entry of the register: the name, and the cards as (card_type, card_no), the default one first."""

    name: str
    cards: tuple[tuple[str, str], ...] = ()


class ResidentRegister(Protocol):
    """A register that can be asked by certificate."""

    async def find(self, id_type: str, id_no: str) -> Resident | None:
        """The entry for a certificate, or None where the register does not know it."""
        ...


class NoRegister:
    """A region without a register at hand: nobody is known in advance."""

    async def find(self, id_type: str, id_no: str) -> Resident | None:
        return None
