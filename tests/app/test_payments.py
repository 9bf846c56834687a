"""The payment hub in a running hub: its merchants, and the address at which channels reach it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from tests.support.hub import open_hub
from yiqiao.app.appointments import performing
from yiqiao.app.payments import NOT_FOUND, ChannelNotices
from yiqiao.ports.his_billing import Patient
from yiqiao.ports.payment_channel import BadNotice, Notice, NoticeKind
from yiqiao.region.payments.orders import Orders, Wish
from yiqiao.region.payments.trade import Particulars
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import StorageUnreachable


@dataclass
class Bell:
    """A channel that is known by its word alone."""

    code: str = "WECHAT"

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        if headers.get("x-seal") != "good":
            raise BadNotice("通知签名不符")
        return Notice(NoticeKind.ORDER, body.decode())

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        return (200, "text/plain", b"ok") if taken else (500, "text/plain", b"again")


@dataclass
class Known:
    """Orders of which one is known, and none where the database is away."""

    away: bool = False
    asked: list[str] = field(default_factory=list)

    async def noticed(self, kind: NoticeKind, number: str) -> bool:
        if self.away:
            raise StorageUnreachable
        self.asked.append(number)
        return number == "1"


@pytest.mark.parametrize(
    ("seal", "body", "away", "status", "counted"),
    [
        ("good", b"1", False, 200, "taken"),
        ("good", b"2", False, 200, "unknown"),
        ("bad", b"1", False, 500, "bad"),
        ("good", b"1", True, 500, "failed"),
    ],
)
async def test_a_notice_is_taken_where_its_signature_holds(
    seal: str, body: bytes, away: bool, status: int, counted: str
) -> None:
    told: list[tuple[str, str]] = []
    orders = Known(away)
    channels = cast(Channels, {"WECHAT": Bell()})
    notices = ChannelNotices(cast(Orders, orders), channels, lambda *one: told.append(one))
    assert (await notices.take("wechat", {"x-seal": seal}, body))[0] == status
    assert told == [("WECHAT", counted)]
    assert orders.asked == ([body.decode()] if status == 200 else [])
    assert await notices.take("nobody", {}, body) == NOT_FOUND


async def test_a_sandbox_has_two_merchants_with_secrets_that_stay(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        first = hub.runtime.merchants_demo
        assert [one.account_type for one in first] == ["01", "02"]
        assert len({one.secret for one in first}) == 2
        assert all(one.secret not in repr(one) for one in first)
        assert {"SANDBOX", "CHS_ONE_BAR", "CREDIT", "CASH", "POS", "BANK"} <= set(hub.runtime.channels)
        assert all(set(one.settings.channels) == set(hub.runtime.channels) for one in first)
    async with open_hub(tmp_path) as hub:
        assert hub.runtime.merchants_demo == first


async def test_the_address_of_notices_answers_as_the_channel_wants_it(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        assert (await hub.http.post("/pay/notice/nobody", content=b"{}")).status_code == 404
        forged = await hub.http.post("/pay/notice/sandbox", content=b"{}", headers={"X-Sandbox-Signature": "00"})
        assert (forged.status_code, forged.content) == (503, b"again")
        assert (await hub.http.post("/pay/notice/sandbox", content=b"x" * 70_000)).status_code == 413
        counted = (await hub.http.get("/metrics")).text
        assert 'yiqiao_payment_notices_total{channel="SANDBOX",outcome="bad"} 1.0' in counted


async def test_a_running_hub_carries_a_trade_to_its_end(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        runtime = hub.runtime
        merchant = runtime.merchants_demo[0]
        patient = Patient("01", "P000231", name="黎若川")
        wish = Wish(
            "his",
            merchant.merchant_id,
            merchant.secret,
            "C1",
            b"1",
            10_000,
            "门诊充值",
            Particulars(patient),
            channel="CASH",
        )
        ordered = await performing(runtime.writer)(runtime.orders.order(wish))
        runtime.jobs.wake()
        for _ in range(1500):
            if (await runtime.orders.by_token(ordered.trade.token)).trade.state == "succeeded":
                break
            await asyncio.sleep(0.02)
        assert await runtime.his_billing.balance(merchant.merchant_id, patient) == 10_000
