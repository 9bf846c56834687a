"""Whether the hospital can be reached (3.1.1.1)."""

from yiqiao.clock import readable
from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.exchange.dialect import Act, Call
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals
from yiqiao.storage import NOTHING


@handlers.handles("NetTest")
async def net_test(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """网络通讯测试"""
    now = await hospitals.of(request.text("HOSPITAL_ID")).now_ms()
    return Act(NOTHING, lambda _: {"SYSDATE": readable(now)})
