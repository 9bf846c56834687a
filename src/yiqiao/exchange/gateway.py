"""The common way of a message, from bytes to bytes.

Nothing that arrives leaves without an answer in the dialect's own words and an entry in the journal. A refusal is a
`DomainError` from any step; the specification says which return code it has. What nobody foresaw is answered as an
internal error, without a word of the stack, and logged in full.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
import structlog

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.errors import DomainError, Repeated
from yiqiao.exchange.circumstances import ORDINARY, Circumstances
from yiqiao.exchange.dialect import Act, Call, Claim, Dialect, Handlers, Opened, Values
from yiqiao.exchange.message import RawRequest, RawResponse
from yiqiao.exchange.repeats import FirstAnswers
from yiqiao.exchange.request import Request
from yiqiao.journal import Direction, Entry, Keys
from yiqiao.journal.reader import Reference
from yiqiao.partners import Directory, Partner, admission
from yiqiao.spec import Operation, Spec
from yiqiao.storage import NOTHING, Busy, StorageFailed, StorageUnreachable, Write, Writer

C = TypeVar("C", bound=Claim)
S = TypeVar("S")
R = TypeVar("R")
A = TypeVar("A")
KEPT_OF_STRANGERS = 4096
"""Bytes kept of a message whose sender was not verified: enough to see what it was, too little to fill a disk."""
ASIDE = 65_536
"""Bytes from which a message is digested on another thread: others are not to wait for it."""

log = structlog.get_logger("yiqiao.exchange")


_UNKNOWN = {"convenience": "非法功能号：没有功能号或方法名为 {!r} 的功能，请对照接口清单检查"}
"""The dialects whose operations go by numbers: how they say that there is no such one."""


class UnknownMethod(DomainError):
    """The standard has no such operation."""

    def __init__(self, dialect: str, name: str) -> None:
        told = _UNKNOWN.get(dialect, "接口名称不合法：没有名为 {!r} 的接口，请检查拼写与大小写")
        super().__init__(told.format(name[:64]))


class NotYetSupported(DomainError):
    """The standard has the operation, this hub does not answer it (yet)."""


class InternalError(DomainError):
    """Something that should not have happened; the log knows more under the request's id."""


class RefusedOnPurpose(DomainError):
    """A sandbox was asked to refuse with a return code; goes by the name of an error that has this code."""

    def __init__(self, spec: Spec, code: str) -> None:
        known = spec.return_codes[code]
        super().__init__(f"{known.title}（沙箱按要求返回）：{known.remedy}")
        self._name = next(name for name, mapped in spec.errors.items() if mapped == code)

    @property
    def name(self) -> str:
        return self._name


class Watcher:
    """Sees every exchange go by; for counters. The default sees nothing."""

    def __call__(self, dialect: str, operation: str, outcome: str, seconds: float) -> None:
        """One exchange was answered."""


@dataclass
class _Progress(Generic[C]):
    """What is known of a message so far; filled in as it goes down."""

    raw: RawRequest
    spec: Spec
    under: Circumstances = ORDINARY
    claim: C | None = None
    partner: Partner | None = None
    verified: bool = False
    secret: str | None = field(default=None, repr=False)
    operation: Operation | None = None
    values: Values = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    digest: bytes = b""
    fingerprint: bytes = b""
    repeat_of: Reference | None = None

    @property
    def replays(self) -> bool:
        """Whether a repeat with the same content gets the first answer again."""
        repeat = self.operation.repeat if self.operation else None
        return repeat is not None and repeat.policy == "replay"


class _Admitted(NamedTuple, Generic[C]):
    """A message of somebody who may send it, admitted at `at` (epoch ms)."""

    claim: C
    partner: Partner
    operation: Operation
    opened: Opened
    at: int


