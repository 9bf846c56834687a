"""Bills and deposits paid through the platform: told to the hospital once, or given back (3002, 3004, 4002, 4003)."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from tests.hospital.billing.till import ID_NO, NAME, STAY, Till
from tests.hospital.booking.clinic import HOSPITAL, Clinic
from tests.region.appointments.world import AWAY, LOST, PERSON, Wayward, dice, perform, scripted
from tests.support.driver import Driver, goes_on
from tests.support.race import at_the_same_moment
from yiqiao.errors import DomainError
from yiqiao.jobs.job import Handler
from yiqiao.ports.cashier import CashierSilent, CashierUnreachable
from yiqiao.ports.hospital.refusals import BillSettled, HospitalUnreachable, OutcomeUnknown
from yiqiao.region.charges.charge import Due, Kind, NotNow, UnknownCharge
from yiqiao.region.charges.saga import KIND, PAY_S, Saga
from yiqiao.region.charges.service import Charges
from yiqiao.region.charges.states import FINAL, STATES, Act, State, may_follow
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import Database, sandbox_cashier, turns
from yiqiao.storage import charges as stored
from yiqiao.storage.charges import ChargeRow

Fate = Callable[[str], str | Exception | None]


class Acted:
    """A part of a hospital that has acted when it answers."""

    def __init__(self, till: Till, part: object) -> None:
        self._till, self._part = till, part

    def __getattr__(self, name: str) -> object:
        real = getattr(self._part, name)

        async def call(*args: object) -> object:
            done = await real(*args)
            return await self._till.perform(done) if name in ("pay", "put_down") else done

        return call


@dataclass
class Desk:
    """The region's charges at one hospital, in a time of their own."""

    till: Till
    fate: Fate = lambda _: None
    money: Fate = lambda _: None
    deaths: Callable[[], str | None] = lambda: None

    def __post_init__(self) -> None:
        database, clock = self.till.database, self.till.clock
        self.database, self.clock = database, clock
        self.cashier = SandboxCashier(database, clock)
        parts = (Acted(self.till, self.till.outpatient), Acted(self.till, self.till.inpatient))
        self.outpatient, self.inpatient = (
            Wayward(part, lambda name: self.fate(name), HospitalUnreachable, OutcomeUnknown) for part in parts
        )
        cashier = Wayward(self.cashier, lambda name: self.money(name), CashierUnreachable, CashierSilent)
        self.charges = Charges(database, self.till.house.keyring, clock)
        self.saga = Saga(database, self.till.house.keyring, clock, self, cashier, perform)  # type: ignore[arg-type]
        handlers: Callable[[], Mapping[str, Handler]] = lambda: {KIND: self.saga}  # noqa: E731
        self.driver = Driver(database, clock, handlers, lambda: self.deaths())

    def of(self, hospital_id: str) -> "Desk":
        """The one hospital."""
        assert hospital_id == HOSPITAL
        return self

    async def bills(self, *presc_nos: str) -> Due:
        """Bills of 12.34 元 each, filed at the hospital."""
        patient_id = await self.till.patient()
        amount = sum([await self.till.bill(one, patient_id, "12.34") for one in presc_nos])
        return Due(HOSPITAL, "云桥县人民医院", Kind.OUTPATIENT, amount, patient_id, "LS1", presc_nos)

    async def deposit(self, amount: int = 50_000) -> Due:
        """A deposit for a stay, filed at the hospital."""
        patient_id = await self.till.patient()
        await self.till.stay(patient_id)
        return Due(HOSPITAL, "云桥县人民医院", Kind.DEPOSIT, amount, patient_id, "", (), STAY, ID_NO, NAME)

    async def begun(self, due: Due) -> str:
        """Somebody begins to pay, and the trade is open."""
        charge_id = await self.charges.begin(PERSON, due)
        await self.driver.settle()
        return charge_id

    async def row(self, charge_id: str) -> ChargeRow:
        """A charge as it stands."""
        return (await self.charges.show(PERSON, charge_id)).charge.row

    async def must_be_true(self) -> None:
        """What may never be otherwise, once nothing is under way any more."""
        rows = await self.database.read(lambda c: stored.newest(c, 100))
        trades, refunds = await self.database.read(lambda c: (sandbox_cashier.trades(c), sandbox_cashier.refunds(c)))
        returned = {one.trade_no for one in refunds if one.state == "done"}
        kept = {one.trade_no for one in trades if one.state == "paid"} - returned
        assert {row.charge_id for row in rows if row.state == State.SETTLED} == kept
        books = await self.till.books()
        assert books.get("platform", 0) == sum(row.amount for row in rows if row.state == State.SETTLED)


