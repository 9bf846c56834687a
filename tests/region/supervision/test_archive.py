"""The archive: nothing of persons in it, joinable all the same, a day written whole or not at all."""

from datetime import date
from itertools import count
from pathlib import Path

import duckdb
import pytest

from tests.region.supervision.quality.day import DAY, PATIENT, SHAPES, good_day
from tests.region.supervision.quality.test_review import APP, Supervisor
from tests.support.driver import Driver
from tests.support.keys import KEYRING
from yiqiao.clock import DAY_MS
from yiqiao.region.supervision import archive as module
from yiqiao.region.supervision import parquet
from yiqiao.region.supervision.archive import Archive, archived, plan
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.quality import review
from yiqiao.storage import Database


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    supervisor = Supervisor(database)
    await supervisor.open()
    await supervisor.take(good_day())
    return Archive(database, KEYRING, lambda: SHAPES, tmp_path / "archive")


def read(archive: Archive, sql: str) -> list[tuple[object, ...]]:
    """Ask the archive."""
    with duckdb.connect() as database:
        for kind in archived(SHAPES):
            if [*archive.folder.glob(f"kind={kind}/*/*/*.parquet")]:
                place = f"{archive.folder}/kind={kind}/*/*/*.parquet"
                database.execute(f"CREATE VIEW \"{kind}\" AS FROM read_parquet('{place}', hive_partitioning = true)")
        return database.execute(sql).fetchall()


async def test_records_go_in_by_kind_month_and_institution_and_can_be_joined(archive: Archive) -> None:
    assert await archive.days("", "9999") == [(APP, ""), (APP, DAY)]
    written = [await archive.write(*day) for day in await archive.days("", "9999")]
    assert [(one.records, one.files) for one in written] == [(2, 2), (4, 4)]
    assert {str(path.relative_to(archive.folder).parent) for path in archive.folder.rglob("*.parquet")} == {
        f"kind=staff/month=base/app={APP}",
        f"kind=drugs/month=base/app={APP}",
        *(f"kind={kind}/month=2026-11/app={APP}" for kind in ("order", "recipe", "purchase", "visit")),
    }
    joined = read(
        archive,
        'SELECT o.amount, o.createTime::VARCHAR, recipe.patient = o.patient, len(recipe.drug), visit.deptCode IS NULL'
        ' FROM "order" AS o JOIN recipe USING (flowNo) JOIN (SELECT flowNo, NULL AS deptCode FROM visit) AS visit'
        " USING (flowNo)",
    )  # fmt: skip
    assert joined == [(2000, "2026-11-20 09:00:00", True, 1, True)]


async def test_nothing_of_persons_is_in_it(archive: Archive) -> None:
    for day in await archive.days("", "9999"):
        await archive.write(*day)
    told = "".join(str(read(archive, f'FROM "{kind}"')) for kind in ("order", "recipe", "purchase", "visit", "staff"))
    for secret in (*map(str, PATIENT.values()), "陶文静", "医生您好", "高血压", "F1", "D1", "C1", "B1", "8101", "8201"):
        if secret not in ("36.2", "1"):
            assert f"'{secret}'" not in told, secret
    ((patient, number),) = read(archive, 'SELECT patient, flowNo FROM "order"')
    assert patient != number
    assert {len(str(one)) for one in (patient, number)} == {16}


def test_what_goes_in_is_of_the_standard_and_personal_in_nothing() -> None:
    for kind, names in plan().records.items():
        by_name = {column.name: column for column in SHAPES[kind]}
        assert [name for name in names if name not in by_name] == [], kind
        assert [name for name in names if by_name[name].personal] == [], kind
        for name in set(names) & set(plan().lists):
            members = {one.name: one for one in by_name[name].members}
            wanted = set(plan().lists[name]) & set(members)
            assert wanted, name
            assert not [one for one in wanted if members[one].personal]


async def test_a_day_is_written_anew_in_the_place_of_what_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await archive.write(APP, DAY)
    before = {path: path.read_bytes() for path in archive.folder.rglob("*.parquet")}
    supervisor = Supervisor(archive.database, numbers=count(100))
    order = good_day()[Kind.ORDER][0] | {"amount": 2500}
    await supervisor.take({Kind.ORDER: [order]})

    def broken(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(parquet, "write_parquet", broken)
        with pytest.raises(OSError, match="full"):
            await archive.write(APP, DAY)
    assert {path: path.read_bytes() for path in archive.folder.rglob("*") if path.is_file()} == before
    await archive.write(APP, DAY)
    assert read(archive, 'SELECT amount FROM "order"') == [(2500,)]


async def test_a_record_that_moved_to_another_day_is_counted_once_however_old_the_day_was(
    database: Database, tmp_path: Path
) -> None:
    supervisor = Supervisor(database)
    await supervisor.open()
    archive = Archive(database, KEYRING, lambda: SHAPES, tmp_path / "archive")
    recipe = good_day()[Kind.RECIPE][0]
    await supervisor.take({Kind.RECIPE: [recipe]})
    supervisor.clock.advance(2 * review.SLOT_MS)
    await supervisor.driver.settle()
    await archive.write(APP, DAY)
    assert read(archive, "SELECT count(*) FROM recipe") == [(1,)]
    supervisor.clock.advance(20 * DAY_MS / 1000)
    await supervisor.take({Kind.RECIPE: [recipe | {"createTime": "2026-12-09 09:00:00"}]}, "2026-12-09")
    supervisor.clock.advance(2 * review.SLOT_MS)
    await supervisor.driver.settle()
    await archive.due(supervisor.clock.now_ms(), date(2026, 12, 11))
    await Driver(database, supervisor.clock, lambda: {module.JOB: archive}).settle()
    assert [path.stem for path in archive.folder.rglob("*.parquet")] == ["2026-12-09"]
    assert await archive.days("", "9999") == [(APP, DAY), (APP, "2026-12-09")]
