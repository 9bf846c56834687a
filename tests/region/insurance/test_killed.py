"""kill -9 at every step of settlements and of their taking back: the next process resumes or reverses what the killed
one began, and nothing is settled, paid, told or given back twice, or on one side only (3.1.3.6, 3.1.3.7).
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.region.insurance.mortal import CANCELLED, MERCHANT, NOW, SELF, TOTAL
from tests.sandbox.settlement.desk import INSTITUTION
from tests.support.tree import ROOT
from yiqiao.clock import FixedClock
from yiqiao.ports.his_billing import HisState
from yiqiao.region.insurance.states import State
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.settlement.centre import SandboxSettlement
from yiqiao.storage import Database, insurance, open_database, payment_books, payments
from yiqiao.storage.migrate import upgrade
from yiqiao.storage.shelves import DatabaseStore

MOST_POINTS = 300
ENDS = {
    "insured": State.DONE,
    SELF: State.DONE,
    CANCELLED: State.CANCELLED,
    "confirm": State.FAILED,
    "settle": State.FAILED,
}


class Lives:
    """Processes that live and die as they are told."""

    def __init__(self) -> None:
        self.url = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.region.insurance.mortal"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def live(self, number: str, flow: str, die_at: int = 0, later_s: int = 0) -> dict[str, int]:
        """One life, and how it ended."""
        wish = {"url": self.url, "number": number, "flow": flow, "die_at": die_at, "later_s": later_s}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        ended: dict[str, int] = json.loads(self._process.stdout.readline())
        return ended

    def end(self) -> None:
        """No more lives."""
        self._process.communicate(timeout=30)


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Database]:
    await upgrade(database_url)
    database = await open_database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def parent() -> Iterator[Lives]:
    lives = Lives()
    yield lives
    lives.end()


@pytest.fixture
def lives(parent: Lives, database_url: str, opened: Database) -> Lives:
    parent.url = database_url
    return parent


LATER_S = {**dict.fromkeys(ENDS, 300), CANCELLED: 86_400}
"""When the next process begins: before it is too late to pay, where that is still to be done."""
FIRST = {"confirm": 50, "settle": 40}
"""The first point at which these are killed: up to it they are as the one that comes to a good end."""
CASES = [
    ("sqlite", flow, every)
    for flow, every in (("insured", 3), (CANCELLED, 3), ("confirm", 5), (SELF, 9), ("settle", 9))
]
CASES += [("postgresql", flow, 11) for flow in ("insured", CANCELLED)]
"""Engine, flow, and at every how many points it is killed; with --every-step at each. The numbers are odd: points
before something is done and after it take turns, and both are wanted."""


@pytest.mark.parametrize(("engine", "flow", "every"), CASES, indirect=["engine"])
async def test_killed_at_any_step_a_settlement_comes_to_its_end_once(
    lives: Lives, opened: Database, flow: str, every: int, every_step: bool
) -> None:
    points = 0
    for point in range(FIRST.get(flow, 1), MOST_POINTS, 1 if every_step else every):
        number = f"{flow[:3].upper()}{point:03}"
        ended = lives.live(number, flow, die_at=point)
        if "points" in ended:
            points = ended["points"]
            await ended_well(opened, number, flow)
            break
        assert ended == {"killed": True}, ended
        later = lives.live(number, flow, later_s=LATER_S[flow])
        assert "points" in later, later
        await ended_well(opened, number, flow)
    assert points >= 10, "there is more than one step to a settlement"


async def ended_well(database: Database, number: str, flow: str) -> None:
    """What must be true of a settlement whose process was killed, once another has finished it."""
    rows = await database.read(lambda c: insurance.newest(c, 1000))
    (row,) = [one for one in rows if one.app_id == f"his-{number}"]
    assert row.state == ENDS[flow], (number, row, row.reason)
    stands = row.state == State.DONE
    shelves, clock = DatabaseStore(database), FixedClock(NOW)
    centre, his = SandboxSettlement(shelves, clock), SandboxHis(shelves, clock)
    found = await centre.find(f"{INSTITUTION}{row.number}S", INSTITUTION)
    in_place = found is not None and found.settlement is not None and not found.reversed
    assert in_place == (stands and bool(row.insured)), (number, found)
    known = (await his.query(MERCHANT, row.number)).state
    assert (known is HisState.DONE) == stands, (number, known)
    trade = await database.read(lambda c: payments.trade(c, MERCHANT, row.trace_no))
    assert trade is not None
    assert (trade.refunded, trade.refunding) == (0 if stands else trade.amount, 0), number
    balances = await database.read(lambda c: payment_books.balances(c, MERCHANT))
    assert sum(balances.values()) == 0
    assert balances.get("transit", 0) == 0
    assert -balances.get("charge", 0) == TOTAL * sum(1 for one in rows if one.state == State.DONE)


async def test_the_check_can_fail(lives: Lives, opened: Database) -> None:
    """The negative control: a life that is cut short, and nobody who finishes it."""
    assert lives.live("C1", "insured", die_at=9) == {"killed": True}
    with pytest.raises(AssertionError):
        await ended_well(opened, "C1", "insured")
