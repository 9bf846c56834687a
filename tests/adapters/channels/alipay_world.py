"""An application at Alipay and the platform's simulator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.adapters.channels.wechat_world import key
from tests.support.loopback import listening
from yiqiao.adapters.channels.alipay import AlipayChannel
from yiqiao.adapters.channels.alipay_signing import AlipayKeys
from yiqiao.adapters.channels.http import Http
from yiqiao.clock import FixedClock
from yiqiao.sandbox.channels.alipay_simulator import AlipaySimulator

APP_ID = "2026000000000999"


@dataclass
class Alipay:
    """The two of them."""

    channel: AlipayChannel
    simulator: AlipaySimulator


def keys() -> AlipayKeys:
    """The application's keys, and Alipay's public one."""
    return AlipayKeys(APP_ID, key("merchant"), key("platform").public())


def simulator(clock: FixedClock) -> AlipaySimulator:
    """The platform."""
    return AlipaySimulator(clock, APP_ID, key("merchant").public(), key("platform"), key("forger"))


@asynccontextmanager
async def alipay(clock: FixedClock) -> AsyncIterator[Alipay]:
    """The application's channel, which reaches the simulator over HTTP."""
    platform = simulator(clock)
    async with listening(platform.app) as address:
        platform.address = address
        http = Http(timeout_s=0.5)
        yield Alipay(AlipayChannel(keys(), clock, http, f"{address}/gateway.do"), platform)
        await http.close()
