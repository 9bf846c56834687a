"""Verify, register and alter over HTTP beside the bare echo, on SQLite and PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.figures import Figure
from benchmarks.messages import PATH, alterations, demo_client, numbers, registration, registrations, verifications
from benchmarks.processes import (
    SLICE_S,
    Hub,
    Load,
    Reference,
    load,
    running_echo,
    running_hub,
    wrk_missing,
)
from tests.support import postgres

CONNECTIONS = 64
SECONDS = 5
PER_SECOND = {"verify": 12_000, "register": 9_000, "alterinfo": 6_000}  # more messages than can be answered
HOLDERS = 200


def measure() -> Iterator[Figure]:
    """All figures of the slice."""
    missing = wrk_missing()
    if missing:
        raise RuntimeError(missing)
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from _on("SQLite", Path(folder), "")
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            yield from _on("PostgreSQL", Path(folder), cluster.create_database())
    finally:
        cluster.stop()


def _on(engine: str, folder: Path, database_url: str) -> Iterator[Figure]:
    with running_hub(folder, database_url) as hub:
        idle = hub.memory_mb()
        client = demo_client(hub)
        source = numbers()
        held = [
            client.querywithreg(**registration(f"bench-h-{n}", f"{next(source)}", 100_000 + n, generate_type="static"))
            for n in range(HOLDERS)
        ]
        codes = [str(answer["ehealth_code"]) for answer in held]
        verifying = verifications(client, codes, PER_SECOND["verify"] * SECONDS)
        answer_size = _answer_size(hub, verifying.pop())
        cards = [str(answer["ehealth_card_id"]) for answer in held]
        altering = alterations(client, cards, PER_SECOND["alterinfo"] * SECONDS)
        registering = registrations(client, PER_SECOND["register"] * SECONDS)
        with running_echo(answer_size) as echo_url:
            echo = Reference(lambda: load(echo_url, PATH, verifying, SLICE_S, CONNECTIONS, folder, again=True))
            verified, beside = echo.beside(lambda: load(hub.url, PATH, verifying, SECONDS, CONNECTIONS, folder))
            yield Figure(f"verify, {engine}", verified.requests_per_second, "1/s", beside, "echo", 0.25)
            yield Figure(f"verify p99, {engine}", verified.p99_ms, "ms", limit=50)
            registered, beside = echo.beside(lambda: load(hub.url, PATH, registering, SECONDS, CONNECTIONS, folder))
            yield Figure(f"register, {engine}", registered.requests_per_second, "1/s", beside, "echo", 0.15)
            yield Figure(f"register p99, {engine}", registered.p99_ms, "ms")
            altered, beside = echo.beside(lambda: load(hub.url, PATH, altering, SECONDS, CONNECTIONS, folder))
            yield Figure(f"alterinfo, {engine}", altered.requests_per_second, "1/s", beside, "echo")
        client.close()
        yield Figure(f"alterinfo p99, {engine}", altered.p99_ms, "ms")
        yield Figure(f"idle memory, {engine}", idle, "MB", limit=150)
        _must_be_real(hub, verified, registered, altered)


def _answer_size(hub: Hub, message: bytes) -> int:
    """How long the answer to a verification is: the echo answers as many bytes."""
    answer = httpx.post(hub.url + PATH, content=message, headers={"content-type": "application/json"})
    if answer.json()["ret_code"] != "0000":
        raise RuntimeError(answer.text)
    return len(answer.content)


def _must_be_real(hub: Hub, *loads: Load) -> None:
    """A figure counts only if the hub really did what was asked for."""
    for done in loads:
        if done.refused:
            raise RuntimeError(f"{done.refused} requests failed")
