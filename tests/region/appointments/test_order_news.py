"""Notices of hospitals on single orders (5002 to 5006, 7001 of `jkt`): their record decides, never the notice."""

from dataclasses import dataclass, field

import pytest

from tests.region.appointments.test_saga import booked, paying, registered
from tests.region.appointments.world import AWAY, HOSPITAL, LOST, PERSON, World, scripted
from yiqiao.jobs import Job, Outcome
from yiqiao.ports.hospital.notices import Happened, Known, OrderNumbers, Pushed, Refunding
from yiqiao.ports.hospital.refusals import DuplicateSerial, NotOffered, UnknownOrder
from yiqiao.ports.messenger import Message
from yiqiao.region.appointments.order_news import ASKED_AT_ONCE, LOOKS_AGAIN, OrderNews
from yiqiao.region.appointments.push import PUSH, PushSender, push
from yiqiao.region.appointments.states import FINAL, State, may_follow
from yiqiao.storage import appointments as storage
from yiqiao.storage.appointments import AppointmentRow


@dataclass
class Phone:
    """Where messages arrive."""

    got: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.got.append(message)


def desk(world: World) -> OrderNews:
    return OrderNews(world.database, world.clinic.keyring, world.clock, push)


def of(order_id: str | None, order_no: str | None = None, hospital_id: str = HOSPITAL) -> OrderNumbers:
    return OrderNumbers(hospital_id, order_id, order_no)


async def hear(world: World, order: OrderNumbers, happened: Happened = Happened.CANCELLED) -> Known:
    known: Known = await world.clinic.perform(desk(world).order_changed(order, happened, "窗口办理"))
    return known


async def there(world: World, changed: str) -> None:
    """The hospital does something at its window."""
    await world.database.write(lambda c: c.exec_driver_sql(f"UPDATE registration_order SET {changed}"))


@pytest.mark.parametrize("happened", list(Happened))
async def test_a_notice_that_is_false_has_the_hospital_asked_and_changes_nothing(
    world: World, happened: Happened
) -> None:
    order_id = await registered(world)
    assert await hear(world, of(order_id), happened) == Known(order_id, "挂号成功")
    assert await world.state(order_id) == "checking"
    await world.settle(10)
    row = await world.row(order_id)
    assert (row.state, row.paid, row.reason) == ("registered", "paid", "")
    events = (await world.appointments.show(PERSON, order_id)).events
    assert [event.actor for event in events if event.after == "checking"] == ["hospital"]
    assert any("窗口办理" in event.told for event in events)
    await world.must_be_true(over=True)


async def test_what_the_hospital_has_cancelled_or_given_back_gives_the_money_back_once(world: World) -> None:
    order_id = await registered(world)
    await there(world, "state = 'cancelled', paid = 'refunded'")
    for happened in (Happened.CANCELLED, Happened.REFUNDED, Happened.REFUNDED):
        await hear(world, of(order_id), happened)
        await world.settle(10)
    row = await world.row(order_id)
    assert (row.state, row.paid) == ("refunded", "refunded")
    assert len((await world.trades())[1]) == 1
    await world.must_be_true(over=True)


async def test_what_was_paid_at_the_hospital_is_registered_here(world: World) -> None:
    order_id = await booked(world, pays_here=False)
    await there(world, "state = 'registered', paid = 'paid', pay_channel = 4")
    await hear(world, of(order_id), Happened.PAID)
    await world.settle(10)
    assert await world.state(order_id) == "registered"


async def test_a_refund_after_the_visit_is_noticed_too(world: World) -> None:
    order_id = await registered(world)
    await there(world, "state = 'visited'")
    await hear(world, of(order_id), Happened.PRINTED)
    await world.settle(10)
    assert await world.state(order_id) == "visited"
    await there(world, "state = 'cancelled', paid = 'refunded'")
    await hear(world, of(order_id), Happened.REFUNDED)
    await world.settle(10)
    assert (await world.row(order_id)).paid == "refunded"


async def test_an_order_is_known_by_either_number_or_by_both_and_by_no_other(world: World) -> None:
    order_id = await registered(world)
    order_no = (await world.row(order_id)).order_no
    for right in (of(order_id), of(None, order_no), of(order_id, order_no)):
        assert (await hear(world, right)).order_id == order_id
        await world.settle(10)
    before = (await world.row(order_id)).version
    for wrong in (
        of("none"),
        of(None, "none"),
        of(order_id, "none"),
        of("none", order_no),
        of(order_id, None, "9859999"),
        of(None, order_no, "9859999"),
    ):
        with pytest.raises(UnknownOrder, match="请核对"):
            await hear(world, wrong)
        with pytest.raises(UnknownOrder):
            await desk(world).refund(wrong)
        with pytest.raises(UnknownOrder):
            await world.clinic.perform(desk(world).push(Pushed(wrong, "X1", "请改到二楼就诊")))
    assert (await world.row(order_id)).version == before


async def test_the_same_notice_twice_at_once_asks_once(world: World) -> None:
    order_id = await registered(world)
    asked: list[str] = []
    world.fate = lambda name: asked.append(name) if name == "by_numbers" else None
    for _ in range(3):
        await hear(world, of(order_id))
    await world.settle(10)
    assert asked == ["by_numbers"]


