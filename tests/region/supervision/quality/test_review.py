"""Reviewing days of an institution: what stands afterwards, on both engines."""

import zlib
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

import orjson
import pytest

from tests.region.supervision.quality.day import DAY, SHAPES, Records, good_day
from tests.support.driver import Driver
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Again, Done, Job
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.region.supervision.intake import Arrival, Batch, Intake, Plain, new_batch_id
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.pages import Binder
from yiqiao.region.supervision.quality import review
from yiqiao.region.supervision.quality.review import Reviewer
from yiqiao.region.supervision.quality.rules import Rules, load_rules
from yiqiao.storage import Database
from yiqiao.storage import supervision_quality as stored
from yiqiao.storage.supervision_quality import FindingRow

APP = "IH9851"
NOW = 1_795_142_400_000  # 2026-11-20 10:40:00 Beijing
KEYS = {Kind.STAFF: "code", Kind.RECIPE: "recipeId"}
NO_DAY = (Kind.STAFF, Kind.DRUGS)


@dataclass
class Supervisor:
    """Takes in records and reviews them."""

    database: Database
    rules: Rules = field(default_factory=load_rules)
    numbers: "count[int]" = field(default_factory=count)
    keyring: Keyring = KEYRING

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.reviewer = Reviewer(self.database, self.keyring, self.clock, self.rules, lambda: SHAPES)
        self.intake = Intake(self.database, self.clock, valid=self.reviewer.valid)
        self.driver = Driver(self.database, self.clock, lambda: {review.JOB: self.reviewer})

    async def open(self) -> None:
        await Institutions(self.database, self.clock, self.clock).open("root", APP, "H9851", "云桥互联网医院")

    async def take(self, records: Records, day: str = DAY) -> None:
        """Take in a day's records, kind by kind."""
        for kind, rows in records.items():
            number, batch_id = next(self.numbers), new_batch_id(self.clock.now_ms())
            binder = Binder(self.keyring, APP, batch_id)
            arrivals = [self._arrival(Kind(kind), place, row, binder, day) for place, row in enumerate(rows)]
            now = self.clock.now_ms()
            await self.intake.take(
                Batch(APP, batch_id, Kind(kind), f"r{number}", now, now, f"q{number}", b"", 0, arrivals, binder.pages())
            )

    def _arrival(self, kind: Kind, place: int, row: dict[str, Any], binder: Binder, day: str) -> Arrival:
        text = orjson.dumps(row)
        plain = Plain("" if kind in NO_DAY else day, row.get("flowNo"), recipe_no=row.get("recipeId"))
        key = str(row[KEYS.get(kind, "orderId")])
        return Arrival(place, key, zlib.crc32(text).to_bytes(16, "big"), binder.add(text), plain)

    async def found(self) -> list[FindingRow]:
        return await self.database.read(lambda c: stored.findings(c, "", "9999", 100))


@pytest.fixture
async def supervisor(database: Database) -> Supervisor:
    made = Supervisor(database)
    await made.open()
    return made


async def test_what_became_valid_is_reviewed_a_little_later(supervisor: Supervisor) -> None:
    day = good_day()
    day[Kind.RECIPE][0]["sign"] = day[Kind.RECIPE][0]["sign"][:1]
    await supervisor.take(day)
    assert await supervisor.found() == []
    supervisor.clock.advance(2 * review.SLOT_MS)
    await supervisor.driver.settle()
    (one,) = await supervisor.found()
    assert (one.day, one.rule, one.kind, one.record_key, one.flow_no) == (
        DAY,
        "recipe-unreviewed",
        "recipe",
        "C1",
        "F1",
    )
    assert one.told == "处方 C1 没有审核药师的签名"
    (last,) = await supervisor.database.read(lambda c: stored.reviews(c, DAY, DAY))
    assert (last.records, last.findings, last.rules) == (4, 1, supervisor.rules.digest)
    assert await supervisor.database.read(lambda c: stored.finding_counts(c, DAY, DAY)) == [
        (APP, "recipe-unreviewed", 1)
    ]


