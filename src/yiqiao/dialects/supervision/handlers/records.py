"""A batch of records: its rows are checked and filed one by one, and each has its verdict in the answer.

Rows are read, checked, digested and sealed on another thread than the loop's, some dozens in memory at a time beside
the batch's text. By default what is right is kept (return code 0) and what is wrong is told; where nothing could be
kept, the return code says so too. A profile may have batches taken whole or not at all.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from yiqiao.crypto.keyring import Keyring
from yiqiao.dialects.supervision.body import rows as split
from yiqiao.dialects.supervision.dialect import number, parse_uptime
from yiqiao.dialects.supervision.filing import KINDS, filing
from yiqiao.dialects.supervision.rows import read_row
from yiqiao.dialects.supervision.verdicts import RowFault, Verdict, Verdicts, written
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call, Handlers
from yiqiao.exchange.request import Request
from yiqiao.exchange.strict_json import UnreadableMessage
from yiqiao.journal import Keys
from yiqiao.partners import admission
from yiqiao.region.supervision.attachments.refusals import AttachmentIdUnfit
from yiqiao.region.supervision.attachments.service import Attachments
from yiqiao.region.supervision.intake import Arrival, Batch, Intake, Refused, Taken, new_batch_id
from yiqiao.region.supervision.pages import Binder
from yiqiao.region.supervision.refusals import told
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING
from yiqiao.storage.supervision_records import Fact

AT_ONCE = 2
"""Batches that are judged at a time: they take a core each, and the memory of their text."""
FAULTS_TOLD = 2000
"""Faults that an answer tells; every row has its verdict all the same."""
NOTHING_NAMED: tuple[tuple[str, ...], tuple[Fault, ...]] = ((), ())
TOLD = 300
"""Characters of what is kept of a refused row's faults."""


@dataclass(frozen=True)
class Supervisor:
    """What uploads are served with."""

    intake: Intake
    attachments: Attachments
    keyring: Keyring = field(repr=False)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False)


class RowsRefused(DomainError):
    """No row of a batch is as the standard wants it; or one is not, and batches are taken whole."""

    def __init__(self, number: int, first: int, faults: Sequence[Fault]) -> None:
        place = f" {faults[0].path}" if faults[0].path else ""
        super().__init__(f"{number} 行不合格，整批未入库；首个在第 {first + 1} 行{place}：{faults[0].message}")
        self._known_as = _named(faults)

    @property
    def name(self) -> str:
        """Known to the specification as what the first wrong row is."""
        return self._known_as


class _Judged(NamedTuple):
    """A batch whose rows were looked at, the faults of those that are wrong, by position, and the fields in which
    facts are asked for.
    """

    batch: Batch
    faults: dict[int, tuple[Fault, ...]]
    fields: dict[Fact, str]
    rows: int


class _Outcome(NamedTuple):
    """What became of a batch."""

    verdicts: Verdicts
    refusal: DomainError | None


async def upload(request: Request, call: Call, services: Supervisor) -> Act[None]:
    """Take in a batch of records."""
    app_id, randomstr = call.partner.app_id, call.parameters["randomstr"]
    admission.admit_time(call.partner, parse_uptime(call.parameters["uptime"]), call.at)
    await services.intake.admit(app_id, randomstr)
    async with services.turns:
        judged = await asyncio.to_thread(_judged, call, services.keyring)
        outcome = await _taken(judged, call, services.intake)
    data = written(outcome.verdicts)
    return Act(
        NOTHING,
        answer=lambda _: {"data": data},
        keys=lambda _: Keys(trace=randomstr),
        standing=lambda _: outcome.refusal,
        shaped=False,
    )


