"""A step of an appointment: when it is taken, and what has come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from yiqiao.region.appointments.states import Ending, State

WAITS_S = (2, 5, 15, 60, 300, 900, 1800)
"""Before a step is tried again, by how often it was tried."""
POLLS_S = (2, 2, 3, 3, 5, 5, 10, 10, 20, 30)
"""Between two looks at something that others have to do."""


@dataclass(frozen=True)
class Run:
    """One run of a step: by the hub's time (epoch ms), and `day` in Beijing. `again`: an earlier run of this very step
    ended without a word, so it is not known how far it got.
    """

    now: int
    day: str
    again: bool = False

    def poll_s(self, tries: int) -> float:
        """When to look again."""
        return POLLS_S[min(tries, len(POLLS_S) - 1)]


@dataclass(frozen=True)
class Move:
    """What follows: the state, what to tell of it, columns to change, and what the hospital has told.

    `after` None: the same step again, in `wait_s`.
    """

    after: State | None
    told: str
    changes: Mapping[str, object] = field(default_factory=dict)
    slip: Mapping[str, object] = field(default_factory=dict)
    ending: Ending | None = None
    reason: str | None = None
    wait_s: float | None = None

    @classmethod
    def again(cls, told: str, wait_s: float | None = None, slip: Mapping[str, object] | None = None) -> Self:
        """The same step once more; without `wait_s` after the table's wait."""
        return cls(None, told, slip=slip or {}, wait_s=wait_s)

    def into(self, after: State) -> "Move":
        """The same facts, but another state follows."""
        return replace(self, after=after)

    def because(self, ending: Ending, reason: str) -> "Move":
        """The same, with another ending and reason."""
        return replace(self, ending=ending, reason=reason)
