"""A region that settles: the payment hub's world, an insurance centre in memory, and a HIS with bills.

What is asked of centre, HIS and channels can go wrong on command; a run of a job can die before or after its step.
"""

import random
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, cast

from sqlalchemy import Connection

from tests.region.appointments.world import AWAY, LOST, Wayward, dice, scripted
from tests.region.payments.world import MERCHANT, SECRET, Fate, World
from tests.sandbox.settlement.desk import INSTITUTION, line, somebody, visitor
from tests.support.driver import goes_on
from tests.support.keys import KEYRING
from yiqiao.ports.his_billing import HisState, Patient, PendingCharge
from yiqiao.ports.insurance_centre import CentreUnreachable
from yiqiao.ports.insurance_settlement import CentreSilent, FeeLine, InsuranceSettlement, Visitor
from yiqiao.region.insurance.check import Check
from yiqiao.region.insurance.saga import SettlementSaga
from yiqiao.region.insurance.service import Cancellation, Settlements, Standing, Wish
from yiqiao.region.insurance.settlement import Facts
from yiqiao.region.insurance.states import FINAL, State
from yiqiao.region.payments.course import SETTLEMENT_JOB
from yiqiao.region.payments.states import FINAL_REFUNDS, FINAL_TRADES
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.mischief import OnCommand
from yiqiao.sandbox.settlement.centre import SandboxSettlement
from yiqiao.sandbox.settlement.filing import SETTLE
from yiqiao.storage import insurance, payments
from yiqiao.storage.insurance import SettlementRow
from yiqiao.storage.sandbox_settlement import SETTLEMENTS
from yiqiao.storage.shelves import MemoryStore, Store

EMPLOYEE = somebody(kind="310", person_kind="11", civil_servant=False)
SERVANT = somebody(kind="310", civil_servant=True)
RESIDENT = somebody(lambda one: not one.identities, kind="390", person_kind="50")
STOPPED = somebody(status="2")
NOBODY = Visitor("", "01", "359801199001010027", "测试乙", "", "", "359800", INSTITUTION, "云桥县人民医院")
CARD = "A1029384X"


class Commands(OnCommand):
    """What the centre is told to do wrong, which can be forgotten."""

    def forget(self) -> None:
        """All goes well from now on."""
        self._ordered.clear()


