"""Inputs by chance for the native libraries, under AddressSanitizer and its kin: the program and its runs."""

import os
import subprocess
from pathlib import Path

from native.build import NATIVE
from tests.native.libraries import compiled, sources

SANITIZED = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
INPUTS = 1_000_000


def fuzzer(folder: Path) -> Path:
    """The program, built into a folder: the libraries' own sources with a platform and a system of its own."""
    fuzz = NATIVE / "fuzz"
    files = [*sources("platform_posix.c", "http_curl.c"), *map(str, sorted(fuzz.glob("*.c")))]
    return compiled(folder / "fuzz", files, f"-I{fuzz}", *SANITIZED)


def findings(program: Path, inputs: int, seed: int, *more: str) -> str:
    """What was found in so many inputs; "" for nothing."""
    environment = {
        **os.environ,
        "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=32",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [str(program), str(inputs), str(seed), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, errors="replace")
    if done.returncode == 0:
        assert done.stdout == f"{inputs} inputs\n"
        return ""
    return done.stderr or f"ended with {done.returncode}"
