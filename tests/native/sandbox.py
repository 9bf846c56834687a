"""A sandbox with its pages behind real HTTP, and the person at the browser that the library opens."""

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

import orjson
import uvicorn

from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.sandbox.desk_partner import DeskPartner
from yiqiao.web.asgi import application

T = TypeVar("T")
START_S = 60
PERSON = """#!{python}
import json, re, sys, urllib.parse, urllib.request
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
for form in json.loads({forms!r}):
    text = browser.open(sys.argv[1]).read().decode()
    found = {{name: re.search(f'name="{{name}}" value="([^"]*)"', text) for name in ("token", "turn")}}
    sent = {{"turn": "1", **{{name: match[1] for name, match in found.items() if match}}, **form}}
    browser.open(sys.argv[1], urllib.parse.urlencode(sent).encode())
"""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    url: str
    runtime: Runtime
    loop: asyncio.AbstractEventLoop

    @property
    def his(self) -> DeskPartner:
        """The demo HIS."""
        assert self.runtime.desk_demo is not None
        return self.runtime.desk_demo

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Something within the hub."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """Serve one while the block lasts."""
    loops: list[asyncio.AbstractEventLoop] = []
    with socket.socket() as listening, redirect_stderr(StringIO()):
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = application(Settings(data=str(folder), sandbox=True, sandbox_hospitals=False, port=port))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await server.serve(sockets=[listening])

        thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
        thread.start()
        deadline = time.monotonic() + START_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield Sandbox(f"http://127.0.0.1:{port}", app.state.runtime, loops[0])
        server.should_exit = True
        thread.join()


def person(folder: Path, *forms: Mapping[str, str]) -> Path:
    """A browser command that fills in these forms of the page, one after another."""
    browser = folder / "person"
    browser.write_text(PERSON.format(python=sys.executable, forms=orjson.dumps(forms).decode()), "utf-8")
    browser.chmod(0o755)
    return browser
