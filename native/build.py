"""Builds the native libraries: `./dev native [linux|windows|all]`, into build/native/SYSTEM.

Each system has a compiler of its own, GCC everywhere: the machine's, and for Windows Debian's mingw-w64 (with its old C
library, msvcrt, so that an old Windows runs what is built). A source file is one system's alone by the end of its name.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

NATIVE = Path(__file__).parent
SOURCES = NATIVE / "src"
INCLUDED = NATIVE / "include"
ENTRIES: Mapping[str, str] = {"OneTrans2": "onetrans.c", "VirtualCardChk": "virtualcard.c"}
"""By library: the source file that only this one has."""
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden")


class CannotBuild(Exception):
    """A compiler is missing or refuses; the text holds its own words."""


@dataclass(frozen=True)
class System:
    """A system that is built for: its compiler, and how its files are called."""

    name: str
    compiler: str
    package: str
    flags: tuple[str, ...]
    foreign: tuple[str, ...]
    """How the names of source files end that are not for it."""
    library: str
    plugin: str
    program: str
    linked: tuple[str, ...]

    @property
    def windows(self) -> bool:
        return self.library.endswith(".dll")

    def sources(self, *without: str) -> list[Path]:
        """All that the libraries share: every source but the entries, those of other systems and those named."""
        left_out = {*ENTRIES.values(), *without}
        found = [*SOURCES.glob("*.c"), *(SOURCES / "crypto").glob("*.c")]
        return sorted(one for one in found if one.name not in left_out and not one.name.endswith(self.foreign))

    def compile(self, arguments: Sequence[str]) -> None:
        """Run the compiler. Raises CannotBuild."""
        self.run(self.compiler, [*STRICT, *self.flags, f"-I{SOURCES}", f"-I{INCLUDED}", *arguments])

    def run(self, tool: str, arguments: Sequence[str]) -> None:
        """Run one of the compiler's package. Raises CannotBuild."""
        if shutil.which(tool) is None:
            raise CannotBuild(f"{tool} is not installed (on Debian: apt install {self.package})")
        done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise CannotBuild(done.stderr)


_VERSION = """1 VERSIONINFO
FILEVERSION {numbers}
PRODUCTVERSION {numbers}
FILEOS 0x40004
FILETYPE 2
BEGIN
BLOCK "StringFileInfo"
BEGIN
BLOCK "080404b0"
BEGIN
{values}
END
END
BLOCK "VarFileInfo"
BEGIN
VALUE "Translation", 0x804, 1200
END
END
"""
_DLL = (
    "-static-libgcc",
    "-Wl,--kill-at",
    "-Wl,--enable-stdcall-fixup",
    "-Wl,--no-insert-timestamp",
    "-Wl,--disable-auto-image-base",
)


def _windows(name: str, prefix: str, *flags: str) -> System:
    old = ("-D_WIN32_WINNT=0x0502", "-D__USE_MINGW_ANSI_STDIO=1", "-DUNICODE", *flags)
    return System(
        name,
        f"{prefix}-w64-mingw32-gcc",
        f"gcc-mingw-w64-{prefix.replace('_', '-')}-win32",
        old,
        ("_posix.c", "_curl.c", "_iconv.c"),
        "{}.dll",
        "{}.dll",
        "{}.exe",
        ("-static-libgcc", "-lwinhttp", "-lshell32", "-lgdi32", "-lwinspool", "-luser32"),
    )


LINUX = System(
    "linux-x86_64",
    "gcc",
    "gcc libc6-dev",
    ("-D_POSIX_C_SOURCE=200809L", "-fPIC"),
    ("_win.c",),
    "lib{}.so",
    "{}.so",
    "{}",
    ("-ldl",),
)
WINDOWS_64 = _windows("windows-x64", "x86_64")
WINDOWS_32 = _windows("windows-x86", "i686", "-march=i686", "-mstackrealign")
SYSTEMS: Mapping[str, tuple[System, ...]] = {
    "linux": (LINUX,),
    "windows": (WINDOWS_64, WINDOWS_32),
    "all": (LINUX, WINDOWS_64, WINDOWS_32),
}


def build(system: System, into: Path) -> Path:
    """Build everything for one system; the answer is `into`/SYSTEM. Raises CannotBuild."""
    folder = into / system.name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept:
        objects = Path(kept)
        entries = [SOURCES / one for one in ENTRIES.values()]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(partial(_object, system, objects), [*system.sources(), *entries]))
        for name in ENTRIES:
            _link(system, objects, folder, name)
    for plugin in sorted((NATIVE / "readers").glob("*.c")):
        target = folder / system.plugin.format(plugin.stem)
        loaded = [*_DLL, "-static-libgcc"] if system.windows else []
        system.compile(["-O2", "-shared", "-s", str(plugin), "-o", str(target), *loaded])
    return folder


def _object(system: System, objects: Path, source: Path) -> None:
    system.compile(["-O2", "-c", str(source), "-o", str(objects / _called(source))])


def _called(source: Path) -> str:
    """The object of a source; folders may have files of the same name."""
    return f"{source.parent.name}-{source.stem}.o"


def _link(system: System, objects: Path, folder: Path, name: str) -> None:
    """A library from the objects, with the ini beside it from which it takes its settings."""
    others = {_called(SOURCES / entry) for library, entry in ENTRIES.items() if library != name}
    parts = [str(one) for one in sorted(objects.glob("*.o")) if one.name not in others]
    if system.windows:
        parts += [str(NATIVE / f"{name}.def"), str(_version(system, objects, name)), *_DLL]
    target = folder / system.library.format(name)
    system.compile(["-shared", "-s", *parts, "-o", str(target), *system.linked])
    shutil.copy(NATIVE / "ini" / f"{name}.ini", folder)


def _version(system: System, objects: Path, name: str) -> Path:
    """The file's version and whose it is, as Windows shows them among its properties."""
    version = tomllib.loads((NATIVE.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    script, target = objects / f"{name}.rc", objects / f"{name}.res"
    numbers = ",".join([*version.split("."), "0", "0"][:4])
    shown = {
        "FileDescription": f"医桥 {name}",
        "FileVersion": version,
        "OriginalFilename": f"{name}.dll",
        "ProductName": "Yiqiao 医桥",
        "ProductVersion": version,
    }
    values = "\n".join(f'VALUE "{key}", "{value}"' for key, value in shown.items())
    script.write_text(_VERSION.format(numbers=numbers, values=values), "utf-8")
    system.run(system.compiler.replace("gcc", "windres"), ["-c", "65001", "-O", "coff", str(script), str(target)])
    return target


def main(arguments: Sequence[str]) -> int:
    """The command. 1 where something could not be built, with the reason on the error stream."""
    parser = argparse.ArgumentParser(prog="./dev native", description="Build the native libraries into build/native.")
    parser.add_argument("systems", nargs="?", choices=sorted(SYSTEMS), default="all")
    chosen = parser.parse_args(arguments)
    try:
        for system in SYSTEMS[chosen.systems]:
            print(build(system, Path("build/native")))
    except CannotBuild as why:
        print(f"native: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
