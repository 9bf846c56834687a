"""What a hospital shows to everybody: itself, its departments, doctors, schedules and prices."""

from typing import Protocol


class Catalogue(Protocol):
    """What a hospital shows to everybody: itself, its departments, doctors, schedules and prices."""
