"""Starting and stopping the processes that are measured: the hub, the echo, the load generator."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable
SLICE_S = 3
"""How long a reference is measured, each time."""
READY_WITHIN_S = 90
"""A hub that starts between others that are killed takes its time on a busy machine."""


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Poll until the address answers 200; RuntimeError if the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the process ended with {process.returncode} before it was ready")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"not ready after {seconds} s: {url}")


@dataclass(frozen=True)
class Hub:
    """A hub that runs as a process of its own, with what a caller needs."""

    url: str
    process: subprocess.Popen[bytes]
    data: Path
    environment: Mapping[str, str]

    def credentials(self, dialect: str = "ehealth_card") -> dict[str, object]:
        """The sandbox's demo credentials, asked for as a newcomer would."""
        command = [PYTHON, "-m", "yiqiao", "sandbox", "credentials", dialect, "--json"]
        done = subprocess.run(command, env=self.environment, capture_output=True, check=True)
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def memory_mb(self) -> float:
        """Resident memory of the process, MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0


def start_hub(
    data: Path, database_url: str = "", port: int | None = None, workers: int = 1, log_level: str = "warning"
) -> Hub:
    """Start a sandbox hub and wait until it is ready."""
    port = port or free_port()
    environment = {
        **os.environ,
        "YIQIAO_DATA": str(data),
        "YIQIAO_DATABASE_URL": database_url,
        "YIQIAO_PORT": str(port),
        "YIQIAO_LOG_LEVEL": log_level,
        "YIQIAO_SANDBOX": "true",
        "YIQIAO_SANDBOX_HOSPITALS": "false",  # nothing is filed in the background of a measurement
        "YIQIAO_WORKERS": str(workers),
    }
    process = subprocess.Popen([PYTHON, "-m", "yiqiao", "serve"], env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    wait_until_ready(f"{url}/readyz", process, READY_WITHIN_S)
    return Hub(url, process, data, environment)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process in order; by force if it does not go."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running_hub(data: Path, database_url: str = "", workers: int = 1) -> Iterator[Hub]:
    """A hub for the length of a block."""
    hub = start_hub(data, database_url, workers=workers)
    try:
        yield hub
    finally:
        stop(hub.process)


@contextmanager
def running_echo(answer_size: int) -> Iterator[str]:
    """The reference: bare Starlette that reads a body and answers `answer_size` bytes, one worker."""
    port = free_port()
    command = [PYTHON, "-m", "uvicorn", "benchmarks.echo:app", "--port", str(port), "--no-access-log"]
    environment = {**os.environ, "ECHO_SIZE": str(answer_size)}
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@dataclass(frozen=True)
class Load:
    """What the load generator saw. Times in milliseconds."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    requests: int
    refused: int


def wrk_missing() -> str | None:
    """Why no load can be made, or None."""
    return None if shutil.which("wrk") else "wrk is not installed (Debian: apt-get install wrk)"


def _posted(path: str, host: str, body: bytes, content_type: str) -> bytes:
    about = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{about}\r\n".encode() + body


def _got(path: str, host: str, query: bytes) -> bytes:
    return f"GET {path}?{query.decode('ascii')} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def load(
    url: str,
    path: str,
    bodies: list[bytes],
    seconds: int,
    connections: int,
    folder: Path,
    *,
    again: bool = False,
    query: bool = False,
    content_type: str = "application/json",
) -> Load:
    """Send each of `bodies` once (`again`: in turn, as often as there is time), over `connections` connections; as
    the query of a GET where `query` is asked for.

    Raises RuntimeError where the bodies did not last for `seconds`: that would measure their number, not the hub.
    """
    source = folder / "requests.bin"
    host = url.removeprefix("http://")
    with source.open("wb") as out:
        for body in bodies:
            whole = _got(path, host, body) if query else _posted(path, host, body, content_type)
            out.write(len(whole).to_bytes(4, "big") + whole)
    script = Path(__file__).with_name("load.lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url + path]
    command += [str(source), *(["again"] if again else [])]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if not again and found["requests"] >= len(bodies):
        raise RuntimeError(f"{len(bodies)} messages were too few for {seconds} s")
    return Load(found["rps"], found["p50"], found["p99"], found["requests"], found["refused"])


class Reference:
    """A pace that others are held against. It is taken before each of them and after it, and their mean counts: the
    machine's own pace changes by a third within a minute.
    """

    def __init__(self, take: Callable[[], Load]) -> None:
        self._take = take

    def beside(self, work: Callable[[], Load]) -> tuple[Load, float]:
        """What `work` saw, and the pace around it."""
        before = self._take()
        done = work()
        return done, (before.requests_per_second + self._take().requests_per_second) / 2
