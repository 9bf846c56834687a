"""A payment hub with one merchant, two channels and a HIS, whose time runs as fast as there is something to do.

What is asked of channels and HIS can go wrong on command; a run of a job can die before or after its step.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from tests.region.appointments.world import AWAY, LOST, Wayward, dice, scripted
from tests.region.payments.peers import Till, Ward
from tests.support.driver import Driver, goes_on
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.jobs.job import Handler
from yiqiao.ports.his_billing import HisBilling, HisSilent, HisUnreachable, Patient
from yiqiao.ports.payment_channel import ChannelSilent, ChannelUnreachable, OrderState, RefundState
from yiqiao.region.payments import merchants
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.course import ATTEMPT_JOB, NOTICE_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.notices import NoticeSender
from yiqiao.region.payments.orders import Orders, Standing, Wish
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunded, RefundOrder, Refunds
from yiqiao.region.payments.states import FINAL_ATTEMPTS, FINAL_REFUNDS, FINAL_TRADES, Refund, RefundType, Trade
from yiqiao.region.payments.trade import Particulars
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import Database, Write, payment_books, payments
from yiqiao.storage.payments import RefundRow, TradeRow

T = TypeVar("T")
NOW = 1_793_500_000_000
MERCHANT, SECRET = "YQMZ0001", "merchant-secret-of-tests"
PATIENT = Patient("01", "P000231", "01", "A1029384X", "黎若川", "329801199103021234")
LISTED = "https://his.example/notify"
PAYS_OUT = ("CASH", "MISPOS", "BANK")
"""By which also goes back what came in elsewhere."""
Fate = Callable[[str], str | Exception | None]


class Notices:
    """`PaymentNotifier` that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Mapping[str, object]]] = []

    async def send(self, url: str, secret: str, notice: Mapping[str, object]) -> None:
        self.sent.append((url, secret, notice))


