"""Objects by path, on a disk or elsewhere: each is there whole or not at all.

fsspec speaks with the places; object stores put an object in one go of themselves. On a disk it is written beside its
place first, forced to the platter, and then given its name, so neither a full disk nor a loss of power leaves half of
one. Nothing is ever appended to: object stores cannot, so a large file is many objects.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from yiqiao.ports.attachment_store import AttachmentStoreFailed, AttachmentStoreFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StoreUnknown(ValueError):
    """The URL names no place that can be opened; says why, for the operator."""


class Objects(Protocol):
    """A place of objects."""

    def put(self, path: str, content: bytes, *, new: bool = False) -> None:
        """Put an object in place; with `new`, one that is there already stays as it is."""
        ...

    def get(self, path: str) -> bytes | None:
        """The object, or None."""
        ...

    def drop(self, path: str) -> None:
        """Throw away an object, or a folder with all in it; none being there is fine."""
        ...


def open_objects(url: str) -> Objects:
    """The place of a URL as fsspec writes it; a path is a folder on this machine. Raises StoreUnknown."""
    if ":/" not in url and "::" not in url:
        return FolderObjects(Path(url).expanduser().absolute())
    # Most hubs keep their attachments in a folder, and need not hold what speaks with object stores in memory.
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    try:
        files, root = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise StoreUnknown(f"attachments cannot be kept at {url}: {error}") from None
    return FolderObjects(Path(root)) if isinstance(files, LocalFileSystem) else RemoteObjects(files, root)


@contextmanager
def _told() -> Iterator[None]:
    """The store's accidents as refusals. Drivers of object stores raise classes of their own, so any counts."""
    try:
        yield
    except OSError as error:
        raise (AttachmentStoreFull() if error.errno in _FULL else AttachmentStoreFailed()) from error
    except Exception as error:
        raise AttachmentStoreFailed from error


class FolderObjects:
    """A folder on this machine (or one that is mounted on it)."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, path: str, content: bytes, *, new: bool = False) -> None:
        place = self._root / path
        beside = self._root / "beside" / secrets.token_hex(8)
        with _told():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                _write(beside, content)
                _name(beside, place, new=new)
            finally:
                beside.unlink(missing_ok=True)

    def get(self, path: str) -> bytes | None:
        with _told():
            try:
                return (self._root / path).read_bytes()
            except FileNotFoundError:
                return None

    def drop(self, path: str) -> None:
        place = self._root / path
        with _told():
            if place.is_dir():
                for entry in place.iterdir():
                    entry.unlink(missing_ok=True)
                place.rmdir()
            else:
                place.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _name(beside: Path, place: Path, *, new: bool) -> None:
    if not new:
        beside.replace(place)
    else:
        try:
            os.link(beside, place)  # unlike a rename, it takes nobody's place
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            if not place.exists():
                beside.replace(place)
    if os.name == "posix":
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class RemoteObjects:
    """Any other place that fsspec knows."""

    def __init__(self, files: Any, root: str) -> None:
        self._files = files
        self._root = root.rstrip("/")

    def put(self, path: str, content: bytes, *, new: bool = False) -> None:
        place = f"{self._root}/{path}"
        with _told():
            if new and self._files.exists(place):
                return
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(place, content)

    def get(self, path: str) -> bytes | None:
        with _told():
            try:
                return bytes(self._files.cat_file(f"{self._root}/{path}"))
            except FileNotFoundError:
                return None

    def drop(self, path: str) -> None:
        with _told():
            try:
                self._files.rm(f"{self._root}/{path}", recursive=True)
            except FileNotFoundError:
                return
