"""The sandbox's HIS: accounts, recharges, the two ways of refunding, and what it is made to do wrong."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisEntry,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
    Patient,
    PendingCharge,
    RechargeNotice,
    RefundOrder,
)
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.mischief import ByChance, Fate, OnCommand
from yiqiao.storage import Database, shelves
from yiqiao.storage.shelves import DatabaseStore, MemoryStore, Store

NOW = 1_795_000_000_000
DAY = "2026-11-18"
PATIENT = Patient("01", "P000777", "01", "K55102", "水知远", "329801198807065512")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def his(store: Store, clock: FixedClock) -> SandboxHis:
    return SandboxHis(store, clock)


def paid_in(number: str = "T1", amount: int = 10_000) -> RechargeNotice:
    """Money that was paid in."""
    return RechargeNotice("M1", number, f"C{number}", PATIENT, amount, "SANDBOX", f"SB{number}", NOW)


def going_back(number: str = "F1", amount: int = 4_000, of: str = "T1") -> RefundOrder:
    """Money that is to go back."""
    return RefundOrder("M1", number, of, f"C{of}", PATIENT, amount, "1")


async def balance(his: SandboxHis) -> int | None:
    """What the patient has."""
    return await his.balance("M1", PATIENT)


async def test_a_recharge_told_twice_is_booked_once(his: SandboxHis) -> None:
    first, second = [await his.notify_recharge(paid_in()) for _ in range(2)]
    assert first == second
    assert (first.balance, await balance(his)) == (10_000, 10_000)
    assert (await his.notify_recharge(paid_in("T2"))).callsn != first.callsn
    assert await balance(his) == 20_000


async def test_a_number_is_not_used_for_something_else(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    for other in (paid_in(amount=1), replace(paid_in(), patient=replace(PATIENT, his_cust_id="P2"))):
        with pytest.raises(HisRefused):
            await his.notify_recharge(other)
    with pytest.raises(HisRefused):
        await his.refund(going_back("T1", 10_000))
    await his.refund(going_back())
    with pytest.raises(HisRefused):
        await his.refund(going_back(amount=1))
    assert await balance(his) == 6_000


async def test_accounts_are_a_merchants_a_patients_and_a_kinds(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    inpatient = replace(PATIENT, account_type="02")
    assert [await his.balance("M2", PATIENT), await his.balance("M1", inpatient)] == [0, 0]


async def test_a_direct_refund_takes_effect_once(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    first, second = [await his.refund(going_back()) for _ in range(2)]
    assert (first, first.balance, await balance(his)) == (second, 6_000, 6_000)
    assert (await his.query("M1", "F1")).state is HisState.DONE


async def test_a_refund_above_the_balance_is_refused(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    assert await his.spend("M1", PATIENT, 7_000) == 3_000
    with pytest.raises(HisRefused):
        await his.refund(going_back())
    with pytest.raises(HisRefused):
        await his.spend("M1", PATIENT, 3_001)
    assert (await his.query("M1", "F1")).state is HisState.NONE
    assert await balance(his) == 3_000


async def test_a_refund_of_nothing_that_was_paid_in_is_refused(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    for act in (his.refund, his.prepare_refund):
        with pytest.raises(HisRefused):
            await act(going_back(of="T9"))


async def test_a_refund_is_prepared_and_confirmed(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    prepared = await his.prepare_refund(going_back())
    assert (await his.query("M1", "F1")) == (HisState.PREPARED, prepared)
    assert (await balance(his), await his.entries("M1", DAY)) == (
        6_000,
        [HisEntry("recharge", "T1", 10_000, NOW, (await his.query("M1", "T1")).receipt.callsn)],  # type: ignore[union-attr]
    )
    assert [(await his.confirm_refund(going_back())).callsn for _ in range(2)] == [prepared.callsn] * 2
    assert (await his.query("M1", "F1")).state is HisState.DONE
    assert [(one.kind, one.number, one.amount) for one in await his.entries("M1", DAY)] == [
        ("refund", "F1", 4_000),
        ("recharge", "T1", 10_000),
    ]
    assert await his.entries("M2", DAY) == []


@pytest.mark.parametrize("act", ["refund", "prepare_refund"])
async def test_a_refund_is_taken_back_once(his: SandboxHis, act: str) -> None:
    await his.notify_recharge(paid_in())
    first = await getattr(his, act)(going_back())
    assert [(await his.cancel_refund(going_back())).balance for _ in range(2)] == [10_000, 10_000]
    assert (await his.query("M1", "F1")).state is HisState.CANCELLED
    with pytest.raises(HisRefused):
        await his.confirm_refund(going_back())
    again = await getattr(his, act)(going_back())  # the patient asks once more
    assert again.callsn != first.callsn
    assert await balance(his) == 6_000


async def test_taking_back_what_never_came_does_nothing(his: SandboxHis) -> None:
    await his.notify_recharge(paid_in())
    assert (await his.cancel_refund(going_back())).balance == 10_000
    assert (await his.query("M1", "F1")).state is HisState.NONE
    with pytest.raises(HisRefused):
        await his.confirm_refund(going_back())


async def test_charges_are_owed_and_paid_all_or_none(his: SandboxHis) -> None:
    for n in (1, 2):
        await his.owe("M1", PATIENT, PendingCharge(f"D{n}", "检验费", 100 * n))
    assert await his.pending_charges("M1", PATIENT) == [
        PendingCharge("D1", "检验费", 100),
        PendingCharge("D2", "检验费", 200),
    ]
    with pytest.raises(HisRefused):
        await his.confirm_charge(settled("T1", 300, "D1", "D9"))
    assert len(await his.pending_charges("M1", PATIENT)) == 2
    with pytest.raises(HisRefused):
        await his.confirm_charge(settled("T1", 99, "D1"))
    receipts = [await his.confirm_charge(settled("T1", 100, "D1")) for _ in range(2)]
    assert receipts[0] == receipts[1]
    assert [one.charge_no for one in await his.pending_charges("M1", PATIENT)] == ["D2"]
    with pytest.raises(HisRefused):
        await his.confirm_charge(settled("T2", 100, "D1"))
    with pytest.raises(HisRefused):
        await his.confirm_charge(settled("T1", 200, "D2"))
    assert await his.pending_charges("M1", replace(PATIENT, account_type="02")) == []


async def test_what_was_settled_and_taken_back_is_owed_again_and_settled_anew(his: SandboxHis) -> None:
    lines = (FeeLine("1", "D1", "X1", "血常规", "01", Decimal("1.0000"), Decimal(1), 100),)
    await his.owe("M1", PATIENT, PendingCharge("D1", "检验费", 100, lines))
    assert (await his.query("M1", "T1")).state is HisState.NONE
    assert await his.cancel_charge(settled("T1", 100, "D1")) == HisReceipt("")
    first = await his.confirm_charge(settled("T1", 100, "D1"))
    assert (await his.query("M1", "T1")) == (HisState.DONE, first)
    assert len({await his.cancel_charge(settled("T1", 100, "D1")) for _ in range(2)}) == 1
    assert (await his.query("M1", "T1")).state is HisState.CANCELLED
    assert [one.lines for one in await his.pending_charges("M1", PATIENT)] == [lines]
    assert (await his.confirm_charge(settled("T1", 100, "D1"))).callsn != first.callsn
    assert (await his.query("M1", "T1")).state is HisState.DONE


def settled(number: str, total: int, *charge_nos: str) -> ChargeNotice:
    return ChargeNotice("M1", number, charge_nos, PATIENT, total, 0, 0, total, 1)


@pytest.mark.parametrize(
    ("fate", "raised", "done"),
    [
        (Fate.REFUSED, HisRefused, False),
        (Fate.UNREACHABLE, HisUnreachable, False),
        (Fate.SILENT_BEFORE, HisSilent, False),
        (Fate.SILENT_AFTER, HisSilent, True),
    ],
)
async def test_it_misbehaves_on_command(
    store: Store, clock: FixedClock, fate: Fate, raised: type[DomainError], done: bool
) -> None:
    orders = OnCommand()
    his = SandboxHis(store, clock, orders)
    orders.order("notify_recharge", fate)
    with pytest.raises(raised):
        await his.notify_recharge(paid_in())
    assert ((await his.query("M1", "T1")).state is HisState.DONE) == done
    await his.notify_recharge(paid_in())
    assert await balance(his) == 10_000


async def test_it_can_be_slow(store: Store, clock: FixedClock) -> None:
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)

    orders = OnCommand()
    his = SandboxHis(store, clock, orders, pause)
    orders.order("*", Fate.SLOW)
    await his.notify_recharge(paid_in())
    assert (len(slept), await balance(his)) == (1, 10_000)


async def at_once(his: SandboxHis) -> tuple[int | None, int]:
    """Twelve recharges, each told twice, all together: the balance, and how many entries there are."""
    await his.notify_recharge(paid_in("T0", 1))
    told = [his.notify_recharge(paid_in(f"T{n}", 100)) for n in range(1, 13) for _ in range(2)]
    await asyncio.gather(*told)
    return await balance(his), len(await his.entries("M1", DAY))


async def test_acts_that_come_together_take_effect_once_each(his: SandboxHis) -> None:
    assert await at_once(his) == (1201, 13)


async def test_without_holding_the_account_they_would_not(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control; an SQLite file has one writer, which nothing can take away."""
    real: Callable[..., Any] = shelves._Rows.__init__
    monkeypatch.setattr(shelves._Rows, "__init__", lambda self, connection, hold: real(self, connection, hold=False))
    found = await at_once(SandboxHis(DatabaseStore(database), clock))
    assert (found == (1201, 13)) == (database.kind == "sqlite")


