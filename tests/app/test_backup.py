"""A backup brings back what was there, on both engines; what is damaged, foreign or in the way is refused first."""

import asyncio
import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.databases import database_url
from tests.support.needs import need
from tests.support.postgres import NoPostgres, find_programs
from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app.archive import ArchiveUnusable
from yiqiao.app.backup import BackupRefused, back_up, check, restore
from yiqiao.app.settings import Settings
from yiqiao.app.store import KEYS_FILE, Store, open_store
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.crypto import sm3
from yiqiao.journal import Direction, Entry, Recorder
from yiqiao.journal.walk import What
from yiqiao.storage import open_database
from yiqiao.storage.migrate import newest, upgrade

__all__ = ["database_url"]

CLOCK = FixedClock(parse_compact("20261120093000"))


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """pg_dump of the very version that the throw-away cluster has."""
    if database_url.startswith("postgresql"):
        try:
            programs = find_programs()
        except NoPostgres as missing:
            need(False, str(missing))
            raise
        need((programs / "pg_dump").exists(), f"no pg_dump in {programs}")
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A hub that lives in a folder of its own."""
    return Settings(data=str(tmp_path / "hub"), database_url=database_url)


@pytest.fixture
def fresh(tmp_path: Path, settings: Settings, request: pytest.FixtureRequest) -> Callable[[], Settings]:
    """Another place, where nothing is yet."""

    def make() -> Settings:
        if settings.database_url.startswith("sqlite"):
            return Settings(data=str(tmp_path / "new"), database_url=f"sqlite:///{tmp_path / 'new.db'}")
        return Settings(
            data=str(tmp_path / "new"), database_url=request.getfixturevalue("postgres_cluster").create_database()
        )

    return make


async def written(store: Store, exchanges: int) -> Recorder:
    """A process of the hub writes so many exchanges."""
    recorder = Recorder(store.keyring, store.clock)
    entry = Entry(
        at=store.clock.now_ms(),
        dialect="ehealth_card",
        operation="verify",
        app_id="ward-3",
        direction=Direction.IN,
        outcome="0000",
        duration_us=1,
        request_id="r",
        digest=sm3(b"request"),
        request=b"request",
        response=b"response",
        view=b"{}",
    )
    for _ in range(exchanges):
        await store.database.write(lambda connection: recorder.append(connection, [entry]))
        recorder.settle(True)
    return recorder


async def hub(settings: Settings, exchanges: int = 5) -> None:
    """A hub with something in it."""
    async with open_store(settings, CLOCK) as store:
        await written(store, exchanges)


def carry_keys(old: Settings, new: Settings) -> None:
    """What an operator does who keeps the keys apart."""
    new.folder.mkdir(parents=True, exist_ok=True)
    (new.folder / KEYS_FILE).write_bytes((old.folder / KEYS_FILE).read_bytes())
    (new.folder / KEYS_FILE).chmod(0o600)


def rebuilt(source: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """The archive with its members changed."""
    target = source.with_name("changed.tar")
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            name, data = change(member.name, file.read())
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return target


async def test_what_was_backed_up_is_there_after_the_restore(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    await hub(settings)
    manifest = await back_up(settings, tmp_path / "b.tar", CLOCK)
    assert (manifest.revision, manifest.made_at, manifest.with_keys) == (newest(), CLOCK.now_ms(), False)
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600
    new = fresh()
    carry_keys(settings, new)
    restored = await restore(new, tmp_path / "b.tar", CLOCK)
    assert restored.report.clean, restored.report.faults
    assert restored.report.entries == 5
    assert (restored.rows["journal"], restored.rows["journal_bundle"], restored.rows["person"]) == (5, 5, 0)
    assert (await check(new)).good
    await hub(new, 2)
    assert set((await back_up(new, tmp_path / "again.tar", CLOCK)).heads) > set(manifest.heads)


async def test_a_backup_is_one_consistent_state_while_the_hub_writes(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    async with open_store(settings, CLOCK) as store:
        await written(store, 20)
        writing = asyncio.create_task(written(store, 200))
        await back_up(settings, tmp_path / "b.tar", CLOCK)
        await writing
    new = fresh()
    carry_keys(settings, new)
    restored = await restore(new, tmp_path / "b.tar", CLOCK)
    assert restored.report.clean, restored.report.faults
    assert 20 <= restored.report.entries <= 220


async def test_keys_are_in_a_backup_only_when_asked_for(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    await hub(settings)
    key = json.loads((settings.folder / KEYS_FILE).read_text())["chain"].encode()
    await back_up(settings, tmp_path / "without.tar", CLOCK)
    await back_up(settings, tmp_path / "with.tar", CLOCK, with_keys=True)
    assert key not in (tmp_path / "without.tar").read_bytes()
    new = fresh()
    with pytest.raises(BackupRefused, match="put the hub's keys file there first"):
        await restore(new, tmp_path / "without.tar", CLOCK)
    assert (await restore(new, tmp_path / "with.tar", CLOCK)).report.clean
    assert FileKeys(new.folder / KEYS_FILE).keyring() == FileKeys(settings.folder / KEYS_FILE).keyring()


async def test_other_keys_are_not_replaced_unless_told_to(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    await hub(settings)
    await back_up(settings, tmp_path / "b.tar", CLOCK, with_keys=True)
    new = fresh()
    others = FileKeys(new.folder / KEYS_FILE).keyring()
    with pytest.raises(BackupRefused, match="other keys"):
        await restore(new, tmp_path / "b.tar", CLOCK)
    assert (await restore(new, tmp_path / "b.tar", CLOCK, force=True)).report.clean
    assert FileKeys(new.folder / f"{KEYS_FILE}.before-20261120093000").keyring() == others


async def test_a_database_that_is_not_empty_is_not_replaced_unless_told_to(settings: Settings, tmp_path: Path) -> None:
    await hub(settings, 3)
    await back_up(settings, tmp_path / "b.tar", CLOCK)
    await hub(settings, 4)
    with pytest.raises(BackupRefused, match="not empty"):
        await restore(settings, tmp_path / "b.tar", CLOCK)
    assert (await restore(settings, tmp_path / "b.tar", CLOCK, force=True)).report.entries == 3


async def test_a_restored_hub_that_lost_its_newest_entries_is_told_of(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    await hub(settings)
    manifest = await back_up(settings, tmp_path / "b.tar", CLOCK)
    longer = replace(manifest, heads=tuple(head.replace("/5/", "/6/") for head in manifest.heads))
    signed = longer.signed(FileKeys(settings.folder / KEYS_FILE).keyring())

    def more(name: str, data: bytes) -> tuple[str, bytes]:
        return name, json.dumps(asdict(signed)).encode() if name == "manifest.json" else data

    new = fresh()
    carry_keys(settings, new)
    restored = await restore(new, rebuilt(tmp_path / "b.tar", more), CLOCK)
    assert [fault.what for fault in restored.report.faults] == [What.END_CUT]


async def test_a_backup_of_other_keys_is_refused_before_anything_is_touched(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    await hub(settings)
    await back_up(settings, tmp_path / "b.tar", CLOCK)
    new = fresh()
    FileKeys(new.folder / KEYS_FILE).keyring()
    with pytest.raises(BackupRefused, match="not those of the hub"):
        await restore(new, tmp_path / "b.tar", CLOCK, force=True)
    assert (await check(new)).revision is None


async def test_a_manifest_that_says_something_else_is_refused(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path
) -> None:
    await hub(settings)
    await back_up(settings, tmp_path / "b.tar", CLOCK)
    new = fresh()
    carry_keys(settings, new)
    altered = rebuilt(tmp_path / "b.tar", lambda name, data: (name, data.replace(b"/5/", b"/4/")))
    with pytest.raises(BackupRefused, match="the manifest was altered"):
        await restore(new, altered, CLOCK)


DAMAGES: dict[str, tuple[Callable[[str, bytes], tuple[str, bytes]], str]] = {
    "a flipped bit": (lambda n, d: (n, d if n == "manifest.json" else d[:-9] + bytes([d[-9] ^ 1]) + d[-8:]), "damaged"),
    "a part cut short": (lambda n, d: (n, d if n == "manifest.json" else d[:-9]), "not what the manifest says"),
    "another name": (lambda n, d: (n if n == "manifest.json" else "../escape", d), "not what the manifest says"),
    "no manifest": (lambda n, d: (n + "x", d), "does not begin with a manifest"),
    "a manifest that is no JSON": (lambda n, d: (n, b"{" if n == "manifest.json" else d), "cannot be read"),
    "a later form": (lambda n, d: (n, d.replace(b'"format": 1', b'"format": 2')), "form 2"),
    "an unknown revision": (lambda n, d: (n, d.replace(b'"revision": "0', b'"revision": "9')), "newer one"),
    "parts by other names": (lambda n, d: (n, d.replace(b'"name": "database', b'"name": "/tmp/data')), "other parts"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_archive_is_refused_and_nothing_is_touched(
    settings: Settings, fresh: Callable[[], Settings], tmp_path: Path, damage: str
) -> None:
    await hub(settings, 1)
    await back_up(settings, tmp_path / "b.tar", CLOCK)
    change, said = DAMAGES[damage]
    new = fresh()
    carry_keys(settings, new)
    with pytest.raises(ArchiveUnusable, match=said):
        await restore(new, rebuilt(tmp_path / "b.tar", change), CLOCK)
    assert (await check(new)).revision is None
    assert [path.name for path in new.folder.iterdir()] == [KEYS_FILE]


async def test_what_is_no_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(ArchiveUnusable, match="no whole tar archive"):
        await restore(settings, tmp_path / "b.tar", CLOCK)


async def test_a_backup_of_the_other_engine_is_refused(settings: Settings, tmp_path: Path) -> None:
    await hub(settings, 1)
    manifest = await back_up(settings, tmp_path / "b.tar", CLOCK)
    wrong = {"sqlite": "postgresql", "postgresql": "sqlite"}[manifest.engine]
    url = "sqlite:///" + str(tmp_path / "x.db") if wrong == "sqlite" else "postgresql://nobody@localhost/none"
    with pytest.raises(ArchiveUnusable, match=f"a backup of {manifest.engine}"):
        await restore(replace(settings, database_url=url), tmp_path / "b.tar", CLOCK)


async def test_an_existing_file_is_not_written_over(settings: Settings, tmp_path: Path) -> None:
    await hub(settings, 1)
    (tmp_path / "b.tar").write_bytes(b"precious")
    with pytest.raises(BackupRefused, match="exists already"):
        await back_up(settings, tmp_path / "b.tar", CLOCK)
    assert (tmp_path / "b.tar").read_bytes() == b"precious"


async def test_an_empty_database_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="empty"):
        await back_up(settings, tmp_path / "b.tar", CLOCK)
    assert not (tmp_path / "b.tar").exists()


async def test_a_check_tells_an_old_form(settings: Settings) -> None:
    assert not (await check(settings)).good
    await upgrade(settings.database)
    assert (await check(settings)).good
    database = await open_database(settings.database)
    await database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0000'")))
    await database.close()
    found = await check(settings)
    assert (found.good, found.revision, found.needed) == (False, "0000", newest())
