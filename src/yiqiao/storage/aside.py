"""Computing in the middle of a transaction without holding up the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.util import await_only

T = TypeVar("T")


def aside(connection: Connection, work: Callable[[], T]) -> T:
    """What `work` computes, on another thread than the loop's; it must not use the connection.

    On SQLite a transaction has a thread of its own already.
    """
    if connection.dialect.name == "postgresql":
        return await_only(asyncio.to_thread(work))
    return work()
