"""Content that cannot be read: which cipher, key, mode, padding, writing and charset would give sense?

`explore` tries the product of what is met in the field and answers every reading that yields text which looks like the
content it should be, the nearest to the rule first. A wrong key gives none: the odds that chance makes sixteen bytes
look like a JSON or XML text are below one in a million.
"""

import base64
import binascii
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from yiqiao import crypto
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause

BOM = b"\xef\xbb\xbf"
Decrypt = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """A block cipher in ECB: its block in bytes, the key lengths it takes, both directions with PKCS#7."""

    size: int
    keys: tuple[int, ...]
    encrypt: Decrypt
    decrypt: Decrypt

    def raw(self, key: bytes, data: bytes) -> bytes:
        """Decrypt whole blocks without looking at the padding.

        A block of padding under the same key is put behind, and is all that the strict decryption takes off.
        """
        return self.decrypt(key, data + self.encrypt(key, b""))


BLOCKS: Mapping[str, Block] = {
    "SM4": Block(16, (16,), crypto.sm4_ecb_encrypt, crypto.sm4_ecb_decrypt),
    "AES": Block(16, (32, 24, 16), crypto.aes_ecb_encrypt, crypto.aes_ecb_decrypt),
    "DES": Block(8, (8,), crypto.des_ecb_encrypt, crypto.des_ecb_decrypt),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How content should be enciphered: a name of `BLOCKS` ("" for plain text), the key, "hex" or "base64"."""

    cipher: str
    key: bytes = field(repr=False)
    writing: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Content that makes sense, as UTF-8 bytes, the cipher's own bytes, and what the sender did differently."""

    plain: bytes = field(repr=False)
    data: bytes = field(repr=False)
    causes: tuple[Cause, ...]

    @property
    def cost(self) -> int:
        return sum(cause.cost for cause in self.causes)


def explore(text: str, secret: str, rule: Rule) -> tuple[list[Reading], int]:
    """The readings of an enciphered text, best first, and how many were tried."""
    found: list[Reading] = []
    tried = 0
    remarks = (causes.CONTENT_NEWLINE,) if "\n" in text or "\r" in text else ()
    for plain, why in _sense(text.encode()):
        found.append(Reading(plain, b"", (*remarks, *why, *((causes.NOT_ENCIPHERED,) if rule.cipher else ()))))
    for writing, data in _written(text):
        other = (causes.WRITING,) if rule.cipher and writing != rule.writing else ()
        for plain, why in _sense(data):
            found.append(Reading(plain, data, (causes.ENCODED_ONLY, *why)))
        for opened, difference in _opened(data, secret, rule):
            tried += 1
            for plain, why in _unpadded(opened):
                found.append(Reading(plain, data, (*remarks, *other, *difference, *why)))
    return sorted(found, key=lambda reading: reading.cost), tried


def damaged(text: str, rule: Rule) -> bool:
    """Whether a text that gives no sense as a whole was enciphered by the rule all the same, and changed afterwards.

    In ECB a changed byte spoils its own block only: the padding, and the first or the last bracket, still come out.
    """
    block = BLOCKS.get(rule.cipher)
    for writing, data in _written(text):
        if block and writing == rule.writing and len(rule.key) in block.keys and data and not len(data) % block.size:
            inner = _strip(block.raw(rule.key, data))
            if inner and (inner.startswith(b'{"') or inner.endswith(b"}")):
                return True
    return False


def broken_length(text: str, rule: Rule) -> bool:
    """Whether the cipher text cannot be whole: no writing of it gives whole blocks of the rule's cipher."""
    block = BLOCKS.get(rule.cipher)
    sizes = [len(data) for writing, data in _written(text) if writing == rule.writing]
    return block is not None and not any(size and not size % block.size for size in sizes)


def _written(text: str) -> Iterator[tuple[str, bytes]]:
    """The bytes that a text may stand for; a text of hex digits is read as Base64 too."""
    solid = re.sub(r"\s", "", text)
    with contextlib.suppress(ValueError):
        yield "hex", binascii.unhexlify(solid.removeprefix("0x"))
    with contextlib.suppress(ValueError):
        standard = re.sub(r"\s", "", text.replace(" ", "+")).replace("-", "+").replace("_", "/")
        yield "base64", base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _keys(secret: str) -> Iterator[bytes]:
    """Keys that senders make of a secret."""
    texts = dict.fromkeys((secret, secret.strip(), secret.upper(), secret.lower()))
    for text in texts:
        raw = text.encode()
        yield from (raw, raw[:16], raw[:8], raw[-16:], raw[:24], raw.ljust(16, b"\0")[:16])
    try:
        decoded = bytes.fromhex(secret)
    except ValueError:
        decoded = b""
    yield from (decoded, decoded[:8], decoded[:16])
    yield crypto.md5(secret.encode())
    yield crypto.sm3(secret.encode())[:16]
    yield crypto.sm3(secret.encode())
    yield crypto.md5(secret.encode()).hex().encode()[:16]


def _opened(data: bytes, secret: str, rule: Rule) -> Iterator[tuple[bytes, tuple[Cause, ...]]]:
    """Every decryption of the data that can be tried, still padded, and how it differs from the rule."""
    for name, block in BLOCKS.items():
        if not data or len(data) % block.size:
            continue
        cipher = (causes.OTHER_CIPHER,) if name != rule.cipher else ()
        keys = dict.fromkeys((rule.key, *_keys(secret)))
        for key in keys:
            if len(key) not in block.keys:
                continue
            # Under another cipher there is no rule for the key, so its form is no cause of its own.
            form = (causes.KEY_FORM_OF_CIPHER,) if not cipher and key != rule.key else ()
            opened = block.raw(key, data)
            yield opened, (*cipher, *form)
            for chained in _chained(opened, data, key, block.size):
                yield chained, (*cipher, *form, causes.CIPHER_MODE)


def _chained(opened: bytes, data: bytes, key: bytes, size: int) -> Iterator[bytes]:
    """The same as CBC: each block XOR the cipher block before it; the first under the usual vectors, or skipped."""
    for vector in (bytes(size), key[:size], b"0" * size):
        yield _xor(opened, vector + data[:-size])
    if len(data) > size:
        yield _xor(opened[size:], data[:-size])


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _unpadded(opened: bytes) -> Iterator[tuple[bytes, tuple[Cause, ...]]]:
    """What remains when a padding is taken off; PKCS#7 once is the rule."""
    once = _strip(opened)
    twice = _strip(once) if once else None
    if twice is not None:  # line breaks and tabs are padding bytes too, and blanks to JSON: so this is looked at first
        found = list(_sense(twice))
        if found:
            yield from ((plain, (causes.PADDING, *why)) for plain, why in found)
            return
    if once is not None:
        found = list(_sense(once)) if once else [(b"", ())]
        if found:
            yield from found
            return
    bare = opened.rstrip(b"\0 ")
    for candidate in (bare, opened, bare.removesuffix(b"\x80"), opened[: -opened[-1]] if opened[-1] <= 32 else opened):
        found = list(_sense(candidate.rstrip(b"\0")))
        if found:
            yield from ((plain, (causes.PADDING, *why)) for plain, why in found)
            return


def _strip(data: bytes) -> bytes | None:
    """PKCS#7 of any block up to 32 bytes taken off; None where there is none."""
    if not data or not 1 <= data[-1] <= 32 or len(data) < data[-1]:
        return None
    end = len(data) - data[-1]
    return data[:end] if data[end:] == data[-1:] * data[-1] else None


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")
_OPENING = re.compile(r"""\{\s*["'}]|\[\s*["{\[\]]|<[A-Za-z?!]""")
_BRACKETS = {"{": "}", "[": "]", "<": ">"}
_CHARSETS: Sequence[tuple[str, tuple[Cause, ...]]] = (
    ("utf-8", ()),
    ("gb18030", (causes.CONTENT_CHARSET,)),
    ("utf-16-le", (causes.CONTENT_CHARSET,)),
    ("utf-16-be", (causes.CONTENT_CHARSET,)),
)


def _sense(data: bytes) -> Iterator[tuple[bytes, tuple[Cause, ...]]]:
    """The data as text, where it looks like JSON or XML in one of the charsets; as UTF-8 bytes."""
    for charset, why in _CHARSETS:
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        mark = (causes.CONTENT_BOM,) if text.startswith("\ufeff") else ()
        bare = text.removeprefix("\ufeff").strip(" \t\r\n")
        if _OPENING.match(bare) and _BRACKETS[bare[0]] == bare[-1] and not _CONTROL.search(bare):
            yield text.encode(), (*mark, *why)
            return
