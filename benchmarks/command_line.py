"""How long a newcomer waits for the command line."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import PYTHON, start_hub, stop

TIMES = 9


def _median_s(arguments: list[str]) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def measure() -> Iterator[Figure]:
    """--version beside an interpreter that does nothing, and a sandbox from nothing to its first answer."""
    bare = _median_s([PYTHON, "-c", "pass"])
    version = _median_s([PYTHON, "-m", "yiqiao", "--version"])
    yield Figure("yiqiao --version", version, "s", bare, "bare python", limit=0.3)
    ready = []
    for _ in range(3):
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            started = time.perf_counter()
            hub = start_hub(Path(folder))
            ready.append(time.perf_counter() - started)
            stop(hub.process)
    yield Figure("sandbox ready, empty folder", statistics.median(ready), "s", limit=3.0)
