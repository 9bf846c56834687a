"""The work that is due every day, in the small hours of Beijing."""

from collections.abc import Mapping, Sequence
from datetime import time

from yiqiao.app.settings import Settings
from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.jobs.queue import prune_done
from yiqiao.journal.prune import DAY_MS
from yiqiao.journal.prune import prune_journal as prune
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.sessions import Sessions
from yiqiao.region.launches.sessions import Workstation
from yiqiao.storage import Database

PRUNE_JOURNAL = "journal.prune"
SWEEP_SESSIONS = "operators.sweep_sessions"
PRUNE_JOBS = "jobs.prune_done"
PLAN: Sequence[Daily] = (
    Daily(PRUNE_JOURNAL, time(3, 0)),
    Daily(SWEEP_SESSIONS, time(3, 30)),
    Daily(PRUNE_JOBS, time(3, 40)),
)
JOBS_KEPT_DAYS = 30


def handlers(
    settings: Settings, database: Database, keyring: Keyring, clock: Clock, wall: Clock
) -> Mapping[str, Handler]:
    """Who does which daily work. The journal and the sessions are swept by the machine's clock (`wall`)."""

    async def prune_journal(_: Job) -> Outcome:
        await prune(database, keyring, wall, settings.journal_days)
        return Done()

    async def sweep_sessions(_: Job) -> Outcome:
        await Sessions(database, wall, Passwords()).sweep()
        await Workstation(database, keyring, clock).sweep()
        return Done()

    async def prune_jobs(_: Job) -> Outcome:
        before = clock.now_ms() - JOBS_KEPT_DAYS * DAY_MS
        return Done(lambda connection: prune_done(connection, before))

    return {PRUNE_JOBS: prune_jobs, PRUNE_JOURNAL: prune_journal, SWEEP_SESSIONS: sweep_sessions}
