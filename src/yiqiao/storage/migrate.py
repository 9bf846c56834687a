"""Bringing a database to the form this version needs: Alembic, from empty, on both engines.

Alembic works on one connection in one transaction, so an upgrade that fails leaves everything as it was.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from yiqiao.storage.sqlite import sqlite_engine

T = TypeVar("T")
SCRIPTS = "yiqiao.storage:migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return config


def newest() -> str:
    """The revision this version of the hub needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head


async def current(url: str) -> str | None:
    """The revision a database is at; None where it is empty. Raises OSError, SQLAlchemyError if it is out of reach."""
    return await asyncio.to_thread(_on_connection, url, _revision)


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to `revision`."""

    def work(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    await asyncio.to_thread(_on_connection, url, work)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _on_connection(url: str, work: Callable[[Connection], T]) -> T:
    """Run work in one transaction on a connection of its own, in a thread of its own."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sqlite_engine(parsed.database or "", read_only=False)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()

    async def on_postgresql() -> T:
        asynchronous = create_async_engine(parsed.set(drivername="postgresql+asyncpg"))
        try:
            async with asynchronous.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await asynchronous.dispose()

    return asyncio.run(on_postgresql())
