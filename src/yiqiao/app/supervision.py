"""The supervisor of internet hospitals, wired: what takes in their uploads, and who judges again what waited."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time

from yiqiao.adapters.attachment_store import StoreUnknown, open_attachment_store
from yiqiao.app.store import NotReadyToServe, Store
from yiqiao.app.supervision_quality import PROFILE
from yiqiao.clock import DAY_MS
from yiqiao.dialects.supervision.filing import readers
from yiqiao.dialects.supervision.handlers.attachments import handlers
from yiqiao.dialects.supervision.handlers.records import Supervisor
from yiqiao.dialects.supervision.uploads import Claimed, Uploads, laborious
from yiqiao.exchange.gateway import Gateway, Watcher
from yiqiao.exchange.repeats import FirstAnswers
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.journal import Entry
from yiqiao.journal.reader import Reader
from yiqiao.region.supervision import waiting
from yiqiao.region.supervision.attachments.mentions import Mentions
from yiqiao.region.supervision.attachments.receiving import Limits, Means
from yiqiao.region.supervision.attachments.service import Attachments
from yiqiao.region.supervision.attachments.sweeping import sweep
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.region.supervision.intake import Intake, Valid, nobody
from yiqiao.storage import Writer

SWEEP_PARTS = Daily("supervision.sweep_parts", time(4, 10))
"""Broken uploads of attachments that nobody has gone on with are thrown away."""
Watch = Callable[[str, str, str, float], None]


@dataclass(frozen=True)
class Supervision:
    """The supervisor's side. `valid` learns on which days what is in force changed, in the transaction that did it."""

    intake: Intake
    institutions: Institutions
    attachments: Attachments
    valid: Valid


def supervision_of(store: Store, woken: Callable[[], None] = lambda: None, valid: Valid = nobody) -> Supervision:
    """The supervisor over a store."""
    return Supervision(
        Intake(store.database, store.clock, woken, valid),
        Institutions(store.database, store.clock, store.wall, woken),
        attachments_of(store),
        valid,
    )


def attachments_of(store: Store) -> Attachments:
    """The institutions' attachments. Raises NotReadyToServe where their store cannot be opened."""
    settings = store.settings
    url = settings.attachments_url or str(settings.folder.resolve() / "attachments")
    try:
        kept = open_attachment_store(url, store.keyring)
    except StoreUnknown as unknown:
        raise NotReadyToServe(str(unknown)) from None
    return Attachments(Means(store.database, kept, store.clock, Limits(size=settings.attachment_max_bytes)))


def job_handlers(store: Store, supervision: Supervision) -> Mapping[str, Handler]:
    """Who does the supervisor's work that is due."""

    async def sweep_parts(_: Job) -> Outcome:
        await sweep(supervision.attachments.means, store.clock.now_ms() - store.settings.attachment_part_days * DAY_MS)
        return Done()

    mentions = Mentions(store.database, store.keyring, readers(PROFILE))
    return {
        waiting.JOB: waiting.JudgeAgain(store.database, mentions, supervision.valid),
        SWEEP_PARTS.kind: sweep_parts,
    }


def gateway_of(
    store: Store, supervision: Supervision, writer: Writer[Entry], watch: Watch | None = None
) -> Gateway[Claimed, Supervisor]:
    """The gateway to which internet hospitals upload."""
    return Gateway(
        Uploads(),
        handlers,
        Supervisor(supervision.intake, supervision.attachments, store.keyring),
        store.directory,
        writer,
        FirstAnswers(Reader(store.database, store.keyring)),
        store.clock,
        watcher=watch or Watcher(),
        laborious=laborious,
        admits_demo=store.settings.sandbox and store.settings.on_loopback,
    )
