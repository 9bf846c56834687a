"""The native libraries for the tests: built once a session, beside an ini of the test's own, called by ctypes."""

import ctypes
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from native.build import LINUX
from tests.support.needs import need

SIZE = 8192
GUARD = b"\xa5" * 64


def sources(*without: str) -> list[str]:
    """All C files of this system but the entries of the libraries and those named."""
    return [str(one) for one in LINUX.sources(*without)]


def compiled(target: Path, files: Sequence[str], *flags: str) -> Path:
    """A shared object or a program of these files. Fails with the compiler's words."""
    need(shutil.which(LINUX.compiler), f"{LINUX.compiler} is not installed")
    LINUX.compile(["-g", *flags, *files, "-o", str(target), *LINUX.linked])
    return target


def exported(library: Path) -> list[str]:
    """The functions that are seen from outside, a to z."""
    need(shutil.which("nm"), "binutils are not installed")
    command = ["nm", "-D", "--defined-only", str(library)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted(line.split()[-1] for line in listed.splitlines())


def has_curl() -> bool:
    """Whether the libraries find something to call with."""
    try:
        ctypes.CDLL("libcurl.so.4")
    except OSError:
        return False
    return True


def wait_for(file: Path) -> Path:
    """A file that another process writes."""
    for _ in range(2000):
        if file.exists() and file.stat().st_size:
            return file
        time.sleep(0.01)
    raise AssertionError(f"{file.name} was never written")


def ini(sections: Mapping[str, Mapping[str, object]]) -> str:
    """An ini file's text."""
    lines: list[str] = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{name} = {value}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


@dataclass
class Answered:
    """What a call gave: the function's own value, and the JSON in the buffer."""

    value: int
    json: Mapping[str, object]

    @property
    def code(self) -> str:
        return str(self.json["code"])

    @property
    def said(self) -> str:
        return str(self.json.get("err_msg", ""))

    @property
    def data(self) -> Mapping[str, object]:
        found = self.json["data"]
        assert isinstance(found, dict)
        return found


@dataclass
class Buffer:
    """A host's buffer; beyond it nothing may change."""

    size: int

    def __post_init__(self) -> None:
        self._whole = ctypes.create_string_buffer(GUARD + b"\xa5" * self.size + GUARD, len(GUARD) * 2 + self.size)

    @property
    def address(self) -> int:
        return ctypes.addressof(self._whole) + len(GUARD)

    def text(self) -> bytes:
        """What was written, up to its end."""
        whole = self._whole.raw
        assert whole.startswith(GUARD)
        assert whole.endswith(GUARD), "the library wrote beyond the buffer"
        inner = whole[len(GUARD) : -len(GUARD)]
        assert b"\0" in inner, "no end of text in the buffer"
        return inner.split(b"\0", 1)[0]


class Beside:
    """A copy of a library with an ini of the test's own beside it."""

    ini = ""

    def __init__(self, built: Path, folder: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
        need(has_curl(), "libcurl is not installed")
        self.folder = folder
        self.path = folder / built.name
        shutil.copy(built, self.path)
        self.configure(sections)
        self.loaded = ctypes.CDLL(str(self.path))

    def configure(self, sections: Mapping[str, Mapping[str, object]]) -> None:
        """Write the ini; it holds from the next call on."""
        (self.folder / self.ini).write_text(ini(sections), "utf-8")


class OneTrans(Beside):
    """The unified library as a HIS calls it."""

    ini = "OneTrans2.ini"

    def __init__(self, built: Path, folder: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(built, folder, sections)
        self.function = self.loaded.OneTrans
        self.function.argtypes = [ctypes.c_char_p, ctypes.c_void_p]

    def raw(self, given: bytes | None, size: int = SIZE) -> tuple[int, bytes]:
        """The value and the bytes of the answer."""
        buffer = Buffer(size)
        value = self.function(given, buffer.address)
        return value, buffer.text()

    def send(self, given: bytes | None, size: int = SIZE) -> Answered:
        value, told = self.raw(given, size)
        return Answered(value, orjson.loads(told.decode("gbk")))

    def call(self, parameters: Mapping[str, object], data: object) -> Answered:
        """A request of these public parameters and this data, in GBK."""
        return self.send(orjson.dumps({**parameters, "data": data}).decode().encode("gbk"))


class VirtualCard(Beside):
    """The health card's library as a HIS calls it."""

    ini = "VirtualCardChk.ini"

    def __init__(self, built: Path, folder: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(built, folder, sections)
        self.function = self.loaded.VirtualCardTrans
        self.function.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p]
        self.function.restype = ctypes.c_char_p

    def print(self, code: bytes | None, card_no: bytes | None, name: bytes | None) -> int:
        """The value of EhealthID_Print."""
        function = self.loaded.EhealthID_Print
        function.argtypes = [ctypes.c_char_p] * 3
        value: int = function(code, card_no, name)
        return value

    def call(self, url: str, given: object, size: int = 2048, charset: str = "gbk") -> tuple[str, Mapping[str, object]]:
        """The code and the JSON in the buffer."""
        buffer = Buffer(size)
        body = given if isinstance(given, bytes) or given is None else orjson.dumps(given).decode().encode(charset)
        code: bytes = self.function(url.encode(), body, buffer.address)
        told: Mapping[str, object] = orjson.loads(buffer.text().decode(charset))
        return code.decode(), told
