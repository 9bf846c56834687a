"""The course of an appointment: every way through it, and every end (3.1.3.6 to 3.1.3.10)."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection

from tests.region.appointments.world import AWAY, FEE, LOST, PERSON, World, scripted
from tests.support.race import at_the_same_moment
from yiqiao.partners.audit import acts, audit
from yiqiao.ports.hospital.records import OrderNumbers, Record
from yiqiao.ports.hospital.refusals import OrderPaid, RuleViolated, SoldOut
from yiqiao.region.appointments.appointment import NotNow, UnknownAppointment
from yiqiao.region.appointments.saga import LOCK_S, MOST_VERSIONS, PAY_S
from yiqiao.region.appointments.service import MOST_OPEN, TooMany
from yiqiao.region.appointments.states import Act
from yiqiao.storage import appointments as storage
from yiqiao.storage import turns
from yiqiao.storage.appointments import AppointmentRow

DAY_S = 86_400


async def booked(world: World, *, pays_here: bool = True) -> str:
    order_id = await world.begin(pays_here=pays_here)
    await world.settle()
    await world.appointments.confirm(PERSON, order_id)
    await world.settle()
    return order_id


async def paying(world: World) -> str:
    order_id = await booked(world)
    await world.appointments.pay(PERSON, order_id)
    await world.settle()
    return order_id


async def registered(world: World) -> str:
    order_id = await paying(world)
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(5)
    assert await world.state(order_id) == "registered"
    return order_id


async def test_from_the_lock_to_the_registration(world: World) -> None:
    order_id = await registered(world)
    assert await world.course(order_id) == [
        "locking", "locked", "ordering", "ordered", "paying", "registering", "registered",
    ]  # fmt: skip
    order = await world.clinic.on_file(order_id)
    assert (order.state, order.paid, order.pay_channel) == ("registered", "paid", 1)
    one = await world.one(order_id)
    assert one.row.order_no == order.order_no
    assert one.row.number == str(order.number)
    assert one.kept.slip.check_no
    await world.must_be_true(over=True)


async def test_what_is_paid_at_the_hospital_is_booked(world: World) -> None:
    order_id = await booked(world, pays_here=False)
    assert await world.state(order_id) == "booked"
    assert (await world.clinic.on_file(order_id)).paid == "unpaid"


async def test_a_lock_of_which_nothing_comes_is_released_after_ten_minutes(world: World) -> None:
    """lock.lapse"""
    order_id = await world.begin()
    await world.settle(LOCK_S - 1)
    assert await world.state(order_id) == "locked"
    assert await world.clinic.taken("PB1") == 1
    await world.settle(2)
    assert await world.state(order_id) == "released"
    assert await world.clinic.taken("PB1") == 0
    with pytest.raises(NotNow):
        await world.appointments.confirm(PERSON, order_id)


async def test_an_order_that_is_not_paid_is_cancelled_after_thirty_minutes(world: World) -> None:
    """unpaid"""
    order_id = await booked(world)
    await world.settle(PAY_S - 1)
    assert await world.state(order_id) == "ordered"
    await world.settle(2)
    assert await world.state(order_id) == "cancelled"
    assert (await world.clinic.on_file(order_id)).state == "cancelled"
    assert (await world.row(order_id)).reason == "30 分钟内没有支付，预约已取消"


async def test_a_payment_that_was_begun_and_is_not_made_is_closed_first(world: World) -> None:
    order_id = await paying(world)
    await world.settle(PAY_S + 1)
    assert await world.state(order_id) == "cancelled"
    trades, _ = await world.trades()
    assert [trade.state for trade in trades] == ["closed"]


async def test_a_payment_in_the_last_moment_counts(world: World) -> None:
    order_id = await paying(world)
    trade_no = (await world.row(order_id)).trade_no or ""
    world.money = scripted(*[("find", AWAY)] * 200)  # nobody hears of the payment
    await world.settle(PAY_S - 10)
    await world.till.pay(trade_no)
    await world.settle(60)
    assert await world.state(order_id) == "registered"


async def test_a_payment_that_was_refused_may_be_made_anew(world: World) -> None:
    order_id = await paying(world)
    await world.till.decline((await world.row(order_id)).trade_no or "")
    await world.settle(5)
    row = await world.row(order_id)
    assert (row.state, row.trade_no) == ("ordered", None)
    await world.appointments.pay(PERSON, order_id)
    await world.settle()
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(5)
    assert await world.state(order_id) == "registered"
    assert len((await world.trades())[0]) == 2


async def test_the_cashiers_address_of_a_failed_trade_is_forgotten_with_it(world: World) -> None:
    order_id = await paying(world)
    first = (await world.one(order_id)).kept.slip.trade_address
    await world.till.decline((await world.row(order_id)).trade_no or "")
    await world.settle(5)
    await world.appointments.pay(PERSON, order_id)
    assert not (await world.one(order_id)).kept.slip.trade_address
    await world.settle()
    assert (await world.one(order_id)).kept.slip.trade_address not in ("", None, first)


async def test_where_it_is_paid_is_what_was_said_last(world: World) -> None:
    order_id = await world.begin(pays_here=True)
    await world.settle()
    await world.appointments.confirm(PERSON, order_id, pays_here=False)
    await world.settle()
    assert await world.state(order_id) == "booked"


async def test_a_refusal_of_the_lock_reaches_the_citizen_in_the_hospitals_words(world: World) -> None:
    first = await world.begin("PB2")
    second = await world.begin("PB2")
    await world.settle()
    assert await world.state(first) == "locked"
    row = await world.row(second)
    assert (row.state, row.reason) == ("refused", SoldOut().message)


async def test_a_refusal_of_the_order_lets_go_of_the_lock(world: World) -> None:
    order_id = await world.begin()
    await world.settle()
    world.fate = scripted(("order", RuleViolated("该科室仅限女性")))
    await world.appointments.confirm(PERSON, order_id)
    await world.settle()
    row = await world.row(order_id)
    assert (row.state, row.reason) == ("refused", "该科室仅限女性")
    assert await world.clinic.taken("PB1") == 0


async def test_a_refusal_after_the_payment_gives_the_money_back(world: World) -> None:
    order_id = await paying(world)
    world.fate = scripted(("transfer", RuleViolated("该患者已在本科室就诊")))
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(5)
    row = await world.row(order_id)
    assert (row.state, row.paid, row.reason) == ("refunded", "refunded", "该患者已在本科室就诊")
    assert (await world.clinic.on_file(order_id)).state == "cancelled"
    await world.must_be_true(over=True)


async def test_a_refund_that_takes_time_is_waited_for(world: World) -> None:
    order_id = await paying(world)
    world.fate = scripted(("transfer", RuleViolated("不能挂号")))
    await world.till.pay((await world.row(order_id)).trade_no or "", refunds="slow")
    await world.settle(3)
    assert await world.state(order_id) == "refunding"
    await world.settle(60)
    assert await world.state(order_id) == "refunded"


async def test_a_refund_that_fails_for_good_calls_a_person_who_can_try_again(world: World) -> None:
    order_id = await registered(world)
    trades, _ = await world.trades()
    world.fate = scripted()
    world.money = scripted(("refund", LOST))
    await world.database.write(
        lambda c: c.exec_driver_sql("UPDATE sandbox_trade SET refunds = 'failed'")  # the channel breaks
    )
    await world.appointments.give_up(PERSON, order_id)
    await world.settle(60)
    row = await world.row(order_id)
    assert (row.state, row.paid) == ("stuck", "paid")
    assert row.deadline is not None
    with pytest.raises(NotNow, match="请先退款"):
        await world.appointments.operate(order_id, Act.CLOSE, "ops")
    await world.database.write(lambda c: c.exec_driver_sql("UPDATE sandbox_trade SET refunds = 'done'"))
    await world.database.write(lambda c: c.exec_driver_sql("UPDATE sandbox_refund SET state = 'pending'"))
    await world.appointments.operate(order_id, Act.REFUND, "ops")
    await world.settle(60)
    assert await world.state(order_id) == "refunded"
    assert trades[0].amount == FEE


@pytest.mark.parametrize("call", ["lock", "order", "transfer"])
async def test_an_answer_that_is_lost_is_asked_for_and_nothing_is_done_twice(world: World, call: str) -> None:
    world.fate = scripted((call, LOST))
    order_id = await registered_slowly(world)
    assert await world.state(order_id) == "registered"
    if call != "lock":
        assert "checking" in await world.course(order_id)
    assert await world.clinic.taken("PB1") == 1
    await world.must_be_true(over=True)


@pytest.mark.parametrize("call", ["lock", "order", "transfer"])
async def test_a_hospital_that_is_away_for_a_moment_is_tried_again(world: World, call: str) -> None:
    world.fate = scripted((call, AWAY))
    order_id = await registered_slowly(world)
    assert await world.state(order_id) == "registered"


@pytest.mark.parametrize("what", [AWAY, LOST])
async def test_letting_go_is_tried_until_it_is_known(world: World, what: str) -> None:
    locked, ordered = await world.begin("PB2"), await booked(world)
    world.fate = scripted(("unlock", what), ("unlock", AWAY), ("cancel", what), ("cancel", AWAY))
    await world.appointments.give_up(PERSON, locked)
    await world.appointments.give_up(PERSON, ordered)
    await world.settle(60)
    assert (await world.state(locked), await world.state(ordered)) == ("released", "cancelled")
    assert (await world.clinic.taken("PB1"), await world.clinic.taken("PB2")) == (0, 0)


async def registered_slowly(world: World) -> str:
    order_id = await world.begin()
    await world.settle(30)
    await world.appointments.confirm(PERSON, order_id)
    await world.settle(60)
    await world.appointments.pay(PERSON, order_id)
    await world.settle(30)
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(120)
    return order_id


async def test_a_hospital_that_stays_away_refuses_the_citizen_soon(world: World) -> None:
    world.fate = scripted(*[("lock", AWAY)] * 9)
    order_id = await world.begin()
    await world.settle(20)
    assert await world.state(order_id) == "refused"


async def test_trying_again_is_a_state_with_a_time(world: World) -> None:
    order_id = await paying(world)
    world.fate = scripted(*[("transfer", AWAY)] * 2)
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(3)
    row = await world.row(order_id)
    assert (row.state, row.tries) == ("registering", 1)
    assert row.next_at > world.clock.now_ms()
    await world.appointments.operate(order_id, Act.RETRY, "ops")  # the button: ask first, then go on
    await world.settle(30)
    assert await world.state(order_id) == "registered"


async def test_a_hospital_that_finds_no_order_by_our_number_alone_is_asked_for_the_patients(world: World) -> None:
    original = world.records._of.by_numbers

    async def by_both(wanted: Sequence[OrderNumbers]) -> tuple[Record, ...]:
        return () if any(one.order_no is None for one in wanted) else await original(wanted)

    world.records._of = SimpleNamespace(by_numbers=by_both, by_day=world.records._of.by_day)
    world.fate = scripted(("order", LOST))
    order_id = await registered_slowly(world)
    assert await world.state(order_id) == "registered"
    assert (await world.course(order_id)).count("ordering") == 1


async def test_an_order_is_given_up_before_and_after_it_was_paid(world: World) -> None:
    unpaid = await booked(world)
    await world.appointments.give_up(PERSON, unpaid)
    await world.settle()
    assert await world.state(unpaid) == "cancelled"
    paid = await registered(world)
    await world.appointments.give_up(PERSON, paid)
    await world.settle()
    row = await world.row(paid)
    assert (row.state, row.paid, row.reason) == ("refunded", "refunded", "本人取消")
    order = await world.clinic.on_file(paid)
    assert (order.state, order.paid) == ("cancelled", "refunded")
    await world.must_be_true(over=True)


async def test_giving_up_while_paying_closes_the_trade_or_gives_the_money_back(world: World) -> None:
    order_id = await paying(world)
    await world.till.pay((await world.row(order_id)).trade_no or "")  # just now, and nobody has heard of it
    await world.appointments.give_up(PERSON, order_id)
    await world.settle(10)
    assert await world.state(order_id) == "refunded"
    assert (await world.clinic.on_file(order_id)).state == "cancelled"
    await world.must_be_true(over=True)


async def test_a_hospital_that_will_not_take_back_keeps_the_registration(world: World) -> None:
    order_id = await registered(world)
    world.fate = scripted(("refund", RuleViolated("已取号，请到窗口退号")))
    await world.appointments.give_up(PERSON, order_id)
    await world.settle()
    row = await world.row(order_id)
    assert (row.state, row.reason, row.ending) == ("registered", "已取号，请到窗口退号", "")


async def test_an_order_that_was_paid_at_the_hospital_is_not_cancelled(world: World) -> None:
    order_id = await booked(world)
    world.fate = scripted(("cancel", OrderPaid()))
    await world.appointments.give_up(PERSON, order_id)
    await world.settle(10)
    assert await world.state(order_id) == "cancelled"  # asked, it still stood unpaid: cancelled after all


async def test_the_day_after_the_visit_ends_it(world: World) -> None:
    order_id = await registered(world)
    await world.settle(3 * DAY_S)
    assert await world.state(order_id) == "past"


async def test_somebody_elses_appointment_is_nobodys(world: World) -> None:
    order_id = await booked(world)
    with pytest.raises(UnknownAppointment):
        await world.appointments.give_up("q" * 32, order_id)
    with pytest.raises(UnknownAppointment):
        await world.appointments.operate("000000", Act.CHECK, "ops")


async def test_an_account_has_so_many_open_appointments(world: World) -> None:
    for _ in range(10):
        await world.begin()
    with pytest.raises(TooMany):
        await world.begin()


async def one_too_many(world: World, patch: pytest.MonkeyPatch) -> tuple[bool, list[object], int]:
    """The last appointment that one may have open is begun twice at the same moment."""
    for _ in range(MOST_OPEN - 1):
        await world.begin()
    waited, outcomes = await at_the_same_moment(patch, (storage, "of_person"), [world.begin, world.begin])
    return waited, outcomes, len(await world.appointments.of_person(PERSON))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_the_last_open_appointment_is_begun_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waited, outcomes, begun = await one_too_many(world, monkeypatch)
    assert (waited, begun) == (True, MOST_OPEN)
    assert isinstance(outcomes[1], TooMany)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_control_without_turns_it_is_begun_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "one_at_a_time", lambda *_: None)
    waited, _, begun = await one_too_many(world, monkeypatch)
    assert (waited, begun) == (False, MOST_OPEN + 1)


async def test_what_is_written_beside_a_button_is_written_with_it_or_not_at_all(world: World) -> None:
    order_id = await booked(world)
    seen: list[str] = []

    def beside(connection: Connection, before: AppointmentRow) -> None:
        seen.append(before.state)
        audit(connection, 1, "ops", "appointment.check", before.order_id)

    def broken(connection: Connection, before: AppointmentRow) -> None:
        beside(connection, before)
        raise NotNow("审计无法写入")

    with pytest.raises(NotNow, match="审计"):
        await world.appointments.operate(order_id, Act.CHECK, "ops", broken)
    assert await world.state(order_id) == "ordered"
    assert await world.database.read(acts) == ()
    await world.appointments.operate(order_id, Act.CHECK, "ops", beside)
    assert await world.state(order_id) == "checking"
    assert [one.act for one in await world.database.read(acts)] == ["appointment.check"]
    assert seen == ["ordered", "ordered"]


async def turned_often(world: World, order_id: str, changed: str = "") -> None:
    """Make an appointment one that has gone round in circles, with something changed."""
    sql = f"UPDATE appointment SET version = {MOST_VERSIONS}{changed} WHERE order_id = '{order_id}'"
    await world.database.write(lambda c: c.exec_driver_sql(sql))


async def test_what_goes_round_in_circles_is_shown_to_a_person_whose_word_counts(world: World) -> None:
    order_id = await registered(world)
    world.fate = lambda name: AWAY
    await world.appointments.give_up(PERSON, order_id)
    await world.settle()
    await turned_often(world, order_id)
    await world.settle(60)
    assert await world.state(order_id) == "stuck"
    world.fate = scripted()
    await world.appointments.operate(order_id, Act.REFUND, "ops")
    await world.settle()
    row = await world.row(order_id)
    assert (row.state, row.paid) == ("stuck", "refunded")  # the hospital has it as paid, and does not cancel it
    await world.appointments.operate(order_id, Act.CLOSE, "ops")
    assert await world.state(order_id) == "cancelled"


async def test_a_payment_that_is_waited_for_is_no_circle(world: World) -> None:
    order_id = await paying(world)
    await turned_often(world, order_id)
    await world.settle(10)
    assert await world.state(order_id) == "paying"


async def test_what_may_still_be_paid_is_not_closed_over_it(world: World) -> None:
    order_id = await paying(world)
    await turned_often(world, order_id, ", state = 'closing', ending = 'unpaid'")
    await world.settle(30)
    assert await world.state(order_id) == "stuck"
    with pytest.raises(NotNow, match="未关闭的支付交易"):
        await world.appointments.operate(order_id, Act.CLOSE, "ops")
    await world.appointments.operate(order_id, Act.CHECK, "ops")
    await world.settle(10)
    assert await world.state(order_id) == "cancelled"
    assert [trade.state for trade in (await world.trades())[0]] == ["closed"]
