"""What reaches over all tests: a PostgreSQL of our own, tables that are made once, and how hard hypothesis tries."""

import gc
import os
from collections.abc import Iterator

import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from tests.support.migrated import templates
from tests.support.needs import EVERYTHING_MUST_RUN, need
from tests.support.postgres import Cluster, NoPostgres, start
from yiqiao.app import store
from yiqiao.jobs import runner
from yiqiao.jobs.daily import enqueue_days
from yiqiao.partners import passwords

# Hubs that commands start have no hospitals but those that a test files.
os.environ.setdefault("YIQIAO_SANDBOX_HOSPITALS", "false")

pytest_plugins = ["tests.support.databases", "tests.support.stores"]

# Two cores that others use as well: a slow moment is no finding, so examples have no deadline.
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if EVERYTHING_MUST_RUN else "dev"))


# Tracebacks are plain, as those of a running hub: by default they show all local variables, which takes seconds each.
_PLAIN = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _PLAIN])


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `./dev soak --run steps` asks for."""
    told = "kill at every step, where each second or tenth is taken otherwise"
    parser.addoption("--every-step", action="store_true", help=told)


@pytest.fixture
def every_step(request: pytest.FixtureRequest) -> bool:
    """Whether what is killed step by step is killed at each of them."""
    chosen: bool = request.config.getoption("every_step")
    return chosen


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: going through it for garbage takes an eighth of a run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _cheap() -> Iterator[None]:
    """What a hub's start and a sign-in mostly consist of costs little: an empty database gets its tables
    from a template, a password is hashed with hardly any work, and a hub owes no daily work (see `owing`).
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "enqueue_days", lambda connection, now_ms, plan: 0)
        patch.setattr(store, "upgrade", templates().upgrade)
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def owing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hubs of this test do the day's work once they are open, as those do that were away in the small hours."""
    monkeypatch.setattr(runner, "enqueue_days", enqueue_days)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One throw-away cluster a session (a worker, under xdist)."""
    try:
        cluster = start(fast=True)
    except NoPostgres as missing:
        need(False, str(missing))
        raise
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    url = postgres_cluster.create_database()
    yield url
    postgres_cluster.drop_database(url)
