"""PostgreSQL's own programs for a backup and its return: pg_dump and pg_restore, as the operator's machine has them.

The connection is handed over in the environment, so that no password shows in the list of processes.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL

INSTALLED = Path("/usr/lib/postgresql")


class ToolMissing(Exception):
    """A program of PostgreSQL is not on this machine; the message says which, and what to install."""


class ToolFailed(Exception):
    """A program of PostgreSQL gave up; the message is its own."""


async def run(program: str, arguments: list[str], url: URL) -> None:
    """Run a program on a database. Raises ToolMissing, ToolFailed."""
    process = await asyncio.create_subprocess_exec(
        _found(program),
        "--no-password",
        *arguments,
        env={**os.environ, **_environment(url)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-3:]
        raise ToolFailed(f"{program} failed: {' / '.join(last) or f'exit status {process.returncode}'}")


def _found(program: str) -> str:
    """The program's path: as PATH has it, else the newest that the system has installed."""
    on_path = shutil.which(program)
    if on_path:
        return on_path
    installed = [path for path in INSTALLED.glob(f"*/bin/{program}") if path.parent.parent.name.isdigit()]
    if not installed:
        raise ToolMissing(
            f"{program} is needed and not here: install PostgreSQL's client programs (Debian: postgresql-client),"
            " of the server's version or a newer one"
        )
    return str(max(installed, key=lambda path: int(path.parent.parent.name)))


def _environment(url: URL) -> Mapping[str, str]:
    options = {name: value for name, value in url.query.items() if isinstance(value, str)}
    said = {
        "PGHOST": url.host or options.get("host"),
        "PGPORT": str(url.port) if url.port else options.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": options.get("sslmode") or options.get("ssl"),
    }
    return {name: value for name, value in said.items() if value}
