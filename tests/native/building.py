"""The libraries as `./dev native` builds them, and programs of the tests."""

import hashlib
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from native.build import CannotBuild, System, build
from tests.support.needs import need

EXAMPLES = Path(__file__).parents[2] / "native" / "examples"
HELPERS = Path(__file__).parent / "windows"


class Building:
    """What is built for a system, once."""

    def __init__(self, into: Path) -> None:
        self.into = into
        self.done: dict[str, Path] = {}

    def __call__(self, system: System) -> Path:
        """The folder. Fails with the compiler's words; skips where there is no compiler."""
        need(shutil.which(system.compiler), f"{system.compiler} is not installed (on Debian: {system.package})")
        if system.name not in self.done:
            try:
                self.done[system.name] = build(system, self.into)
            except CannotBuild as why:
                pytest.fail(str(why), pytrace=False)
        return self.done[system.name]


@cache
def _programs() -> TemporaryDirectory[str]:
    """Where this process keeps the programs that it has compiled."""
    return TemporaryDirectory(prefix="yiqiao-programs-")


def program(system: System, target: Path, *sources: Path, linked: tuple[str, ...] = ()) -> None:
    """Compile a program, once of the same sources. Fails with the compiler's words."""
    made_of = (system.name, linked, [(str(source), source.read_bytes()) for source in sources])
    kept = Path(_programs().name) / hashlib.sha256(repr(made_of).encode()).hexdigest()
    if not kept.exists():
        try:
            system.compile(["-O1", *map(str, sources), "-o", str(target), *linked, *system.linked])
        except CannotBuild as why:
            pytest.fail(str(why), pytrace=False)
        shutil.copy(target, kept)
        return
    shutil.copy(kept, target)
