"""Forgetting rows that have been kept long enough, a portion at a time, on both engines.

The journal is not among these tables: its entries are chained, and it is pruned where its chains can be proven.
"""

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, select, true, tuple_

from yiqiao.storage.tables.callback import callback_act
from yiqiao.storage.tables.cards import card_closing, card_registration, card_use, person_change
from yiqiao.storage.tables.consents import card_consent
from yiqiao.storage.tables.jobs import job
from yiqiao.storage.tables.launches import launch, launch_note
from yiqiao.storage.tables.message_ids import message_id
from yiqiao.storage.tables.operators import operator_audit
from yiqiao.storage.tables.reading import reading_choice


@dataclass(frozen=True, eq=False)
class Aged:
    """A table whose rows may go, by their `age` (a column of epoch ms, the first of an index that finds the oldest)."""

    table: Table
    age: Column[int]
    only: ColumnElement[bool]  # the others are kept, however old

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name


JOBS = Aged(job, job.c.changed_at, job.c.state == "done")
CARD_USES = Aged(card_use, card_use.c.at, true())
CARD_CONSENTS = Aged(card_consent, card_consent.c.at, true())
PERSON_CHANGES = Aged(person_change, person_change.c.at, true())
CARD_REGISTRATIONS = Aged(card_registration, card_registration.c.at, true())
CARD_CLOSINGS = Aged(card_closing, card_closing.c.at, true())
CALLBACK_ACTS = Aged(callback_act, callback_act.c.at, callback_act.c.state.in_(("done", "refused")))
READING_CHOICES = Aged(reading_choice, reading_choice.c.at, true())
LAUNCHES = Aged(launch, launch.c.at, true())
LAUNCH_NOTES = Aged(launch_note, launch_note.c.at, true())
MESSAGE_IDS = Aged(message_id, message_id.c.at, true())
OPERATOR_ACTS = Aged(operator_audit, operator_audit.c.at, true())


def prune_portion(connection: Connection, aged: Aged, before_ms: int, most: int) -> int:
    """Delete the oldest rows from before `before_ms`, `most` at once; answers how many went."""
    key = tuple(aged.table.primary_key)
    oldest = select(*key).where(aged.only, aged.age < before_ms).order_by(aged.age).limit(most)
    return connection.execute(delete(aged.table).where(tuple_(*key).in_(oldest))).rowcount
