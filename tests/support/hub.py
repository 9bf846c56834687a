"""A whole hub in the test's own process: real store, real gateway, no socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from yiqiao.app.http import build
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock
from yiqiao.dialects.convenience.client import AsyncClient as ConvenienceClient
from yiqiao.dialects.convenience.client import Style
from yiqiao.dialects.ehealth_card.client import AsyncClient, Refused

NOW_MS = 1_795_000_000_000
BARE = {"sandbox": True, "sandbox_hospitals": False}
"""A sandbox whose hospitals a test files itself."""
PATH = "/ehcService/gateway.do"


@dataclass
class Hub:
    """An open hub, its clock, and ways to call it."""

    runtime: Runtime
    clock: FixedClock
    http: httpx.AsyncClient
    transport: httpx.ASGITransport
    serials: int = field(default=0)

    @property
    def secret(self) -> str:
        """The demo partner's secret."""
        assert self.runtime.demo is not None
        return self.runtime.demo.secret

    def client(
        self,
        secret: str | None = None,
        *,
        app_id: str = "demo-hospital",
        term_id: str = "10000000001",
        profile: str = "standard",
        sign_type: str = "SM3",
        enc_type: str = "SM4",
    ) -> AsyncClient:
        """A client of the demo partner (with another secret, terminal, profile, algorithm where given)."""
        return AsyncClient(
            "http://hub",
            app_id=app_id,
            secret=secret or self.secret,
            term_id=term_id,
            profile=profile,
            sign_type=sign_type,
            enc_type=enc_type,
            clock=self.clock,
            transport=self.transport,
        )

    def convenience(
        self, *, user_id: str = "demo", secret: str = "", profile: str = "standard", style: Style = "soap"
    ) -> ConvenienceClient:
        """A client of the hub's hospitals; the demo platform's unless another is named."""
        partner = self.runtime.directory.find("convenience", user_id)
        return ConvenienceClient(
            "http://hub/convenience",
            user_id=user_id,
            secret=secret or (partner.secrets[0] if partner else "0" * 16),
            profile=profile,
            style=style,
            transport=self.transport,
        )

    def serial(self) -> str:
        """A serial that nobody has used."""
        self.serials += 1
        return f"test-{self.serials}"


@asynccontextmanager
async def open_hub(folder: Path, database_url: str = "", **settings: object) -> AsyncIterator[Hub]:
    """A sandbox hub on a clock that stands still."""
    clock = FixedClock(NOW_MS)
    chosen = {
        "data": str(folder),
        "database_url": database_url,
        "sandbox": True,
        "sandbox_hospitals": False,
        **settings,
    }
    app = build(Settings(**chosen), clock=clock)  # type: ignore[arg-type]
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
            yield Hub(app.state.runtime, clock, http, transport)


async def refused(hub: Hub, method: str, values: dict[str, object], **client: str) -> Refused:
    """How the hub refuses a call."""
    async with hub.client(**client) as caller:
        with pytest.raises(Refused) as caught:
            await caller.call(method, values)
    return caught.value


def registration(serial: str, **more: object) -> dict[str, object]:
    """A wish to register somebody who does not exist."""
    return {
        "out_register_no": serial,
        "out_register_time": "20261118192640",
        "certificate_mode": "01",
        "apply_method": "3",
        "id_type": "03",
        "id_no": "E00000001",
        "user_name": "测试甲",
        "user_sex": "1",
        "mobile_phone": "15400000001",
        **more,
    }


def alteration(serial: str, ehealth_card_id: object, **more: object) -> dict[str, object]:
    """A change of what is on file, or of a bound card."""
    return {
        "ehealth_card_id": ehealth_card_id,
        "out_alter_no": serial,
        "out_alter_time": "20261118192640",
        **more,
    }


def closing(serial: str, ehealth_card_id: object) -> dict[str, object]:
    """A card to be closed."""
    return {"ehealth_card_id": ehealth_card_id, "out_close_no": serial, "out_close_time": "20261118192640"}


def showing(serial: str, code: object, **more: object) -> dict[str, object]:
    """A code shown at a desk."""
    return {
        "ehealth_code": code,
        "out_verify_no": serial,
        "out_verify_time": "20261118192640",
        "operator_id": "0007",
        "operator_name": "测试员",
        "treatment_code": "010101",
        "ip_addr": "192.0.2.7",
        "office_code": "0300",
        **more,
    }
