"""The quality of what is uploaded, wired: which rules are run, on what, and when."""

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path

from yiqiao.app.settings import Settings
from yiqiao.app.store import NotReadyToServe, Store
from yiqiao.dialects.supervision.columns import shapes
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.region.supervision import archive
from yiqiao.region.supervision.archive import Archive
from yiqiao.region.supervision.quality import review
from yiqiao.region.supervision.quality.columns import Shapes
from yiqiao.region.supervision.quality.review import Reviewer
from yiqiao.region.supervision.quality.rules import Rules, RuleUnusable, load_rules

LOOK_BACK = Daily("supervision.look_back", time(4, 10))
ARCHIVE = Daily("supervision.archive_days", time(4, 40))
PLAN = (LOOK_BACK, ARCHIVE)
PROFILE = "reconstructed"
"""The widest reading of the standard: what it names and a hospital does not send is simply empty."""


def columns() -> Shapes:
    """What rules and the archive see."""
    return shapes(PROFILE)


def reviewer_of(store: Store) -> Reviewer:
    """Who runs the rules over a store's records. Raises NotReadyToServe."""
    return Reviewer(store.database, store.keyring, store.clock, rules_of(store.settings), columns)


def rules_of(settings: Settings) -> Rules:
    """The rules that are in force. Raises NotReadyToServe."""
    folder = settings.supervision_rules
    try:
        return load_rules(Path(folder) if folder else None)
    except RuleUnusable as unusable:
        raise NotReadyToServe(f"supervision_rules: {unusable.message}") from None


def archive_of(store: Store, folder: Path) -> Archive:
    """Who writes a store's records into an archive."""
    return Archive(store.database, store.keyring, columns, folder)


def handlers(store: Store, reviewer: Reviewer) -> Mapping[str, Handler]:
    """Who does the work that is due."""
    kept = archive_of(store, Path(store.settings.supervision_archive))

    async def look_back(job: Job) -> Outcome:
        await reviewer.look_back(date.fromisoformat(str(job.data["day"])))
        return Done()

    async def archive_days(job: Job) -> Outcome:
        if store.settings.supervision_archive:
            await kept.due(store.clock.now_ms(), date.fromisoformat(str(job.data["day"])))
        return Done()

    return {review.JOB: reviewer, LOOK_BACK.kind: look_back, archive.JOB: kept, ARCHIVE.kind: archive_days}
