"""Who is being called, and how many wait before whom."""

from typing import Protocol


class Queue(Protocol):
    """Who is being called, and how many wait before whom."""
