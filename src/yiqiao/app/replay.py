"""Sending a kept message through the hub again: to see what would happen now, or to do what failed then.

A replay is an exchange of its own, with a record of its own that names the one it repeats. It goes the whole way of a
message: the partner's keys, address and permissions as they are today, the clock window, the business serial. What has
taken effect once is not moved again: a successful write is replayed as a dry run only.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection

from yiqiao.app import consents
from yiqiao.app.appointments import desks_of
from yiqiao.app.services import AnyGateway, cards_of, gateways, hospitals_of, platform_of
from yiqiao.app.store import Store
from yiqiao.clock import compact
from yiqiao.dialects.cmc import envelope as launches
from yiqiao.dialects.cmc.dialect import NAME as CMC
from yiqiao.dialects.cmc.dialect import scheme_of
from yiqiao.dialects.convenience import content
from yiqiao.dialects.convenience import dialect as documents
from yiqiao.dialects.convenience import envelope as xml
from yiqiao.dialects.convenience.functions import NAME as CONVENIENCE
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.dialect import NAME as EHEALTH_CARD
from yiqiao.errors import DomainError
from yiqiao.exchange.message import RawRequest, RawResponse
from yiqiao.journal import Direction, Entry, Recorder
from yiqiao.journal.reader import Reader, Record, Reference, Search
from yiqiao.partners import Partner, admission
from yiqiao.spec import load
from yiqiao.storage import NOTHING, Write, Writer

A = TypeVar("A")
R = TypeVar("R")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class NotReplayable(DomainError):
    """The message cannot be sent again as it is kept."""


class AlreadySettled(DomainError):
    """The message has taken effect; sending it again could move settled state twice."""


class StaleMessage(DomainError):
    """The message's own time is outside the partner's clock window by now."""


@dataclass(frozen=True)
class Replayed:
    """What came of it. `record` is the new entry (None after a dry run); `code` and `message` the answer's.

    would_write: the message passed every check and its work was done (a dry run undid it). sealed_anew: the message was
    signed again with the partner's key and the present time, the kept bytes were not used.
    """

    of: Reference
    record: Reference | None
    dry_run: bool
    sealed_anew: bool
    effect: str
    code_then: str
    code: str
    title: str
    refusal: str | None
    message: str | None
    would_write: bool
    response: bytes = field(repr=False)


def gateways_of(store: Store) -> tuple[AnyGateway, ...]:
    """The hub's gateways, for a process that does not serve. Who replays is at the machine already.

    Those whose messages move money are not among them: what reaches a bank is not undone with a transaction.
    """
    writer: Writer[Entry] = Writer(store.database, Recorder(store.keyring, store.wall))
    found: Iterable[AnyGateway] = (
        *gateways(store, cards_of(store), hospitals_of(store), writer).__dict__.values(),
        platform_of(store, desks_of(store), writer),
    )
    return tuple(replace(gateway, admits_demo=True) for gateway in found if gateway.dialect.name in _SEAL)


async def replay(
    store: Store,
    served: Sequence[AnyGateway],
    reference: Reference,
    *,
    dry_run: bool = False,
    seal_anew: bool = False,
) -> Replayed:
    """Send a kept message again. Raises UnknownEntry, UnreadableEntry, NotReplayable, AlreadySettled, StaleMessage."""
    reader = Reader(store.database, store.keyring)
    record = await reader.show(reference.chain, reference.seq)
    gateway = _answering(served, record)
    if gateway is None or record.line.direction != Direction.IN or record.line.operation == consents.OPERATION:
        raise NotReplayable(f"记录 {reference} 不是对方发来的请求，不能重放")
    partner = store.directory.find(record.line.dialect, record.line.app_id)
    effect = _effect(gateway, partner, record)
    if effect == "write" and record.line.outcome == _success(gateway, partner) and not dry_run:
        raise AlreadySettled(
            f"记录 {reference} 是已成功的写操作，重放可能使已办结的业务重复生效，只能用 --dry-run 试运行"
        )
    raw = _raw(store, record, _sealed_anew(store, partner, record) if seal_anew else record.request)
    if not seal_anew:
        _check_kept(record)
        _check_time(store, gateway, partner, raw)
    performing = _Rehearsal(store) if dry_run else _Marking(store, gateway.writer, reference)
    response = await replace(gateway, writer=performing).answer(raw)
    found = None if dry_run else await reader.search(Search(request_id=raw.request_id, since=raw.at), limit=1)
    return _told(
        reference, record, effect, response, performing, found.lines[0].reference if found else None, seal_anew
    )


def _answering(served: Sequence[AnyGateway], record: Record) -> AnyGateway | None:
    """The gateway that a message came to: of a dialect with two sides, the one that answers its operation."""
    of_dialect = [gateway for gateway in served if gateway.dialect.name == record.line.dialect]
    answering = (gateway for gateway in of_dialect if record.line.operation in gateway.handlers.by_operation)
    return next(answering, of_dialect[0] if of_dialect else None)


def _told(
    of: Reference,
    record: Record,
    effect: str,
    response: RawResponse,
    performing: "_Rehearsal | _Marking",
    new: Reference | None,
    seal_anew: bool,
) -> Replayed:
    said = performing.said
    code = load(record.line.dialect).return_codes.get(response.outcome)
    return Replayed(
        of=of,
        record=new,
        dry_run=isinstance(performing, _Rehearsal),
        sealed_anew=seal_anew,
        effect=effect,
        code_then=record.line.outcome,
        code=response.outcome,
        title=code.title if code else "",
        refusal=said.get("refusal"),
        message=said.get("message"),
        would_write=performing.wrote and said.get("refusal") is None,
        response=response.body,
    )


def _effect(gateway: AnyGateway, partner: Partner | None, record: Record) -> str:
    """read or write; an operation that the standard does not have moves nothing."""
    operation = gateway.dialect.spec(partner.profile if partner else "standard").operations.get(record.line.operation)
    return operation.effect if operation else "read"


def _success(gateway: AnyGateway, partner: Partner | None) -> str:
    return str(gateway.dialect.spec(partner.profile if partner else "standard").success_code)


def _raw(store: Store, record: Record, body: bytes) -> RawRequest:
    return RawRequest(
        body=body,
        content_type=_content_type(body),
        peer=record.view.peer,
        request_id=secrets.token_hex(8),
        at=store.wall.now_ms(),
        received_ns=time.monotonic_ns(),
    )


def _content_type(body: bytes) -> str:
    return JSON if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else FORM


def _check_kept(record: Record) -> None:
    if not record.whole:
        raise NotReplayable(
            f"记录 {record.line.reference} 的请求未按原样保存（密钥等敏感内容已删除，或来源未通过验证只留了开头），"
            "不能原样重放；若当时已验签通过，可用 --now 以接入方密钥重新签名后重放"
        )


def _check_time(store: Store, gateway: AnyGateway, partner: Partner | None, raw: RawRequest) -> None:
    """Say beforehand what the gateway would say of an old message, and what helps."""
    if partner is None:
        return
    try:
        sent_at = gateway.dialect.sent_at(gateway.dialect.peek(raw))
    except DomainError:
        return  # it is refused for this itself, now as then
    try:
        admission.admit_time(partner, sent_at, store.clock.now_ms())
    except admission.ClockOutOfWindow as stale:
        raise StaleMessage(f"{stale.message}。可用 --now 以接入方密钥和当前时间重新签名后重放") from None


def _sealed_anew(store: Store, partner: Partner | None, record: Record) -> bytes:
    """The same content under the present time, signed with the partner's key."""
    if partner is None or not partner.secrets:
        raise NotReplayable(f"接入方 {record.line.app_id} 未登记或没有有效密钥，无法重新签名")
    if not record.view.request:
        raise NotReplayable(f"记录 {record.line.reference} 当时未能解密或验签，没有业务内容可供重新签名")
    return _SEAL[record.line.dialect](partner, record, store.clock.now_ms())


