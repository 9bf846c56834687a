"""Time as the hub uses it: epoch milliseconds inside, Beijing time (GMT+8) on the wire and on pages.

The standards write yyyyMMddHHmmss in Beijing time without saying so; China has one zone and no daylight saving, so a
fixed offset is exact for every date that occurs in these messages.
"""

import re
import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Protocol

DAY_MS = 86_400_000
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
_COMPACT = re.compile(r"\d{14}", re.ASCII)


class Clock(Protocol):
    """Where the hub's time comes from; the sandbox hands in one that can be moved."""

    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class FixedClock:
    """A clock that stands still until it is moved; for tests and replays."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def advance(self, seconds: float) -> None:
        """Move on by this many seconds (backwards where negative)."""
        self.ms += round(seconds * 1000)


def beijing(ms: int) -> datetime:
    """Epoch milliseconds as an aware datetime in Beijing time."""
    return datetime.fromtimestamp(ms / 1000, BEIJING)


def compact(ms: int) -> str:
    """Epoch milliseconds as yyyyMMddHHmmss, Beijing time."""
    return _compact(ms // 1000)


@lru_cache(maxsize=16)
def _compact(second: int) -> str:
    return beijing(second * 1000).strftime("%Y%m%d%H%M%S")


def readable(ms: int) -> str:
    """Epoch milliseconds as `2026-11-20 09:30:12`, Beijing time, as pages and messages show it."""
    return beijing(ms).strftime("%Y-%m-%d %H:%M:%S")


def parse_compact(text: str) -> int:
    """yyyyMMddHHmmss in Beijing time to epoch milliseconds; ValueError for anything else."""
    if len(text) != 14:
        raise ValueError(f"not yyyyMMddHHmmss: {len(text)} characters")
    return _parsed(text)


@lru_cache(maxsize=64)
def _parsed(text: str) -> int:
    """Every message has a timestamp, and those of a second have the same; strptime takes five times as long."""
    if not _COMPACT.fullmatch(text):
        raise ValueError("not yyyyMMddHHmmss")
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[8:10]), int(text[10:12]), int(text[12:14])
    return round(datetime(year, month, day, hour, minute, second, tzinfo=BEIJING).timestamp() * 1000)
