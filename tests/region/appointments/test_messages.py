"""What citizens are told, once each, in words that name the hospital, the time and the money."""

from collections.abc import Mapping

import orjson
from sqlalchemy import select

from tests.region.appointments.test_news import change, hear, stop
from tests.region.appointments.test_saga import booked, registered
from tests.region.appointments.world import PERSON, World
from yiqiao.clock import FixedClock
from yiqiao.jobs import Job
from yiqiao.ports.hospital.notices import Attends
from yiqiao.ports.messenger import Message
from yiqiao.region.appointments.messages import MESSAGE, MessageSender, silent, tell
from yiqiao.region.appointments.news import HospitalNews
from yiqiao.region.appointments.saga import PAY_S
from yiqiao.sandbox.messages import SandboxMessenger
from yiqiao.storage.tables.jobs import job


class Phone:
    def __init__(self) -> None:
        self.got: list[Message] = []

    async def send(self, message: Message) -> None:
        self.got.append(message)


async def sent(world: World) -> list[str]:
    """The texts of all messages that were put on their way, in order."""
    rows = await world.database.read(
        lambda c: c.execute(select(job).where(job.c.kind == MESSAGE).order_by(job.c.created_at)).all()
    )
    phone = Phone()
    sender = MessageSender(world.database, world.clinic.keyring, phone)
    for row in rows:
        data: Mapping[str, object] = orjson.loads(row.data)
        await sender(Job(MESSAGE, row.unique_key, data, 0, 1, "", 0))
    assert all(message.mobile == "15498510001" for message in phone.got)
    return [message.text for message in phone.got]


async def test_a_registration_is_told_with_time_place_and_number(world: World) -> None:
    await registered(world)
    (text,) = await sent(world)
    assert text.startswith("【云桥县人民医院】挂号成功：11 月 21 日（周六）上午内科陶文静，就诊序号 1")
    assert "柳成荫" not in text


async def test_a_booking_says_what_is_to_be_paid_at_the_hospital(world: World) -> None:
    await booked(world, pays_here=False)
    (text,) = await sent(world)
    assert text.endswith("请到院支付 25.00 元。")


async def test_who_did_not_pay_and_who_gave_up_are_told_so(world: World) -> None:
    await booked(world)
    await world.settle(PAY_S + 5)
    given_up = await booked(world)
    await world.appointments.give_up(PERSON, given_up)
    await world.settle()
    first, second = await sent(world)
    assert "因未在 30 分钟内支付，您的预约已取消" in first
    assert "您已取消预约" in second


async def test_a_stop_is_told_with_the_money_and_nothing_is_told_twice(world: World) -> None:
    order_id = await registered(world)
    await hear(world, change(Attends.STOPPED))  # false: the appointment stands, and nothing is told again
    await world.settle(10)
    await stop(world)
    await hear(world, change(Attends.STOPPED))
    await world.settle(10)
    assert await world.state(order_id) == "stopped"
    texts = await sent(world)
    assert len(texts) == 2
    assert "停诊通知：您预约的11 月 21 日（周六）上午内科陶文静因医院停诊已取消，25.00 元已原路退回" in texts[1]


async def test_what_stays_booked_in_a_stop_is_told(world: World) -> None:
    await booked(world, pays_here=False)
    await world.clinic.perform(HospitalNews(world.clock, tell).schedule_changed(change(Attends.KEPT)))
    assert "您的预约保留" in (await sent(world))[1]


async def test_where_there_is_no_way_for_messages_none_are_written(world: World) -> None:
    world.saga.__dict__["tell"] = silent
    await registered(world)
    assert await sent(world) == []


async def test_the_sandbox_keeps_them_once_with_the_number_masked(world: World) -> None:
    kept = SandboxMessenger(world.database, FixedClock(5))
    for _ in range(2):
        await kept.send(Message("1|registered", "15498510001", "挂号成功"))
    (row,) = await kept.newest()
    assert (row.message_id, row.mobile, row.text, row.at) == ("1|registered", "154****0001", "挂号成功", 5)


async def test_an_appointment_that_is_gone_needs_no_message(world: World) -> None:
    phone = Phone()
    data = {"person_id": PERSON, "order_id": "gone", "what": "registered"}
    await MessageSender(world.database, world.clinic.keyring, phone)(Job(MESSAGE, "gone", data, 0, 1, "", 0))
    assert phone.got == []


def test_a_message_shows_nothing_of_itself() -> None:
    assert "154" not in repr(Message("1", "15498510001", "挂号成功"))
