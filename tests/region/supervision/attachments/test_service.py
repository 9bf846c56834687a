"""Attachments taken in, in one go and in several, and found again; nothing is half kept."""

import asyncio
from dataclasses import replace

import pytest

from tests.region.supervision.attachments.conftest import IH, NOW, PDF, World, digest, feed, pdf
from tests.region.supervision.attachments.files import FILES, bomb
from yiqiao.errors import DomainError
from yiqiao.ports.attachment_store import CHUNK, AttachmentDamaged, AttachmentStoreFailed, Stored
from yiqiao.region.supervision.attachments import sweeping
from yiqiao.region.supervision.attachments.archives import ArchiveLimits
from yiqiao.region.supervision.attachments.filing import fit
from yiqiao.region.supervision.attachments.receiving import Limits
from yiqiao.region.supervision.attachments.refusals import (
    AttachmentBomb,
    AttachmentDigestDiffers,
    AttachmentHexUnfit,
    AttachmentNotWhatItSays,
    AttachmentOffsetDiffers,
    AttachmentTakenOver,
    AttachmentTooLarge,
    AttachmentUnknown,
)
from yiqiao.region.supervision.attachments.service import Attachments, Standing
from yiqiao.storage.attachments import Counts

LARGE = pdf(2 * CHUNK + 1000, bytes(range(256)))
SIZES = (10, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK)


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_of_any_length_is_taken_in_and_found_again(world: World, size: int) -> None:
    content = pdf(size, bytes(range(256)))
    row = await world.upload(PDF, content)
    assert (row.size, row.digest) == (size, digest(content))
    (found,) = await world.attachments.versions(IH, "visit-1")
    assert await world.read(found) == content
    assert await world.attachments.under_way(IH) == []


async def test_a_file_belongs_to_whoever_sent_it(world: World) -> None:
    await world.upload(PDF, pdf(100))
    with pytest.raises(AttachmentUnknown):
        await world.attachments.versions("IH0002", "visit-1")
    assert await world.attachments.standing("IH0002", digest(pdf(100))) == Standing(0, whole=False)


async def test_the_same_again_changes_nothing_and_anything_else_is_the_next_version(world: World) -> None:
    await world.upload(PDF, pdf(100))
    before = world.kept()
    await world.upload(PDF, pdf(100))
    assert world.kept() == before
    await world.upload(PDF, pdf(200))
    await world.upload(fit("12", "visit-1", "pdf"), pdf(200))
    found = await world.attachments.versions(IH, "visit-1")
    assert [(row.version, row.service, row.size) for row in found] == [(3, "12", 200), (2, "11", 200), (1, "11", 100)]
    assert await world.read(found[-1]) == pdf(100)


@pytest.mark.parametrize("size", [100, CHUNK + 5])
async def test_one_content_under_many_ids_is_kept_once(world: World, size: int) -> None:
    await world.upload(PDF, pdf(size))
    before = world.kept()
    await world.upload(fit("11", "visit-2", "pdf"), pdf(size))
    assert world.kept() == before


async def test_two_who_send_the_same_at_once_both_succeed_and_one_copy_stays(world: World) -> None:
    ids = [fit("11", f"visit-{number}", "pdf") for number in range(4)]
    await asyncio.gather(*(world.upload(one, LARGE) for one in ids))
    assert len(world.kept()) == 1 + 3
    for one in ids:
        (row,) = await world.attachments.versions(IH, one.atta_id)
        assert await world.read(row) == LARGE


async def test_two_who_file_under_one_id_at_once_make_two_versions(world: World) -> None:
    await asyncio.gather(*(world.upload(PDF, pdf(100 + number)) for number in range(5)))
    assert [row.version for row in await world.attachments.versions(IH, "visit-1")] == [5, 4, 3, 2, 1]


# breaking off and going on


async def test_what_was_announced_goes_on_where_it_broke(world: World) -> None:
    name = digest(LARGE)
    receiving = await world.attachments.begin(IH, name)
    receiving.says("pdf")
    await feed(receiving, LARGE[: CHUNK + 77])
    await receiving.broken()
    assert await world.attachments.standing(IH, name) == Standing(CHUNK, whole=False)
    row = await world.upload(PDF, LARGE, announced=name, offset=CHUNK)
    assert await world.read(row) == LARGE
    assert await world.attachments.standing(IH, name) == Standing(len(LARGE), whole=True)


