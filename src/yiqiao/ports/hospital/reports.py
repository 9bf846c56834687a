"""Laboratory and examination reports."""

from typing import Protocol


class Reports(Protocol):
    """Laboratory and examination reports."""
