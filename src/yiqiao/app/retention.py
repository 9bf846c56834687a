"""How long what is kept table by table: the settings `…_days`, and the daily work that holds to them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from yiqiao.app.settings import Settings
from yiqiao.clock import DAY_MS, Clock
from yiqiao.storage import Database, retention
from yiqiao.storage.retention import Aged

PORTION = 2000
PAUSE_S = 0.02
"""Between two portions, so that other writers get their turn."""

log = structlog.get_logger("yiqiao.retention")


@dataclass(frozen=True)
class Kept:
    """What is kept for `days` (0: for ever), by the clock that its rows were dated by."""

    aged: Aged
    days: int
    clock: Clock


def plan(settings: Settings, clock: Clock, wall: Clock) -> Sequence[Kept]:
    """What the settings say of each table. What operators did is dated by the machine's clock (`wall`)."""
    return (
        Kept(retention.JOBS, settings.job_days, clock),
        Kept(retention.CARD_USES, settings.card_use_days, clock),
        Kept(retention.CARD_CONSENTS, settings.card_consent_days, clock),
        Kept(retention.PERSON_CHANGES, settings.person_change_days, clock),
        Kept(retention.CARD_REGISTRATIONS, settings.card_registration_days, clock),
        Kept(retention.CARD_CLOSINGS, settings.card_closing_days, clock),
        Kept(retention.CALLBACK_ACTS, settings.callback_act_days, clock),
        Kept(retention.READING_CHOICES, settings.reading_choice_days, clock),
        Kept(retention.LAUNCHES, settings.launch_days, clock),
        Kept(retention.LAUNCH_NOTES, settings.launch_note_days, clock),
        Kept(retention.MESSAGE_IDS, settings.message_id_days, clock),
        Kept(retention.OPERATOR_ACTS, settings.operator_audit_days, wall),
    )


async def prune(database: Database, kept: Kept, *, portion: int = PORTION, pause_s: float = PAUSE_S) -> int:
    """Forget the rows that are older than they are to be kept, a portion a transaction; answers how many went.

    Raises StorageUnreachable, StorageFailed; what was pruned until then is.
    """
    if kept.days <= 0:
        return 0
    before, gone = kept.clock.now_ms() - kept.days * DAY_MS, 0
    while went := await database.write(lambda c: retention.prune_portion(c, kept.aged, before, portion)):
        gone += went
        await asyncio.sleep(pause_s)
    if gone:
        log.info("pruned", table=kept.aged.name, rows=gone, days=kept.days)
    return gone
