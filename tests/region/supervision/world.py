"""A supervisor with one institution, to which records come one by one or in batches, as their senders' clocks say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import orjson

from tests.support.driver import Driver
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.region.supervision import waiting
from yiqiao.region.supervision.attachments.mentions import Mentions
from yiqiao.region.supervision.attachments.naming import SERVICES
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.region.supervision.intake import Arrival, Batch, Days, Intake, Plain, Refused, Taken, new_batch_id
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.pages import Binder
from yiqiao.storage import Database, attachments
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision_records import Fact

NOW = 1_793_500_000_000
APP, HOSPITAL = "IH9851", "H9851"
DAY = "2026-11-20"
READERS = {kind.value: lambda content: tuple(orjson.loads(content)["names"]) for kind in SERVICES}


@dataclass(frozen=True)
class Sent:
    """A record as a test sends it: what it is, what it says, what it needs, when it was sent (s after NOW), and which
    attachments it names.
    """

    kind: Kind
    key: str
    content: str = "一"
    needs: tuple[Fact, ...] = ()
    at: int = 0
    day: str = DAY
    amount: int | None = None
    names: tuple[str, ...] = ()


def needs(**keys: str) -> tuple[Fact, ...]:
    """What a record needs: `needs(department="0101")`."""
    return tuple(Fact(kind, key) for kind, key in keys.items())


@dataclass
class World:
    """The supervisor, and what is true in it."""

    database: Database
    app_id: str = APP
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.days: list[tuple[str, Days]] = []
        self.intake = Intake(self.database, self.clock, valid=self._valid)
        self.institutions = Institutions(self.database, self.clock, self.clock)
        judge = waiting.JudgeAgain(self.database, Mentions(self.database, KEYRING, READERS), self._valid)
        self.driver = Driver(self.database, self.clock, lambda: {waiting.JOB: judge})

    def _valid(self, _connection: object, app_id: str, days: Days) -> None:
        self.days.append((app_id, days))

    async def open(self) -> None:
        """Open the institution."""
        await self.institutions.open("root", self.app_id, HOSPITAL, "云桥互联网医院")

    def batch(
        self, rows: Sequence[Sent], *, whole: bool = False, nonce: str = "", refused: Sequence[Refused] = ()
    ) -> Batch:
        """A batch of records of one kind, sent at one time."""
        number, batch_id = next(self.numbers), new_batch_id(self.clock.now_ms())
        binder = Binder(KEYRING, self.app_id, batch_id)
        arrivals = [
            Arrival(
                position,
                one.key,
                sm3(one.content.encode())[:16],
                binder.add(orjson.dumps({"key": one.key, "content": one.content, "names": one.names})),
                Plain(day=one.day, flow_no=f"F-{one.key}", amount=one.amount),
                one.needs,
                one.names,
            )
            for position, one in enumerate(rows)
        ]
        return Batch(
            app_id=self.app_id,
            batch_id=batch_id,
            kind=rows[0].kind,
            nonce=nonce or f"r{number}",
            sent_at=NOW + rows[0].at * 1000,
            received_at=self.clock.now_ms(),
            request_id=f"q{number}",
            digest=sm3(b""),
            size=0,
            arrivals=arrivals,
            pages=binder.pages(),
            refused=refused,
            whole=whole,
        )

    async def send(self, *rows: Sent, whole: bool = False, nonce: str = "", refused: Sequence[Refused] = ()) -> Taken:
        """Send records in one batch."""
        return await self.intake.take(self.batch(rows, whole=whole, nonce=nonce, refused=refused))

    async def settle(self) -> None:
        """Judge again whatever is to be judged again."""
        await self.driver.settle()

    async def standing(self, kind: Kind, key: str) -> list[tuple[int, str, int]]:
        """A record's versions, the first to arrive first: number, state, whether in force."""
        rows = await self.database.read(lambda c: stored.of_record(c, self.app_id, kind, key))
        return [(row.version, row.state, row.in_force) for row in reversed(rows)]

    async def content(self, kind: Kind, key: str) -> str | None:
        """What is in force of a record."""
        from yiqiao.region.supervision import pages

        rows = await self.database.read(lambda c: stored.of_record(c, self.app_id, kind, key))
        for row in rows:
            if row.in_force:
                page = await self.database.read(
                    lambda c, r=row: stored.page(c, self.app_id, r.batch_id, pages.page_of(r.place))  # type: ignore[misc]
                )
                assert page is not None
                return str(orjson.loads(pages.content(KEYRING, page, row.place))["content"])
        return None

    async def names(self, kind: Kind, key: str) -> list[str]:
        """Which attachments a record is known to name."""
        missing = await self.database.read(lambda c: attachments.missing(c, self.app_id, 99))
        return [one.atta_id for one in missing if (one.kind, one.record_key) == (kind, key)]

    async def totals(self, kind: Kind) -> dict[str, tuple[int, int, int]]:
        """What is counted, by day: in force, waiting, amount."""
        rows = await self.database.read(lambda c: stored.totals_by_day(c, self.app_id, "", "9999"))
        return {row.day: tuple(row[3:]) for row in rows if row.kind == kind}  # type: ignore[misc]
