"""An inpatient's deposit, charges and daily list."""

from typing import Protocol


class Inpatient(Protocol):
    """An inpatient's deposit, charges and daily list."""
