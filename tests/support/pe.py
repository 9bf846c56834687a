"""Windows libraries and programs as files: for which machine, what they offer, what they ask of others."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MACHINES = {0x014C: "x86", 0x8664: "x64"}
_PLUS = 0x20B
_Unpacked = tuple[int, ...]


@dataclass(frozen=True)
class Image:
    """A file in the format of Windows."""

    machine: str
    exports: tuple[str, ...]
    imports: frozenset[str]
    """The files of other libraries, in lower case."""


def read(path: Path) -> Image:
    """Raises ValueError for what is no such file."""
    return _Reader(path.read_bytes()).image()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        header = self.one("<I", 0x3C) if data[:2] == b"MZ" else 0
        if data[header : header + 4] != b"PE\0\0":
            raise ValueError("not a Windows file")
        self.machine, sections = self.all("<HH", header + 4)
        (size,) = self.all("<H", header + 20)
        optional = header + 24
        self.directories = optional + (112 if self.one("<H", optional) == _PLUS else 96)
        self.sections = [self.all("<8x4I", optional + size + 40 * number) for number in range(sections)]

    def image(self) -> Image:
        return Image(MACHINES[self.machine], tuple(self.exports()), frozenset(self.imports()))

    def all(self, form: str, at: int) -> _Unpacked:
        return struct.unpack_from(form, self.data, at)

    def one(self, form: str, at: int) -> int:
        return self.all(form, at)[0]

    def place(self, address: int) -> int:
        """Where in the file what is loaded to an address stands."""
        for virtual_size, virtual, size, raw in self.sections:
            if virtual <= address < virtual + max(virtual_size, size):
                return raw + address - virtual
        raise ValueError(f"no section holds {address:#x}")

    def text(self, address: int) -> str:
        at = self.place(address)
        return self.data[at : self.data.index(b"\0", at)].decode("ascii")

    def exports(self) -> Iterator[str]:
        address = self.one("<I", self.directories)
        if not address:
            return
        count, names = self.all("<I4xI", self.place(address) + 24)
        at = self.place(names) if count else 0
        yield from (self.text(self.one("<I", at + 4 * number)) for number in range(count))

    def imports(self) -> Iterator[str]:
        address = self.one("<I", self.directories + 8)
        at = self.place(address) if address else 0
        while address and (name := self.one("<I", at + 12)):
            yield self.text(name).lower()
            at += 20