@dataclass
class Region(World):
    """The hub, and what is true in it whatever happened."""

    office: Fate = lambda _: None
    store: Store = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.orders_at_centre = Commands()
        self.centre = SandboxSettlement(self.store, self.clock, self.orders_at_centre)
        centre = Wayward(self.centre, lambda name: self.office(name), CentreUnreachable, CentreSilent)
        people = SandboxCentre(self.store, self.clock)
        known = self.database, KEYRING, self.clock
        self.settlements = Settlements(*known, self.his_port, people, chance=random.Random(4711))
        self.saga = SettlementSaga(*known, cast(InsuranceSettlement, centre), self.his_port, self.orders, self.refunds)
        self.handlers[SETTLEMENT_JOB] = self.saga
        self.check = Check(self.database, self.clock, cast(InsuranceSettlement, centre), self.his_port)
        self._bills = count(1)

    async def open(self, **settings: object) -> None:
        """Have the merchant, which collects for the institution."""
        await super().open(**{"institution": INSTITUTION, **settings})

    def owe(self, *amounts: int, card: str = CARD, level: str = "01") -> None:
        """The patient of a card owes this."""
        for amount in amounts:
            number = next(self._bills)
            fee: FeeLine = line(amount, level, number=str(number))._replace(charge_no=f"MZ{number}")
            self.his.owed.setdefault(card, []).append(PendingCharge(f"MZ{number}", "检验费", amount, (fee,)))

    def wish(
        self,
        who: Visitor | None = None,
        *,
        insured: bool = True,
        card: str = CARD,
        cashier: bool = True,
        visit_id: str = "",
        number: str = "",
    ) -> Wish:
        """A bill that is to be settled."""
        who = who or (visitor(EMPLOYEE) if insured else NOBODY)
        patient = Patient("01", card, "03", card, who.name, who.certificate_no)
        facts = Facts(who, patient, (), (), "内科", "陶文静", message_id="H1", his_extra={"eventNo": "D1"})
        named = (MERCHANT, SECRET) if cashier else ("", "")
        return Wish("his", *named, insured, visit_id, facts, number)

    async def ask(self, wish: Wish) -> Standing:
        """The HIS sends a bill."""
        return await self.perform(await self.settlements.settle(wish))

    async def take_back(self, row: SettlementRow, **otherwise: Any) -> Standing:
        """The HIS takes a settlement back."""
        found = await self.settlements.find(row.number)
        wanted = Cancellation(
            row.institution,
            row.settlement_id or row.number,
            row.visit_id or row.number,
            found.facts.who.psn_no,
            "H2",
        )
        return await self.perform(self.settlements.cancel(replace(wanted, **otherwise)))

    async def pay(self, number: str, channel: str = "WECHAT") -> None:
        """The patient pays what is left to pay."""
        row = await self.row(number)
        await self.orders.choose(MERCHANT, row.trace_no, channel)
        await self.settle()
        trade = await self.database.read(lambda c: payments.trade(c, MERCHANT, row.trace_no))
        assert trade is not None
        self.tills[channel].pay(trade.order_no or "")
        await self.settle(60)

    async def through(self, wish: Wish | None = None) -> SettlementRow:
        """A bill that was settled and paid where it had to be."""
        number = (await self.ask(wish or self.wish())).row.number
        await self.settle()
        if (await self.row(number)).state == State.PAYING:
            await self.pay(number)
        return await self.row(number)

    async def found(self) -> dict[str, str]:
        """What a look finds: kinds, and the act that mends each."""
        await self.check.look(self.clock.now_ms() - 86_400_000)
        open_ones = await self.database.read(insurance.findings)
        return {one.kind: one.remedy for one in open_ones}

    async def row(self, number: str) -> SettlementRow:
        """A settlement as it stands."""
        return (await self.settlements.find(number)).row

    async def must_hold(self, *, over: bool = False) -> None:
        """What may never be otherwise; `over`: nothing is under way any more, and centre, hub and HIS agree."""
        await self.must_be_true()
        rows = await self.database.read(lambda c: insurance.newest(c, 10_000))
        for row in rows:
            if row.state not in FINAL:
                key = f"{row.merchant_id}|{row.number}"
                going = await self.database.read(partial(goes_on, kind=SETTLEMENT_JOB, key=key))
                assert going, f"{row}: no next action"
            assert row.funds + row.account + row.cash == row.total, row
        if over:
            await self._agree(rows)

    async def _agree(self, rows: list[SettlementRow]) -> None:
        at_centre = await self.store.read(lambda book: book.where(SETTLEMENTS, "institution", INSTITUTION))
        in_place = {one.settlement_id for one in at_centre if one.what == SETTLE and not one.reversed_by}
        done = [row for row in rows if row.state == State.DONE]
        assert {row.settlement_id for row in done if row.insured} == in_place
        for row in rows:
            assert row.state in FINAL, row
            known = self.his.acts.get(row.number)
            assert (row.state == State.DONE) == (known is not None and known[0] is HisState.DONE), row
            trade = await self.database.read(partial(_trade, trace_no=row.trace_no))
            if trade is not None:
                assert trade.state in FINAL_TRADES, trade
                kept = trade.amount - trade.refunded if trade.state == "succeeded" else 0
                assert kept == (row.cash if row.state == State.DONE else 0), (row, trade)
                back = await self.database.read(partial(payments.refunds, merchant_id=MERCHANT, trace_no=row.trace_no))
                assert all(one.state in FINAL_REFUNDS for one in back)
        assert set(self.his.settled.values()) == {row.number for row in done}
        balances = await self.balances()
        funds = sum(amount for name, amount in balances.items() if name.startswith("fund/"))
        assert funds == sum(row.funds + row.account for row in done)
        assert -balances.get("charge", 0) == sum(row.total for row in done)
        assert not balances.get("transit", 0)
        assert not balances.get("suspense", 0)


def _trade(connection: Connection, trace_no: str) -> payments.TradeRow | None:
    return payments.trade(connection, MERCHANT, trace_no)


__all__ = ["AWAY", "EMPLOYEE", "LOST", "NOBODY", "RESIDENT", "SERVANT", "STOPPED", "Region", "dice", "scripted"]
