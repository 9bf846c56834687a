"""What an idle hub need not hold: Alembic, and fsspec, are not in the process that serves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from yiqiao.app.settings import Settings
from yiqiao.app.store import prepare_database
from yiqiao.cli import serve
from yiqiao.storage.migrate import current, newest

OPENED = """
import asyncio, json, sys
from pathlib import Path
from yiqiao.app.settings import Settings
from yiqiao.cli.serve import _prepare
settings = Settings(data=sys.argv[1], host="127.0.0.1", port=0, sandbox=True)
_prepare(settings)
from yiqiao.web.asgi import application
app = application(settings)
LOOKED_FOR = ("sqlalchemy", "alembic", "mako", "fsspec", "duckdb")
async def opened():
    async with app.router.lifespan_context(app):
        print(json.dumps([name for name in LOOKED_FOR if name in sys.modules]))
asyncio.run(opened())
"""


def held(folder: Path) -> list[str]:
    """Which of the libraries a hub has loaded that has been opened over a folder."""
    done = subprocess.run([sys.executable, "-c", OPENED, str(folder)], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_process_that_serves_has_never_loaded_alembic(tmp_path: Path) -> None:
    assert held(tmp_path) == ["sqlalchemy"]  # the first start: another process sets the database up
    assert held(tmp_path) == ["sqlalchemy"]  # and one that finds it up to date


async def test_a_database_is_set_up_though_no_process_can_be_had_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=str(tmp_path))
    monkeypatch.setenv("YIQIAO_PORT", "no number")  # the other process leaves at once
    await serve._set_up(settings)
    assert await current(settings.database) is None
    await prepare_database(settings, serve._set_up)
    assert await current(settings.database) == newest()