@dataclass(frozen=True)
class Gateway(Generic[C, S]):
    """One dialect's server side, without the transport."""

    dialect: Dialect[C]
    handlers: Handlers[S]
    services: S
    directory: Directory
    writer: Writer[Entry]
    first_answers: FirstAnswers
    clock: Clock
    watcher: Callable[[str, str, str, float], None] = field(default_factory=Watcher)
    laborious: Callable[[C], bool] = lambda _: False
    """Whether opening and sealing take so long for this message that they are done beside the event loop."""
    admits_demo: bool = False
    """Whether partners of the sandbox may call: their secrets are shown on a page, so on loopback only."""

    async def answer(self, raw: RawRequest, under: Circumstances = ORDINARY) -> RawResponse:
        """Answer one message. Never raises."""
        progress: _Progress[C] = _Progress(raw, self.dialect.spec("standard"), under)
        try:
            await _digested(progress)
            operation, act = await self._down(progress)
            response = await self._commit(progress, operation, act)
        except DomainError as refusal:
            response = await self._refuse(progress, refusal)
        except Exception as accident:
            response = await self._failed(progress, accident)
        return self._seen(progress, response)

    async def admits(self, raw: RawRequest) -> RawResponse | None:
        """The refusal of a message that is not let in by what stands before its content; None where it is. For content
        that is too large to be read before it is known who sends it. Never raises.
        """
        progress: _Progress[C] = _Progress(raw, self.dialect.spec("standard"))
        try:
            await _digested(progress)
            await self._admitted(progress)
        except DomainError as refusal:
            return self._seen(progress, await self._refuse(progress, refusal))
        except Exception as accident:
            return self._seen(progress, await self._failed(progress, accident))
        return None

    async def turn_away(self, raw: RawRequest, refusal: DomainError) -> RawResponse:
        """Answer a message that was let in, and refused by whoever took its content. Never raises."""
        progress: _Progress[C] = _Progress(raw, self.dialect.spec("standard"))
        await _digested(progress)
        try:
            await self._admitted(progress)
        except DomainError as changed:
            log.info("no longer admitted", reason=changed.name, request_id=raw.request_id)
        except Exception as accident:
            return self._seen(progress, await self._failed(progress, accident))
        return self._seen(progress, await self._refuse(progress, refusal))

    async def refuse(self, raw: RawRequest, refusal: DomainError) -> RawResponse:
        """Answer a message that the transport has refused already. Never raises."""
        progress: _Progress[C] = _Progress(raw, self.dialect.spec("standard"))
        await _digested(progress)
        return self._seen(progress, await self._refuse(progress, refusal))

    async def withheld(self, raw: RawRequest, response: RawResponse, under: Circumstances) -> None:
        """Journal a message that was kept from the dialect, and what its caller got instead. Never raises."""
        progress: _Progress[C] = _Progress(raw, self.dialect.spec("standard"), under)
        await _digested(progress)
        try:
            claim = progress.claim = self.dialect.peek(raw)
            progress.operation = self.dialect.operation(claim, progress.spec)
        except DomainError as unread:
            log.info("a withheld message could not be read", reason=unread.name)
        entry = self._entry(progress, None, response.outcome, None, Keys(), response.body)
        try:
            await self.writer.perform(NOTHING, lambda _: (None, entry))
        except DomainError as failure:
            log.warning("exchange not journalled", request_id=raw.request_id, reason=failure.name)
        self._seen(progress, response)

    async def _failed(self, progress: _Progress[C], accident: Exception) -> RawResponse:
        """The answer to what nobody foresaw."""
        request_id = progress.raw.request_id
        log.error("exchange failed", dialect=self.dialect.name, request_id=request_id, exc_info=accident)
        return await self._refuse(progress, InternalError(f"平台内部异常，请联系平台并提供编号 {request_id}"))

    def _seen(self, progress: _Progress[C], response: RawResponse) -> RawResponse:
        seconds = (time.monotonic_ns() - progress.raw.received_ns) / 1e9
        self.watcher(self.dialect.name, _operation(progress), response.outcome, seconds)
        return response

    async def _admitted(self, progress: _Progress[C]) -> _Admitted[C]:
        """From the bytes to a message of somebody who may send it. Raises DomainErrors."""
        raw = progress.raw
        claim = progress.claim = self.dialect.peek(raw)
        partner = self.directory.find(self.dialect.name, claim.app_id)
        if partner is None:
            raise admission.UnknownPartner(self.dialect.name)
        progress.partner = partner
        spec = progress.spec = self.dialect.spec(partner.profile)
        progress.operation = self.dialect.operation(claim, spec)
        if partner.settings.get("demo") and not self.admits_demo:
            raise admission.PartnerDisabled(partner.app_id)
        admission.admit_sender(partner, terminal=claim.terminal, peer=raw.peer)
        under = progress.under
        keys = under.keys_of(partner)
        if self.laborious(claim):
            opened = await asyncio.to_thread(self.dialect.open, claim, keys)
        else:
            opened = self.dialect.open(claim, keys)
        progress.verified, progress.values, progress.secret = True, opened.values, opened.secret
        now = self._now(under)
        admission.admit_time(partner, self.dialect.sent_at(claim), now, note=under.clock_note)
        operation = progress.operation
        if operation is None:
            raise UnknownMethod(self.dialect.name, claim.operation)
        admission.admit_operation(partner, operation.name)
        return _Admitted(claim, partner, operation, opened, now)

    async def _down(self, progress: _Progress[C]) -> tuple[Operation, Act[Any]]:
        """From the bytes to what is to be done. Raises DomainErrors."""
        claim, partner, operation, opened, at = await self._admitted(progress)
        raw, spec, under = progress.raw, progress.spec, progress.under
        request = dict(opened.values) if opened.rows else operation.validate(opened.values)
        if len(request) < len(opened.values):
            progress.unknown = operation.unknown(opened.values)
        handler = self.handlers.by_operation.get(operation.name)
        if handler is None:
            raise NotYetSupported(f"平台暂不支持接口 {operation.name}（{operation.title}），请向平台了解开通计划")
        wanted = orjson.dumps(request, default=str, option=orjson.OPT_SORT_KEYS)
        progress.fingerprint = progress.digest if opened.rows else sm3(wanted)
        call = Call(
            partner=partner,
            operation=operation.name,
            terminal=claim.terminal,
            peer=raw.peer,
            at=at,
            request_id=raw.request_id,
            spec=spec,
            fingerprint=progress.fingerprint,
            parameters=opened.parameters,
            rows=opened.rows,
            size=len(raw.body),
            digest=progress.digest,
        )
        if under.database_gone:
            raise StorageUnreachable
        if under.refuse and under.refuse in spec.errors.values():
            raise RefusedOnPurpose(spec, under.refuse)
        return operation, await handler(Request(request), call, self.services)

    async def _commit(self, progress: _Progress[C], operation: Operation, act: Act[Any]) -> RawResponse:
        """Do what is to be done; the answer and the journal's entry are made inside its transaction."""

        def witness(outcome: object) -> tuple[RawResponse | Repeated, Entry | None]:
            if progress.replays and isinstance(outcome, Repeated) and outcome.identical:
                return outcome, None
            if isinstance(outcome, DomainError):
                return self._told(progress, outcome, None, act.keys(None))
            standing = act.standing(outcome)
            answer = act.answer(outcome)
            if act.shaped:
                answer = operation.answers.to_wire(operation.shape(answer, whole=standing is None))
            response, entry = self._told(progress, standing, answer, act.keys(outcome))
            headers = act.headers(outcome)
            return response._replace(headers=headers) if headers else response, entry

        done = await self._perform(progress, act.write, witness)
        return done if isinstance(done, RawResponse) else await self._again(progress, operation, done, act.keys(None))

    async def _again(self, progress: _Progress[C], operation: Operation, repeated: Repeated, keys: Keys) -> RawResponse:
        """The first answer to a repeated request once more; the refusal where the journal no longer has it."""
        app_id = progress.claim.app_id if progress.claim else ""
        success = progress.spec.success.code
        first = await self.first_answers.find(
            self.dialect.name, operation.name, app_id, success, keys.trace, progress.fingerprint
        )
        if first is None:
            return await self._refuse(progress, repeated)
        progress.repeat_of = first.reference
        return await self._perform(progress, NOTHING, lambda _: self._told(progress, None, first.answer, keys))

    async def _perform(
        self, progress: _Progress[C], write: Write[R], witness: Callable[[R | DomainError], tuple[A, Entry | None]]
    ) -> A:
        claim = progress.claim
        return await self.writer.perform(write, witness, laborious=claim is not None and self.laborious(claim))

    def _now(self, under: Circumstances) -> int:
        return self.clock.now_ms() + under.shift_ms

    async def _refuse(self, progress: _Progress[C], refusal: DomainError) -> RawResponse:
        try:
            keys = _serial(progress)
            return await self._perform(progress, NOTHING, lambda _: self._told(progress, refusal, None, keys))
        except Exception as failure:
            # The journal cannot be written: the caller still gets an answer, and the log keeps what is known.
            told = failure if isinstance(failure, Busy | StorageUnreachable | StorageFailed) else refusal
            log.exception("exchange not journalled", request_id=progress.raw.request_id, refusal=refusal.name)
            code = progress.spec.code_for(told.name, _operation(progress))
            now = self._now(progress.under)
            body = self.dialect.seal(progress.claim, progress.partner, progress.secret, code, told.message, None, now)
            return RawResponse(body, code.code, self.dialect.content_type, stranger=progress.partner is None)

    def _told(
        self, progress: _Progress[C], refusal: DomainError | None, answer: Values | None, keys: Keys
    ) -> tuple[RawResponse, Entry]:
        """The answer on the wire, and the journal's entry of the whole exchange."""
        spec = progress.spec
        code = spec.success if refusal is None else spec.code_for(refusal.name, _operation(progress))
        message = code.title if refusal is None else refusal.message
        now = self._now(progress.under)
        body = self.dialect.seal(progress.claim, progress.partner, progress.secret, code, message, answer, now)
        response = RawResponse(body, code.code, self.dialect.content_type, stranger=progress.partner is None)
        return response, self._entry(progress, refusal, code.code, answer, keys, body)

    def _entry(
        self,
        progress: _Progress[C],
        refusal: DomainError | None,
        code: str,
        answer: Values | None,
        keys: Keys,
        body: bytes,
    ) -> Entry:
        raw = progress.raw
        kept = self.dialect.kept(raw)
        view = {
            "peer": raw.peer,
            "terminal": progress.claim.terminal if progress.claim else None,
            "refusal": refusal.name if refusal else None,
            "message": refusal.message if refusal else None,
            "request": _without_secrets(progress),
            "unknown": progress.unknown,
            "answer": answer,
        }
        if progress.under.fault:
            view["fault"] = progress.under.fault
        if progress.replays and refusal is None:
            view["fingerprint"] = progress.fingerprint.hex()
            view["repeat_of"] = str(progress.repeat_of) if progress.repeat_of else None
        return Entry(
            at=raw.at,
            dialect=self.dialect.name,
            operation=_operation(progress),
            app_id=progress.claim.app_id[:64] if progress.claim else "",
            direction=Direction.IN,
            outcome=code,
            duration_us=(time.monotonic_ns() - raw.received_ns) // 1000,
            request_id=raw.request_id,
            digest=progress.digest,
            request=kept if progress.verified else kept[:KEPT_OF_STRANGERS],
            response=body,
            view=orjson.dumps(view, default=str),
            keys=keys,
        )


