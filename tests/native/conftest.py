"""The libraries, built once a session, and a HIS that calls the unified one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from native.build import LINUX
from tests.dialects.onetrans.desk import KEY, parameters
from tests.dialects.onetrans.platform import Platform
from tests.native.building import Building
from tests.native.libraries import Answered, OneTrans
from tests.support.machines import Machine, bits_32, bits_64, linux, shut_down


@pytest.fixture(scope="session")
def onetrans_library(built: Building) -> Path:
    return built(LINUX) / "libOneTrans2.so"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Building:
    return Building(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def wine_64(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A 64-bit Windows; what it keeps takes some seconds to be made."""
    prefix = tmp_path_factory.mktemp("wine") / "prefix"
    yield bits_64(prefix)
    shut_down(prefix)


@pytest.fixture(params=["x64", "x86"])
def windows(request: pytest.FixtureRequest) -> Machine:
    """A Windows of either width."""
    return request.getfixturevalue("wine_64") if request.param == "x64" else bits_32()


@pytest.fixture(params=["linux", "x64", "x86"])
def machine(request: pytest.FixtureRequest) -> Machine:
    """Each that is built for."""
    if request.param == "linux":
        return linux()
    return request.getfixturevalue("wine_64") if request.param == "x64" else bits_32()


@pytest.fixture(scope="session")
def card_library(built: Building) -> Path:
    return built(LINUX) / "libVirtualCardChk.so"


@pytest.fixture
def his(onetrans_library: Path, tmp_path: Path) -> OneTrans:
    return OneTrans(onetrans_library, tmp_path, {"gateway": {"url": "http://127.0.0.1:9"}})


def at(his: OneTrans, platform: Platform, **sections: dict[str, object]) -> None:
    """Have it call this platform."""
    his.configure(
        {
            "gateway": {"url": platform.url},
            "pages": {"browser": "none", "wait_s": 5, "confirm_s": 5, "poll_ms": 50},
            **sections,
        }
    )


def asking(his: OneTrans, trans_type: str, data: object, **more: str) -> Answered:
    """What a transaction answers."""
    return his.call({**parameters(), "trans_type": trans_type, "app_key": KEY, **more}, data)