def _ehealth_card(partner: Partner, record: Record, now: int) -> bytes:
    params, _ = envelope.read_parameters(record.request, _content_type(record.request))
    scheme = envelope.scheme(load(EHEALTH_CARD, partner.profile).security)
    epoch = len(params.get("timestamp", "")) == len(str(now))
    named = {name: value for name, value in params.items() if name not in {scheme.sign_field, "key"}}
    named["timestamp"] = str(now) if epoch else compact(now)
    named["sign_type"] = params.get(scheme.sign_type_field, "")
    return envelope.seal_request(named, record.view.request, partner.secrets[0], scheme)


def _cmc(partner: Partner, record: Record, now: int) -> bytes:
    values = {str(name): str(value) for name, value in record.view.request.items()}
    values["timestamp"] = compact(now)
    return launches.query(launches.seal(values, partner.secrets[0], scheme_of(partner.profile), {}))


def _convenience(partner: Partner, record: Record, now: int) -> bytes:
    spec = load(CONVENIENCE, partner.profile)
    operation = spec.operations[record.line.operation]
    written = content.written(operation.request_root, record.view.request)
    scheme = documents.scheme_of(partner.profile)
    secret = partner.secrets[0]
    return xml.seal_request(operation.code, partner.app_id, written, secret, scheme).encode()


_SEAL: Mapping[str, Callable[[Partner, Record, int], bytes]] = {
    EHEALTH_CARD: _ehealth_card,
    CMC: _cmc,
    CONVENIENCE: _convenience,
}


class _Marking(Writer[Entry]):
    """The hub's own writer; what it journals says that it is a replay, and of what."""

    def __init__(self, store: Store, writer: Writer[Entry], of: Reference) -> None:
        super().__init__(store.database, Recorder(store.keyring, store.wall))
        self._real = writer
        self._of = of
        self.wrote = False
        self.said: Mapping[str, Any] = {}

    async def perform(
        self, write: Write[R], witness: Callable[[R | DomainError], tuple[A, Entry | None]], *, laborious: bool = False
    ) -> A:
        self.wrote = write.lane is not NOTHING.lane

        def marked(outcome: R | DomainError) -> tuple[A, Entry | None]:
            answer, entry = witness(outcome)
            if entry is None:
                return answer, None
            self.said = orjson.loads(entry.view)
            return answer, entry._replace(view=orjson.dumps({**self.said, "replay_of": str(self._of)}))

        return await self._real.perform(write, marked, laborious=laborious)


class _Rehearsal(Writer[Entry]):
    """A writer that does the work in a transaction, sees what comes of it, and undoes it."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.database, Recorder(store.keyring, store.wall))
        self._base = store.database
        self.wrote = False
        self.said: Mapping[str, Any] = {}

    async def perform(
        self, write: Write[R], witness: Callable[[R | DomainError], tuple[A, Entry | None]], *, laborious: bool = False
    ) -> A:
        self.wrote = write.lane is not NOTHING.lane
        seen: list[tuple[A, Entry | None]] = []

        def work(connection: Connection) -> None:
            seen.append(witness(write.lane.execute(connection, [write.command])[0]))
            raise _Undone

        try:
            await self._base.write(work)
        except _Undone:
            answer, entry = seen[-1]
            self.said = orjson.loads(entry.view) if entry else {}
            return answer
        raise RuntimeError("a rehearsal was not undone")


class _Undone(Exception):
    """Rolls a rehearsal back."""
