"""Inputs by chance for the native libraries, in as many processes as there are cores, each with a seed of its own."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.native.fuzzing import INPUTS, findings, fuzzer


def run(fraction: float, seed: int) -> list[str]:
    """A part of the million; answers what was found."""
    cores = os.cpu_count() or 1
    inputs = max(1, round(INPUTS * fraction / cores))
    with tempfile.TemporaryDirectory(prefix="yiqiao-fuzz-") as folder, ThreadPoolExecutor(cores) as pool:
        program = fuzzer(Path(folder))
        found = list(pool.map(lambda core: findings(program, inputs, seed + core), range(cores)))
    faults = [f"native: {one[-2000:]}" for one in found if one]
    print(f"native: {inputs * cores} inputs, {len(faults)} findings")
    return faults
