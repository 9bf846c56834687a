"""Bringing a database to the form this version needs: Alembic, from empty, on both engines.

Alembic works on one connection in one transaction, so an upgrade that fails leaves everything as it was. It is loaded
when something is to be upgraded, and only then: a hub whose database is up to date runs for months without it, and
with it would hold ten megabytes more.
"""

import asyncio
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TypeVar

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from yiqiao.storage.sqlite import sqlite_engine

T = TypeVar("T")
SCRIPTS = "yiqiao.storage:migrations"
VERSIONS = "yiqiao.storage.migrations.versions"
_NAMED = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)


@cache
def revisions() -> frozenset[str]:
    """All revisions that this version of the hub can bring a database on from."""
    return frozenset(lines["revision"] for lines in _scripts())


@cache
def newest() -> str:
    """The revision this version of the hub needs."""
    heads = revisions() - {lines.get("down_revision") for lines in _scripts()}
    if len(heads) != 1:
        raise RuntimeError(f"the migrations of the package end in {len(heads)} revisions, not in one")
    return next(iter(heads))


def _scripts() -> list[dict[str, str]]:
    """What each migration says of itself, read from its text: `revision`, and `down_revision` but in the first."""
    texts = (file.read_text("utf-8") for file in files(VERSIONS).iterdir() if re.match(r"\d.*\.py$", file.name))
    return [dict(_NAMED.findall(script)) for script in texts]


async def current(url: str) -> str | None:
    """The revision a database is at; None where it is empty. Raises OSError, SQLAlchemyError if it is out of reach."""
    return await asyncio.to_thread(_on_connection, url, _revision)


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to `revision`."""
    from alembic import command
    from alembic.config import Config

    def work(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", SCRIPTS)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    await asyncio.to_thread(_on_connection, url, work)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


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
