"""A sandbox behind real HTTP in a thread of the test's process, its database on either engine."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.hub import BARE, PATH
from yiqiao.app.loopback import loopback_hub
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.dialects.ehealth_card.client import Client
from yiqiao.sandbox.faults import HEADER


@dataclass(frozen=True)
class Served:
    """A sandbox's address and how to call it."""

    url: str
    settings: Settings
    secret: str

    def client(self, fault: str = "", secret: str = "", timeout_s: float = 20) -> Client:
        """A client of the demo partner that asks for a fault."""
        return Client(
            self.url,
            app_id="demo-hospital",
            secret=secret or self.secret,
            term_id="10000000001",
            timeout_s=timeout_s,
            headers={HEADER: fault} if fault else {},
        )

    def post(self, body: bytes, fault: str) -> httpx.Response:
        """The answer to these bytes as it comes over the wire."""
        headers = {"content-type": "application/json", HEADER: fault}
        return httpx.post(self.url + PATH, content=body, headers=headers, timeout=20)


@contextmanager
def served(folder: Path, database_url: str = "", **more: object) -> Iterator[Served]:
    """Serve a sandbox with these settings while the block lasts."""
    chosen: dict[str, object] = {"data": str(folder), "database_url": database_url, **BARE, **more}
    settings = Settings(**chosen)  # type: ignore[arg-type]
    with loopback_hub(settings) as url:
        yield Served(url, settings, demo_secret(settings))


def demo_secret(settings: Settings) -> str:
    """The demo partner's secret, read off the hub's own store."""

    async def read() -> str:
        async with open_store(settings) as store:
            partner = store.directory.find("ehealth_card", "demo-hospital")
            assert partner is not None
            return partner.secrets[0]

    return asyncio.run(read())