@pytest.mark.parametrize("size", [CHUNK, 2 * CHUNK])
async def test_it_may_break_when_the_last_byte_was_kept(world: World, size: int) -> None:
    content = pdf(size)
    receiving = await world.attachments.begin(IH, digest(content))
    await feed(receiving, content)
    await receiving.broken()
    assert (await world.attachments.standing(IH, digest(content))).offset == size
    assert await world.read(await world.upload(PDF, content, announced=digest(content), offset=size)) == content


async def test_what_was_not_announced_leaves_nothing_when_it_breaks(world: World) -> None:
    receiving = await world.attachments.begin(IH)
    await feed(receiving, LARGE)
    assert world.kept()
    await receiving.broken()
    assert world.kept() == []
    assert await world.attachments.under_way(IH) == []


async def test_an_upload_goes_on_at_its_place_and_at_no_other(world: World) -> None:
    name = digest(LARGE)
    receiving = await world.attachments.begin(IH, name)
    await feed(receiving, LARGE[:CHUNK])
    await receiving.broken()
    with pytest.raises(AttachmentOffsetDiffers, match=str(CHUNK)):
        await world.attachments.begin(IH, name, 2 * CHUNK)
    with pytest.raises(AttachmentOffsetDiffers, match=" 0 "):
        await world.attachments.begin(IH, digest(b"another"), CHUNK)


async def test_whoever_does_not_know_how_to_go_on_begins_anew(world: World) -> None:
    name = digest(LARGE)
    receiving = await world.attachments.begin(IH, name)
    await feed(receiving, LARGE[: CHUNK + 1])
    await receiving.broken()
    assert await world.read(await world.upload(PDF, LARGE, announced=name)) == LARGE


async def test_a_file_that_is_here_need_not_be_sent_again(world: World) -> None:
    await world.upload(PDF, LARGE)
    row = await world.upload(fit("11", "visit-2", "pdf"), LARGE, announced=digest(LARGE), offset=len(LARGE))
    assert await world.read(row) == LARGE
    assert await world.read(await world.upload(fit("11", "visit-3", "pdf"), LARGE, announced=digest(LARGE))) == LARGE


async def test_to_know_a_digest_is_not_to_have_the_file(world: World) -> None:
    """A file of one institution is never given to another that only knows its name."""
    await world.upload(PDF, LARGE)
    with pytest.raises(AttachmentOffsetDiffers):
        await world.attachments.begin("IH0002", digest(LARGE), len(LARGE))


@pytest.mark.parametrize("sent", [LARGE[:-1] + b"?", LARGE[:-1], LARGE + b"x", pdf(10)])
async def test_what_is_not_what_was_announced_is_thrown_away(world: World, sent: bytes) -> None:
    with pytest.raises(AttachmentDigestDiffers):
        await _refused(world, sent, announced=digest(LARGE))
    assert world.kept() == []
    await world.upload(PDF, LARGE)
    with pytest.raises(AttachmentDigestDiffers):
        await _refused(world, sent, announced=digest(LARGE))


async def test_the_later_connection_goes_on_and_the_earlier_one_is_told(world: World) -> None:
    name = digest(LARGE)
    stale = await world.attachments.begin(IH, name)
    await feed(stale, LARGE[: CHUNK + 5])
    taken = world.upload(PDF, LARGE, announced=name, offset=CHUNK)
    receiving = await world.attachments.begin(IH, name, CHUNK)
    with pytest.raises(AttachmentTakenOver):
        await feed(stale, LARGE[CHUNK + 5 :])
    await stale.drop()
    await receiving.broken()
    assert await world.read(await taken) == LARGE


async def test_a_part_that_was_damaged_in_the_store_is_sent_again(world: World) -> None:
    name = digest(LARGE)
    receiving = await world.attachments.begin(IH, name)
    await feed(receiving, LARGE[: CHUNK + 1])
    await receiving.broken()
    (part,) = (world.folder / "chunks").rglob("000000")
    part.write_bytes(b"x")
    with pytest.raises(AttachmentOffsetDiffers, match=" 0 "):
        await world.attachments.begin(IH, name, CHUNK)
    assert await world.read(await world.upload(PDF, LARGE, announced=name)) == LARGE


@pytest.mark.parametrize("content", [LARGE, pdf(50)])
async def test_what_does_not_open_any_more_counts_as_not_there_for_who_announces_it(
    world: World, content: bytes
) -> None:
    name = digest(content)
    await world.upload(PDF, content, announced=name)
    (named,) = (path for path in (world.folder / "whole").rglob("*") if path.is_file())
    named.write_bytes(b"\x00damaged")
    assert await world.attachments.standing(IH, name) == Standing(0, whole=False)
    assert await world.read(await world.upload(PDF, content, announced=name)) == content


