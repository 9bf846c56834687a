"""The libraries as `./dev native` builds them, and programs of the tests."""

import shutil
from pathlib import Path

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


def program(system: System, target: Path, *sources: Path, linked: tuple[str, ...] = ()) -> None:
    """Compile a program. Fails with the compiler's words."""
    try:
        system.compile(["-O1", *map(str, sources), "-o", str(target), *linked, *system.linked])
    except CannotBuild as why:
        pytest.fail(str(why), pytrace=False)
