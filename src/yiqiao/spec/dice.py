"""Choices that are the same every time for the same seed and place; samples are made with them.

Not random and not secret: a sample of one field must not change because another field was added.
"""

import hashlib
from dataclasses import dataclass, field


@dataclass
class Dice:
    """Called with n, gives a number from 0 to n - 1."""

    seed: str
    thrown: int = field(default=0)

    def __call__(self, sides: int) -> int:
        self.thrown += 1
        digest = hashlib.sha256(f"{self.seed}/{self.thrown}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % sides
