"""Launches for tests: invented doctors and patients, a partner of their own, and a browser that follows the link."""

from typing import NamedTuple

import httpx

from tests.support.hub import Hub
from yiqiao.dialects.cmc.client import Launch, Launcher
from yiqiao.dialects.cmc.server import PATH
from yiqiao.partners import Terminal, store

APP_KEY = "test-his"
SECRET = "T3st0nlySecretOfNobody"
TARGET = "jgt-test-cs"
INSURED = {
    "aac001": "98510000001",
    "ysbm": "D985100000001",
    "ysmc": "陶文静",
    "mtbz": "M01600",
    "rtbz": "1",
    "rtbm": "RT003",
    "sfzh": "359851198503120134",
    "yybm": "H98510000001",
    "yymc": "云桥县人民医院",
    "xm": "柳成荫",
    "xb": "1",
    "nl": "41",
    "xz": "310",
    "ksmc": "内科",
    "jzsxh": "202611210001",
    "mzsxh": "202611210001",
}
SELF_PAY = {
    "ysbm": "D985100000002",
    "ysmc": "石磊",
    "yybm": "H98510000001",
    "yymc": "云桥县人民医院",
    "xm": "欧阳晚晴",
    "xb": "2",
    "nl": "34",
    "ksmc": "全科",
    "jzsxh": "G202611210002",
    "birthday": "1992-07-28",
}


class Answer(NamedTuple):
    """What the hub said to a link: status, return code, the sentence."""

    status: int
    code: str
    message: str
    http: httpx.Response


async def add_partner(hub: Hub, app_id: str = APP_KEY, profile: str = "standard", **more: object) -> None:
    """File a partner that may launch."""
    new = store.NewPartner("cmc", app_id, "测试厂商", profile, terminals=(Terminal(TARGET),), **more)  # type: ignore[arg-type]
    now, keyring = hub.clock.now_ms(), hub.runtime.keyring
    await hub.runtime.directory.change(lambda c: store.add(c, keyring, now, new, SECRET))


def launcher(hub: Hub, app_key: str = APP_KEY, secret: str = SECRET, **more: str) -> Launcher:
    """Who launches, by the hub's clock."""
    return Launcher(app_key, secret, clock=hub.clock, **more)


def insured(hub: Hub, **more: str) -> Launch:
    """A launch on an insured patient."""
    return launcher(hub).insured(**{**INSURED, **more})


def selfpay(hub: Hub, **more: str) -> Launch:
    """A launch on a self-pay patient."""
    return launcher(hub).selfpay(**{**SELF_PAY, **more})


async def follow(hub: Hub, query: str | bytes) -> Answer:
    """Open the link with this query, as it is."""
    text = query if isinstance(query, str) else query.decode("latin-1")
    answer = await hub.http.get(httpx.URL(f"http://hub{PATH}").copy_with(query=text.encode("latin-1")))
    said = answer.json()
    assert "Traceback" not in answer.text
    return Answer(answer.status_code, said["code"], said["message"], answer)


async def click(hub: Hub, launch: Launch) -> Answer:
    """Open the launch's link."""
    return await follow(hub, launch.url("").partition("?")[2])