@dataclass
class World:
    """The hub, and what is true in it whatever happened."""

    database: Database
    money: Fate = lambda _: None
    ward: Fate = lambda _: None
    deaths: Callable[[], str | None] = lambda: None

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        self.tills = {code: Till(code) for code in ("WECHAT", "ALIPAY")}
        self.tills |= {code: Till(code, at_once=True) for code in PAYS_OUT}
        self.his = Ward()
        self.channels = channels = cast(
            Channels,
            {
                code: Wayward(till, lambda name: self.money(name), ChannelUnreachable, ChannelSilent)
                for code, till in self.tills.items()
            },
        )
        his = Wayward(self.his, lambda name: self.ward(name), HisUnreachable, HisSilent)
        self.his_port = cast(HisBilling, his)
        self.orders = Orders(self.database, KEYRING, self.clock, channels)
        self.refunds = Refunds(self.database, KEYRING, self.clock, channels)
        self.notices = Notices()
        self.handlers: dict[str, Handler] = {
            TRADE_JOB: TradeSaga(self.database, KEYRING, self.clock, channels, cast(HisBilling, his)),
            ATTEMPT_JOB: AttemptSaga(self.database, KEYRING, self.clock, channels),
            REFUND_JOB: RefundSaga(self.database, KEYRING, self.clock, channels, cast(HisBilling, his)),
            NOTICE_JOB: NoticeSender(self.database, KEYRING, self.clock, self.notices),
        }
        self.driver = Driver(self.database, self.clock, lambda: self.handlers, lambda: self.deaths())

    async def open(self, **settings: object) -> None:
        """Have the merchant."""
        offered = MerchantSettings(
            **{"channels": tuple(self.tills), "notify_urls": (LISTED,), **settings}  # type: ignore[arg-type]
        )
        await self.database.write(
            lambda c: merchants.add(
                c,
                KEYRING,
                NOW,
                merchant_id=MERCHANT,
                name="云桥县人民医院",
                hospital_id="1001",
                account_type="01",
                settings=offered,
                secret=SECRET,
            )
        )

    async def perform(self, write: Write[T]) -> T:
        """Do a write by itself. Raises what it refuses with."""

        def work(connection: object) -> T:
            (done,) = write.lane.execute(connection, [write.command])  # type: ignore[arg-type]
            if isinstance(done, Exception):
                raise done
            return done

        return await self.database.write(work)

    async def order(
        self, number: str = "C1", amount: int = 10_000, channel: str = "WECHAT", notify_url: str = "", **more: object
    ) -> Standing:
        """The HIS orders a trade."""
        print_of = sm3(f"{number}|{amount}|{channel}".encode())
        kept = Particulars(PATIENT, **more)  # type: ignore[arg-type]
        wish = Wish("his", MERCHANT, SECRET, number, print_of, amount, "门诊充值", kept, channel, notify_url=notify_url)
        return await self.perform(self.orders.order(wish))

    async def paid(
        self, number: str = "C1", amount: int = 10_000, channel: str = "WECHAT", notify_url: str = "", **more: object
    ) -> TradeRow:
        """A trade that was ordered, paid and told to the HIS."""
        await self.order(number, amount, channel, notify_url, **more)
        await self.settle()
        row = await self.trade(number)
        if channel != "CASH":
            self.tills[channel].pay(row.order_no or "")
            await self.settle(5)
        row = await self.trade(number)
        assert row.state == Trade.SUCCEEDED, row
        return row

    async def give_back(
        self,
        number: str = "F1",
        of: str = "C1",
        amount: int = 10_000,
        refund_type: str = "direct",
        mode: str = "1",
        name: str = PATIENT.name,
    ) -> Refunded:
        """The HIS asks for a refund."""
        print_of = sm3(f"{number}|{of}|{amount}|{refund_type}|{mode}".encode())
        order = RefundOrder(
            "his",
            MERCHANT,
            SECRET,
            number,
            print_of,
            amount,
            mode,
            refund_type,
            None,
            of,
            PATIENT.his_cust_id,
            name,
            "W1",
        )
        return await self.perform(self.refunds.ask(order))

    async def settle(self, seconds: float = 0) -> None:
        """Do all that is due, then let the time pass and do what becomes due in it."""
        await self.driver.settle(seconds)

    async def trade(self, number: str = "C1") -> TradeRow:
        """A trade as it stands."""
        found = await self.database.read(lambda c: payments.trade_by_charge_no(c, MERCHANT, number))
        assert found is not None
        return found

    async def refund(self, number: str = "F1") -> RefundRow:
        """A refund as it stands."""
        found = await self.database.read(lambda c: payments.refund(c, MERCHANT, number))
        assert found is not None
        return found

    async def balances(self) -> dict[str, int]:
        """What stands on the accounts, those with something on them; patients' accounts as `deposit`."""
        found: Counter[str] = Counter()
        for name, amount in (await self.database.read(lambda c: payment_books.balances(c, MERCHANT))).items():
            found["deposit" if name.startswith("deposit/") else name] += amount
        return {name: amount for name, amount in found.items() if amount}

    async def must_be_true(self, *, over: bool = False) -> None:
        """What may never be otherwise; `over`: nothing is under way any more."""
        balances = await self.balances()
        assert sum(balances.values()) == 0
        trades = await self.database.read(lambda c: payments.newest_trades(c, 10_000))
        for row in trades:
            assert 0 <= row.refunded + row.refunding <= row.amount, row
            if row.state not in FINAL_TRADES:
                key = f"{MERCHANT}|{row.trace_no}"
                assert await self.database.read(partial(goes_on, kind=TRADE_JOB, key=key)), f"{row}: no next action"
            for one in await self.database.read(
                partial(payments.attempts, merchant_id=MERCHANT, trace_no=row.trace_no)
            ):
                mine = one.state in FINAL_ATTEMPTS or one.order_no == row.order_no
                key = f"{MERCHANT}|{one.order_no}"
                assert mine or await self.database.read(partial(goes_on, kind=ATTEMPT_JOB, key=key)), one
            for back in await self.database.read(
                partial(payments.refunds, merchant_id=MERCHANT, trace_no=row.trace_no)
            ):
                key = f"{MERCHANT}|{back.out_refund_no}"
                going = back.state in FINAL_REFUNDS or await self.database.read(
                    partial(goes_on, kind=REFUND_JOB, key=key)
                )
                assert going, f"{back}: no next action"
        for till in self.tills.values():  # nothing twice, and never more than was taken
            back_of: Counter[str] = Counter()
            for done in till.back.values():
                if done.state is RefundState.DONE:
                    back_of[done.refund_no[:19]] += done.amount
            taken: Counter[str] = Counter()
            for order in till.orders.values():
                if order.state is OrderState.PAID:
                    taken[order.order_no[:19]] += order.amount
            if till.code not in PAYS_OUT:
                assert all(amount <= taken[number] for number, amount in back_of.items()), (taken, back_of)
        if over:
            await self._all_agree(trades, balances)

    async def _all_agree(self, trades: list[TradeRow], balances: Mapping[str, int]) -> None:
        """Once nothing moves any more, the books say what the channels and the HIS say."""
        for code, till in self.tills.items():
            assert balances.get(f"channel/{code}", 0) == till.kept, (code, balances, till.kept)
        assert balances.get("suspense", 0) == balances.get("transit", 0) == 0
        decided = await self.database.read(lambda c: payments.newest_refunds(c, 10_000, states=("succeeded",)))
        not_told = sum(one.amount for one in decided if one.refund_type == RefundType.HIS_DECIDE)
        assert -balances.get("deposit", 0) == sum(self.his.balances.values()) - not_told, balances
        for row in trades:
            assert row.state in FINAL_TRADES, row
            assert (row.state == Trade.SUCCEEDED) == (row.trace_no in self.his.acts), row
            for back in await self.database.read(
                partial(payments.refunds, merchant_id=MERCHANT, trace_no=row.trace_no)
            ):
                assert back.state in FINAL_REFUNDS, back
            assert not row.refunding


__all__ = ["AWAY", "LISTED", "LOST", "MERCHANT", "Refund", "Trade", "World", "dice", "random", "scripted"]
