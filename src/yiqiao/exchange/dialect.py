"""What a dialect brings to the common way of a message: its specification, its envelope, its handlers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from yiqiao.errors import DomainError
from yiqiao.exchange.message import Headers, RawRequest
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.partners import Partner
from yiqiao.spec import Operation, ReturnCode, Spec
from yiqiao.storage import Write

R = TypeVar("R")
Values = Mapping[str, object]


class Claim(Protocol):
    """What a message says of itself before anything is verified."""

    @property
    def app_id(self) -> str: ...

    @property
    def operation(self) -> str: ...

    @property
    def terminal(self) -> str | None: ...

    @property
    def timestamp(self) -> str | None: ...


C = TypeVar("C", bound=Claim)


class Call(NamedTuple):
    """A verified call, as a handler sees it: who calls, from where, and under which reading of the standard."""

    partner: Partner
    operation: str
    terminal: str | None
    peer: str
    at: int
    request_id: str
    spec: Spec
    fingerprint: bytes
    parameters: Mapping[str, str] = MappingProxyType({})
    """The envelope's parameters, where the dialect hands them on: a handler may have to know the desk or the device."""
    rows: bytes = b""
    """What came in many rows: its handler reads them one by one."""
    size: int = 0
    digest: bytes = b""
    """Bytes of the whole message, and their SM3."""

    def __repr__(self) -> str:
        return f"Call({self.operation}, app_id={self.partner.app_id!r}, request_id={self.request_id!r})"


@dataclass(frozen=True)
class Act(Generic[R]):
    """What a handler wants done: a write (or NOTHING), and how its result is told and found again.

    `headers` go with the answer on the transport and nowhere else: what a cookie carries is never journalled.
    `standing` tells of an outcome that is no success (yet) and has an answer all the same: an order placed, not
    paid. The answer then goes out under the return code of that error, with those of its fields that there are.
    """

    write: Write[R]
    answer: Callable[[R], Values]
    keys: Callable[[R | None], Keys] = lambda _: Keys()
    headers: Callable[[R], Headers] = lambda _: ()
    standing: Callable[[R], DomainError | None] = lambda _: None
    shaped: bool = True
    """Whether the answer is the operation's; else it is the envelope's own, and goes out as it is."""

    def through(self, write: Write[R]) -> "Act[R]":
        """The same, done by another write."""
        return Act(write, self.answer, self.keys, self.headers, self.standing, self.shaped)


S = TypeVar("S")
Handler = Callable[[Request, Call, S], Awaitable[Act[Any]]]


class Handlers(Generic[S]):
    """The handlers of a dialect by operation; `S` is what they are served with."""

    def __init__(self) -> None:
        self.by_operation: dict[str, Handler[S]] = {}

    def handles(self, operation: str) -> Callable[[Handler[S]], Handler[S]]:
        """Mark a function as the handler of one operation."""

        def mark(handler: Handler[S]) -> Handler[S]:
            self.by_operation[operation] = handler
            return handler

        return mark


class Opened(NamedTuple):
    """A verified message: its business values, and the partner's key that fitted, with which the answer is sealed.

    `parameters` are those of the envelope that handlers may have to know. `rows` is what came in many rows, each of
    which is held against the operation by its handler: the message as a whole is not.
    """

    values: Values
    secret: str
    parameters: Mapping[str, str] = MappingProxyType({})
    rows: bytes = b""

    def __repr__(self) -> str:
        return f"Opened({len(self.values)} values)"


class Dialect(Protocol[C]):
    """One interface standard, as the common way of a message needs it; everything here is pure, no I/O."""

    name: str
    content_type: str
    """What the transport calls an answer."""

    def spec(self, profile: str) -> Spec:
        """The specification as a partner with this profile speaks it."""
        ...

    def peek(self, raw: RawRequest) -> C:
        """Who claims to call, and for what; untrusted. Raises DomainErrors."""
        ...

    def operation(self, claim: C, spec: Spec) -> Operation | None:
        """What is asked for, as the partner's reading of the standard names it; None for what that does not have."""
        ...

    def open(self, claim: C, partner: Partner) -> Opened:
        """The business content, verified and decrypted. Raises DomainErrors."""
        ...

    def sent_at(self, claim: C) -> int | None:
        """The caller's clock (epoch ms), where the wire carries one. Raises DomainErrors for a time that cannot be."""
        ...

    def seal(
        self,
        claim: C | None,
        partner: Partner | None,
        secret: str | None,
        code: ReturnCode,
        message: str,
        answer: Values | None,
        now_ms: int,
    ) -> bytes:
        """The answer as bytes, signed with `secret`; unsigned where the caller has not proven who they are."""
        ...

    def kept(self, raw: RawRequest) -> bytes:
        """The request as the journal may keep it: secrets cut out."""
        ...