async def played(store: Store, seed: int) -> tuple[list[str], list[HisEntry], int | None]:
    """A long day by chance: what came of each call, and how the books stand in the end."""
    shares = {Fate.SILENT_AFTER: 0.1, Fate.SILENT_BEFORE: 0.1, Fate.UNREACHABLE: 0.1, Fate.REFUSED: 0.05}
    his = SandboxHis(store, FixedClock(NOW), ByChance(seed, shares, spared=frozenset({"entries", "balance"})))
    chance = random.Random(seed)
    course = []
    for _ in range(300):
        act = chance.choice(("notify_recharge", "refund", "prepare_refund", "confirm_refund", "cancel_refund"))
        n, amount = chance.randrange(20), chance.choice((500, 700))
        of = f"T{chance.randrange(20)}"
        content = paid_in(f"T{n}", amount) if act == "notify_recharge" else going_back(f"F{n}", amount, of)
        try:
            course.append(str(await getattr(his, act)(content)))
        except DomainError as failure:
            course.append(failure.name)
    return course, list(await his.entries("M1", DAY)), await balance(his)


@pytest.mark.parametrize("seed", range(3))
async def test_in_memory_the_same_happens_as_in_the_database(store: Store, seed: int) -> None:
    course, entries, left = await played(store, seed)
    assert (course, entries, left) == await played(MemoryStore(), seed)
    assert len(set(course)) > 20
    done = sum(one.amount if one.kind == "recharge" else -one.amount for one in entries)
    assert left is not None
    assert 0 <= left <= done  # what is set aside is in no entry yet
