"""A hub files its journal's keys while it runs, and leaves nothing unfiled when it is closed in order."""

from pathlib import Path

from sqlalchemy import text

from tests.support.hub import open_hub, refused, showing
from yiqiao.app import daily
from yiqiao.clock import FixedClock
from yiqiao.jobs import Job
from yiqiao.journal.reader import Reader, Search
from yiqiao.storage import open_database

VERIFY = "ehc.ehealthcode.verify"


async def test_an_exchange_is_found_at_once_and_filed_when_the_hub_is_closed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    async with open_hub(tmp_path, url) as hub:
        await refused(hub, VERIFY, showing("serial-1", "no code"))
        search = Search(trace="serial-1")
        found = await Reader(hub.runtime.database, hub.runtime.keyring).search(search)
        assert [line.operation for line in found.lines] == [VERIFY]
        assert b"yiqiao_journal_keys_unfiled" in hub.runtime.metrics.text()
        keyring = hub.runtime.keyring
    database = await open_database(url)
    try:
        assert await database.read(lambda c: c.scalar(text("SELECT count(*) FROM journal_mark"))) == 0
        assert await database.read(lambda c: c.scalar(text("SELECT count(*) FROM journal_key"))) != 0
        assert (await Reader(database, keyring).search(search)).lines == found.lines
    finally:
        await database.close()


async def test_what_others_left_is_filed_every_night(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        runtime = hub.runtime
        await refused(hub, VERIFY, showing("serial-1", "no code"))
        work = daily.handlers(runtime.settings, runtime.database, runtime.keyring, FixedClock(0), FixedClock(0))
        assert set(work) == {plan.kind for plan in daily.PLAN}
        await work[daily.FILE_KEYS](Job(daily.FILE_KEYS, "20261120", {}, 0, 1, "lease", 1))
        behind = "SELECT count(*) FROM journal JOIN journal_mark USING (chain) WHERE journal.seq > journal_mark.seq"
        assert await runtime.database.read(lambda c: c.scalar(text(behind))) == 0
