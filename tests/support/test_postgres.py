"""The throw-away cluster: databases apart from each other, and nothing left behind by a test run that was killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from tests.support.needs import need
from tests.support.postgres import Cluster, NoPostgres, find_programs
from tests.support.tree import ROOT

HOLDER = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background lets its children ignore it
from tests.support.postgres import start
print(start(fast=True).folder, flush=True)
time.sleep(60)
"""


def _run(url: str, *statements: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def test_each_database_is_empty_and_a_copy_has_what_its_template_has(postgres_cluster: Cluster) -> None:
    first = postgres_cluster.create_database()
    _run(first, "CREATE TABLE bed (number integer)", "INSERT INTO bed VALUES (7)")
    copy, other = postgres_cluster.create_database(first), postgres_cluster.create_database()
    assert _run(copy, "SELECT number FROM bed") == 7
    with pytest.raises(asyncpg.UndefinedTableError):
        _run(other, "SELECT number FROM bed")
    for url in (first, copy, other):
        postgres_cluster.drop_database(url)


def test_a_dropped_database_is_gone(postgres_cluster: Cluster) -> None:
    url = postgres_cluster.create_database()
    postgres_cluster.drop_database(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        _run(url, "SELECT 1")


def test_a_stranger_without_the_password_is_refused(postgres_url: str) -> None:
    scheme, _, rest = postgres_url.partition("://")
    with pytest.raises(asyncpg.InvalidPasswordError):
        _run(f"{scheme}://yiqiao:guessed@{rest.rpartition('@')[2]}", "SELECT 1")


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_when_the_process_that_started_it_is_killed(number: signal.Signals) -> None:
    try:
        find_programs()
    except NoPostgres as missing:
        need(False, str(missing))
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        assert holder.stdout
        folder = Path(holder.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        holder.send_signal(number)
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not _runs(server)


def _runs(process: int) -> bool:
    """Whether a process works still; one that is dead and merely not collected does not."""
    state = Path(f"/proc/{process}/stat")
    if state.exists():
        return state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc").exists()
