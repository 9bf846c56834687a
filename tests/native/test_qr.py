"""The library's QR codes are those of another encoder, module for module.

The other one puts a zero byte between a text that ends with a byte and the padding, which ISO/IEC 18004 7.4.10 does not
have; its bits are therefore padded here.
"""

import ctypes
import random
from typing import Any

import pytest
import segno
import segno.encoder

from native.build import SOURCES
from tests.native.libraries import compiled

SIDE = 73
_BUFFER: Any = segno.encoder.Buffer


class Code(ctypes.Structure):
    _fields_ = (("side", ctypes.c_int), ("mask", ctypes.c_int), ("dark", (ctypes.c_uint8 * SIDE) * SIDE))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    files = [str(SOURCES / name) for name in ("qr.c", "qr_words.c")]
    built = compiled(tmp_path_factory.mktemp("qr") / "qr.so", files, "-fPIC", "-shared", "-fvisibility=default")
    return ctypes.CDLL(str(built))


@pytest.fixture(autouse=True)
def padded_by_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    final: Any = segno.encoder.make_final_message

    def mended(version: int, error: int, buff: Any) -> Any:
        bits = "".join(str(bit) for bit in buff)
        head = 12 if version < 10 else 20
        end = head + 8 * int(bits[4:head], 2)
        padded = bits[:end] + "0" * min(4, len(bits) - end)
        pads = ["11101100", "00010001"]
        padded += "".join(pads[at % 2] for at in range((len(bits) - len(padded)) // 8))
        again: Any = _BUFFER()
        again.extend(int(bit) for bit in padded)
        return final(version, error, again)

    monkeypatch.setattr(segno.encoder, "make_final_message", mended)


def made(encoder: ctypes.CDLL, text: bytes) -> Code | None:
    code = Code()
    return code if encoder.yq_qr_make(text, ctypes.c_size_t(len(text)), ctypes.byref(code)) & 0xFF else None


def rows(code: Code) -> list[list[int]]:
    return [[code.dark[row][column] for column in range(code.side)] for row in range(code.side)]


@pytest.mark.parametrize("length", [*range(40), *range(40, 360, 13), 62, 63, 180, 181, 213, 214, 256, 359])
def test_a_code_is_as_another_encoder_draws_it(encoder: ctypes.CDLL, length: int) -> None:
    drawn = random.Random(length)
    text = bytes(drawn.choice(b"abcdefghijklmnopqrstuvwxyz:/.?=&") for _ in range(length))
    code = made(encoder, text)
    assert code is not None
    if not text:
        return
    other = segno.make_qr(text.decode(), error="m", mode="byte", boost_error=False, mask=code.mask)
    assert rows(code) == [list(row) for row in other.matrix]


def test_a_text_too_long_has_no_code(encoder: ctypes.CDLL) -> None:
    assert made(encoder, b"x" * 359) is not None
    assert made(encoder, b"x" * 363) is None
    assert made(encoder, b"x" * 100_000) is None
