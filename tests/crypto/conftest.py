"""What the tests of this package share: the libraries that can carry SM2, and openssl as a second opinion."""

import importlib
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from tests.support.needs import need
from yiqiao.crypto import sm2

OpenSsl = Callable[..., bytes]

_SM2_LIBRARIES = {"sm2_native": "gmssl_pyx", "sm2_pure": "gmssl"}


def _sm2_libraries() -> list[str]:
    try:
        from yiqiao.crypto import sm2_openssl
    except ImportError:
        here = []
    else:
        here = [sm2_openssl.__name__.rpartition(".")[2]]
    return here + [name for name, package in _SM2_LIBRARIES.items() if find_spec(package)]


@pytest.fixture(params=_sm2_libraries())
def sm2_library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test once on each library that is installed."""
    name: str = request.param
    library = importlib.import_module(f"yiqiao.crypto.{name}")
    monkeypatch.setattr(sm2, "sign_digest", library.sign_digest)
    monkeypatch.setattr(sm2, "verify_digest", library.verify_digest)
    return name


@pytest.fixture(scope="session")
def openssl() -> OpenSsl:
    """Runs the openssl program: arguments, data on stdin -> stdout. It and the algorithm are asked for with `need`."""
    program = shutil.which("openssl") or ""
    need(program, "no openssl program here")

    def run(*arguments: str, data: bytes = b"") -> bytes:
        done = subprocess.run([program, *arguments], input=data, capture_output=True, check=False, timeout=30)
        complaint = done.stderr.decode(errors="replace").lower()
        lacking = done.returncode and ("unsupported" in complaint or "unable to load provider" in complaint)
        need(not lacking, f"this openssl has no {arguments[0]} {arguments[1]}")
        assert done.returncode == 0, complaint
        return done.stdout

    return run
