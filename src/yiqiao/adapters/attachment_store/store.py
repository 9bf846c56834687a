"""Attachments as sealed objects.

    whole/APPID/ab/SM3      a file: its only chunk, or where its chunks are and how long it is
    chunks/PLACE/000000     a chunk of a file of several

Each object is sealed by SM4-GCM under the hub's newest sealing key. What it is (place and number of a chunk, and
whether it is the last; owner and digest of a file) is bound to it as associated data, so an object that is moved, put
in another's place, or left out does not open. A file's name is written last and at once: until then it is not there.
"""

from urllib.parse import quote

import orjson

from yiqiao.adapters.attachment_store.objects import Objects, open_objects
from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.attachment_store import CHUNK, AttachmentDamaged, Stored

_WITHIN, _ELSEWHERE = b"\x00", b"\x01"
"""What an object that names a file holds: the file itself, or where its chunks are."""


class SealedStore:
    """The store of attachments, over objects of some place."""

    def __init__(self, objects: Objects, keyring: Keyring) -> None:
        self._objects = objects
        self._keyring = keyring

    def append(self, place: str, number: int, plain: bytes, *, last: bool) -> None:
        if len(plain) >= CHUNK if last else len(plain) != CHUNK:
            raise ValueError(f"a chunk of {len(plain)} bytes, last={last}")
        self._objects.put(_chunk(place, number), self._sealed(plain, _of_chunk(place, number, last=last)))

    def part(self, place: str, number: int, *, last: bool) -> bytes:
        return self._opened(self._objects.get(_chunk(place, number)), _of_chunk(place, number, last=last))

    def seal(self, stored: Stored) -> Stored:
        where = orjson.dumps({"place": stored.place, "size": stored.size})
        return self._named(stored, _ELSEWHERE, where)

    def keep(self, owner: str, digest: str, plain: bytes) -> Stored:
        if len(plain) >= CHUNK:
            raise ValueError(f"a file of {len(plain)} bytes has more than one chunk")
        return self._named(Stored(owner, digest, len(plain), ""), _WITHIN, plain)

    def find(self, owner: str, digest: str) -> Stored | None:
        found = self._objects.get(_file(owner, digest))
        if found is None:
            return None
        plain = self._named_object(found, owner, digest)
        if found[:1] == _WITHIN:
            return Stored(owner, digest, len(plain), "")
        where = orjson.loads(plain)
        return Stored(owner, digest, where["size"], where["place"])

    def chunk(self, stored: Stored, number: int) -> bytes:
        if stored.place:
            return self.part(stored.place, number, last=number == stored.chunks - 1)
        found = self._objects.get(_file(stored.owner, stored.digest))
        if number or not found or found[:1] != _WITHIN:
            raise AttachmentDamaged
        return self._named_object(found, stored.owner, stored.digest)

    def forget(self, place: str) -> None:
        self._objects.drop(f"chunks/{place}")

    def remove(self, stored: Stored) -> None:
        self._objects.drop(_file(stored.owner, stored.digest))
        if stored.place:
            self.forget(stored.place)

    def _named(self, stored: Stored, kind: bytes, plain: bytes) -> Stored:
        """Name a file, unless it has a name already; one that cannot be opened any more gives way."""
        name = _file(stored.owner, stored.digest)
        sealed = kind + self._sealed(plain, _of_file(stored.owner, stored.digest, kind))
        self._objects.put(name, sealed, new=True)
        try:
            return self.find(stored.owner, stored.digest) or stored
        except AttachmentDamaged:
            self._objects.put(name, sealed)
            return stored

    def _named_object(self, found: bytes, owner: str, digest: str) -> bytes:
        return self._opened(found[1:], _of_file(owner, digest, found[:1]))

    def _sealed(self, plain: bytes, context: bytes) -> bytes:
        key_id, sealed = self._keyring.seal(plain, context)
        name = key_id.encode()
        return b"".join((bytes([len(name)]), name, sealed))

    def _opened(self, found: bytes | None, context: bytes) -> bytes:
        if not found:
            raise AttachmentDamaged
        end = 1 + found[0]
        try:
            return self._keyring.unseal(found[1:end].decode("ascii", "replace"), found[end:], context)
        except DecryptionFailed as fault:
            raise AttachmentDamaged from fault


def open_attachment_store(url: str, keyring: Keyring) -> SealedStore:
    """The store at a URL as fsspec writes it, or in a folder. Raises StoreUnknown."""
    return SealedStore(open_objects(url), keyring)


def _chunk(place: str, number: int) -> str:
    return f"chunks/{place}/{number:06d}"


def _file(owner: str, digest: str) -> str:
    return f"whole/{quote(owner, safe='').replace('.', '%2E')}/{digest[:2]}/{digest}"


def _of_chunk(place: str, number: int, *, last: bool) -> bytes:
    return f"attachment chunk|{place}|{number}|{'last' if last else 'more'}".encode()


def _of_file(owner: str, digest: str, kind: bytes) -> bytes:
    return f"attachment|{owner}|{digest}|{kind.hex()}".encode()
