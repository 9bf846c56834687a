"""Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""

from typing import Protocol


class Booking(Protocol):
    """Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""
