"""The sandbox's internet hospital: its days go through the intake whole, and bring every rule of quality to light."""

from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic_ns

from tests.support.hub import Hub, open_hub
from yiqiao.app.sandbox_internet_days import DAYS, UPLOAD, handlers
from yiqiao.clock import beijing
from yiqiao.jobs import Job
from yiqiao.journal.reader import Reader
from yiqiao.region.supervision.kinds import Kind
from yiqiao.sandbox.internet_days import A_DAY, FAULTS, of_day
from yiqiao.sandbox.internet_hospital import APP_ID
from yiqiao.storage import supervision_quality as quality
from yiqiao.storage import supervision_records as stored

DAY = date(2026, 11, 18)


def test_a_day_is_the_same_every_time_and_has_what_has_happened() -> None:
    evening, noon = datetime(2026, 11, 18, 22), datetime(2026, 11, 18, 12)  # noqa: DTZ001 (Beijing)
    assert of_day(DAY, evening) == of_day(DAY, evening)
    whole = len(of_day(DAY, evening)["A2000"])
    assert whole == A_DAY
    assert 0 < len(of_day(DAY, noon)["A2000"]) < whole
    assert of_day(DAY, noon - timedelta(days=1)) == {}


async def upload(hub: Hub) -> None:
    runtime = hub.runtime
    work = handlers(runtime, runtime.supervision, runtime.writer)[UPLOAD.kind]
    await work(Job(UPLOAD.kind, "today", {}, 0, 1, "", 0))


async def test_days_are_taken_in_whole_and_break_every_rule_somewhere(tmp_path: Path) -> None:
    began = monotonic_ns()
    async with open_hub(tmp_path) as hub:
        await upload(hub)
        database, today = hub.runtime.database, beijing(hub.clock.now_ms()).date()
        first = f"{today - timedelta(days=DAYS)}"
        intake = await database.read(lambda c: stored.intake_by_day(c, APP_ID, "", f"{today}"))
        assert sum(row.refused for row in intake) == 0
        totals = await database.read(lambda c: stored.totals_by_day(c, APP_ID, first, f"{today}"))
        orders = [row.in_force for row in totals if row.kind == Kind.ORDER]
        assert orders[:DAYS] == [A_DAY] * DAYS
        for day in ("", *(f"{today - timedelta(days=back)}" for back in range(DAYS + 1))):
            await hub.runtime.reviewer.review(APP_ID, day)
        counts = await database.read(lambda c: quality.finding_counts(c, "", f"{today}", APP_ID))
        assert {one.rule for one in counts} == set(hub.runtime.reviewer.rules.by_id)
        assert len(FAULTS) <= sum(one.number for one in counts) < DAYS * A_DAY / 3
        batches = len(await database.read(lambda c: stored.batches(c, APP_ID, 10_000)))
        await upload(hub)
        again = len(await database.read(lambda c: stored.batches(c, APP_ID, 10_000)))
        assert again <= batches + 6, "what is on file is not uploaded again"
        lines = (await Reader(database, hub.runtime.keyring).search()).lines
        assert lines
        taken = sum(line.duration_us for line in lines)
        assert taken * 1000 <= monotonic_ns() - began, (
            "each took what it took, and not all the time since the machine began"
        )
