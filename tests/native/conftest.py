"""The libraries, built once a session."""

from pathlib import Path

import pytest

from tests.native.libraries import library


@pytest.fixture(scope="session")
def onetrans_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("native"), "OneTrans2")


@pytest.fixture(scope="session")
def card_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("native"), "VirtualCardChk")
