"""A HIS's side of the unified library's wire, without I/O: making a request, reading an answer.

Both clients, the command line and the pages stand on it.
"""

import itertools
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from yiqiao.clock import Clock, compact
from yiqiao.dialects.onetrans import content, envelope
from yiqiao.dialects.onetrans.dialect import in_ms
from yiqiao.dialects.onetrans.reply import PENDING_CODES, Refused, Reply, Unbelievable, standing_of
from yiqiao.dialects.onetrans.scheme import Scheme
from yiqiao.errors import DomainError
from yiqiao.spec import Fault, Invalid, Operation, ReturnCode, Spec

Values = Mapping[str, object]
_SERIALS = 10_000
_INSTITUTION = 12


@dataclass(frozen=True)
class Desk:
    """The desk that calls, by the names of the public parameters. `institution` are the first twelve characters of
    every msgid: the institution's number (fixmedins_code), or, where several desks call as one application, the desk's
    own, so that no two of them make the same.
    """

    institution: str
    opter: str
    opter_name: str
    dept_codg: str
    dept_name: str
    opter_type: str = "1"
    recer_sys_code: str = "YQ_LOCAL"
    prd_id: str = ""
    dev_no: str = ""

    def parameters(self) -> dict[str, str]:
        """Those that have a value."""
        return {name: value for name, value in vars(self).items() if value and name != "institution"}


def _serials() -> Iterator[int]:
    """From a random start, since another process may have begun in the same second."""
    return itertools.count(secrets.randbelow(_SERIALS))


@dataclass(frozen=True)
class Speaker:
    """Who calls, as which desk, by which rules."""

    app_id: str
    keys: envelope.Keys = field(repr=False)
    desk: Desk
    spec: Spec
    scheme: Scheme
    signtype: str
    clock: Clock
    _numbers: Iterator[int] = field(default_factory=_serials, repr=False)

    def operation(self, trans_type: str) -> Operation:
        """Raises KeyError for what the standard does not have."""
        known = self.spec.operations.get(trans_type)
        if known is None or known.transport != "http":
            names = ", ".join(name for name, one in self.spec.operations.items() if one.transport == "http")
            raise KeyError(f"no operation {trans_type!r}; there are: {names}")
        return known

    def message(self, trans_type: str, values: Values) -> bytes:
        """The bytes of a request under a fresh msgid; None is as good as absent. Raises KeyError for an unknown
        operation, Invalid for values that cannot be and for fields that the operation does not have.
        """
        asks = self.operation(trans_type).asks
        given = {name: value for name, value in values.items() if value is not None}
        stray = tuple(Fault(path, "unknown", "不是本交易的字段，请检查拼写") for path in asks.unknown(given))
        try:
            sent = asks.to_send(given)
        except Invalid as wrong:
            raise Invalid((*stray, *wrong.faults)) from None
        if stray:
            raise Invalid(stray)
        return envelope.seal_request(
            self.parameters(trans_type), content.written(asks.branches, sent), self.keys, self.scheme
        )

    def parameters(self, trans_type: str) -> dict[str, str]:
        """The public parameters of a request that is sent now."""
        now = self.clock.now_ms()
        serial = next(self._numbers) % _SERIALS
        return {
            "app_id": self.app_id,
            **self.desk.parameters(),
            "msgid": f"{self.desk.institution[:_INSTITUTION]:0<{_INSTITUTION}}{compact(now)}{serial:04}",
            "timestamp": in_ms(now),
            "signtype": self.signtype,
            "trans_type": trans_type,
        }

    def read(self, trans_type: str, body: bytes) -> Reply:
        """An answer, judged by protocol, code and state. Raises Unbelievable, Refused."""
        try:
            answer = envelope.open_response(body, self.keys, self.scheme)
        except DomainError as fault:
            raise Unbelievable(fault) from fault
        pending = answer.code in PENDING_CODES and answer.signed
        if answer.code != self.spec.success.code and not pending:
            code = self.spec.return_codes.get(answer.code) or ReturnCode(answer.code, "平台自定的返回码")
            raise Refused(code, answer.err_msg, signed=answer.signed)
        answers = self.operation(trans_type).answers
        values = content.read(answers.branches, answers.from_wire(answer.values or {}))
        return Reply(answer.code, answer.err_msg, standing_of(answer.code, values), values)