@pytest.fixture
async def desk(database: Database) -> Desk:
    clinic = Clinic(database)
    await clinic.open()
    return Desk(Till(database))


async def test_bills_are_paid_and_written_down_once(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.bills("CF1", "CF2"))
    assert (await desk.row(charge_id)).state == "paying"
    await desk.cashier.pay(charge_id)
    await desk.driver.settle(10)
    row = await desk.row(charge_id)
    assert (row.state, row.paid, row.amount) == ("settled", "paid", 2468)
    assert row.receipt_no
    assert await desk.till.states("CF1", "CF2") == ["paid", "paid"]
    await desk.must_be_true()


async def test_a_deposit_is_put_down(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.deposit())
    await desk.cashier.pay(charge_id)
    await desk.driver.settle(10)
    assert (await desk.row(charge_id)).state == "settled"
    assert (await desk.till.inpatient.stay(ID_NO, NAME)).deposit == 50_000
    await desk.must_be_true()


async def test_what_the_hospital_refuses_goes_back_with_its_reason(desk: Desk) -> None:
    due = await desk.bills("CF1")
    charge_id = await desk.begun(due)
    await desk.till.pay("other", due.patient_id, ("CF1",), 1234)  # at the window, meanwhile
    await desk.cashier.pay(charge_id)
    await desk.driver.settle(10)
    row = await desk.row(charge_id)
    assert (row.state, row.paid, row.reason) == ("refunded", "refunded", BillSettled().message)


async def test_what_is_not_paid_is_closed_after_half_an_hour(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.bills("CF1"))
    await desk.driver.settle(PAY_S + 5)
    assert (await desk.row(charge_id)).state == "closed"
    with pytest.raises(DomainError):
        await desk.cashier.pay(charge_id)


async def test_it_can_be_given_up_unless_it_was_just_paid(desk: Desk) -> None:
    first = await desk.begun(await desk.bills("CF1"))
    await desk.charges.give_up(PERSON, first)
    await desk.driver.settle(5)
    assert (await desk.row(first)).state == "closed"
    second = await desk.begun(await desk.bills("CF2"))
    await desk.cashier.pay(second)
    await desk.charges.give_up(PERSON, second)
    await desk.driver.settle(5)
    assert (await desk.row(second)).state == "settled"
    await desk.must_be_true()


@pytest.mark.parametrize("call", ["pay", "put_down"])
async def test_an_answer_that_is_lost_is_asked_for(desk: Desk, call: str) -> None:
    desk.fate = scripted((call, LOST))
    charge_id = await desk.begun(await (desk.bills("CF1") if call == "pay" else desk.deposit()))
    await desk.cashier.pay(charge_id)
    await desk.driver.settle(10)
    events = (await desk.charges.show(PERSON, charge_id)).events
    assert "checking" in [event.after for event in events]
    assert (await desk.row(charge_id)).state == "settled"
    await desk.must_be_true()


async def test_a_hospital_that_stays_away_lets_the_money_go_back(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.bills("CF1"))
    desk.fate = lambda _: AWAY
    await desk.cashier.pay(charge_id)
    await desk.driver.settle(60)
    row = await desk.row(charge_id)
    assert (row.state, row.tries > 0, row.next_at > desk.clock.now_ms()) == ("settling", True, True)
    await desk.driver.settle(86_400)
    assert (await desk.row(charge_id)).state == "refunded"


