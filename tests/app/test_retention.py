"""What is kept, for how long, table by table; what is older goes in portions, and 0 keeps all."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from tests.support.keys import KEYRING
from yiqiao.app import daily, retention
from yiqiao.app.retention import Kept
from yiqiao.app.settings import Settings, SettingsError, load
from yiqiao.clock import FixedClock
from yiqiao.jobs import Done, Job, JobState
from yiqiao.storage import Database
from yiqiao.storage.database import Work
from yiqiao.storage.retention import prune_portion
from yiqiao.storage.tables import metadata

DAY_MS = 86_400_000
NOW = FixedClock(1_795_000_000_000)
PLAN = retention.plan(Settings(), NOW, NOW)
TABLES = [kept.aged.name for kept in PLAN]

_ACT = {"app_id": "h1", "fingerprint": b"f", "person_id": "p1", "issue_no": 1}
_CONSENT = {
    "app_id": "h1",
    "fingerprint": b"f",
    "token_digest": b"t",
    "state": "ing",
    "treatment_code": "010101",
    "office_code": "0300",
    "term_id": "T1",
    "operator_id": "0007",
    "ip_addr": "192.0.2.7",
    "key_id": "k1",
    "sealed": b"s",
}
_USE = {
    **_ACT,
    "way": "scan",
    "code_kind": "static",
    "treatment_code": "010101",
    "term_id": "T1",
    "operator_id": "0007",
}
_SEALED = {"key_id": "k1", "sealed": b"s"}
_CHANGE = {**_ACT, "alter_no": "A1", "kind": "info", "key_id": "k1", "sealed": b"s"}

Row = Callable[[int, int], Mapping[str, object]]
"""A row of a table: its number, and its age as epoch ms."""
ROWS: Mapping[str, Row] = {
    "reading_choice": lambda n, at: {
        "token_digest": str(n).encode(),
        "app_id": "h1",
        "desk": "D1",
        "state": "open",
        "at": at,
        "expires_at": at,
    },
    "job": lambda n, at: {
        "kind": "notice",
        "unique_key": str(n),
        "state": "done",
        "data": "{}",
        "run_at": at,
        "attempts": 1,
        "created_at": at,
        "changed_at": at,
    },
    "card_use": lambda n, at: {**_USE, "number": str(n), "at": at},
    "card_consent": lambda n, at: {**_CONSENT, "out_authorize_no": str(n), "at": at, "expires_at": at + 1},
    "person_change": lambda n, at: {**_CHANGE, "out_alter_no": str(n), "at": at},
    "card_registration": lambda n, at: {**_ACT, "out_register_no": str(n), "at": at},
    "card_closing": lambda n, at: {**_ACT, "out_close_no": str(n), "at": at},
    "callback_act": lambda n, at: {
        **_SEALED,
        "hospital_id": "9851002",
        "kind": "lock",
        "serial": str(n),
        "attempt": 1,
        "state": "done",
        "told": 1,
        "app_id": "h1",
        "fingerprint": b"f",
        "at": at,
        "changed_at": at,
    },
    "launch": lambda n, at: {**_SEALED, "app_id": "h1", "mark": str(n), "patient_key": "p1", "idle_s": 60, "at": at},
    "launch_note": lambda n, at: {
        **_SEALED,
        "patient_key": "p1",
        "note_id": str(n),
        "app_id": "h1",
        "mark": "m",
        "at": at,
    },
    "message_id": lambda n, at: {"app_id": "h1", "msgid": str(n), "content": b"c", "at": at},
    "operator_audit": lambda n, at: {"at": at, "operator": "zhao", "act": "sign_in", "target": "", "detail": "{}"},
}
KEPT_OTHERWISE = {
    "journal",  # pruned chain by chain, so that the rest can be proven
    "journal_checkpoint",  # one a chain
    "desk_operator",  # one a name, and the uses point to it
    "slot_lock",  # by which a repeat of a booking is known again
    "deposit",  # money, and the books that it leaves: a hospital keeps them by law
    "ledger_entry",
    "clinical_record",  # a part of somebody's medical record
    "catalogue_change",  # what a hospital has shown when, for disputes
    "reconciliation",  # a report to keep, one a hospital and day
    "pay_report",  # the same of money, one a merchant and day
    "appointment_event",  # the course of what money was taken for
    "charge_event",
    "appointment_push",  # by which a repeat of a hospital's message is known again
    "desk_order",  # money that desks took and gave back
    "desk_payout",
    "pay_closing",  # the books of a payment hub, and the course of what they hold
    "pay_event",
    "pay_transfer",
    "sandbox_trade",  # a sandbox is thrown away as a whole
    "sandbox_trade_never",
    "sandbox_refund",
    "sandbox_message",
    "sandbox_order",
    "sandbox_order_refund",
    "sandbox_movement",
    "sandbox_notice",
    "sandbox_his_entry",
    "sandbox_reader",
    "sandbox_his_settled",
    "sandbox_centre_visit",
    "sandbox_centre_settlement",
    "sandbox_centre_message",
    "ins_event",  # the course of what was settled, and money was taken for
}


async def ages(database: Database, name: str) -> list[int]:
    """How many days old the rows of a table are, the oldest first."""
    age = next(kept.aged.age for kept in PLAN if kept.aged.name == name)
    rows = await database.read(lambda c: c.scalars(select(age).order_by(age)).all())
    return [(NOW.now_ms() - at) // DAY_MS for at in rows]


async def file(database: Database, name: str, *days: int) -> None:
    """One row that is so many days old, for each of `days`."""
    rows = [ROWS[name](number, NOW.now_ms() - day * DAY_MS) for number, day in enumerate(days)]
    await database.write(lambda c: c.execute(insert(metadata.tables[name]), rows))


def told(name: str, days: int, folder: Path) -> Kept:
    """What is kept of a table when its setting says `days`."""
    settings = load({"data": str(folder), f"{name}_days": days}, {})
    return next(kept for kept in retention.plan(settings, NOW, NOW) if kept.aged.name == name)


@pytest.mark.parametrize("name", TABLES)
async def test_each_table_keeps_as_many_days_as_its_setting_says(name: str, database: Database, tmp_path: Path) -> None:
    for other in TABLES:
        await file(database, other, 12, 11, 10, 9, 0)
    assert await retention.prune(database, told(name, 10, tmp_path), pause_s=0) == 2
    assert await ages(database, name) == [10, 9, 0]
    assert {len(await ages(database, other)) for other in TABLES if other != name} == {5}


@pytest.mark.parametrize("name", TABLES)
async def test_0_keeps_all_of_a_table(name: str, database: Database, tmp_path: Path) -> None:
    await file(database, name, 40_000, 1)
    assert await retention.prune(database, told(name, 0, tmp_path), pause_s=0) == 0
    assert await ages(database, name) == [40_000, 1]


class Counting:
    """A database that tells how many rows each transaction took out of a table."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.taken: list[int] = []
        counted = select(func.count()).select_from(metadata.tables[name])
        write = database.write

        async def watched(work: Work[int]) -> int:
            def both(connection: Connection) -> int:
                before = connection.scalar(counted) or 0
                went = work(connection)
                self.taken.append(before - (connection.scalar(counted) or 0))
                return went

            return await write(both)

        monkeypatch.setattr(database, "write", watched)


