"""Physical examinations (体检): their reports, items, departments, conclusions."""

from typing import Protocol


class Checkups(Protocol):
    """Physical examinations (体检): their reports, items, departments, conclusions."""
