"""What an outpatient owes, pays and gets back."""

from typing import Protocol


class Outpatient(Protocol):
    """What an outpatient owes, pays and gets back."""
