"""The hospital's records of its patients: creating, finding, cards, insured identity."""

from typing import Protocol


class Patients(Protocol):
    """The hospital's records of its patients: creating, finding, cards, insured identity."""
