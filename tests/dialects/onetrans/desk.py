"""A HIS at a cashier's desk, for the tests: messages made by hand, sent to a hub, and its answers opened."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.hub import NOW_MS, Hub
from yiqiao.clock import compact
from yiqiao.crypto import public_key
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.dialect import in_ms, scheme_of
from yiqiao.dialects.onetrans.handlers import Once
from yiqiao.dialects.onetrans.server import PATH
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call
from yiqiao.exchange.request import Request
from yiqiao.spec import load
from yiqiao.storage import NOTHING

KEY = "0123456789abcdef0123456789abcdef"
SPEC = load("onetrans")
Handle = Callable[[Request, Call, Any], Awaitable[Act[Any]]]


def parameters(serial: int = 1, now_ms: int = NOW_MS, **more: str) -> dict[str, str]:
    """Public parameters of a good request; "" leaves one out."""
    given = {
        "app_id": "demo-onetrans",
        "recer_sys_code": "YQ_LOCAL",
        "msgid": f"H98510001001{compact(now_ms)}{serial:04}",
        "timestamp": in_ms(now_ms),
        "signtype": "SM3",
        "enc_type": "SM4",
        "dept_codg": "9801",
        "dept_name": "收费处",
        "opter": "S8101",
        "opter_name": "陶文静",
        "opter_type": "1",
        "trans_type": "hop.trade.query",
        **more,
    }
    return {name: value for name, value in given.items() if value}


def query(**more: object) -> dict[str, object]:
    """Business parameters of a good query."""
    sample = SPEC.operations["hop.trade.query"].sample()
    return {name: value for name, value in {**sample, **more}.items() if value != ""}


def recharge(**more: object) -> dict[str, object]:
    """Business parameters of a recharge at the cashier's window."""
    names = ("payAppId", "payAppSecret", "termNo", "cardType", "cardNo", "accountType", "hisCustId", "userName")
    sample = SPEC.operations["hop.trade.recharge"].sample()
    return {**{name: sample[name] for name in names}, "amount": "100.00", "outChargeNo": "CZ9800000001", **more}


@dataclass
class Desk:
    """A partner of a hub and its keys."""

    hub: Hub
    app_id: str = "demo-onetrans"
    app_key: str = ""
    profile: str = "standard"
    private: bytes | None = None
    serial: int = 0
    raw: bytes = field(default=b"", repr=False)

    @property
    def keys(self) -> envelope.Keys:
        """The desk's keys, and the hub's public one."""
        public = public_key(self.hub.runtime.keyring.signing_key("onetrans"))
        return envelope.Keys((self.app_key or self._key(),), public, self.private)

    def _key(self) -> str:
        partner = self.hub.runtime.directory.find("onetrans", self.app_id)
        return partner.secrets[0] if partner is not None and partner.secrets else KEY

    def parameters(self, **more: str) -> dict[str, str]:
        """Public parameters under a msgid that nobody has used."""
        self.serial += 1
        return parameters(self.serial, self.hub.clock.now_ms(), **{"app_id": self.app_id, **more})

    def message(self, values: Mapping[str, object], **more: str) -> bytes:
        """A signed request."""
        return envelope.seal_request(self.parameters(**more), values, self.keys, scheme_of(self.profile))

    async def post(self, body: bytes, **headers: str) -> envelope.Answer:
        """The hub's answer to these bytes, opened."""
        answer = await self.hub.http.post(PATH, content=body, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json; charset=GBK"
        self.raw = answer.content
        return envelope.open_response(answer.content, self.keys, scheme_of(self.profile))

    async def ask(self, trans_type: str, values: Mapping[str, object], **more: str) -> envelope.Answer:
        """Send a request and open its answer."""
        return await self.post(self.message(values, trans_type=trans_type, **more))


def spoiled(message: bytes, **changes: str) -> bytes:
    """A message with some of its parameters changed after it was signed; "" takes one out."""
    params = {**envelope.read_parameters(message), **changes}
    return gbk.write({name: value for name, value in params.items() if value})


def answered(operation: str, **more: object) -> dict[str, object]:
    """A good answer of an operation."""
    return {**SPEC.operations[operation].sample_response(), **more}


@contextmanager
def handled(hub: Hub, patch: pytest.MonkeyPatch, **by_operation: Handle) -> Iterator[None]:
    """A hub whose operations (`hop_trade_query`) are answered by these, reached like all others: a msgid once."""
    kept = Once()
    for name, handle in by_operation.items():
        kept.handles(name.replace("_", "."))(handle)
    with patch.context() as patched:
        for name, handler in kept.by_operation.items():
            patched.setitem(hub.runtime.onetrans.handlers.by_operation, name, handler)
        yield


def telling(operation: str, standing: DomainError | None = None, **more: object) -> Handle:
    """A handler that answers with a sample, as something that stands so where `standing` is given."""

    async def handle(_: Request, __: Call, ___: Any) -> Act[None]:
        return Act(NOTHING, lambda _: answered(operation, **more), standing=lambda _: standing)

    return handle
