"""Two requests that file under one id, or begin one announced upload, at the same moment; PostgreSQL, with controls."""

import pytest

from tests.region.supervision.attachments.conftest import IH, PDF, World, digest, pdf
from tests.support.race import at_the_same_moment
from yiqiao.ports.attachment_store import AttachmentDamaged, AttachmentStoreFailed
from yiqiao.region.supervision.attachments.sweeping import throw_away
from yiqiao.storage import attachment_uploads, attachments
from yiqiao.storage.attachment_uploads import UploadRow

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


async def two_versions(world: World, patch: pytest.MonkeyPatch) -> tuple[bool, list[object]]:
    """Two contents filed under one id."""
    one, two = await world.keep(PDF, pdf(50).hex()), await world.keep(PDF, pdf(60).hex())
    return await at_the_same_moment(patch, (attachments, "newest"), [lambda: world.file(one), lambda: world.file(two)])


async def test_two_contents_under_one_id_become_two_versions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waited, outcomes = await two_versions(world, monkeypatch)
    assert (waited, outcomes) == (True, [["new"], ["changed"]])
    assert [row.version for row in await world.attachments.versions(IH, PDF.atta_id)] == [2, 1]


async def test_without_a_turn_one_of_the_two_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test before it."""
    monkeypatch.setattr(attachments, "one_at_a_time", lambda *_: None)
    waited, outcomes = await two_versions(world, monkeypatch)
    assert not waited
    assert sum(isinstance(one, Exception) for one in outcomes) == 1


async def two_beginnings(world: World, patch: pytest.MonkeyPatch) -> tuple[bool, list[object]]:
    """Two connections that announce the same content."""
    rows = [UploadRow(IH, place, digest(b"x"), None, 0, place, 1, 1) for place in ("a", "b")]
    return await at_the_same_moment(
        patch,
        (attachment_uploads, "announced"),
        [
            lambda: world.database.write(lambda c: attachment_uploads.begin(c, rows[0])),
            lambda: world.database.write(lambda c: attachment_uploads.begin(c, rows[1])),
        ],
    )


async def test_two_who_announce_the_same_share_one_upload_held_by_the_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited, outcomes = await two_beginnings(world, monkeypatch)
    first, second = outcomes
    assert isinstance(first, UploadRow)
    assert isinstance(second, UploadRow)
    assert (waited, second.place, second.holder) == (True, first.place, "b")


async def test_without_a_turn_one_of_the_two_cannot_begin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test before it."""
    monkeypatch.setattr(attachment_uploads, "one_at_a_time", lambda *_: None)
    _, outcomes = await two_beginnings(world, monkeypatch)
    assert sum(isinstance(one, Exception) for one in outcomes) == 1


async def filed_while_it_is_swept(world: World, patch: pytest.MonkeyPatch) -> tuple[bool, list[object]]:
    """A content is filed while the sweep has found that nobody has filed it, and has not removed it yet."""
    stale = await world.name_only(pdf(50))
    row = await world.keep(PDF, pdf(50).hex())
    return await at_the_same_moment(
        patch,
        (attachments, "is_filed"),
        [lambda: throw_away(world.attachments.means, stale), lambda: world.take(row)],
    )


async def test_whoever_files_what_is_being_swept_is_told_that_it_is_gone(
    opened: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited, (swept, filed) = await filed_while_it_is_swept(opened, monkeypatch)
    assert (waited, swept) == (True, True)
    assert isinstance(filed, AttachmentStoreFailed)


async def test_without_a_turn_success_is_told_of_what_is_then_removed(
    opened: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test before it."""
    monkeypatch.setattr(attachments, "one_at_a_time", lambda *_: None)
    assert await filed_while_it_is_swept(opened, monkeypatch) == (False, [True, ["new"]])
    with pytest.raises(AttachmentDamaged):
        await opened.read(await opened.attachments.version(IH, PDF.atta_id))
