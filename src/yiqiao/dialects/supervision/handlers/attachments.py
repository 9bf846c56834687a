"""Attachments (2.1): many in a message as hexadecimal text, or one whose file has come already, in a form.

Rows are judged one by one like those of records: what is right is kept and filed under its id, and each row has its
verdict in the answer.
"""

import asyncio
from collections.abc import Sequence

from yiqiao.dialects.supervision.body import rows as split
from yiqiao.dialects.supervision.dialect import ATTACHMENT, BIG_ATTACHMENT, number, parse_uptime
from yiqiao.dialects.supervision.forms import NAMED_BY
from yiqiao.dialects.supervision.handlers.records import FAULTS_TOLD, TOLD, Supervisor, handlers
from yiqiao.dialects.supervision.rows import read_row
from yiqiao.dialects.supervision.verdicts import RowFault, Verdict, Verdicts, written
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call
from yiqiao.exchange.request import Request
from yiqiao.exchange.strict_json import UnreadableMessage
from yiqiao.partners import admission
from yiqiao.ports.attachment_store import AttachmentStoreFailed
from yiqiao.region.supervision.attachments.filing import Arrivals, Reference, fit
from yiqiao.region.supervision.attachments.service import Attachments
from yiqiao.region.supervision.intake import Refused
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING
from yiqiao.storage.attachments import AttachmentRow, Effect

__all__ = ["handlers"]


@handlers.handles(ATTACHMENT)
async def attachments(request: Request, call: Call, services: Supervisor) -> Act[None]:
    """Take in a batch of attachments."""
    sent_at = _admitted(call)
    desk = services.attachments
    await desk.admit(call.partner.app_id, call.parameters["randomstr"])
    async with services.turns:
        kept = await asyncio.to_thread(_Batch(desk, call).keep)
        refusal = kept.refusal()
        effects = [] if refusal and kept.whole else await desk.take(kept.arrivals(sent_at))
    return _answered(kept.verdicts(effects), refusal)


@handlers.handles(BIG_ATTACHMENT)
async def big_attachment(request: Request, call: Call, services: Supervisor) -> Act[None]:
    """File an attachment whose file has come and is kept."""
    sent_at = _admitted(call)
    app_id, desk = call.partner.app_id, services.attachments
    reference = fit(request.text("attaService"), request.text("attaId"), request.text("fileType"))
    stored = await desk.find(app_id, request.text("fileUpload").removeprefix(NAMED_BY))
    if stored is None:
        raise AttachmentStoreFailed
    row = desk.row(app_id, reference, stored)
    effects = await desk.take(_arrivals(call, sent_at, [row], [], bytes.fromhex(stored.digest), stored.size))
    return _answered(Verdicts([_verdict(effects[0])]), None)


class AttachmentsRefused(DomainError):
    """No attachment of a batch can be kept; or one cannot, and batches are taken whole."""

    def __init__(self, number: int, first: int, why: str, told: str) -> None:
        super().__init__(f"{number} 个附件不合格，整批未保存；首个在第 {first + 1} 行：{told}")
        self._why = why

    @property
    def name(self) -> str:
        """Known to the specification as what is wrong with the first one."""
        return self._why


