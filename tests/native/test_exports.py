"""What is built for Windows offers the documented functions by their plain names, and needs what each Windows has."""

from pathlib import Path

import pytest

from native.build import ENTRIES, WINDOWS_32, WINDOWS_64, System, build
from tests.native.building import Building
from tests.support import pe

DOCUMENTED = {
    "OneTrans2": {"OneTrans"},
    "VirtualCardChk": {"VirtualCardTrans", "Set_QRflow_Mode", "EhealthID_Print"},
}
EVERYWHERE = {f"{name}.dll" for name in ("gdi32", "kernel32", "msvcrt", "shell32", "user32", "winhttp", "ws2_32")} | {
    "winspool.drv"
}
MACHINES = [(WINDOWS_64, "x64"), (WINDOWS_32, "x86")]


@pytest.mark.parametrize(("system", "machine"), MACHINES, ids=["x64", "x86"])
def test_a_library_exports_the_documented_functions_alone_and_undecorated(
    system: System, machine: str, built: Building
) -> None:
    """VirtualCardTrans.library, Set_QRflow_Mode.library, EhealthID_Print.library"""
    folder = built(system)
    for name in ENTRIES:
        image = pe.read(folder / f"{name}.dll")
        assert image.machine == machine
        assert set(image.exports) == DOCUMENTED[name]
        assert image.imports <= EVERYWHERE
        assert "kernel32.dll" in image.imports
        assert f"医桥 {name}".encode("utf-16-le") in (folder / f"{name}.dll").read_bytes()


def test_an_ini_lies_beside_each_library(built: Building) -> None:
    folder = built(WINDOWS_64)
    assert {one.stem for one in folder.glob("*.ini")} == set(ENTRIES)


def test_what_is_built_twice_is_the_same_file(tmp_path: Path, built: Building) -> None:
    first = built(WINDOWS_32) / "OneTrans2.dll"
    assert (build(WINDOWS_32, tmp_path) / "OneTrans2.dll").read_bytes() == first.read_bytes()


def test_what_is_no_windows_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"MZ" + bytes(100))
    with pytest.raises(ValueError, match="not a Windows file"):
        pe.read(tmp_path / "x")
