"""A partner: an application of some organisation that may call, or be called, in one dialect.

The standards call its name app_id, USER_ID or appid; here it is always `app_id`, unique within a dialect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network

ANY_OPERATION = "*"
CLOCK_WINDOW_S = 600


class State(StrEnum):
    """Whether a partner may call."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Partner:
    """A partner as it stands at this moment; `secrets` are those accepted now, the newest (used for answers) first."""

    dialect: str
    app_id: str
    name: str
    profile: str = "standard"
    state: State = State.ACTIVE
    operations: frozenset[str] = frozenset({ANY_OPERATION})
    terminals: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()  # none: any address
    clock_window_s: int = CLOCK_WINDOW_S
    secrets: tuple[str, ...] = field(default=(), repr=False)
    settings: Mapping[str, object] = field(default_factory=dict, repr=False)

    def permits(self, operation: str) -> bool:
        """Whether this partner was given the operation."""
        return ANY_OPERATION in self.operations or operation in self.operations


@dataclass(frozen=True)
class Terminal:
    """A device of a partner, by the number it names itself with."""

    term_id: str
    name: str = ""


@dataclass(frozen=True)
class PartnerKey:
    """A key of a partner as filed: sealed, with the time (epoch ms) in which it is accepted."""

    key_no: int
    key_id: str  # which sealing key
    valid_from: int
    valid_to: int | None
    created_at: int
    retired_at: int | None
    sealed: bytes = field(repr=False)

    def live(self, now_ms: int) -> bool:
        """Whether messages under this key are accepted at `now_ms`."""
        return self.valid_from <= now_ms and (self.valid_to is None or now_ms < self.valid_to)


@dataclass(frozen=True)
class PartnerFile:
    """Everything on file about a partner, without an unsealed secret: what the console and the command line show."""

    dialect: str
    app_id: str
    name: str
    profile: str
    state: State
    operations: tuple[str, ...]
    addresses: tuple[str, ...]
    clock_window_s: int
    settings: Mapping[str, object]
    created_at: int
    changed_at: int
    terminals: tuple[Terminal, ...] = ()
    keys: tuple[PartnerKey, ...] = ()  # oldest first