async def _refused(world: World, content: bytes, file_type: str = "pdf", *, announced: str | None = None) -> None:
    receiving = await world.attachments.begin(IH, announced)
    try:
        receiving.says(file_type)
        await feed(receiving, content)
        await receiving.finish()
    except DomainError:
        await receiving.drop()
        raise


# what is refused leaves nothing


@pytest.mark.parametrize("early", [True, False])
async def test_a_file_that_is_not_what_it_says_leaves_nothing(world: World, early: bool) -> None:
    receiving = await world.attachments.begin(IH)
    if early:
        receiving.says("jpg")
        with pytest.raises(AttachmentNotWhatItSays):
            await receiving.write(LARGE[:CHUNK])
    else:
        await feed(receiving, LARGE)
        with pytest.raises(AttachmentNotWhatItSays):
            receiving.says("jpg")
    await receiving.drop()
    assert world.kept() == []
    assert await world.attachments.under_way(IH) == []


async def test_a_bomb_leaves_nothing(world: World) -> None:
    attachments, limits = world.attachments, Limits(archives=ArchiveLimits(free=1000, ratio=10))
    world = replace(world, attachments=Attachments(replace(attachments.means, limits=limits)))
    with pytest.raises(AttachmentBomb):
        await _refused(world, bomb(), "zip")
    assert world.kept() == []
    await _refused(replace(world, attachments=attachments), bomb(), "zip")
    assert world.kept()


async def test_an_archive_of_several_chunks_is_looked_into(world: World) -> None:
    stuffed = FILES["docx"][:4] + b"\0" * CHUNK
    with pytest.raises(AttachmentNotWhatItSays, match="不是完整的"):
        await _refused(world, stuffed, "docx")
    assert world.kept() == []


async def test_more_than_the_limit_leaves_nothing(world: World) -> None:
    world = replace(world, attachments=Attachments(replace(world.attachments.means, limits=Limits(size=CHUNK + 1))))
    with pytest.raises(AttachmentTooLarge, match=str(CHUNK + 1)):
        await _refused(world, LARGE)
    assert world.kept() == []
    with pytest.raises(AttachmentTooLarge):
        await world.keep(PDF, LARGE.hex())
    await world.upload(PDF, pdf(CHUNK + 1))


async def test_damage_is_told_and_never_handed_out_as_the_file(world: World) -> None:
    row = await world.upload(PDF, LARGE)
    (part,) = (world.folder / "chunks").rglob("000001")
    part.unlink()
    with pytest.raises(AttachmentDamaged):
        await world.read(row)


# hexadecimal text


@pytest.mark.parametrize("size", SIZES)
async def test_hexadecimal_text_of_either_case_is_kept(world: World, size: int) -> None:
    content = pdf(size, bytes(range(256)))
    for text in (content.hex(), content.hex().upper()):
        row = await world.keep(PDF, text)
        await world.file(row)
    (found,) = await world.attachments.versions(IH, "visit-1")
    assert await world.read(found) == content
    assert not [path for path in world.kept() if path.startswith("beside")]


@pytest.mark.parametrize("size", SIZES)
async def test_what_does_not_open_any_more_is_kept_when_it_is_sent_again(world: World, size: int) -> None:
    content = pdf(size, bytes(range(256)))
    await world.keep(PDF, content.hex())
    (named,) = (path for path in (world.folder / "whole").rglob("*") if path.is_file())
    named.write_bytes(b"\x00damaged")
    row = await world.keep(PDF, content.hex())
    await world.file(row)
    assert await world.read(row) == content


@pytest.mark.parametrize("text", ["abc", "zz", "ab cd", "0xab", "ａb", "ab\n"])
async def test_what_is_no_hexadecimal_text_is_refused(world: World, text: str) -> None:
    with pytest.raises(AttachmentHexUnfit):
        await world.keep(PDF, text)
    assert world.kept() == []


async def test_many_are_filed_at_once_also_twice_in_one_message(world: World) -> None:
    one = await world.keep(PDF, pdf(50).hex())
    two = await world.keep(PDF, pdf(60).hex())
    other = await world.keep(fit("11", "visit-9", "pdf"), pdf(50).hex())
    assert await world.file(one, two, two, other, one) == ["new", "changed", "same", "new", "changed"]
    assert [row.version for row in await world.attachments.versions(IH, "visit-1")] == [3, 2, 1]