@pytest.mark.parametrize("name", TABLES)
async def test_rows_go_a_portion_a_transaction(
    name: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file(database, name, *range(20, 0, -1))
    counting = Counting(database, monkeypatch, name)
    assert await retention.prune(database, told(name, 9, tmp_path), portion=4, pause_s=0) == 11
    assert counting.taken == [4, 4, 3, 0]
    assert await ages(database, name) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


async def test_the_oldest_go_first_so_that_a_pruning_that_was_broken_off_leaves_no_holes(database: Database) -> None:
    await file(database, "card_use", 11, 15, 12, 14, 13)
    uses = next(kept for kept in PLAN if kept.aged.name == "card_use")
    before = NOW.now_ms() - 10 * DAY_MS
    assert await database.write(lambda c: prune_portion(c, uses.aged, before, 2)) == 2
    assert await ages(database, "card_use") == [13, 12, 11]


async def test_only_jobs_that_are_done_are_forgotten(database: Database, tmp_path: Path) -> None:
    old = NOW.now_ms() - 90 * DAY_MS
    rows = [{**ROWS["job"](n, old), "state": state.value} for n, state in enumerate(JobState)]
    for row in rows:
        running = row["state"] == JobState.RUNNING.value
        row |= {"lease_until": old, "lease_owner": "gone"} if running else {"lease_until": None, "lease_owner": None}
    await database.write(lambda c: c.execute(insert(metadata.tables["job"]), rows))
    assert await retention.prune(database, told("job", 30, tmp_path), pause_s=0) == 1
    state = metadata.tables["job"].c.state
    assert set(await database.read(lambda c: c.scalars(select(state)).all())) == {"due", "running", "failed"}


async def test_the_daily_job_holds_to_every_setting(database: Database, tmp_path: Path) -> None:
    for name in TABLES:
        await file(database, name, 40, 20)
    settings = load({"data": str(tmp_path), **{f"{name}_days": 30 for name in TABLES}}, {})
    handle = daily.handlers(settings, database, KEYRING, NOW, NOW)[daily.PRUNE_TABLES]
    job = Job(daily.PRUNE_TABLES, "20261118", {}, NOW.now_ms(), 1, "lease", NOW.now_ms() + 60_000)
    assert await handle(job) == Done()
    assert {name: await ages(database, name) for name in TABLES} == {name: [20] for name in TABLES}
    assert daily.PRUNE_TABLES in {due.kind for due in daily.PLAN}


async def test_in_a_sandbox_whose_time_was_moved_what_operators_did_ages_by_the_machines_clock(
    database: Database,
) -> None:
    await file(database, "operator_audit", 5)
    await file(database, "card_use", 5)
    moved = FixedClock(NOW.now_ms() + 4000 * DAY_MS)
    gone = {kept.aged.name: await retention.prune(database, kept) for kept in retention.plan(Settings(), moved, NOW)}
    assert (gone["operator_audit"], gone["card_use"]) == (0, 1)


def test_what_a_region_must_keep_is_kept_for_years_unless_it_says_otherwise() -> None:
    days = {kept.aged.name: kept.days for kept in PLAN}
    assert days["card_registration"] == days["card_closing"] == 0
    assert all(days[name] >= 3 * 365 for name in ("card_use", "card_consent", "person_change", "operator_audit"))


def test_every_table_of_what_happened_has_a_retention() -> None:
    """A table with a moment in each row grows for ever, unless somebody has said how long it is kept."""
    growing = {name for name, table in metadata.tables.items() if "at" in table.c}
    assert growing <= {*TABLES, *KEPT_OTHERWISE}


@pytest.mark.parametrize("days", ["-1", "36501"])
def test_days_that_cannot_be_are_refused(days: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="card_use_days must be from 0 to 36500"):
        load({"data": str(tmp_path), "card_use_days": days}, {})
