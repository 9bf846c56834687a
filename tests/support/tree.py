"""The files of the repository as somebody who clones it sees them: without what .gitignore names."""

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files(under: Path = ROOT) -> Iterator[Path]:
    """Every file under a folder that is not ignored."""
    everywhere, at_root = _ignored()
    for folder, names, here in os.walk(under):
        place = Path(folder)
        banned = everywhere | (at_root if place == ROOT else frozenset())
        names[:] = sorted(name for name in names if not _matches(name, banned))
        yield from (place / name for name in sorted(here) if not _matches(name, banned))


def _ignored() -> tuple[frozenset[str], frozenset[str]]:
    """Name patterns that are ignored everywhere, and those at the root alone."""
    lines = [line.strip() for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    everywhere = {pattern.rstrip("/") for pattern in patterns if not pattern.startswith("/")}
    at_root = {pattern.strip("/") for pattern in patterns if pattern.startswith("/")}
    return frozenset(everywhere | {".git"}), frozenset(at_root)


def _matches(name: str, patterns: frozenset[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
