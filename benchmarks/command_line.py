"""How long a newcomer waits for the command line."""

import statistics
import subprocess
import time
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.processes import PYTHON

TIMES = 9


def _median_s(arguments: list[str]) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        subprocess.run(arguments, check=True, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def measure() -> Iterator[Figure]:
    """--version beside an interpreter that does nothing."""
    bare = _median_s([PYTHON, "-c", "pass"])
    version = _median_s([PYTHON, "-m", "yiqiao", "--version"])
    yield Figure("yiqiao --version", version, "s", bare, "bare python", limit=0.3)
