"""What became of bookings, for those who ask later: by order, patient, day."""

from typing import Protocol


class Records(Protocol):
    """What became of bookings, for those who ask later: by order, patient, day."""
