"""An ASGI application behind real HTTP on loopback, in the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """Its address, while it listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started:
            await asyncio.sleep(0.005)
            assert not task.done(), "the server did not start"
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        server.force_exit = True  # an answer that is held back is not waited for
        await task
