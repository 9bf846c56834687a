"""Two who do the same at the same moment: the first has looked and not yet written when the second begins."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.util import await_only

A_WHILE_S = 0.3


async def at_the_same_moment(
    patch: pytest.MonkeyPatch, looks: tuple[ModuleType, str], acts: Sequence[Callable[[], Awaitable[object]]]
) -> tuple[bool, list[object]]:
    """Have two act, the second while the first stands behind its look (a storage function over a connection).

    Answers whether the second had to wait, and what came of both: a result, or the exception. PostgreSQL only.
    """
    module, name = looks
    seen, go = asyncio.Event(), asyncio.Event()
    look = getattr(module, name)

    def looking(*args: Any) -> Any:
        found = look(*args)
        if not seen.is_set():
            seen.set()
            await_only(go.wait())
        return found

    patch.setattr(module, name, looking)
    first = asyncio.ensure_future(acts[0]())
    await seen.wait()
    second = asyncio.ensure_future(acts[1]())
    done, _ = await asyncio.wait({second}, timeout=A_WHILE_S)
    go.set()
    outcomes: list[object] = list(await asyncio.gather(first, second, return_exceptions=True))
    patch.setattr(module, name, look)
    return not done, outcomes
