"""Attachments filed under the ids that their senders gave them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.region.supervision.attachments.naming import fit_id, fit_type
from yiqiao.region.supervision.intake import REFUSALS_KEPT, Refused, admitted, new_batch_id
from yiqiao.storage import attachments as statements
from yiqiao.storage import supervision
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.attachments import AttachmentRow, Effect
from yiqiao.storage.supervision_records import BatchRow, RefusalRow

KIND = "attachment"
"""What a batch of attachments is called beside those of records."""


class Reference(NamedTuple):
    """What a sender says of an attachment: its business (attaService), its id, its type."""

    service: str
    atta_id: str
    file_type: str


def fit(service: str, atta_id: str, file_type: str) -> Reference:
    """A reference that can be one. Raises AttachmentIdUnfit, AttachmentTypeUnfit."""
    return Reference(service, fit_id(atta_id), fit_type(file_type))


@dataclass(frozen=True)
class Arrivals:
    """The attachments that one request brought: those that are kept, and the rows of it that were refused."""

    app_id: str
    nonce: str
    sent_at: int
    received_at: int
    request_id: str
    digest: bytes
    size: int
    rows: Sequence[AttachmentRow]
    refused: Sequence[Refused] = ()


def take(connection: Connection, arrived: Arrivals) -> list[Effect]:
    """File what a request brought, under its nonce; the same again changes nothing, anything else is the next version.

    Answers what became of each row that is kept. Raises NotOpened, RepeatedRandom.
    """
    app_id = arrived.app_id
    supervision.alone(connection, app_id)
    admitted(connection, app_id, arrived.nonce)
    effects = statements.file(connection, app_id, arrived.rows)
    unchanged = effects.count("same")
    batch = BatchRow(
        app_id,
        new_batch_id(arrived.received_at),
        KIND,
        arrived.nonce,
        arrived.sent_at,
        arrived.received_at,
        arrived.request_id,
        arrived.digest,
        arrived.size,
        len(effects) - unchanged,
        0,
        len(arrived.refused),
        unchanged,
    )
    refusals = [RefusalRow(app_id, batch.batch_id, *one) for one in arrived.refused[:REFUSALS_KEPT]]
    stored.add_batch(connection, batch, [], refusals)
    return effects