async def _digested(progress: _Progress[Any]) -> None:
    """Take the SM3 of the message, by which the journal knows it."""
    body = progress.raw.body
    progress.digest = sm3(body) if len(body) < ASIDE else await asyncio.to_thread(sm3, body)


def _serial(progress: _Progress[Any]) -> Keys:
    """What a refused message can be found again by: the caller's own serial."""
    repeat = progress.operation.repeat if progress.operation else None
    values = [progress.values.get(name) for name in repeat.serial] if repeat else []
    return Keys(trace=next((value for value in reversed(values) if isinstance(value, str)), None))


def _without_secrets(progress: _Progress[Any]) -> Values:
    """The business values, but for those that the specification marks as secret."""
    if progress.operation is None:
        return progress.values
    secret = progress.operation.secrets
    return _stripped(progress.values, secret) if secret else progress.values


def _stripped(values: Values, secret: frozenset[str]) -> Values:
    """Values without those of these names, however deep they stand."""

    def told(value: object) -> object:
        if isinstance(value, str):  # most are, and this costs least
            return value
        if isinstance(value, Mapping):
            return _stripped(value, secret)
        return [told(one) for one in value] if isinstance(value, list) else value

    return {name: told(value) for name, value in values.items() if name not in secret}


def _operation(progress: _Progress[Any]) -> str:
    """The operation's name where it is one of the standard's; free text of strangers must not become a label."""
    return progress.operation.name if progress.operation else "?"
