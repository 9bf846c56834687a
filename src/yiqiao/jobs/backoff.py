"""When to try again after a failure: a table of waits per kind of job, with some chance in it.

Chance keeps the jobs that failed together (their partner was down) from all coming back in the same second.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

_chance = random.SystemRandom()


@dataclass(frozen=True)
class Backoff:
    """Waits (s) after the first, second, … failure, the last one repeating; after `attempts` a person is called."""

    waits_s: tuple[float, ...] = (5, 30, 120, 600, 3600)
    attempts: int = 20
    jitter: float = 0.2

    def exhausted(self, attempts: int) -> bool:
        """Whether there is no trying again after this many attempts."""
        return attempts >= self.attempts

    def next_at(self, now_ms: int, attempts: int) -> int:
        """When to try again (epoch ms) after `attempts` failures in a row."""
        wait = self.waits_s[min(max(attempts, 1), len(self.waits_s)) - 1]
        return now_ms + round(wait * 1000 * _chance.uniform(1 - self.jitter, 1 + self.jitter))


DEFAULT = Backoff()
Backoffs = Mapping[str, Backoff]
