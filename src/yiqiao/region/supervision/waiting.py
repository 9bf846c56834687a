"""Judging again what waited: a job for each arrival of something that was waited for.

A record that becomes valid may itself be what others wait for, so one arrival can set free a whole chain. The job goes
on, some thousands of versions a transaction, until nothing that has arrived is waited for any more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.jobs import Done, Job, Outcome
from yiqiao.jobs.queue import enqueue
from yiqiao.region.supervision.attachments.mentions import Mentions
from yiqiao.region.supervision.versions import VALID, Record, Totals
from yiqiao.storage import Database, supervision
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision_records import Standing, WantedRow

JOB = "supervision.judge_again"
PORTION = 2000


def put(connection: Connection, now_ms: int, app_id: str, what: str) -> None:
    """Have an institution's waiting records judged again, in the transaction in which something (`what`) has come.

    Each arrival has a job of its own: one that ends at this very moment may not have seen what we write.
    """
    enqueue(connection, now_ms, JOB, f"{app_id}|{what}", {"app_id": app_id})


@dataclass(frozen=True)
class JudgeAgain:
    """The job. `valid` learns on which days what is in force changed, as `intake.Valid` says."""

    database: Database
    mentions: Mentions
    valid: Callable[[Connection, str, dict[str, set[str]]], None]

    async def __call__(self, job: Job) -> Outcome:
        """Judge again until there is nothing to judge."""
        app_id = str(job.data["app_id"])
        while await self.database.write(lambda connection: self._portion(connection, app_id)):
            pass
        return Done()

    def _portion(self, connection: Connection, app_id: str) -> bool:
        """Judge some again; answers whether there may be more."""
        supervision.alone(connection, app_id)
        taken: list[WantedRow] = []
        while len(taken) < PORTION and (fact := stored.next_arrived(connection, app_id)) is not None:
            room = PORTION - len(taken)
            rows = stored.take_wanted(connection, app_id, fact, room)
            taken += rows
            if len(rows) < room:
                stored.forget_arrived(connection, app_id, fact)
        if not taken:
            return False
        free = stored.without_wants(connection, app_id, taken)
        days: dict[str, set[str]] = {}
        for kind in sorted({one.kind for one in free}):
            days[kind] = self._set_free(connection, app_id, kind, [one for one in free if one.kind == kind])
        if days := {kind: some for kind, some in days.items() if some}:
            self.valid(connection, app_id, days)
        return True

    def _set_free(self, connection: Connection, app_id: str, kind: str, free: Sequence[WantedRow]) -> set[str]:
        """These versions are valid; answers the days of the business on which what is in force changed by that."""
        records: dict[str, dict[bytes, Standing]] = {}
        for one in stored.versions(connection, app_id, kind, sorted({one.record_key for one in free})):
            records.setdefault(one.record_key, {})[one.digest] = one
        freed = {(one.record_key, one.digest) for one in free}
        totals, new, other, days = Totals(app_id, kind), [], [], set()
        changes: dict[tuple[str, bytes], stored.Change] = {}
        for key, versions in records.items():
            record = Record(versions)
            for digest, one in versions.items():
                if (key, digest) in freed:
                    record.after[digest] = one._replace(state=VALID)
            if record.settle():
                new.append(key)
            if record.counts_now() is not None:
                other.append(key)
            changed = record.changes()
            days |= {was.day for was in versions.values() if was.in_force != record.after[was.digest].in_force}
            changes |= changed
            totals.add(record)
        stored.change_versions(connection, app_id, kind, changes)
        self.mentions.note(connection, app_id, kind, other)
        stored.count(connection, totals.rows(), [])
        if new:
            stored.announce(connection, app_id, kind, new)
        return days
