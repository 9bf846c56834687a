"""The libraries, built once a session, and a HIS that calls the unified one."""

from pathlib import Path

import pytest

from tests.dialects.onetrans.desk import KEY, parameters
from tests.dialects.onetrans.platform import Platform
from tests.native.building import Building
from tests.native.libraries import Answered, OneTrans, library


@pytest.fixture(scope="session")
def onetrans_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("native"), "OneTrans2")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Building:
    return Building(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def card_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("native"), "VirtualCardChk")


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
