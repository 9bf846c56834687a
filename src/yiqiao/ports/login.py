"""How citizens prove who they are: the region's own sign-in, behind one face.

Filled by the sandbox (pick one of its people), or by an adapter to what a region has: its account, WeChat's or Alipay's
real-name sign-in. What comes back has been proven by it; nobody looks at the name again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Citizen:
    """Somebody who has proven who they are, by their certificate (code and number) and name."""

    id_type: str
    id_no: str = field(repr=False)
    name: str = field(repr=False)


class Login(Protocol):
    """A way to sign in."""

    def address(self, back: str) -> str | None:
        """Where the browser goes to sign in, and from there to our page `back` (a path); None: there is no way."""
        ...

    async def prove(self, answer: Mapping[str, str]) -> Citizen | None:
        """Who it is that came back with this answer; None for an answer that proves nothing."""
        ...


class NoLogin:
    """A hub without a sign-in for citizens."""

    def address(self, back: str) -> str | None:
        return None

    async def prove(self, answer: Mapping[str, str]) -> Citizen | None:
        return None
