"""What the tests of the journal share: a clock, keys, an open database, and hubs' processes that write chains."""

from collections.abc import Sequence

import orjson
import pytest
from sqlalchemy import Connection, text

from tests.support.databases import database, database_url
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.crypto import SealingKey, sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal import Direction, Entry, Keys, Recorder
from yiqiao.storage import Database

__all__ = ["database", "database_url"]

REQUEST = b'{"app_id":"ward-3","user_name":"\xe5\xae\x8b\xe8\x8b\xa5\xe5\xae\x89","id_no":"350203199002290710"}'


@pytest.fixture
def clock() -> FixedClock:
    """Half past nine in the morning of 20 November 2026, Beijing time."""
    return FixedClock(parse_compact("20261120093000"))


@pytest.fixture
def keyring() -> Keyring:
    """A hub's keys."""
    key = SealingKey("k1", bytes(range(16)))
    return Keyring(b"i" * 32, b"x" * 32, b"c" * 32, sealing=key, sealing_by_id={key.id: key})


class Process:
    """A process of a hub: it writes one chain."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database, self.clock = database, clock
        self.recorder = Recorder(keyring, clock)

    @property
    def chain(self) -> str:
        return self.recorder.chain

    async def write(self, *entries: Entry) -> None:
        """One transaction."""
        await self.database.write(lambda connection: self.recorder.append(connection, entries))
        self.recorder.settle(True)

    async def write_many(self, sizes: Sequence[int], seconds: float = 1) -> None:
        """A transaction of each size, `seconds` apart."""
        for size in sizes:
            await self.write(*(self.entry(trace=f"T{number}") for number in range(size)))
            self.clock.advance(seconds)

    def entry(self, trace: str | None = None, **changes: object) -> Entry:
        """An exchange as a gateway would hand it in."""
        view = {"peer": "10.1.2.3", "terminal": "T01", "refusal": None, "message": None, "request": {"id_no": "1"}}
        made = Entry(
            at=self.clock.now_ms(),
            dialect="ehealth_card",
            operation="ehc.ehealthcode.verify",
            app_id="ward-3",
            direction=Direction.IN,
            outcome="0000",
            duration_us=1500,
            request_id="r1",
            digest=sm3(REQUEST),
            request=REQUEST,
            response=b'{"ret_code":"0000"}',
            view=orjson.dumps(view),
            keys=Keys(trace=trace),
        )
        return made._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def process(database: Database, keyring: Keyring, clock: FixedClock) -> Process:
    """A process that has written nothing yet."""
    return Process(database, keyring, clock)


async def tamper(database: Database, *statements: str, **values: object) -> None:
    """What somebody with the database's password, and without the keys, could do."""

    def work(connection: Connection) -> None:
        for statement in statements:
            changed = connection.execute(text(statement), values).rowcount
            assert changed, f"nothing was tampered with by {statement}"

    await database.write(work)