async def test_a_refund_that_fails_is_a_persons_task_with_a_button(desk: Desk) -> None:
    due = await desk.bills("CF1")
    charge_id = await desk.begun(due)
    await desk.till.pay("other", due.patient_id, ("CF1",), 1234)
    await desk.cashier.pay(charge_id, refunds="failed")
    await desk.driver.settle(60)
    assert (await desk.row(charge_id)).state == "stuck"
    await desk.database.write(lambda c: c.exec_driver_sql("UPDATE sandbox_trade SET refunds = 'done'"))
    await desk.database.write(lambda c: c.exec_driver_sql("UPDATE sandbox_refund SET state = 'pending'"))
    await desk.charges.operate(charge_id, Act.REFUND, "ops")
    await desk.driver.settle(5)
    assert (await desk.row(charge_id)).state == "refunded"


async def test_the_same_bill_is_not_paid_twice_at_a_time(desk: Desk) -> None:
    due = await desk.bills("CF1")
    charge_id = await desk.begun(due)
    with pytest.raises(NotNow, match="请勿重复支付"):
        await desk.charges.begin(PERSON, due)
    await desk.charges.give_up(PERSON, charge_id)
    await desk.driver.settle(5)
    await desk.charges.begin(PERSON, due)


async def paid_twice(desk: Desk, patch: pytest.MonkeyPatch) -> tuple[bool, list[object], int]:
    """The same bill is paid on two pages at the same moment."""
    due = await desk.bills("CF1")
    acts = [lambda: desk.charges.begin(PERSON, due), lambda: desk.charges.begin(PERSON, due)]
    waited, outcomes = await at_the_same_moment(patch, (stored, "of_person"), acts)
    return waited, outcomes, len(await desk.charges.of_person(PERSON))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_the_same_bill_is_begun_once_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    waited, outcomes, begun = await paid_twice(desk, monkeypatch)
    assert (waited, begun) == (True, 1)
    assert isinstance(outcomes[1], NotNow)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_control_without_turns_it_would_be_paid_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "one_at_a_time", lambda *_: None)
    waited, _, begun = await paid_twice(desk, monkeypatch)
    assert (waited, begun) == (False, 2)


async def test_somebody_elses_charge_is_nobodys(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.bills("CF1"))
    with pytest.raises(UnknownCharge):
        await desk.charges.give_up("q" * 32, charge_id)
    with pytest.raises(UnknownCharge):
        await desk.charges.operate("none", Act.RETRY, "ops")


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_nothing_is_paid_for_nothing(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    desk.fate, desk.money = dice(seed, 0.3), dice(seed + 1, 0.3)
    desk.deaths = lambda: chance.choice((None, None, "before", "after"))
    for n in range(5):
        charge_id = await desk.begun(await desk.bills(f"CF{n}"))
        await desk.driver.settle(chance.choice((0, 5, 60)))
        try:
            await desk.cashier.pay(charge_id)
        except DomainError:
            continue  # the trade is not open yet
        await desk.driver.settle(chance.choice((0, 5)))
    desk.fate = desk.money = lambda _: None
    desk.deaths = lambda: None
    await desk.driver.settle(2 * 3600)
    rows = await desk.database.read(lambda c: stored.newest(c, 100))
    assert {row.state for row in rows} <= FINAL
    await desk.must_be_true()


async def test_what_is_under_way_has_a_next_action(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.bills("CF1"))
    assert await desk.database.read(lambda c: goes_on(c, KIND, charge_id))


def test_every_state_has_an_owner_a_timer_a_button_and_a_way_out() -> None:
    assert set(STATES) == set(State)
    for state, about in STATES.items():
        if state in FINAL:
            assert not about.then | set(about.acts.values())
            continue
        assert about.timer
        assert about.acts
        reached, waiting = {state}, [state]
        while waiting:
            one = STATES[waiting.pop()]
            new = {*one.then, *one.acts.values()} - reached
            reached |= new
            waiting += new
        assert reached & FINAL
    assert not may_follow(State.SETTLED, State.REFUNDING)
