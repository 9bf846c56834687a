"""The form of a backup: one tar file with a manifest and its parts, each with its length and SM3.

    manifest.json    what this is: versions, engine, revision, time, parts, where the journal stood
    database.sqlite  or database.dump (pg_dump's custom form)
    keys.json        only where it was asked for

A part is read back only under the name, length and digest that the manifest states; nothing in the file is ever
unpacked to a place that the file itself names.
"""

import hmac
import io
import json
import os
import secrets
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SM3, Hash

from yiqiao.crypto import hmac_sm3
from yiqiao.crypto.keyring import Keyring

FORMAT = 1
MANIFEST = "manifest.json"
KEYS = "keys.json"
DATABASES: Mapping[str, str] = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
LARGEST_MANIFEST = 16 << 20
STEP = 1 << 20


class ArchiveUnusable(Exception):
    """The file is no backup that can be used; the message says why."""


@dataclass(frozen=True)
class Part:
    """A member of the archive. `sm3` in hex."""

    name: str
    size: int
    sm3: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `made_at` epoch ms; `heads`: where the journal's chains stood, `chain/seq/link`.

    `mac` proves all the rest under the hub's keys, in hex: other keys than those of the hub show before a restore.
    """

    version: str
    engine: str
    revision: str
    made_at: int
    parts: tuple[Part, ...]
    heads: tuple[str, ...]
    mac: str = ""
    format: int = FORMAT

    @property
    def with_keys(self) -> bool:
        """Whether the hub's keys are in it."""
        return any(part.name == KEYS for part in self.parts)

    def signed(self, keyring: Keyring) -> "Manifest":
        """The same with its proof."""
        return replace(self, mac=self._mac(keyring))

    def is_of(self, keyring: Keyring) -> bool:
        """Whether the backup was taken by a hub with these keys, and says what it said then."""
        return hmac.compare_digest(self._mac(keyring), self.mac)

    def _mac(self, keyring: Keyring) -> str:
        said = json.dumps({**asdict(self), "mac": ""}, sort_keys=True)
        return hmac_sm3(keyring.chain, b"backup|" + said.encode()).hex()


def part_of(path: Path) -> Part:
    """A file that is to become a part, measured."""
    digest, size = _Digest(), 0
    with path.open("rb") as file:
        while chunk := file.read(STEP):
            digest.update(chunk)
            size += len(chunk)
    return Part(path.name, size, digest.hex())


def write(target: Path, manifest: Manifest, folder: Path) -> None:
    """Write the archive of the parts in `folder`; the whole file appears at once, readable by its owner alone.

    Raises FileExistsError where there is a file already, OSError.
    """
    draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2).encode()
                archive.addfile(_member(MANIFEST, len(text), manifest.made_at), io.BytesIO(text))
                for part in manifest.parts:
                    with (folder / part.name).open("rb") as content:
                        archive.addfile(_member(part.name, part.size, manifest.made_at), content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise FileExistsError(f"{target} exists already")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def read(source: Path, folder: Path) -> Manifest:
    """Check an archive and put its parts into `folder` under their own names. Raises ArchiveUnusable, OSError."""
    try:
        with tarfile.open(source, "r:") as archive:
            manifest = _manifest(archive, archive.next())
            for part in manifest.parts:
                _extract(archive, archive.next(), part, folder)
            if archive.next() is not None:
                raise ArchiveUnusable("the archive holds more than its manifest says")
            return manifest
    except tarfile.TarError as error:
        raise ArchiveUnusable(f"{source.name} is no whole tar archive: {error}") from None


def _member(name: str, size: int, made_at: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, made_at // 1000, 0o600
    return member


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> Manifest:
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > LARGEST_MANIFEST:
        raise ArchiveUnusable("no backup of this program: the archive does not begin with a manifest")
    file = archive.extractfile(member)
    try:
        said = json.loads(file.read() if file else b"")
        if said["format"] != FORMAT:
            raise ArchiveUnusable(f"the backup has form {said['format']!r}, this version reads form {FORMAT}")
        parts = tuple(Part(str(part["name"]), int(part["size"]), str(part["sm3"])) for part in said["parts"])
        heads = tuple(str(head) for head in said["heads"])
        version, engine, revision = (str(said[name]) for name in ("version", "engine", "revision"))
        manifest = Manifest(version, engine, revision, int(said["made_at"]), parts, heads, str(said["mac"]))
    except (ValueError, KeyError, TypeError):
        raise ArchiveUnusable("the backup's manifest cannot be read") from None
    database = DATABASES.get(manifest.engine)
    if [part.name for part in parts] not in ([database], [database, KEYS]):
        raise ArchiveUnusable("the backup's manifest names other parts than a backup has")
    return manifest


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo | None, part: Part, folder: Path) -> None:
    file = archive.extractfile(member) if member is not None and member.isreg() else None
    if member is None or file is None or member.name != part.name or member.size != part.size:
        raise ArchiveUnusable(f"{part.name} is missing from the archive, or not what the manifest says")
    digest = _Digest()
    handle = os.open(folder / part.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        while chunk := file.read(STEP):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if not hmac.compare_digest(digest.hex(), part.sm3):
        raise ArchiveUnusable(f"{part.name} is damaged: its SM3 is not the one in the manifest")


class _Digest:
    """SM3 of what does not fit into memory."""

    def __init__(self) -> None:
        self._state = Hash(SM3())

    def update(self, data: bytes) -> None:
        self._state.update(data)

    def hex(self) -> str:
        digest: bytes = self._state.finalize()
        return digest.hex()