def _judged(call: Call, keyring: Keyring) -> _Judged:
    """Read and check every row. Raises DataEmpty, DataNotArray, TooManyRows, UnreadableMessage."""
    app_id, batch_id = call.partner.app_id, new_batch_id(call.at)
    how = filing(call.spec.profile, call.operation)
    raws = split(call.rows, number(call.spec, "max_rows"))
    binder = Binder(keyring, app_id, batch_id)
    arrivals: list[Arrival] = []
    refused: list[Refused] = []
    faults: dict[int, tuple[Fault, ...]] = {}
    fields: dict[Fact, str] = {}
    table, blind = how.operation.asks, keyring.blind
    for position, raw in enumerate(raws):
        content = bytes(raw)
        row = read_row(content, table)
        named, unfit = how.names(row.values) if how.naming and not row.faults else NOTHING_NAMED
        wrong = row.faults or unfit
        if wrong:
            faults[position] = wrong
            refused.append(Refused(position, how.key_of(content), _code(call, wrong), _told(wrong)))
        else:
            needs = how.facts(row.values)
            fields |= needs
            arrivals.append(how.arrival(position, binder.add(content), row.values, tuple(needs), named, blind))
    batch = Batch(
        app_id=app_id,
        batch_id=batch_id,
        kind=how.kind,
        nonce=call.parameters["randomstr"],
        sent_at=parse_uptime(call.parameters["uptime"]),
        received_at=call.at,
        request_id=call.request_id,
        digest=call.digest,
        size=call.size,
        arrivals=arrivals,
        pages=binder.pages(),
        refused=refused,
        whole=bool(call.spec.settings["atomic"]),
    )
    return _Judged(batch, faults, fields, len(raws))


async def _taken(judged: _Judged, call: Call, intake: Intake) -> _Outcome:
    """Have the batch taken in, where it can be."""
    batch, refusal = judged.batch, None
    if batch.refused and (batch.whole or not batch.arrivals):
        first = batch.refused[0].position
        refusal = RowsRefused(len(batch.refused), first, judged.faults[first])
        if batch.whole:
            return _Outcome(Verdicts([Verdict.REFUSED] * judged.rows, _wrong(judged, call)), refusal)
    taken = await intake.take(batch)
    verdicts = [Verdict.VALID] * judged.rows
    for positions, verdict in (
        (judged.faults, Verdict.REFUSED),
        (taken.waiting, Verdict.WAITING),
        (taken.unchanged, Verdict.UNCHANGED),
    ):
        for position in positions:
            verdicts[position] = verdict
    faults = [*_wrong(judged, call), *_missing(taken, judged.fields, call)]
    return _Outcome(Verdicts(verdicts, faults[:FAULTS_TOLD]), refusal)


def _wrong(judged: _Judged, call: Call) -> list[RowFault]:
    return [
        RowFault(position + 1, _code(call, faults), fault.path, fault.message)
        for position, faults in judged.faults.items()
        for fault in faults
    ][:FAULTS_TOLD]


def _missing(taken: Taken, fields: Mapping[Fact, str], call: Call) -> list[RowFault]:
    code = call.spec.errors["AntecedentMissing"]
    return [
        RowFault(position + 1, code, fields[fact], f"{told([fact])}，已保留，待其上传后自动生效")
        for position, missing in taken.waiting.items()
        for fact in missing
    ]


def _code(call: Call, faults: Sequence[Fault]) -> str:
    """The return code of a row: whether it could be read at all, or broke its table."""
    return call.spec.errors[_named(faults)]


def _named(faults: Sequence[Fault]) -> str:
    """What is wrong with a row as the specification knows it."""
    if faults[0].rule == AttachmentIdUnfit.__name__:
        return faults[0].rule
    unread = faults[0].rule == "json" or not faults[0].path
    return (UnreadableMessage if unread else Invalid).__name__


def _told(faults: Sequence[Fault]) -> str:
    return "；".join(f"{fault.path} {fault.message}".strip() for fault in faults)[:TOLD]


handlers: Handlers[Supervisor] = Handlers()
for _operation in KINDS:
    handlers.handles(_operation)(upload)