# uploads that nobody goes on with


async def test_what_nobody_goes_on_with_is_swept(world: World) -> None:
    receiving = await world.attachments.begin(IH, digest(LARGE))
    await feed(receiving, LARGE[: CHUNK + 1])
    await receiving.broken()
    assert await sweeping.sweep(world.attachments.means, NOW) == 0
    assert await sweeping.sweep(world.attachments.means, NOW + 1) == 1
    assert world.kept() == []
    assert (await world.attachments.standing(IH, digest(LARGE))).offset == 0


@pytest.mark.parametrize("content", [pdf(100), LARGE], ids=["small", "large"])
@pytest.mark.parametrize("filed", [False, True])
async def test_a_hub_that_died_after_the_name_was_given(world: World, content: bytes, filed: bool) -> None:
    """What was not filed goes, as if it had never come; what was filed stays."""
    receiving = await world.attachments.begin(IH)
    receiving.says("pdf")
    await feed(receiving, content)
    row = world.attachments.row(IH, PDF, await receiving.finish())
    if filed:
        await world.file(row)
    assert await sweeping.sweep(world.attachments.means, NOW + 1) == 1
    assert bool(world.kept()) is filed
    if filed:
        assert await world.read(row) == content


async def test_an_upload_that_moved_meanwhile_is_not_swept(world: World) -> None:
    receiving = await world.attachments.begin(IH, digest(LARGE))
    (seen,) = await world.attachments.under_way(IH)
    world.clock.ms += 1
    await feed(receiving, LARGE[: CHUNK + 1])
    assert not await sweeping.throw_away(world.attachments.means, seen)
    assert (await world.attachments.standing(IH, digest(LARGE))).offset == CHUNK


@pytest.mark.parametrize("content", [pdf(100), LARGE], ids=["small", "large"])
async def test_a_content_that_the_sweep_took_before_it_was_filed_is_told_and_heals_when_it_comes_again(
    opened: World, content: bytes
) -> None:
    await opened.name_only(content)
    row = await opened.keep(PDF, content.hex())
    assert await sweeping.sweep(opened.attachments.means, NOW + 1) == 1
    with pytest.raises(AttachmentStoreFailed):
        await opened.take(row)
    assert await opened.take(await opened.keep(PDF, content.hex()), nonce="r2") == ["same"]
    assert await opened.read(row) == content


@pytest.mark.parametrize("content", [pdf(100), LARGE], ids=["small", "large"])
@pytest.mark.parametrize("filed", [False, True])
async def test_a_damaged_name_does_not_hold_up_the_sweep(world: World, content: bytes, filed: bool) -> None:
    """What was not filed goes whole; what was filed stays, and is told to be damaged to whoever fetches it."""
    await world.name_only(content)
    row = world.attachments.row(IH, PDF, Stored(IH, digest(content), len(content), ""))
    if filed:
        await world.file(row)
    before = world.kept()
    (world.folder / "whole" / IH / row.digest[:2] / row.digest).write_bytes(b"x")
    receiving = await world.attachments.begin(IH, digest(b"later"))
    await feed(receiving, LARGE[: CHUNK + 1])
    await receiving.broken()
    assert await sweeping.sweep(world.attachments.means, NOW + 1) == 2
    assert world.kept() == (before if filed else [])
    assert await world.attachments.under_way(IH) == []


# which records name what


async def test_records_and_attachments_come_in_any_order(world: World) -> None:
    await world.upload(fit("11", "a2", "pdf"), pdf(100))
    await world.upload(fit("11", "z9", "pdf"), pdf(100))
    await world.name({"F1": "a1, a2,a3", "F2": ""})
    assert [one.atta_id for one in await world.attachments.missing(IH)] == ["a1", "a3"]
    assert await world.attachments.counts(IH) == Counts(named=3, here=1, unnamed=1)
    await world.upload(fit("11", "a1", "pdf"), pdf(100))
    assert [(one.atta_id, one.service, one.record_key) for one in await world.attachments.missing(IH)] == [
        ("a3", "11", "F1")
    ]


async def test_a_later_version_of_a_record_names_what_it_names_and_no_more(world: World) -> None:
    for ids in ("a1,a2", "a2"):
        await world.name({"F1": ids, "F2": ""})
    assert [(one.atta_id, one.record_key) for one in await world.attachments.missing(IH)] == [("a2", "F1")]
    assert (await world.attachments.counts("IH0002")).named == 0