async def test_a_finding_goes_when_it_is_mended_and_keeps_its_time_while_it_is_not(supervisor: Supervisor) -> None:
    day = good_day()
    signed = day[Kind.RECIPE][0]["sign"]
    day[Kind.RECIPE][0]["sign"] = []
    await supervisor.take(day)
    await supervisor.reviewer.review(APP, DAY)
    first = {one.rule: one.found_at for one in await supervisor.found()}
    assert set(first) == {"recipe-unreviewed", "recipe-unsigned"}
    supervisor.clock.advance(3_600_000)
    day[Kind.RECIPE][0]["sign"] = signed[:1]
    await supervisor.take({Kind.RECIPE: day[Kind.RECIPE]})
    await supervisor.reviewer.review(APP, DAY)
    assert {one.rule: one.found_at for one in await supervisor.found()} == {"recipe-unreviewed": NOW}
    day[Kind.RECIPE][0]["sign"] = signed
    await supervisor.take({Kind.RECIPE: day[Kind.RECIPE]})
    await supervisor.reviewer.review(APP, DAY)
    assert await supervisor.found() == []


async def test_a_record_that_moves_to_another_day_leaves_no_finding_behind(supervisor: Supervisor) -> None:
    recipe = good_day()[Kind.RECIPE][0]
    await supervisor.take({Kind.RECIPE: [recipe | {"sign": []}]})
    supervisor.clock.advance(2 * review.SLOT_MS)
    await supervisor.driver.settle()
    assert {one.day for one in await supervisor.found()} == {DAY}
    await supervisor.take({Kind.RECIPE: [recipe | {"sign": [], "createTime": "2026-11-21 09:00:00"}]}, "2026-11-21")
    supervisor.clock.advance(2 * review.SLOT_MS)
    await supervisor.driver.settle()
    assert {one.day for one in await supervisor.found()} == {"2026-11-21"}


async def test_a_new_rule_is_run_over_what_is_there(supervisor: Supervisor) -> None:
    await supervisor.take(good_day())
    await supervisor.reviewer.review(APP, DAY)
    await supervisor.reviewer.review(APP, "")
    today = date(2027, 3, 1)
    assert await supervisor.reviewer.look_back(today) == 0
    one = next(iter(supervisor.rules.by_id.values()))
    new = one.model_copy(update={"id": "ours", "record": "order", "tell": "订单 {orderId}", "words": {}})
    new = new.model_copy(update={"finds": 'SELECT _key, orderId FROM "order"'})
    later = Supervisor(supervisor.database, Rules((*supervisor.rules.by_id.values(), new)))
    assert await later.reviewer.look_back(today) == 2
    await later.driver.settle()
    assert [(found.rule, found.told) for found in await later.found()] == [("ours", "订单 D1")]


async def test_a_rule_that_cannot_be_run_holds_up_no_other(supervisor: Supervisor) -> None:
    one = next(iter(supervisor.rules.by_id.values()))
    broken = one.model_copy(update={"id": "broken", "finds": "SELECT nonsense"})
    later = Supervisor(supervisor.database, Rules((*supervisor.rules.by_id.values(), broken)))
    day = good_day()
    day[Kind.VISIT][0]["process"] = []
    await later.take(day)
    assert (await later.reviewer.review(APP, DAY)).findings == 1


async def test_a_day_is_looked_at_with_what_it_belongs_to(supervisor: Supervisor) -> None:
    day = good_day()
    recipe, visit = day.pop(Kind.RECIPE), day.pop(Kind.VISIT)
    await supervisor.take(day)
    await supervisor.reviewer.review(APP, DAY)
    assert [one.rule for one in await supervisor.found()] == []
    supervisor.clock.advance(4 * 86_400_000)
    await supervisor.reviewer.review(APP, DAY)
    assert [one.rule for one in await supervisor.found()] == ["order-without-visit"]
    await supervisor.take({Kind.RECIPE: recipe, Kind.VISIT: visit})
    await supervisor.reviewer.review(APP, DAY)
    assert [one.rule for one in await supervisor.found()] == ["late-upload"]


async def test_a_review_lets_another_end_first_and_keeps_no_place_among_the_jobs(database: Database) -> None:
    reviewer = Reviewer(database, KEYRING, FixedClock(1_000_000), load_rules(), lambda: SHAPES)
    job = Job(review.JOB, "IH9851|2026-11-20|1", {"app_id": "IH9851", "day": "2026-11-20"}, 0, 1, "lease", 0)
    async with reviewer.turn:
        assert await reviewer(job) == Again(1_000_000 + review.TURN_MS)
    assert await reviewer(job) == Done()
