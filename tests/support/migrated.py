"""How a hub of the tests gets its tables: as the migrations make them, which run once a session for each engine.

Running them takes a second or two, and tests open hubs by the thousand. What they have made is a template, and an empty
database becomes a copy of it. The migrations themselves, and the `yiqiao` command, have tests that run them.
"""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from sqlalchemy import make_url

from yiqiao.storage import migrate

NAME = "migrated"
USED = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
        AND relname <> 'alembic_version'
"""
"""The tables that hold a row, or have held one since they were last emptied: with a file of any length."""
OTHERS_AWAY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Templates:
    """`place` takes the template of SQLite; that of PostgreSQL stands on the server for which it is made."""

    place: TemporaryDirectory[str]
    servers: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    """Databases that have their tables, and are looked after by `empty`."""

    async def upgrade(self, url: str, revision: str = "head") -> None:
        """As `migrate.upgrade`; an empty database is filled from the template."""
        if url in self.emptied:
            return
        if revision == "head":
            sqlite = make_url(url).get_backend_name() == "sqlite"
            if await (asyncio.to_thread(self.fill_file, url) if sqlite else self._recreate(url)):
                return
        await migrate.upgrade(url, revision)

    async def empty(self, url: str) -> None:
        """Make a database of PostgreSQL what the migrations make of an empty one, whatever a test has left in it: a
        quarter of the work of making a new one.
        """
        if url not in self.emptied:
            await self.upgrade(url)
            self.emptied.add(url)
            return
        there = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
        try:
            await there.execute(OTHERS_AWAY)
            if used := [row[0] for row in await there.fetch(USED)]:
                await there.execute(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE")
        finally:
            await there.close()

    def fill_file(self, url: str) -> bool:
        """Make an empty file of SQLite a copy of the template; False: it is not empty."""
        template = Path(self.place.name) / "template.db"
        if not template.exists():
            made = template.with_name("being_made.db")
            asyncio.run(migrate.upgrade(f"sqlite:///{made}"))
            made.rename(template)
        with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(_file(url))) as target:
            if target.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
                return False
            target.execute("PRAGMA synchronous=OFF")
            source.backup(target)
        return True

    async def _recreate(self, url: str) -> bool:
        """Make an empty database of PostgreSQL a copy of the template; False: it is not empty, or others are on it."""
        server, _, name = url.replace("postgresql+asyncpg", "postgresql").rpartition("/")
        there = await asyncpg.connect(f"{server}/{name}")
        try:
            tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            if await there.fetchval(tables):
                return False
        finally:
            await there.close()
        maintenance = await asyncpg.connect(f"{server}/postgres")
        try:
            if server not in self.servers:
                await maintenance.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
                await migrate.upgrade(f"{server}/{NAME}")
                self.servers.add(server)
            await maintenance.execute(f"DROP DATABASE {name}")
            await maintenance.execute(f"CREATE DATABASE {name} TEMPLATE {NAME}")
        except asyncpg.ObjectInUseError:
            return False
        finally:
            await maintenance.close()
        return True


@cache
def templates() -> Templates:
    """Those of this process."""
    return Templates(TemporaryDirectory(prefix="yiqiao-migrated-"))


def furnished(folder: Path) -> Path:
    """The folder of a hub that has its tables: what starts on it need not make them."""
    assert templates().fill_file(f"sqlite:///{folder / 'yiqiao.db'}")
    return folder


def _file(url: str) -> str:
    file = make_url(url).database
    assert file
    return file
