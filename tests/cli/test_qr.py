"""`yiqiao qr`: the same code in the terminal, as PNG and as SVG."""

import struct
import zlib
from pathlib import Path

import pytest
import segno
import typer
from typer.testing import CliRunner, Result

from yiqiao.cli.qr import QUIET_ZONE, qr

TEXT = "9A51C0DE5A3F1B7E4C6D8E2F90A1B2C3D4E5F60718293A4B5C6D7E8F90:0:::00000000001"
Modules = list[list[bool]]

app = typer.Typer()
app.command()(qr)


def draw(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def due(error: str = "M") -> Modules:
    """The dark modules of the text's code, quiet zone included."""
    return [
        [bool(module) for module in row]
        for row in segno.make(TEXT, error=error, micro=False).matrix_iter(1, QUIET_ZONE)
    ]


def in_png(data: bytes, scale: int) -> Modules:
    """The dark modules of a greyscale or palette PNG with one bit a pixel, unfiltered."""
    assert data.startswith(b"\x89PNG")
    width, height, depth = struct.unpack(">IIB", data[16:25])
    assert depth == 1
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    raw, stride = zlib.decompress(packed), (width + 7) // 8 + 1
    lines = [raw[n * stride + 1 : (n + 1) * stride] for n in range(0, height, scale)]
    dark = 0  # in a palette and in grey alike, black comes first
    return [[(line[x // 8] >> (7 - x % 8) & 1) == dark for x in range(0, width, scale)] for line in lines]


@pytest.mark.parametrize("error", ["L", "M", "Q", "H"])
def test_a_png_holds_the_code_with_its_quiet_zone(tmp_path: Path, error: str) -> None:
    target = tmp_path / "code.png"
    done = draw(TEXT, "--out", str(target), "--scale", "3", "--error", error)
    assert done.exit_code == 0, done.output
    assert in_png(target.read_bytes(), 3) == due(error)


def test_an_svg_is_a_picture_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "code.svg"
    assert draw("-", "--out", str(target), stdin=f"{TEXT}\n").exit_code == 0
    head = target.read_text(encoding="utf-8")
    assert head.startswith("<?xml")
    assert f'<svg xmlns="http://www.w3.org/2000/svg" width="{8 * len(due())}"' in head


def test_in_the_terminal_two_rows_of_modules_stand_on_a_line() -> None:
    drawn = draw(TEXT)
    assert drawn.exit_code == 0
    assert abs(len(drawn.stdout.strip("\n").splitlines()) - (len(due()) + 1) // 2) <= 1


def test_a_picture_goes_to_stdout_where_no_file_is_named() -> None:
    done = draw(TEXT, "--format", "png")
    assert in_png(done.stdout_bytes, 8) == due()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("",), "no text"), ((TEXT, "--out", "code.gif"), ".png or .svg"), (("x" * 4000,), "too long")],
)
def test_what_cannot_be_drawn_is_told(arguments: tuple[str, ...], told: str) -> None:
    done = draw(*arguments)
    assert done.exit_code == 2
    assert told in done.output
