"""How a caller judges an answer, in the document's three steps: 协议字段, 业务返回, 交易状态.

First the protocol: an answer that can be read, with a signature that holds. Then the return code. Last the state that
stands in the data: a call that succeeded may tell of a trade that did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from yiqiao.errors import DomainError
from yiqiao.spec import ReturnCode


class Step(StrEnum):
    """At which of the three steps an answer failed."""

    PROTOCOL = "protocol"
    CODE = "code"
    STATE = "state"


class Standing(StrEnum):
    """How what was asked for stands."""

    DONE = "done"
    PENDING = "pending"
    """Begun and not done: ask again under the same serial, never under another."""
    FAILED = "failed"


AWAITING_PAYMENT, UNCERTAIN, AWAITING_APPROVAL, AWAITING_CHOICE = "700100", "700103", "700200", "800100"
SETTLING, CANCELLING = "700300", "700307"
PENDING_CODES = frozenset({AWAITING_PAYMENT, UNCERTAIN, AWAITING_APPROVAL, AWAITING_CHOICE, SETTLING, CANCELLING})
"""Return codes that are no success and no refusal: the answer tells how to go on."""
STATES: Mapping[str, Mapping[str, Standing]] = {
    "result": {
        "succ": Standing.DONE,
        "init": Standing.PENDING,
        "ing": Standing.PENDING,
        "exp": Standing.PENDING,
        "fail": Standing.FAILED,
        "closed": Standing.FAILED,
        "notfound": Standing.FAILED,
    },
    "auth_status": {
        "ing": Standing.PENDING,
        "succ": Standing.DONE,
        "fail": Standing.FAILED,
        "cancel": Standing.FAILED,
    },
}
"""What the states mean, by the field that holds them. An exception (exp) is not final: the platform looks into it."""


@dataclass(frozen=True)
class Reply:
    """An answer that was judged: its code and text, its business values, and how what was asked for stands."""

    code: str
    told: str
    standing: Standing
    values: Mapping[str, object] = field(repr=False)

    @property
    def done(self) -> bool:
        """Whether it is done, and well."""
        return self.standing is Standing.DONE

    def text(self, *path: str) -> str:
        """A text within the values (`extra`, `cashierUrl`); empty where there is none."""
        found: object = self.values
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else ""


class ConcurrentCall(DomainError):
    """The last call on the same client has not come back yet."""

    step = Step.PROTOCOL

    def __init__(self) -> None:
        super().__init__("上一次调用还没有返回，不能并发调用；请等它返回后再调用")


class ConnectionFailed(DomainError):
    """No connection to the platform came about; nothing was sent."""

    step = Step.PROTOCOL


class Unanswered(DomainError):
    """No answer that could be used; whether the platform acted is unknown: repeat with the same serial, or query."""

    step = Step.PROTOCOL


class TransferFailed(Unanswered):
    """The connection broke while the message was being sent."""


class ReadFailed(Unanswered):
    """No whole answer came back."""


class PlatformFailed(Unanswered):
    """The platform failed over the message: it may have begun what was asked for, or not."""

    def __init__(self, refusal: "Refused") -> None:
        super().__init__(f"平台处理出错（{refusal.code}），可能已受理，请用原流水号重试或查询，不要换号")
        self.__cause__ = refusal


class Unbelievable(Unanswered):
    """An answer came that nobody may act upon: empty, unreadable, under another key. `__cause__` is its fault."""

    def __init__(self, fault: DomainError) -> None:
        super().__init__(f"平台的应答不可采信：{fault.message}；处理结果未知，请用原流水号重试或查询")
        self._name = fault.name

    @property
    def name(self) -> str:
        """The fault's own name, so that it keeps its return code."""
        return self._name


class Refused(DomainError):
    """A return code that refuses. `remedy` says what to do, `retry` whether to call again, `signed` whether the
    platform proved itself.
    """

    step = Step.CODE

    def __init__(self, code: ReturnCode, message: str, *, signed: bool) -> None:
        super().__init__(f"{code.code} {message or code.title}")
        self.code = code.code
        self.title = code.title
        self.told = message
        self.remedy = code.remedy
        self.retry = code.retry
        self.signed = signed


class NotDone(DomainError):
    """The call succeeded, and what it tells of did not: the state in the data is a final failure."""

    step = Step.STATE

    def __init__(self, reply: Reply) -> None:
        said = reply.text("resultDesc") or reply.text("result") or reply.told
        super().__init__(f"交易未成功：{said}，请按结果处理，需要时换新的流水号")
        self.reply = reply


def standing_of(code: str, values: Mapping[str, object]) -> Standing:
    """How it stands, by the code and then by the state in the data."""
    if code in PENDING_CODES:
        return Standing.PENDING
    for name, meanings in STATES.items():
        state = values.get(name)
        if isinstance(state, str):
            return meanings.get(state, Standing.PENDING)
    return Standing.DONE
