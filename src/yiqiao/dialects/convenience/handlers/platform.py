"""What the platform answers to hospitals (3.1.3.14)."""

from yiqiao.dialects.convenience.notices import ACCEPTED, change_of
from yiqiao.exchange.dialect import Act, Call, Handlers
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.ports.hospital.notices import NewsDesk

handlers: Handlers[NewsDesk] = Handlers()
"""Served beside those of the hospital's side, under an address of their own."""


@handlers.handles("NotifyHospInfo")
async def notify_hosp_info(request: Request, call: Call, desk: NewsDesk) -> Act[int]:
    """平台排班信息变更"""
    change = change_of(request)
    trace = f"{change.hospital_id}|{change.doctor_id}|{change.day}"
    return Act(
        desk.schedule_changed(change),
        lambda _: {"RESULTCODE": ACCEPTED, "RESULTMSG": "成功"},
        lambda _: Keys(trace=trace),
    )
