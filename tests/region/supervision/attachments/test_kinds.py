"""What a file is by its first bytes, and what an archive unpacks to."""

import io
import zipfile

import pytest

from tests.region.supervision.attachments.files import BOMB_LIMITS, FILES, bomb, liar, overlapping, zipped
from yiqiao.region.supervision.attachments import kinds
from yiqiao.region.supervision.attachments.archives import ArchiveLimits, look_into
from yiqiao.region.supervision.attachments.refusals import AttachmentBomb, AttachmentNotWhatItSays


@pytest.mark.parametrize("file_type", sorted(FILES))
def test_a_file_is_what_it_says_and_nothing_else(file_type: str) -> None:
    kind = kinds.judge(file_type, FILES[file_type])
    assert kind is not None
    assert file_type in kind.types
    others = {name for name, other in kinds.BY_TYPE.items() if other.test(FILES[file_type])} - set(kind.types)
    assert others == (set() if not kind.archive else {"ofd", "docx", "xlsx", "pptx", "zip"} - set(kind.types))


def test_every_type_of_the_table_has_a_file_to_try() -> None:
    assert {kinds.BY_TYPE[name].title for name in FILES} == {kind.title for kind in kinds.KINDS if kind.types}


@pytest.mark.parametrize(
    ("file_type", "content", "seems"),
    [
        ("pdf", FILES["jpg"], "JPEG"),
        ("jpg", FILES["pdf"], "PDF"),
        ("txt", FILES["png"], "PNG"),
        ("mp4", FILES["wav"], "WAV"),
        ("docx", FILES["doc"], "旧版 Office"),
    ],
)
def test_what_it_seems_to_be_instead_is_told(file_type: str, content: bytes, seems: str) -> None:
    with pytest.raises(AttachmentNotWhatItSays, match=seems):
        kinds.judge(file_type, content)


@pytest.mark.parametrize("file_type", ["pdf", "xyz", "exe"])
@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\x01", b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0", b"#!/bin/sh\n"])
def test_a_program_is_refused_whatever_it_says(file_type: str, content: bytes) -> None:
    with pytest.raises(AttachmentNotWhatItSays, match="可执行程序"):
        kinds.judge(file_type, content)


def test_a_type_that_nobody_knows_is_taken_as_it_is() -> None:
    assert kinds.judge("xyz", b"\x00\x01\x02") is None


def test_an_empty_file_is_none() -> None:
    with pytest.raises(AttachmentNotWhatItSays, match="为空"):
        kinds.judge("txt", b"")


@pytest.mark.parametrize("text", ["血压 120/80".encode(), "血压 120/80".encode("gb18030"), "血压".encode("utf-16")])
def test_text_is_text_in_the_charsets_of_hospitals(text: bytes) -> None:
    assert kinds.judge("txt", text) is kinds.BY_TYPE["txt"]


def test_text_whose_first_bytes_end_within_a_character_is_text() -> None:
    assert kinds.judge("txt", ("a" + "压" * kinds.HEAD).encode()[: kinds.HEAD]) is kinds.BY_TYPE["txt"]


# archives


def look(content: bytes, file_type: str = "zip", limits: ArchiveLimits = BOMB_LIMITS) -> None:
    look_into(io.BytesIO(content), len(content), kinds.BY_TYPE[file_type], limits)


@pytest.mark.parametrize("file_type", ["ofd", "docx", "xlsx", "pptx"])
def test_a_document_has_the_members_of_its_kind(file_type: str) -> None:
    look(FILES[file_type], file_type)
    with pytest.raises(AttachmentNotWhatItSays, match="不是所声明的"):
        look(zipped({"a.txt": b"a"}), file_type)


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_an_archive_that_was_cut_is_refused(cut: int) -> None:
    with pytest.raises(AttachmentNotWhatItSays, match="不是完整的"):
        look(zipped({"a.txt": bytes(range(256)) * 4})[:-cut])


@pytest.mark.parametrize("content", [bomb(), liar(), overlapping()], ids=["honest", "liar", "overlapping"])
def test_a_bomb_is_found_before_it_goes_off(content: bytes) -> None:
    with pytest.raises(AttachmentBomb, match="远超"):
        look(content)


def test_a_bomb_passes_where_nobody_counts() -> None:
    """The control of the test before it."""
    generous = ArchiveLimits(free=1 << 40, ratio=1 << 20, total=1 << 40)
    look(bomb(), limits=generous)


def test_a_list_of_members_without_end_is_not_read() -> None:
    content = zipped({f"{number:05d}" * 8: b"" for number in range(2000)})
    with pytest.raises(AttachmentBomb, match="文件过多"):
        look(content, limits=ArchiveLimits(list_bytes=1 << 10))


def test_members_that_are_packed_in_other_ways_count_as_their_entries_say() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"\0" * 200_000)
    with pytest.raises(AttachmentBomb):
        look(packed.getvalue())
