"""kill -9 at every step of every refund flow: the next process finishes what the killed one began, and nothing is paid
twice, lost, or left at the HIS (3.1.3.5).
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.region.payments.mortal import MERCHANT, NOW
from yiqiao.clock import FixedClock
from yiqiao.ports.his_billing import HisState
from yiqiao.ports.payment_channel import RefundState
from yiqiao.region.payments.states import Refund, RefundType
from yiqiao.sandbox.channels.sandbox import open_channel
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.storage import Database, open_database, payment_books, payments
from yiqiao.storage.migrate import upgrade
from yiqiao.storage.shelves import DatabaseStore

ROOT = Path(__file__).parents[3]
DONE, REFUSED = 10_021, 10_023
"""分: what the last two digits force at the sandbox's channel, a refund that is done and one that fails for good."""
MOST_POINTS, SOME = 60, 3
"""At every third point: an odd number, since points before something is done and after it take turns."""


class Lives:
    """Processes that live and die as they are told."""

    def __init__(self) -> None:
        self.url = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.region.payments.mortal"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def live(self, number: str, flow: str, amount: int, die_at: int = 0, later_s: int = 0) -> dict[str, int]:
        """One life, and how it ended."""
        wish = {
            "url": self.url,
            "number": number,
            "flow": flow,
            "amount": amount,
            "die_at": die_at,
            "later_s": later_s,
        }
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


CASES = [(engine, flow, amount) for engine in ("sqlite",) for flow in RefundType for amount in (DONE, REFUSED)]
CASES += [
    ("postgresql", RefundType.DIRECT, DONE),
    ("postgresql", RefundType.PREPARE_AND_CONFIRM, REFUSED),
]  # the same steps over the other engine: two flows have all of them between them


@pytest.mark.parametrize(("engine", "flow", "amount"), CASES, indirect=["engine"])
async def test_killed_at_any_step_a_refund_comes_to_its_end_once(
    lives: Lives, opened: Database, flow: str, amount: int, every_step: bool
) -> None:
    points = 0
    for point in range(1, MOST_POINTS, 1 if every_step else SOME):
        number = f"{flow[:3]}{point:03}"
        ended = lives.live(number, flow, amount, die_at=point)
        if "points" in ended:
            points = ended["points"]
            break
        assert ended == {"killed": True}, ended
        assert "points" in lives.live(number, flow, amount, later_s=24 * 3600)
        await ended_well(opened, number, flow, amount)
    assert points >= 8, "there is more than one step to a refund"


async def ended_well(database: Database, number: str, flow: str, amount: int) -> None:
    """What must be true of a refund whose process was killed, once another has finished it."""
    row = await database.read(lambda c: payments.refund(c, MERCHANT, f"F{number}"))
    trade = await database.read(lambda c: payments.trade_by_charge_no(c, MERCHANT, number))
    assert row is not None
    assert trade is not None
    paid_back = amount == DONE
    assert row.state == (Refund.SUCCEEDED if paid_back else Refund.FAILED), (number, row)
    assert (trade.refunded, trade.refunding) == (amount if paid_back else 0, 0), number
    shelves, clock = DatabaseStore(database), FixedClock(NOW)
    channel, his = await open_channel(shelves, clock), SandboxHis(shelves, clock)
    back = await channel.find_refund(row.refund_no, trade.order_no or "")
    assert back is not None
    assert (back.state is RefundState.DONE) == paid_back, (number, back)
    known = (await his.query(MERCHANT, f"F{number}")).state
    if flow == RefundType.HIS_DECIDE:
        assert known is HisState.NONE
    else:
        assert known is (HisState.DONE if paid_back else HisState.CANCELLED), (number, known)
    booked = await database.read(lambda c: payment_books.of_trade(c, MERCHANT, trade.trace_no))
    assert sum(1 for one in booked if one.act.startswith("out/")) == (1 if paid_back else 0)
    balances = await database.read(lambda c: payment_books.balances(c, MERCHANT))
    assert sum(balances.values()) == 0
    assert balances.get("transit", 0) == 0


async def test_the_check_can_fail(lives: Lives, opened: Database) -> None:
    """The negative control: a life that is cut short, and nobody who finishes it."""
    assert lives.live("C1", "direct", DONE, die_at=6) == {"killed": True}
    with pytest.raises(AssertionError):
        await ended_well(opened, "C1", "direct", DONE)
