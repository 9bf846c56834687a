"""`yiqiao qr`: a code's text as a picture: in the terminal, or as PNG or SVG for paper and pages."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from yiqiao.cli.exits import USAGE, leaving

QUIET_ZONE = 4
"""Blank modules around the code; ISO/IEC 18004 asks for four."""


class Form(StrEnum):
    """What is made."""

    PNG = "png"
    SVG = "svg"
    TERMINAL = "terminal"


class Robustness(StrEnum):
    """How much of the code may be lost: L 7 %, M 15 %, Q 25 %, H 30 %."""

    L = "L"
    M = "M"
    Q = "Q"
    H = "H"


def qr(
    text: Annotated[str, typer.Argument(help="The code's text, or a link; - reads it from standard input.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; .png or .svg says what. Default: stdout.")
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", help="Where the file's name does not say it.")] = None,
    scale: Annotated[int, typer.Option(min=1, max=100, help="Pixels (SVG: units) per module.")] = 8,
    error: Annotated[Robustness, typer.Option(help="Robustness; Q or H for codes that are printed.")] = Robustness.M,
) -> None:
    """Draw a QR code. Without --out and --format it is drawn in the terminal."""
    import segno

    content = _content(text)
    chosen = form or _form_of(out)
    try:
        code = segno.make(content, error=error.value, micro=False)
    except segno.DataOverflowError:
        raise leaving(f"the text is too long for a QR code with robustness {error.value}", USAGE) from None
    if chosen is Form.TERMINAL:
        if out is not None:
            with out.open("w", encoding="utf-8") as drawing:
                code.terminal(drawing, border=QUIET_ZONE, compact=True)
        else:
            code.terminal(sys.stdout, border=QUIET_ZONE, compact=True)
        return
    target: str | BinaryIO = str(out) if out is not None else sys.stdout.buffer
    code.save(target, kind=chosen.value, scale=scale, border=QUIET_ZONE)


def _content(text: str) -> str:
    content = sys.stdin.read().strip() if text == "-" else text
    if not content:
        raise leaving("there is no text to draw", USAGE)
    return content


def _form_of(out: Path | None) -> Form:
    if out is None:
        return Form.TERMINAL
    try:
        return Form(out.suffix.removeprefix(".").lower())
    except ValueError:
        raise leaving(f"{out}: .png or .svg, or say --format", USAGE) from None
