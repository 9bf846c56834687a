"""The check of a launch over HTTP beside the bare echo, on SQLite and PostgreSQL: one click, one session."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import SLICE_S, Hub, Reference, load, running_echo, running_hub, wrk_missing
from tests.support import postgres
from yiqiao.dialects.cmc.client import Launcher
from yiqiao.dialects.cmc.server import PATH
from yiqiao.sandbox.launching import patients

CONNECTIONS = 64
SECONDS = 5
PER_SECOND = 12_000
TARGET_RATIO = 0.30


def measure() -> Iterator[Figure]:
    """The figures of a launch."""
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
        queries = launches(hub, PER_SECOND * SECONDS)
        with running_echo(120) as echo_url:
            echo = Reference(
                lambda: load(echo_url, PATH, queries, SLICE_S, CONNECTIONS, folder, again=True, query=True)
            )
            launched, beside = echo.beside(
                lambda: load(hub.url, PATH, queries, SECONDS, CONNECTIONS, folder, query=True)
            )
        if launched.refused:
            raise RuntimeError(f"{launched.refused} launches failed")
        yield Figure(f"launch, {engine}", launched.requests_per_second, "1/s", beside, "echo", TARGET_RATIO)
        yield Figure(f"launch p99, {engine}", launched.p99_ms, "ms", limit=50)


def launches(hub: Hub, count: int) -> list[bytes]:
    """Queries of launches, each with a registration number of its own."""
    found = hub.credentials("cmc")
    launcher = Launcher(str(found["app_id"]), str(found["secret"]))
    values = dict(patients()[0].values)
    made = (launcher.insured(**{**values, "jzsxh": f"B{n}", "mzsxh": f"B{n}"}) for n in range(count))
    return [launch.url("").partition("?")[2].encode() for launch in made]
