"""What a citizen is told of their appointment, when and in which words: a job with the step that it tells of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Backoff, Done, Job, Outcome
from yiqiao.jobs.queue import enqueue
from yiqiao.money import yuan
from yiqiao.ports.hospital.values import Session
from yiqiao.ports.messenger import Message, Messenger
from yiqiao.region.appointments.appointment import REFUNDED, Appointment, opened
from yiqiao.region.appointments.states import Ending, State
from yiqiao.storage import Database, appointments
from yiqiao.storage.appointments import AppointmentRow

MESSAGE = "appointment.message"
MESSAGE_BACKOFF = Backoff(waits_s=(5, 30, 120, 600, 1800), attempts=50)
"""About a day: what is older is no news."""
KEPT = "kept"
"""Told beside the states: the doctor does not come, the appointment stands (停诊但保留预约)."""

Tell = Callable[[Connection, AppointmentRow, str, int], None]


def silent(connection: Connection, row: AppointmentRow, what: str, now_ms: int) -> None:
    """Where there is no way for messages, none are written."""


def tell(connection: Connection, row: AppointmentRow, what: str, now_ms: int) -> None:
    """Put a message on its way, in the transaction of the step that it tells of; the same once an appointment."""
    if what in TEXTS:
        data = {"person_id": row.person_id, "order_id": row.order_id, "what": what}
        enqueue(connection, now_ms, MESSAGE, f"{row.order_id}|{what}", data)


@dataclass(frozen=True)
class MessageSender:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    messenger: Messenger

    async def __call__(self, job: Job) -> Outcome:
        """Write the words as things stand now, and hand them over. Raises NotSent."""
        person_id, order_id = str(job.data["person_id"]), str(job.data["order_id"])
        row = await self.database.read(lambda c: appointments.find(c, person_id, order_id))
        if row is None:
            return Done()
        one = opened(self.keyring, row)
        text = TEXTS[str(job.data["what"])](one)
        if text:
            await self.messenger.send(Message(job.key, one.kept.visitor.mobile, f"【{row.hospital_name}】{text}"))
        return Done()


_WEEKDAYS = "一二三四五六日"
_SESSIONS: Mapping[int, str] = {
    Session.MORNING: "上午",
    Session.AFTERNOON: "下午",
    Session.EVENING: "晚上",
    Session.WHOLE_DAY: "全天",
}


def when(row: AppointmentRow) -> str:
    """11 月 21 日（周六）上午 08:00–09:30."""
    day = date.fromisoformat(row.day)
    hours = f" {row.begins}–{row.ends}" if row.begins and row.ends else ""
    return f"{day.month} 月 {day.day} 日（周{_WEEKDAYS[day.weekday()]}）{_SESSIONS.get(row.session, '')}{hours}"


def _what(row: AppointmentRow) -> str:
    return f"{when(row)}{row.dept_name}{row.doctor_name}"


def _place(one: Appointment) -> str:
    slip = one.kept.slip
    number = f"，就诊序号 {one.row.number}" if one.row.number else ""
    return number + (f"，地点 {slip.address}" if slip.address else "")


def _registered(one: Appointment) -> str:
    return f"挂号成功：{_what(one.row)}{_place(one)}。请带有效证件按时就诊。"


def _booked(one: Appointment) -> str:
    row = one.row
    fee = f"，请到院支付 {yuan(row.fee)} 元" if row.fee else ""
    return f"预约成功：{_what(row)}{_place(one)}{fee}。"


def _stopped(one: Appointment) -> str:
    row = one.row
    money = f"，{yuan(row.fee)} 元已原路退回" if row.paid == REFUNDED else ""
    return f"停诊通知：您预约的{_what(row)}因医院停诊已取消{money}。请另选时间，给您带来不便，敬请谅解。"


def _kept(one: Appointment) -> str:
    return f"您预约的{_what(one.row)}，医生停诊，您的预约保留，请留意医院安排。"


def _refunded(one: Appointment) -> str:
    row = one.row
    if row.ending == Ending.CITIZEN:
        return f"您已退号：{_what(row)}，{yuan(row.fee)} 元已原路退回。"
    return f"{_what(row)}未能挂号，{yuan(row.fee)} 元已原路退回。请另选时间。"


def _cancelled(one: Appointment) -> str:
    row = one.row
    if row.ending == Ending.CITIZEN:
        return f"您已取消预约：{_what(row)}。"
    why = "因未在 30 分钟内支付，" if row.ending == Ending.UNPAID else ""
    return f"{why}您的预约已取消：{_what(row)}。"


TEXTS: Mapping[str, Callable[[Appointment], str]] = {
    State.REGISTERED: _registered,
    State.BOOKED: _booked,
    State.STOPPED: _stopped,
    State.REFUNDED: _refunded,
    State.CANCELLED: _cancelled,
    KEPT: _kept,
}
"""What is told, by the state that was reached; nothing is told of the others."""