class _Batch:
    """The rows of a message: judged, kept, and told of."""

    def __init__(self, desk: Attachments, call: Call) -> None:
        self._desk = desk
        self._call = call
        self._rows: dict[int, AttachmentRow] = {}
        self._faults: dict[int, tuple[RowFault, ...]] = {}
        self._why: dict[int, str] = {}
        self._ids: dict[int, str] = {}
        self._number = 0
        self.whole = bool(call.spec.settings["atomic"])

    def keep(self) -> "_Batch":
        """Judge every row and keep what is right, on a thread; where batches are taken whole, keep nothing before all
        are judged. Raises DataEmpty, DataNotArray, TooManyRows, UnreadableMessage, AttachmentStoreFull,
        AttachmentStoreFailed.
        """
        raws = split(self._call.rows, number(self._call.spec, "max_rows"))
        self._number = len(raws)
        if self.whole:
            for position, raw in enumerate(raws):
                self._judged(position, bytes(raw))
        if not (self.whole and self._faults):
            app_id = self._call.partner.app_id
            for position, raw in enumerate(raws):
                judged = self._judged(position, bytes(raw))
                if judged is not None:
                    self._rows[position] = self._desk.keep(app_id, *judged)
        return self

    def _judged(self, position: int, raw: bytes) -> tuple[Reference, bytes] | None:
        """What a row says of its attachment, and its content; None for one that is wrong, which is noted."""
        row = read_row(raw, self._call.spec.operations[ATTACHMENT].asks)
        values = {name: str(value) for name, value in row.values.items()}
        self._ids[position] = values.get("attaId", "")
        if row.faults:
            unread = row.faults[0].rule == "json" or not row.faults[0].path
            self._note(position, UnreadableMessage.__name__ if unread else Invalid.__name__, row.faults)
            return None
        try:
            reference = fit(values["attaService"], values["attaId"], values["fileType"])
            return reference, self._desk.judge(reference, values["content"])
        except DomainError as refusal:
            self._note(position, refusal.name, [Fault(_FIELDS.get(refusal.name, ""), "", refusal.message)])
            return None

    def _note(self, position: int, why: str, faults: Sequence[Fault]) -> None:
        code = self._call.spec.errors[why]
        self._faults[position] = tuple(RowFault(position + 1, code, fault.path, fault.message) for fault in faults)
        self._why[position] = why

    def refusal(self) -> DomainError | None:
        """Why nothing was kept, where nothing was."""
        if not self._faults or (self._rows and not self.whole):
            return None
        first = min(self._faults)
        return AttachmentsRefused(len(self._faults), first, self._why[first], self._faults[first][0].message)

    def arrivals(self, sent_at: int) -> Arrivals:
        """What is to be filed."""
        refused = [
            Refused(position, self._ids[position], faults[0].code, "；".join(one.message for one in faults)[:TOLD])
            for position, faults in self._faults.items()
        ]
        rows = [self._rows[position] for position in sorted(self._rows)]
        return _arrivals(self._call, sent_at, rows, refused, self._call.digest, self._call.size)

    def verdicts(self, effects: Sequence[Effect]) -> Verdicts:
        """What became of each row."""
        found = dict(zip(sorted(self._rows), effects, strict=False))
        verdicts = [_verdict(found[at]) if at in found else Verdict.REFUSED for at in range(self._number)]
        return Verdicts(verdicts, [fault for faults in self._faults.values() for fault in faults][:FAULTS_TOLD])


_FIELDS = {
    "AttachmentIdUnfit": "attaId",
    "AttachmentTypeUnfit": "fileType",
    "AttachmentHexUnfit": "content",
    "AttachmentNotWhatItSays": "content",
    "AttachmentBomb": "content",
    "AttachmentTooLarge": "content",
}
"""Which field of a row a refusal is about."""


def _admitted(call: Call) -> int:
    """When the sender says that it was sent, epoch ms. Raises ParametersInvalid, ClockOutOfWindow."""
    sent_at = parse_uptime(call.parameters["uptime"])
    admission.admit_time(call.partner, sent_at, call.at)
    return sent_at


def _arrivals(
    call: Call, sent_at: int, rows: Sequence[AttachmentRow], refused: Sequence[Refused], digest: bytes, size: int
) -> Arrivals:
    randomstr = call.parameters["randomstr"]
    return Arrivals(call.partner.app_id, randomstr, sent_at, call.at, call.request_id, digest, size, rows, refused)


def _verdict(effect: Effect) -> Verdict:
    return Verdict.UNCHANGED if effect == "same" else Verdict.VALID


def _answered(told: Verdicts, refusal: DomainError | None) -> Act[None]:
    data = written(told)
    return Act(NOTHING, answer=lambda _: {"data": data}, standing=lambda _: refusal, shaped=False)
