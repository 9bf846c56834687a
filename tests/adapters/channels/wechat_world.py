"""A merchant of WeChat Pay and the platform's simulator, with keys that are made once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from tests.support.loopback import listening
from yiqiao.adapters.channels.http import Http
from yiqiao.adapters.channels.wechat import WechatChannel
from yiqiao.adapters.channels.wechat_signing import WechatKeys
from yiqiao.clock import FixedClock
from yiqiao.crypto import RsaPrivateKey, generate_rsa_key
from yiqiao.sandbox.channels.wechat_simulator import Merchant, WechatSimulator

API_V3_KEY = "thirty-two-characters-of-no-use."
MCHID, SERIAL, PLATFORM = "1900000999", "7A" * 20, "PUB_KEY_ID_0119000009992026"


@cache
def key(name: str) -> RsaPrivateKey:
    """A private key by the name of its owner."""
    return RsaPrivateKey(generate_rsa_key())


@dataclass
class Wechat:
    """The two of them."""

    channel: WechatChannel
    simulator: WechatSimulator

    async def pays(self, order_no: str) -> None:
        """The payer pays. Raises ChannelRefused's like where it is too late."""
        self.simulator.pay(order_no)


def keys() -> WechatKeys:
    """The merchant's keys, and the platform's public one."""
    return WechatKeys(MCHID, SERIAL, key("merchant"), API_V3_KEY, {PLATFORM: key("platform").public()})


def simulator(clock: FixedClock) -> WechatSimulator:
    """The platform."""
    merchant = Merchant(MCHID, SERIAL, key("merchant").public(), API_V3_KEY)
    return WechatSimulator(clock, merchant, key("platform"), PLATFORM, key("forger"))


@asynccontextmanager
async def wechat(clock: FixedClock) -> AsyncIterator[Wechat]:
    """The merchant's channel, which reaches the simulator over HTTP."""
    platform = simulator(clock)
    async with listening(platform.app) as address:
        platform.address = address
        http = Http(timeout_s=0.5)
        yield Wechat(WechatChannel(keys(), "wx-appid", clock, http, address), platform)
        await http.close()
