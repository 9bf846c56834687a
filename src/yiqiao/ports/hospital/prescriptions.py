"""Prescriptions of the past."""

from typing import Protocol


class Prescriptions(Protocol):
    """Prescriptions of the past."""
