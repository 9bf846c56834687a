"""A hub that really runs, for programs that call it as a hospital's would."""

import itertools
import sys
from collections.abc import Iterator

import pytest

from benchmarks.processes import Hub, running_hub
from hospital_his import Platform
from tests.examples.hospital import Town
from tests.support.migrated import furnished

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]  # the sandbox is stopped by a signal


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """One sandbox for all tests; each has patients of its own."""
    with running_hub(furnished(tmp_path_factory.mktemp("sandbox"))) as hub:
        yield hub


@pytest.fixture(scope="session")
def platform(sandbox: Hub) -> Platform:
    """The sandbox as its demo partner calls it."""
    demo = sandbox.credentials()
    terminals = demo["terminals"]
    assert isinstance(terminals, list)
    return Platform(sandbox.url, str(demo["app_id"]), str(demo["secret"]), str(terminals[0]))


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """A number for each patient."""
    return itertools.count(1)


@pytest.fixture
def town(platform: Platform, numbers: Iterator[int]) -> Iterator[Town]:
    """The hospital, its platform and its patients."""
    with Town(platform, numbers) as opened:
        yield opened
