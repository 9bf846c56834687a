"""A circuit breaker: who does not answer is left alone for a while, and then asked by one call alone.

While a partner is away every call would wait for its time-out; twenty of them at once are twenty citizens who look at
a wheel. So after some failures in a row calls fail at once, until one of them finds the partner back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Patience:
    """After how many failures in a row it opens, and for how long (s), the last wait repeating."""

    failures: int = 5
    waits_s: tuple[float, ...] = (5, 10, 20, 40, 60)


@dataclass
class Breaker:
    """One partner's. `now_s` is a monotonic clock. Not for threads."""

    now_s: Callable[[], float]
    patience: Patience = field(default_factory=Patience)
    _failures: int = 0
    _opened: int = 0
    _until: float = 0.0
    _probing: bool = False

    def admits(self) -> bool:
        """Whether a call may be made now. Of those that come when the wait is over one is let through."""
        if not self._opened:
            return True
        if self._probing or self.now_s() < self._until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """An answer came, whatever it said."""
        self._failures = self._opened = 0
        self._probing = False

    def failed(self) -> None:
        """No answer came."""
        self._failures += 1
        if self._probing or self._failures >= self.patience.failures:
            waits = self.patience.waits_s
            self._until = self.now_s() + waits[min(self._opened, len(waits) - 1)]
            self._opened += 1
            self._failures = 0
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether calls fail at once."""
        return bool(self._opened)

    @property
    def left_s(self) -> float:
        """How long calls fail at once still."""
        return max(0.0, self._until - self.now_s()) if self._opened else 0.0
