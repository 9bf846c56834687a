"""The work that is due every day, in the small hours of Beijing."""

from collections.abc import Mapping, Sequence
from datetime import time

from yiqiao.app import retention
from yiqiao.app.settings import Settings
from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.journal.follower import catch_up
from yiqiao.journal.prune import prune_journal as prune
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.sessions import Sessions
from yiqiao.region.launches.sessions import Workstation
from yiqiao.storage import Database

FILE_KEYS = "journal.file_keys"
PRUNE_JOURNAL = "journal.prune"
SWEEP_SESSIONS = "operators.sweep_sessions"
PRUNE_TABLES = "retention.prune"
PLAN: Sequence[Daily] = (
    Daily(FILE_KEYS, time(2, 50)),
    Daily(PRUNE_JOURNAL, time(3, 0)),
    Daily(SWEEP_SESSIONS, time(3, 30)),
    Daily(PRUNE_TABLES, time(3, 40)),
)


def handlers(
    settings: Settings, database: Database, keyring: Keyring, clock: Clock, wall: Clock
) -> Mapping[str, Handler]:
    """Who does which daily work. The journal and the sessions are swept by the machine's clock (`wall`)."""

    async def file_keys(_: Job) -> Outcome:
        await catch_up(database)
        return Done()

    async def prune_journal(_: Job) -> Outcome:
        await prune(database, keyring, wall, settings.journal_days)
        return Done()

    async def sweep_sessions(_: Job) -> Outcome:
        await Sessions(database, wall, Passwords()).sweep()
        await Workstation(database, keyring, clock).sweep()
        return Done()

    async def prune_tables(_: Job) -> Outcome:
        for kept in retention.plan(settings, clock, wall):
            await retention.prune(database, kept)
        return Done()

    return {
        FILE_KEYS: file_keys,
        PRUNE_JOURNAL: prune_journal,
        SWEEP_SESSIONS: sweep_sessions,
        PRUNE_TABLES: prune_tables,
    }
