"""Carrying SQLite's log over into the file, beside whoever writes.

Left to itself SQLite does it within the commit that finds the log too long, and everybody waits for that one. Here a
thread with a connection of its own carries over what is there, again and again while transactions come; the commit that
does it all the same, so that the log can begin anew, finds little left.
"""

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

LOG_PAGES = 16_000
"""How long the log gets (64 MB) before a commit carries over what is left of it."""
PAUSE_S = 0.25

log = structlog.get_logger("yiqiao.storage")


class LogKeeper:
    """The log of one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "sqlite-log")
        self._running: Future[None] | None = None
        self._connection: sqlite3.Connection | None = None
        self._due = 0.0

    def written(self) -> None:
        """A transaction was committed. Returns at once."""
        now = time.monotonic()
        if now >= self._due and (self._running is None or self._running.done()):
            self._due = now + PAUSE_S
            self._running = self._thread.submit(self._carry_over)

    def _carry_over(self) -> None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
            # PASSIVE waits for nobody: what a reader still needs, or another process is at, is left for the next time.
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as fault:
            log.warning("the log is left to the commits", reason=str(fault))

    def close(self) -> None:
        """Wait for what has begun, and let go of the file."""
        self._thread.shutdown()
        if self._connection is not None:
            self._connection.close()
