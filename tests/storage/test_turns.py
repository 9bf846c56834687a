"""Turns: who asks for the same waits until the other's transaction has ended; who asks for another thing does not."""

import asyncio

import pytest
from sqlalchemy import Connection
from sqlalchemy.util import await_only

from yiqiao.storage import Database
from yiqiao.storage.turns import one_at_a_time

A_WHILE_S = 0.3


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_the_same_is_done_by_one_at_a_time_and_another_thing_beside_it(database: Database) -> None:
    holding, go = asyncio.Event(), asyncio.Event()

    def hold(connection: Connection) -> None:
        one_at_a_time(connection, "family", "a")
        holding.set()
        await_only(go.wait())

    first = asyncio.create_task(database.write(hold))
    await holding.wait()
    await database.write(lambda connection: one_at_a_time(connection, "family", "b"))
    second = asyncio.create_task(database.write(lambda connection: one_at_a_time(connection, "family", "a")))
    done, _ = await asyncio.wait({second}, timeout=A_WHILE_S)
    assert not done
    go.set()
    await asyncio.gather(first, second)


async def test_turns_are_taken_on_either_engine(database: Database) -> None:
    for _ in range(2):
        assert await database.write(lambda connection: one_at_a_time(connection, "family", "a")) is None  # type: ignore[func-returns-value]
