"""A hub with a merchant, whose channels and HIS do what a test wants, and a browser in front of its cashier."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from httpx import Response
from sqlalchemy import Connection
from starlette.testclient import TestClient

from tests.region.appointments.world import Wayward
from tests.region.payments.peers import Till, Ward
from tests.region.payments.world import MERCHANT, PATIENT, SECRET
from tests.support.hub import NOW_MS
from tests.web.conftest import HERE
from tests.web.town import SETTLED_WITHIN_S, Town
from yiqiao.app import payment_days
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.jobs import Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.ports.his_billing import HisBilling, HisSilent, HisUnreachable
from yiqiao.ports.payment_channel import ChannelSilent, ChannelUnreachable
from yiqiao.region.payments import merchants
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.cashier import address, desk_address
from yiqiao.region.payments.course import ATTEMPT_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.orders import Orders, Wish
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunded, RefundOrder, Refunds
from yiqiao.region.payments.trade import Particulars
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import Write, payments
from yiqiao.storage.payments import TradeRow
from yiqiao.web.asgi import application

T = TypeVar("T")
AMOUNT = 10_000
Fate = Callable[[str], str | Exception | None]


def by_itself(write: Write[T]) -> Callable[[Connection], T]:
    """A write that is gathered with others otherwise, as work of its own. Raises what it refuses with."""

    def work(connection: Connection) -> T:
        (done,) = write.lane.execute(connection, [write.command])
        if isinstance(done, DomainError):
            raise done
        return done

    return work


async def _leave_it(_: Job) -> Outcome:
    """What is done once a day is left to whoever looks at the pages."""
    return Done()


@dataclass
class Counter(Town):
    """A browser at the hub, the channels by their codes, and what goes wrong with them and the HIS."""

    tills: dict[str, Till]
    his: Ward
    money: Fate = lambda _: None
    ward: Fate = lambda _: None

    def furnish(self, **settings: object) -> None:
        """Have the merchant, and our own channels and HIS in the place of the hub's."""
        runtime = self.runtime
        channels = cast(
            Channels,
            {
                code: Wayward(till, lambda name: self.money(name), ChannelUnreachable, ChannelSilent)
                for code, till in self.tills.items()
            },
        )
        his = cast(HisBilling, Wayward(self.his, lambda name: self.ward(name), HisUnreachable, HisSilent))
        of_store = (runtime.database, runtime.keyring, runtime.clock)
        work: dict[str, Handler] = {
            TRADE_JOB: TradeSaga(*of_store, channels, his),
            ATTEMPT_JOB: AttemptSaga(*of_store, channels),
            REFUND_JOB: RefundSaga(*of_store, channels, his),
            **dict.fromkeys((daily.kind for daily in payment_days.PLAN), _leave_it),
        }
        cast(dict[str, Handler], runtime.jobs.handlers).update(work)
        wake = runtime.jobs.wake
        self.client.app.state.runtime = replace(  # type: ignore[attr-defined]
            runtime, orders=Orders(*of_store, channels, wake), refunds=Refunds(*of_store, channels, wake)
        )
        offered = MerchantSettings(**{"channels": tuple(self.tills), **settings})  # type: ignore[arg-type]
        self.do(
            runtime.database.write,
            lambda c: merchants.add(
                c,
                runtime.keyring,
                NOW_MS,
                merchant_id=MERCHANT,
                name="云桥县人民医院",
                hospital_id="1001",
                account_type="01",
                settings=offered,
                secret=SECRET,
            ),
        )

    def perform(self, write: Write[T]) -> T:
        """Do a write by itself. Raises what it refuses with."""
        return cast(T, self.do(self.runtime.database.write, by_itself(write)))

    def order(self, number: str = "C1", amount: int = AMOUNT, channel: str = "", **more: Any) -> TradeRow:
        """The HIS orders a trade."""
        kept = Particulars(PATIENT, **more)
        print_of = sm3(f"{number}|{amount}|{channel}".encode())
        wish = Wish("his", MERCHANT, SECRET, number, print_of, amount, "门诊预交金充值", kept, channel)
        return self.perform(self.runtime.orders.order(wish)).trade

    def opened(self, number: str = "C1", amount: int = AMOUNT, *, desk: bool = False, **more: Any) -> str:
        """The address of a new trade's cashier."""
        row = self.order(number, amount, **more)
        return desk_address(self.runtime.keyring, row) if desk else address(row.token)

    def give_back(self, number: str = "F1", of: str = "C1", amount: int = AMOUNT, kind: str = "direct") -> Refunded:
        """The HIS asks for a refund."""
        print_of = sm3(f"{number}|{of}|{amount}|{kind}".encode())
        account = PATIENT.his_cust_id
        order = RefundOrder(
            "his", MERCHANT, SECRET, number, print_of, amount, "1", kind, None, of, account, PATIENT.name, "W1"
        )
        found = self.perform(self.runtime.refunds.ask(order))
        self.do(self.wake)
        return found

    async def wake(self) -> None:
        """Have what is due done."""
        self.runtime.jobs.wake()

    def row(self, number: str = "C1") -> TradeRow:
        """A trade as it stands."""
        found = self.do(self.runtime.database.read, lambda c: payments.trade_by_charge_no(c, MERCHANT, number))
        assert found is not None
        return cast(TradeRow, found)

    def attempts(self, number: str = "C1") -> list[Any]:
        """The attempts to pay a trade."""
        row = self.row(number)
        return cast(
            list[Any], self.do(self.runtime.database.read, lambda c: payments.attempts(c, MERCHANT, row.trace_no))
        )

    def press(self, at: str, **values: str) -> Response:
        """Press a button, with the token and the turn of the page on which it stands."""
        text = self.client.get(at).text
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', text) for name in ("token", "turn")}
        given = {name: match[1] for name, match in found.items() if match}
        answer: Response = self.client.post(at, data={"turn": "1", **given, **values})
        return answer

    def until(self, at: str, stage: str, *, hurry: bool = True) -> Any:
        """What the page shows once it is there."""
        return self.when(at, lambda shown: shown["told"]["stage"] == stage, hurry=hurry)

    def when(self, at: str, well: Callable[[Any], object], *, hurry: bool = True) -> Any:
        """What the page shows once it is as wanted; time passes meanwhile."""
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            shown = self.json(at)
            if well(shown):
                return shown
            if hurry:
                self.hurry()
            time.sleep(0.02)
        raise AssertionError(f"{at} is {shown['told']}")

    def paid(self, number: str = "C1", amount: int = AMOUNT) -> TradeRow:
        """A trade that was paid and that the HIS has."""
        at = self.opened(number, amount)
        assert self.press(at, way="WECHAT/qr").status_code == 303
        self.until(at, "scan")
        self.tills["WECHAT"].pay(self.row(number).order_no or "")
        self.until(at, "done")
        return self.row(number)


@contextmanager
def counter(folder: Path, **settings: object) -> Iterator[Counter]:
    """A hub whose merchant offers two ways to pay by phone, and what a desk takes."""
    clock = FixedClock(NOW_MS)
    client = TestClient(application(Settings(data=str(folder)), clock), base_url=HERE, follow_redirects=False)
    tills = {code: Till(code) for code in ("WECHAT", "ALIPAY")}
    tills |= {code: Till(code, at_once=True) for code in ("CASH", "POS")}
    with client:
        found = Counter(client, clock, tills, Ward())
        found.furnish(**settings)
        yield found
