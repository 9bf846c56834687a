"""The journey of a consent over HTTP (authurl, yes on a phone, auth.query) beside the same messages to the bare echo.

Each journey waits for its own answers, as a kiosk and a phone do: the link has to be opened before it can be followed.
So it is one process of ours that calls, and its own share (opening two answers a journey) is in the figure.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx

from benchmarks.figures import Figure
from benchmarks.messages import PATH, demo_client
from benchmarks.processes import Hub, running_echo, running_hub
from tests.support import postgres
from yiqiao.clock import SystemClock, compact
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.client import Client
from yiqiao.sandbox.login import PATH as SIGN_IN
from yiqiao.spec import load

AUTHURL = "ehc.ehealthcard.authurl"
QUERY = "ehc.ehealthcard.auth.query"
CONNECTIONS = 32
SECONDS = 5
PER_SECOND = 1_500  # more journeys than can be made
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SCHEME = envelope.scheme(load("ehealth_card").security)


@dataclass(frozen=True)
class Phone:
    """Somebody signed in: the cookie, and the token of their forms."""

    cookie: str
    csrf: str


@dataclass(frozen=True)
class Journey:
    """The two messages of the kiosk, ready to be sent."""

    authurl: bytes
    query: bytes


@dataclass
class Wire:
    """One connection that is kept open; as little client as can be."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, path: str, body: bytes, kind: str, cookie: str = "") -> tuple[int, bytes]:
        """Send, and wait for the answer: its status and body."""
        carried = f"Cookie: {cookie}\r\n" if cookie else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: {kind}\r\n{carried}Content-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        return int(answer[9:12]), await self.reader.readexactly(int(length[1]) if length else 0)


Walk = Callable[[Wire, Journey], Awaitable[None]]


@dataclass(frozen=True)
class Walked:
    """What was seen: whole journeys a second, and how long one in a hundred took at least, milliseconds."""

    per_second: float
    p99_ms: float


def measure(seconds: int = SECONDS) -> Iterator[Figure]:
    """The journey on SQLite and on PostgreSQL, each beside the echo."""
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from _on("SQLite", Path(folder), "", seconds)
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            yield from _on("PostgreSQL", Path(folder), cluster.create_database(), seconds)
    finally:
        cluster.stop()


def _on(engine: str, folder: Path, database_url: str, seconds: int) -> Iterator[Figure]:
    with running_hub(folder, database_url) as hub, demo_client(hub) as client:
        secret, phone = str(hub.credentials()["secret"]), _signed_in(hub, client)
        journeys = _journeys(client, PER_SECOND * seconds)
        with running_echo(len(journeys[0].authurl)) as echo:
            echoed = asyncio.run(_walked(echo, _echo_walk(phone), cycle(journeys), seconds))
        walked = asyncio.run(_walked(hub.url, _consent_walk(secret, phone), iter(journeys), seconds))
    yield Figure(f"consent journey, {engine}", walked.per_second, "1/s", echoed.per_second, "three echoes")
    yield Figure(f"consent journey p99, {engine}", walked.p99_ms, "ms")


def _journeys(client: Client, count: int) -> list[Journey]:
    return [
        Journey(
            client.message(AUTHURL, _asking(f"bench-q-{n}")),
            client.message(QUERY, {"out_authorize_no": f"bench-q-{n}"}),
        )
        for n in range(count)
    ]


def _asking(serial: str) -> dict[str, object]:
    return {
        "out_authorize_no": serial,
        "out_authorize_time": compact(SystemClock().now_ms()),
        "operator_id": "0007",
        "operator_name": "量测员",
        "treatment_code": "010101",
        "ip_addr": "192.0.2.7",
        "office_code": "0300",
    }


def _signed_in(hub: Hub, client: Client) -> Phone:
    """The first of the sandbox's people, signed in as a browser does it."""
    with httpx.Client(base_url=hub.url) as browser:
        token = _hidden(browser.get(SIGN_IN).text, "token")
        browser.post(SIGN_IN, data={"token": token, "next": "/", "person": "0"})
        link = str(client.authurl(**_asking("bench-q-first"))["ehealth_authurl"])
        csrf = _hidden(browser.get(urlsplit(link).path).text, "csrf")
        return Phone("; ".join(f"{name}={value}" for name, value in browser.cookies.items()), csrf)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError(f"the page has no {name}")
    return found[1]


def _consent_walk(secret: str, phone: Phone) -> Walk:
    form = urlencode({"csrf": phone.csrf, "decision": "consent"}).encode()

    async def walk(wire: Wire, journey: Journey) -> None:
        _, asked = await wire.post(PATH, journey.authurl, JSON)
        link = str((envelope.open_response(asked, [secret], SCHEME).biz or {})["ehealth_authurl"])
        status, _ = await wire.post(urlsplit(link).path, form, FORM, phone.cookie)
        _, told = await wire.post(PATH, journey.query, JSON)
        seen = (envelope.open_response(told, [secret], SCHEME).biz or {}).get("auth_status")
        if (status, seen) != (303, "succ"):
            raise RuntimeError(f"a journey ended with HTTP {status}, auth_status {seen}")

    return walk


def _echo_walk(phone: Phone) -> Walk:
    form = urlencode({"csrf": phone.csrf, "decision": "consent"}).encode()

    async def walk(wire: Wire, journey: Journey) -> None:
        await wire.post(PATH, journey.authurl, JSON)
        await wire.post("/a", form, FORM, phone.cookie)
        await wire.post(PATH, journey.query, JSON)

    return walk


async def _walked(url: str, walk: Walk, left: Iterator[Journey], seconds: int) -> Walked:
    """Walk as many journeys as there is time for. Raises RuntimeError where they did not last."""
    took: list[float] = []
    address = urlsplit(url)
    begun = time.monotonic()

    async def desk() -> None:
        wire = Wire(*await asyncio.open_connection(address.hostname, address.port))
        try:
            while time.monotonic() < begun + seconds:
                journey, at = next(left, None), time.monotonic()
                if journey is None:
                    raise RuntimeError(f"too few journeys for {seconds} s")
                await walk(wire, journey)
                took.append(time.monotonic() - at)
        finally:
            wire.writer.close()

    await asyncio.gather(*(desk() for _ in range(CONNECTIONS)))
    lasted = time.monotonic() - begun
    took.sort()
    return Walked(len(took) / lasted, took[len(took) * 99 // 100] * 1000)