async def test_what_is_over_stays_over(world: World) -> None:
    order_id = await booked(world)
    await world.appointments.give_up(PERSON, order_id)
    await world.settle(10)
    before = await world.row(order_id)
    assert await hear(world, of(order_id), Happened.PAID) == Known(order_id, "已取消")
    await world.settle(10)
    assert await world.row(order_id) == before


async def test_a_hospital_that_does_not_answer_is_asked_until_it_does(world: World) -> None:
    order_id = await registered(world)
    await there(world, "state = 'cancelled', paid = 'refunded'")
    world.fate = scripted(("by_numbers", AWAY), ("by_numbers", LOST), ("by_numbers", AWAY))
    await hear(world, of(order_id))
    await world.settle(120)
    assert (await world.row(order_id)).state == "refunded"


async def cancelled_in_the_middle(world: World) -> str:
    """An order is cancelled at the window, and told of, while the answer to its registration is on its way."""
    order_id = await paying(world)
    await world.till.pay((await world.row(order_id)).trade_no or "")
    original = world.saga
    told: list[Known] = []

    async def interrupted(job: Job) -> Outcome:
        outcome = await original(job)
        if (await world.clinic.on_file(order_id)).paid == "paid" and not told:
            await there(world, "state = 'cancelled', paid = 'refunded'")
            told.append(await hear(world, of(order_id)))
        return outcome

    world.saga = interrupted  # type: ignore[assignment]
    await world.settle(30)
    assert [known.standing for known in told] == ["已支付，正在挂号"]
    return order_id


async def test_a_notice_in_the_middle_of_a_step_makes_its_run_void(world: World) -> None:
    row = await world.row(await cancelled_in_the_middle(world))
    assert (row.state, row.paid) == ("refunded", "refunded")
    await world.must_be_true(over=True)


async def test_control_without_looking_again_the_notice_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiqiao.region.appointments.order_news.LOOKS_AGAIN", frozenset())
    assert (await world.row(await cancelled_in_the_middle(world))).state == "registered"


def test_every_state_is_asked_looked_at_again_or_left_alone_for_a_reason() -> None:
    alone = set(State) - ASKED_AT_ONCE - LOOKS_AGAIN
    over = FINAL - {State.VISITED, State.PAST}
    assert alone == over | {State.LOCKING, State.LOCKED, State.RELEASING, State.CHECKING}
    assert all(may_follow(state, State.CHECKING) for state in ASKED_AT_ONCE - FINAL)


async def test_how_a_refund_stands_is_told_at_every_turn(world: World) -> None:
    order_id = await registered(world)
    here = desk(world)
    none = await here.refund(of(order_id))
    assert (none.state, none.amount, none.refund_no, none.at) == (Refunding.NOT, None, None, None)
    world.money = lambda name: AWAY if name == "refund" else None
    await world.appointments.give_up(PERSON, order_id)
    await world.settle(5)
    row = await world.row(order_id)
    under_way = await here.refund(of(None, row.order_no))
    assert (under_way.state, under_way.amount, under_way.at) == (Refunding.UNDER_WAY, row.fee, None)
    assert under_way.refund_no == f"{row.trade_no}R"
    world.money = lambda name: None
    await world.settle(60)
    done = await here.refund(of(order_id))
    assert (done.state, done.at) == (Refunding.DONE, (await world.row(order_id)).refunded_at)


async def test_a_refund_that_failed_is_somebodys_to_look_at(world: World) -> None:
    order_id = await registered(world)
    await world.database.write(lambda c: c.exec_driver_sql("UPDATE sandbox_trade SET refunds = 'failed'"))
    await world.appointments.give_up(PERSON, order_id)
    await world.settle(5)
    assert await world.state(order_id) == "stuck"
    assert (await desk(world).refund(of(order_id))).state is Refunding.BY_HAND


async def delivered(world: World) -> list[Message]:
    """What comes of all messages that are on their way."""
    phone = Phone()
    world.driver.handlers = lambda: {PUSH: PushSender(world.database, world.clinic.keyring, phone)}
    await world.settle()
    return phone.got


async def test_a_message_is_told_once_a_serial_with_the_hospitals_name(world: World) -> None:
    order_id = await registered(world)
    pushed = Pushed(of(order_id), "X1", "请改到二楼 3 诊室就诊")
    for _ in range(2):
        assert (await world.clinic.perform(desk(world).push(pushed))).order_id == order_id
    with pytest.raises(DuplicateSerial, match="新的流水号"):
        await world.clinic.perform(desk(world).push(pushed._replace(text="另一条")))
    other = await booked(world)
    with pytest.raises(DuplicateSerial):
        await world.clinic.perform(desk(world).push(pushed._replace(order=of(other))))
    (message,) = await delivered(world)
    assert message == Message(f"{order_id}|push|X1", "15498510001", "【云桥县人民医院】请改到二楼 3 诊室就诊")
    assert pushed.text not in repr(pushed) + repr(message)
    row = await world.database.read(lambda c: storage.find_push(c, HOSPITAL, "X1"))
    assert row is not None
    assert pushed.text.encode() not in bytes(row.sealed)
    assert pushed.text not in repr(row)


async def test_where_there_is_no_way_to_patients_the_hospital_is_told_so(world: World) -> None:
    order_id = await registered(world)
    silent = OrderNews(world.database, world.clinic.keyring, world.clock)
    with pytest.raises(NotOffered, match="短信"):
        silent.push(Pushed(of(order_id), "X1", "请改到二楼就诊"))
    assert isinstance(await world.row(order_id), AppointmentRow)
