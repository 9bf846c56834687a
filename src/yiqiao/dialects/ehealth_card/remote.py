"""A card platform elsewhere, as the port has it: its methods are called as whoever asks, over the network."""

from collections.abc import Mapping

import httpx

from yiqiao.clock import Clock
from yiqiao.dialects.ehealth_card.client import AsyncClient, ConnectionFailed, Refused, Unanswered
from yiqiao.dialects.ehealth_card.stages import accepted
from yiqiao.errors import DomainError
from yiqiao.ports.card_platform import (
    CardCaller,
    CardHolder,
    CardPlatformUnreachable,
    CardRefused,
    CodeUse,
    Consent,
    ConsentWish,
    DuplicateSerial,
)
from yiqiao.spec import Invalid, load

NAME = "ehealth_card"
SERIAL_TAKEN = "3002"
UNFIT = "9001"
"""The standard's codes for a serial that was used before, and for a parameter that cannot be."""
NO_OFFICE = "0200"
"""The standard wants an office code of its own table, which a HIS may not have: 全科医疗科 stands for any."""
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens on it; the standard wants an address even where none is known
LONGEST_NAME = 32
"""Characters of an operator's name; a HIS may have longer ones."""
HELD = ("mindex_id", "ehealth_card_id", "id_type", "id_no", "user_name", "user_sex")
_NO_LINGERING = httpx.Limits(max_keepalive_connections=0)


def holder_of(values: Mapping[str, object]) -> CardHolder:
    """A holder from what the standard's answers tell of one; absent values are left out."""
    told = {name: str(value) for name, value in values.items() if value not in (None, "")}
    rest = {name: value for name, value in told.items() if name not in HELD and name != "auth_status"}
    return CardHolder(**{name: told.get(name, "") for name in HELD}, values=rest)


class RemoteCards:
    """`CardPlatform` at an address. `profile`: which reading of the standard it speaks."""

    def __init__(
        self, url: str, clock: Clock, profile: str = "standard", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url, self._clock, self._profile = url, clock, profile
        self._spec = load(NAME, profile)
        # Callers have keys of their own but share the way; connections are not kept, so nothing is left to be closed.
        self._transport = transport or httpx.AsyncHTTPTransport(limits=_NO_LINGERING)

    async def verify(self, caller: CardCaller, use: CodeUse) -> CardHolder:
        """验证电子健康卡二维码"""
        values = {
            "ehealth_code": use.code,
            "out_verify_no": use.serial,
            "out_verify_time": use.at,
            "operator_id": use.operator_id,
            "operator_name": use.operator_name[:LONGEST_NAME],
            "treatment_code": accepted(self._spec, use.treatment_code),
            "ip_addr": use.ip_addr or NO_ADDRESS,
            "office_code": self._office(use.office_code),
        }
        return holder_of(await self._call(caller, "ehc.ehealthcode.verify", values))

    async def ask_consent(self, caller: CardCaller, wish: ConsentWish) -> str:
        """生成用户用卡授权连接"""
        values = {
            "out_authorize_no": wish.number,
            "out_authorize_time": wish.at,
            "operator_id": wish.operator_id,
            "operator_name": wish.operator_name[:LONGEST_NAME],
            "treatment_code": accepted(self._spec, wish.treatment_code),
            "ip_addr": NO_ADDRESS,
            "office_code": self._office(wish.office_code),
        }
        return str((await self._call(caller, "ehc.ehealthcard.authurl", values))["ehealth_authurl"])

    async def consent(self, caller: CardCaller, number: str) -> tuple[Consent, CardHolder | None]:
        """查询用户用卡授权结果"""
        told = await self._call(caller, "ehc.ehealthcard.auth.query", {"out_authorize_no": number})
        state = Consent(str(told["auth_status"]))
        return state, holder_of(told) if state is Consent.GIVEN else None

    def _office(self, code: str) -> str:
        return code if code in self._spec.codes["office_code"].rows else NO_OFFICE

    async def _call(self, caller: CardCaller, method: str, values: Mapping[str, object]) -> dict[str, object]:
        client = AsyncClient(
            self._url,
            app_id=caller.app_id,
            secret=caller.secret,
            term_id=caller.term_id,
            profile=self._profile,
            clock=self._clock,
            transport=self._transport,
        )
        try:
            return await client.call(method, values)
        except Refused as refusal:
            raise refused(refusal.code, refusal.told or refusal.title) from refusal
        except Invalid as wrong:
            raise CardRefused(UNFIT, wrong.message) from wrong
        except (ConnectionFailed, Unanswered) as failure:
            raise CardPlatformUnreachable from failure


def refused(code: str, message: str) -> DomainError:
    """A refusal of the platform's, by its return code."""
    return (DuplicateSerial if code == SERIAL_TAKEN else CardRefused)(code, message)
