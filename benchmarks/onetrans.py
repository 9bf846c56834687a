"""hop.trade.query over HTTP beside the bare echo, signed with SM3 and with SM2, on SQLite and PostgreSQL.

SM2 has no target: a signature costs some 0.2 ms to make and to verify, on either side.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks.figures import Figure
from benchmarks.processes import (
    PYTHON,
    SLICE_S,
    Hub,
    Load,
    Reference,
    load,
    running_echo,
    running_hub,
    wrk_missing,
)
from tests.support import postgres
from yiqiao.clock import SystemClock, compact
from yiqiao.crypto.sm2 import generate_private_key, public_key
from yiqiao.dialects.onetrans import envelope
from yiqiao.dialects.onetrans.dialect import in_ms, scheme_of
from yiqiao.dialects.onetrans.server import PATH

CONNECTIONS, SECONDS = 64, 5
PER_SECOND, SM2_PER_SECOND = 9_000, 3_000
SEEN_S = 6
"""Until every process of a hub has seen a change of its partners."""
TARGET = 0.20
NUMBER = "BENCH0001"
CONTENT_TYPE = "application/json; charset=GBK"


def measure() -> Iterator[Figure]:
    """All figures of the dialect."""
    missing = wrk_missing()
    if missing:
        raise RuntimeError(missing)
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from _on("SQLite", Path(folder), "")
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            yield from _on("PostgreSQL", Path(folder), cluster.create_database())
    finally:
        cluster.stop()


class _Desk:
    """Messages of the demo HIS, each under a msgid of its own."""

    def __init__(self, hub: Hub) -> None:
        found = hub.credentials("onetrans")
        merchants = found["merchants"]
        assert isinstance(merchants, list)
        merchant = merchants[0]
        self._app_id = str(found["app_id"])
        self._keys = envelope.Keys((str(found["secret"]),))
        self._numbers = iter(range(10**9))
        self._card = {
            "payAppId": merchant["merchant_id"],
            "payAppSecret": merchant["secret"],
            "termNo": "SF01",
            "cardType": "03",
            "cardNo": "M20117733",
            "accountType": "01",
        }

    def message(self, trans_type: str, signtype: str = "SM3", **values: str) -> bytes:
        """A signed message."""
        now, n = SystemClock().now_ms(), next(self._numbers)
        params = {
            "app_id": self._app_id,
            "recer_sys_code": "YQ_LOCAL",
            "msgid": f"B{n // 10_000:011}{compact(now)}{n % 10_000:04}",
            "timestamp": in_ms(now),
            "signtype": signtype,
            "enc_type": "SM4",
            "dept_codg": "9801",
            "dept_name": "收费处",
            "opter": "S8101",
            "opter_name": "量测员",
            "opter_type": "1",
            "trans_type": trans_type,
        }
        return envelope.seal_request(params, {**self._card, **values}, self._keys, scheme_of("standard"))

    def order(self) -> bytes:
        """A recharge that waits at the cashier."""
        who = {"hisCustId": "HZ70031", "userName": "量测患者", "amount": "88.00", "outChargeNo": NUMBER}
        return self.message("hop.trade.recharge", **who)

    def query(self, signtype: str = "SM3") -> bytes:
        """How that recharge stands."""
        return self.message("hop.trade.query", signtype, tradeType="hop.trade.recharge", outTradeNo=NUMBER)

    def sign_with(self, private: bytes) -> None:
        """From now on messages can be signed with SM2."""
        self._keys = replace(self._keys, private=private)


def _on(engine: str, folder: Path, database_url: str) -> Iterator[Figure]:
    with running_hub(folder, database_url) as hub:
        desk = _Desk(hub)
        _asked(hub, desk.order())
        size = _asked(hub, desk.query())
        queries = [desk.query() for _ in range(PER_SECOND * SECONDS)]
        with running_echo(size) as echo_url:
            echo = Reference(lambda: _load(echo_url, queries, SLICE_S, folder, again=True))
            asked, beside = echo.beside(lambda: _load(hub.url, queries, SECONDS, folder))
        if asked.refused:
            raise RuntimeError(f"{asked.refused} queries failed")
        yield Figure(f"query, SM3, {engine}", asked.requests_per_second, "1/s", beside, "echo", TARGET)
        yield Figure(f"query p99, SM3, {engine}", asked.p99_ms, "ms")
        desk.sign_with(_registered(hub))
        signed = [desk.query("SM2") for _ in range(SM2_PER_SECOND * SECONDS)]
        _asked(hub, desk.query("SM2"))
        asked = _load(hub.url, signed, SECONDS, folder)
        yield Figure(f"query, SM2, {engine}", asked.requests_per_second, "1/s", beside, "echo")
        yield Figure(f"query p99, SM2, {engine}", asked.p99_ms, "ms")


def _load(url: str, messages: list[bytes], seconds: int, folder: Path, *, again: bool = False) -> Load:
    return load(url, PATH, messages, seconds, CONNECTIONS, folder, again=again, content_type=CONTENT_TYPE)


def _registered(hub: Hub) -> bytes:
    """The private key of the demo HIS, whose public one is on file from now on."""
    private = generate_private_key()
    command = [PYTHON, "-m", "yiqiao", "partner", "public-key", "onetrans", "demo-onetrans"]
    subprocess.run([*command, "--set", public_key(private).hex()], env=hub.environment, check=True, capture_output=True)
    time.sleep(SEEN_S)
    return private


def _asked(hub: Hub, message: bytes) -> int:
    """How long the answer is."""
    answer = httpx.post(hub.url + PATH, content=message, headers={"content-type": CONTENT_TYPE})
    found = envelope.read_parameters(answer.content)
    if found.get("code") not in ("000000", "700100"):
        raise RuntimeError(answer.content.decode("gbk", "replace"))
    return len(answer.content)
