"""The journal: every exchange, kept sealed, chained, searched and replayed."""

from yiqiao.journal.entry import Direction, Entry, Keys
from yiqiao.journal.recorder import Recorder

__all__ = ["Direction", "Entry", "Keys", "Recorder"]
