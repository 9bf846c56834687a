"""The supervisor's side of the dialect as the common way of a message needs it."""

from dataclasses import dataclass, field

from yiqiao.dialects.supervision import envelope, forms
from yiqiao.dialects.supervision.dialect import BIG_ATTACHMENT, NAME, operation_of, scheme_of
from yiqiao.dialects.supervision.faults import ServiceMismatch
from yiqiao.exchange.dialect import Opened, Values
from yiqiao.exchange.gateway import ASIDE
from yiqiao.exchange.message import RawRequest
from yiqiao.partners import Partner
from yiqiao.spec import Operation, ReturnCode, Spec, load


@dataclass(frozen=True)
class Claimed:
    """A claim under the names that all dialects share; `path` is empty where it is not known."""

    envelope: envelope.Claim
    path: str
    body: bytes = field(repr=False)

    @property
    def app_id(self) -> str:
        return self.envelope.app_id

    @property
    def operation(self) -> str:
        return self.envelope.service

    @property
    def terminal(self) -> str | None:
        return None

    @property
    def timestamp(self) -> str | None:
        return None


def laborious(claim: Claimed) -> bool:
    """Whether an upload is so long that others would wait for it to be opened."""
    return len(claim.body) >= ASIDE


class Uploads:
    """`Dialect` of the supervisor of internet hospitals."""

    name = NAME
    content_type = "application/json; charset=utf-8"

    def spec(self, profile: str) -> Spec:
        return load(NAME, profile)

    def peek(self, raw: RawRequest) -> Claimed:
        return Claimed(envelope.peek(raw.headers), raw.path, raw.body)

    def operation(self, claim: Claimed, spec: Spec) -> Operation | None:
        """Raises ServiceMismatch where the message came to the address of another operation."""
        found = operation_of(claim.envelope, spec)
        if claim.path and (found is None or found.path != claim.path):
            due = next((one.code for one in spec.operations.values() if one.path == claim.path), "")
            if due or found is not None:
                raise ServiceMismatch(claim.operation, due or "另一个")
        return found

    def open(self, claim: Claimed, partner: Partner) -> Opened:
        if claim.operation == BIG_ATTACHMENT:
            return forms.opened(claim.envelope, claim.body, partner.secrets, scheme_of(partner.profile))
        opened = envelope.open_request(claim.envelope, claim.body, partner.secrets, scheme_of(partner.profile))
        said = {"uptime": opened.uptime}
        return Opened(said, opened.secret, {**said, "randomstr": claim.envelope.randomstr}, opened.data)

    def sent_at(self, claim: Claimed) -> int | None:
        """The time stands in the body: who reads that holds it to the clock."""
        return None

    def seal(
        self,
        claim: Claimed | None,
        partner: Partner | None,
        secret: str | None,
        code: ReturnCode,
        message: str,
        answer: Values | None,
        now_ms: int,
    ) -> bytes:
        return envelope.seal_response(code.code, message, str(answer["data"]) if answer else "")

    def kept(self, raw: RawRequest) -> bytes:
        """A short upload as it came; of a long one the rows are kept as records, and the journal has its digest."""
        return raw.body if len(raw.body) < ASIDE else b""
