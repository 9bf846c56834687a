"""Attachments as sealed objects: whole or not there, and nothing moved, cut or swapped goes unseen."""

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.keys import KEYRING
from yiqiao.adapters.attachment_store import SealedStore, StoreUnknown, objects, open_attachment_store
from yiqiao.adapters.attachment_store.objects import FolderObjects
from yiqiao.ports.attachment_store import (
    CHUNK,
    AttachmentDamaged,
    AttachmentStoreFailed,
    AttachmentStoreFull,
    Stored,
)

DIGEST = "ab" * 32


@pytest.fixture(params=["folder", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder, and a place of objects that is none."""
    return str(tmp_path / "kept") if request.param == "folder" else f"memory://{secrets.token_hex(4)}"


@pytest.fixture
def store(url: str) -> SealedStore:
    return open_attachment_store(url, KEYRING)


def put(store: SealedStore, place: str, content: bytes) -> Stored:
    """A file of several chunks, sealed under a digest that is none."""
    stored = Stored("IH0001", DIGEST, len(content), place)
    for number in range(stored.chunks):
        piece = content[number * CHUNK : (number + 1) * CHUNK]
        store.append(place, number, piece, last=number == stored.chunks - 1)
    return store.seal(stored)


def read(store: SealedStore, stored: Stored) -> bytes:
    return b"".join(store.chunk(stored, number) for number in range(stored.chunks))


def test_a_small_file_is_kept_in_one_go_and_found_by_its_owner_alone(store: SealedStore) -> None:
    kept = store.keep("IH0001", DIGEST, b"some bytes")
    assert store.find("IH0001", DIGEST) == kept == Stored("IH0001", DIGEST, 10, "")
    assert read(store, kept) == b"some bytes"
    assert store.find("IH0002", DIGEST) is None


@pytest.mark.parametrize("size", [CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_large_file_is_there_once_it_is_sealed_and_not_before(store: SealedStore, size: int) -> None:
    content = os.urandom(size)
    store.append("p", 0, content[:CHUNK], last=False)
    assert store.find("IH0001", DIGEST) is None
    stored = put(store, "p", content)
    assert store.find("IH0001", DIGEST) == stored
    assert read(store, stored) == content


def test_a_name_that_is_taken_stays_as_it_is(store: SealedStore) -> None:
    first = put(store, "first", b"a" * CHUNK)
    assert put(store, "second", b"b" * CHUNK) == first
    assert store.keep("IH0001", DIGEST, b"c") == first
    assert read(store, first) == b"a" * CHUNK


def test_what_is_thrown_away_is_gone_and_may_be_gone_already(store: SealedStore) -> None:
    stored = put(store, "p", b"a" * CHUNK)
    for _ in range(2):
        store.remove(stored)
        store.forget("p")
    assert store.find("IH0001", DIGEST) is None
    with pytest.raises(AttachmentDamaged):
        store.chunk(stored, 0)


def test_nothing_that_is_kept_can_be_read_on_the_disk(tmp_path: Path) -> None:
    store = open_attachment_store(str(tmp_path), KEYRING)
    store.keep("IH0001", DIGEST, b"a patient's name" * 100)
    put(store, "p", b"a patient's name" * (CHUNK // 8))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert not any(b"patient" in path.read_bytes() for path in files)


@pytest.mark.parametrize("app_id", ["..", "../../etc", "a/b", "院", "."])
def test_an_owner_of_any_name_stays_within_the_folder(tmp_path: Path, app_id: str) -> None:
    store = open_attachment_store(str(tmp_path / "kept"), KEYRING)
    store.keep(app_id, DIGEST, b"x")
    assert store.find(app_id, DIGEST) is not None
    assert [path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*") if path.is_file()] == [
        ("kept", "whole")
    ]


# what somebody may do to the disk


def _swapped(folder: Path) -> None:
    one, other = folder / "000000", folder / "000001"
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)


def _last_is_gone(folder: Path) -> None:
    (folder / "000002").unlink()


def _last_is_another_s(folder: Path) -> None:
    (folder / "000002").write_bytes((folder / "000001").read_bytes())


def _from_another_file(folder: Path) -> None:
    (folder / "000001").write_bytes((folder.parent / "other" / "000001").read_bytes())


def _emptied(folder: Path) -> None:
    (folder / "000001").write_bytes(b"")


@pytest.mark.parametrize("harm", [_swapped, _last_is_gone, _last_is_another_s, _from_another_file, _emptied])
def test_chunks_that_were_moved_cut_or_swapped_do_not_open(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    store = open_attachment_store(str(tmp_path), KEYRING)
    put(store, "other", b"a" * (2 * CHUNK + 5))
    store.remove(Stored("IH0001", DIGEST, 0, ""))
    stored = put(store, "mine", b"a" * (2 * CHUNK + 5))
    assert len(read(store, stored)) == 2 * CHUNK + 5
    harm(tmp_path / "chunks" / "mine")
    with pytest.raises(AttachmentDamaged):
        read(store, stored)


def test_a_whole_file_under_another_s_name_does_not_open(tmp_path: Path) -> None:
    store = open_attachment_store(str(tmp_path), KEYRING)
    store.keep("IH0001", DIGEST, b"mine")
    store.keep("IH0001", "ac" * 32, b"another")
    (tmp_path / "whole/IH0001/ab" / DIGEST).write_bytes((tmp_path / "whole/IH0001/ac" / ("ac" * 32)).read_bytes())
    with pytest.raises(AttachmentDamaged):
        store.find("IH0001", DIGEST)


def test_a_file_that_does_not_open_any_more_is_replaced_when_it_comes_again(store: SealedStore, url: str) -> None:
    kept = objects.open_objects(url)
    for content in (b"small", b"a" * CHUNK):
        kept.put(f"whole/IH0001/ab/{DIGEST}", b"\x00damaged")
        with pytest.raises(AttachmentDamaged):
            store.find("IH0001", DIGEST)
        small = len(content) < CHUNK
        again = store.keep("IH0001", DIGEST, content) if small else put(store, "again", content)
        assert store.find("IH0001", DIGEST) == again
        assert read(store, again) == content


@given(content=st.binary(max_size=300), where=st.integers(0, 400), bit=st.integers(0, 7))
def test_no_bit_can_be_turned(content: bytes, where: int, bit: int) -> None:
    place = f"memory://{secrets.token_hex(8)}"
    store, kept = open_attachment_store(place, KEYRING), objects.open_objects(place)
    store.append("p", 0, content, last=True)
    sealed = bytearray(kept.get("chunks/p/000000") or b"")
    sealed[where % len(sealed)] ^= 1 << bit
    kept.put("chunks/p/000000", bytes(sealed))
    with pytest.raises(AttachmentDamaged):
        store.part("p", 0, last=True)
    kept.drop("chunks")


# a disk that does not


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, AttachmentStoreFull), (errno.EDQUOT, AttachmentStoreFull), (errno.EIO, AttachmentStoreFailed)],
)
def test_a_disk_that_is_full_or_broken_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: type[Exception]
) -> None:
    store = open_attachment_store(str(tmp_path), KEYRING)

    def fails(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(told):
        store.keep("IH0001", DIGEST, b"x")
    monkeypatch.undo()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert store.find("IH0001", DIGEST) is None


def test_a_file_system_without_hard_links_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "not here")

    monkeypatch.setattr(os, "link", refused)
    folder = FolderObjects(tmp_path)
    folder.put("a/b", b"one", new=True)
    folder.put("a/b", b"two", new=True)
    assert folder.get("a/b") == b"one"


def test_a_url_that_nobody_knows_is_told_to_the_operator() -> None:
    with pytest.raises(StoreUnknown, match="attachments cannot be kept at nowhere://"):
        open_attachment_store("nowhere://bucket", KEYRING)


def test_a_chunk_of_the_wrong_length_is_a_mistake_of_ours(store: SealedStore) -> None:
    with pytest.raises(ValueError, match="a chunk of 3 bytes"):
        store.append("p", 0, b"abc", last=False)
    with pytest.raises(ValueError, match="more than one chunk"):
        store.keep("IH0001", DIGEST, b"a" * CHUNK)
