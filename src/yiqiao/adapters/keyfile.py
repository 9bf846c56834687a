"""The hub's keys in one JSON file, readable by its owner alone.

    {"identity": "<64 hex>", "index": "<64 hex>", "chain": "<64 hex>",
     "sealing": [{"id": "k1-5f0c", "key": "<32 hex>"}, …]}        the newest sealing key stands last

The file is made on first use. Whoever loses it loses all sealed data, and whoever changes `identity` changes every
identifier that was ever issued: it belongs into the backup, and not beside the database's.
"""

import json
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from yiqiao.crypto import SealingKey
from yiqiao.crypto.keyring import Keyring

LONG = ("identity", "index", "chain")
LONG_BYTES = 32
SEALING_BYTES = 16
_HEX = re.compile(r"[0-9a-f]*")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRIES = 3


class KeyFileUnusable(Exception):
    """The keys file cannot be used; the message names the file and the member, and what to do, never a key."""


class FileKeys:
    """A `KeyProvider` over a keys file, which is read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keyring: Keyring | None = None

    def keyring(self) -> Keyring:
        """The keys; the file is made where there is none. Raises KeyFileUnusable."""
        if self._keyring is None:
            self._keyring = _keyring(self.path, self._read_or_make())
        return self._keyring

    def rotate_sealing(self) -> str:
        """Add a sealing key, which seals from now on; what the older ones sealed still opens. Answers its id.

        Processes that are running take it up when they start anew. Raises KeyFileUnusable.
        """
        with _sole(self.path):
            content = dict(self._read_or_make())
            _keyring(self.path, content)
            sealing = _listed(self.path, content)
            fresh = _sealing_key(len(sealing) + 1)
            _write(self.path, {**content, "sealing": [*sealing, fresh]}, replace=True)
        self._keyring = None
        return fresh["id"]

    def _read_or_make(self) -> Mapping[str, object]:
        for _ in range(_TRIES):
            if self.path.exists():
                return _read(self.path)
            with suppress(FileExistsError):  # another process was first: its keys are the ones
                _write(self.path, _fresh(), replace=False)
        raise KeyFileUnusable(f"keys file {self.path}: comes and goes while it is being opened")


def _fresh() -> Mapping[str, object]:
    return {**{name: secrets.token_hex(LONG_BYTES) for name in LONG}, "sealing": [_sealing_key(1)]}


def _sealing_key(number: int) -> dict[str, str]:
    return {"id": f"k{number}-{secrets.token_hex(2)}", "key": secrets.token_hex(SEALING_BYTES)}


def _write(path: Path, content: Mapping[str, object], *, replace: bool) -> None:
    """Write the whole file or none of it. Raises FileExistsError where it is there and is not to be replaced."""
    _make_folder(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        _put(draft, path, replace=replace)
    except FileExistsError:
        raise
    except OSError as error:
        raise KeyFileUnusable(f"keys file {path}: cannot be written ({error.strerror})") from None
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise KeyFileUnusable(f"keys file {path}: its folder cannot be made ({error.strerror})") from None


def _put(draft: Path, path: Path, *, replace: bool) -> None:
    if replace:
        draft.replace(path)
    elif sys.platform == "win32":
        draft.rename(path)  # refuses where there is a file, on this system
    else:
        os.link(draft, path)  # refuses where there is a file; rename would put ours in the place of another's


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a loss of power."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _sole(path: Path) -> Iterator[None]:
    """Let one process at a time change the file, so that no rotation is lost under another."""
    _make_folder(path)
    lock = path.with_name(f".{path.name}.lock")
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise KeyFileUnusable(
            f"keys file {path}: is being changed by another process; if none is running, remove {lock}"
        ) from None
    except OSError as error:
        raise KeyFileUnusable(f"keys file {path}: cannot be locked ({error.strerror})") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _read(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()).st_mode)
            content = json.loads(file.read())
    except OSError as error:
        raise KeyFileUnusable(f"keys file {path}: cannot be read ({error.strerror})") from None
    except ValueError:  # what could not be parsed may be a key: nothing of it is repeated
        raise KeyFileUnusable(f"keys file {path}: is no JSON; restore it from the backup") from None
    if not isinstance(content, dict):
        raise KeyFileUnusable(f"keys file {path}: is no JSON object; restore it from the backup")
    return content


def _check_private(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileUnusable(
            f"keys file {path}: others may read or change it (mode {stat.S_IMODE(mode):04o}); "
            f"run: chmod 600 {path}   and consider whether the keys were seen"
        )


def _keyring(path: Path, content: Mapping[str, object]) -> Keyring:
    identity, index, chain = (_key(path, name, content.get(name), LONG_BYTES) for name in LONG)
    keys: dict[str, SealingKey] = {}
    for place, item in enumerate(_listed(path, content)):
        member = f"sealing[{place}]"
        id_ = item.get("id")
        if not isinstance(id_, str) or not _ID.fullmatch(id_) or id_ in keys:
            raise KeyFileUnusable(f"keys file {path}: member {member}.id is missing, malformed or doubled")
        keys[id_] = SealingKey(id_, _key(path, f"{member}.key", item.get("key"), SEALING_BYTES))
    return Keyring(identity, index, chain, sealing=list(keys.values())[-1], sealing_by_id=keys)


def _listed(path: Path, content: Mapping[str, object]) -> list[dict[str, object]]:
    listed = content.get("sealing")
    if not isinstance(listed, list) or not listed or not all(isinstance(item, dict) for item in listed):
        raise KeyFileUnusable(f"keys file {path}: member sealing must be a list of at least one id with its key")
    return listed


def _key(path: Path, member: str, value: object, length: int) -> bytes:
    if value is None:
        raise KeyFileUnusable(f"keys file {path}: member {member} is missing")
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value.lower()):
        raise KeyFileUnusable(f"keys file {path}: member {member} must be {2 * length} hexadecimal digits")
    return bytes.fromhex(value)
