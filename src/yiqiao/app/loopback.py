"""A hub on a free port of this machine for as long as a block lasts; real HTTP, real database, nothing left behind."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from yiqiao.app.direct import DirectProtocol
from yiqiao.app.http import build
from yiqiao.app.settings import Settings

START_S = 20


@contextmanager
def loopback_hub(settings: Settings) -> Iterator[str]:
    """Serve in a thread; answers the address. Raises RuntimeError if the hub does not come up."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            build(replace(settings, port=port)),
            http=DirectProtocol,
            proxy_headers=False,
            log_config=None,
            access_log=False,
            lifespan="on",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + START_S
            while not server.started:
                if not thread.is_alive() or time.monotonic() > deadline:
                    raise RuntimeError("the hub did not start")
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()
