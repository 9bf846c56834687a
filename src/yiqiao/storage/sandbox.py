"""The statements over a sandbox's clock and faults. All functions run in the caller's transaction.

Each change counts `version` up: by that the processes of a hub notice it.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, select, text, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.sandbox import sandbox_fault, sandbox_state

ANY = "*"
SWITCH, HEADER = "switch", "header"
_FIRST = text(
    "INSERT INTO sandbox_state (id, version, generation, open, clock_offset_ms) VALUES (1, 0, 0, TRUE, 0) "
    "ON CONFLICT (id) DO NOTHING"
)
_FAULT = tuple(column.name for column in sandbox_fault.columns)
_COUNT_UP = text("UPDATE sandbox_state SET version = version + 1 WHERE id = 1")


@dataclass(frozen=True)
class StateRow:
    """How the sandbox stands."""

    version: int = 0
    generation: int = 0
    open: bool = False
    clock_offset_ms: int = 0
    clock_frozen_at: int | None = None


@dataclass(frozen=True)
class FaultRow:
    """A fault that is switched on, or a header whose times are counted; its columns in the table's order."""

    dialect: str
    app_id: str
    origin: str
    rule: str
    seed: int
    set_at: int
    seen: int = 0
    hit: int = 0


def state(connection: Connection) -> StateRow:
    """How it stands; closed where nobody has ever opened it."""
    row = connection.execute(select(sandbox_state)).first()
    return StateRow(*row[1:]) if row else StateRow()


def set_open(connection: Connection, is_open: bool) -> None:
    """Write down whether this is a sandbox now. One that never was leaves no row."""
    if is_open:
        connection.execute(_FIRST)
    connection.execute(update(sandbox_state).values(open=is_open))


def set_clock(connection: Connection, offset_ms: int, frozen_at: int | None) -> None:
    """Move the clock."""
    connection.execute(update(sandbox_state).values(clock_offset_ms=offset_ms, clock_frozen_at=frozen_at))
    connection.execute(_COUNT_UP)


def count_generation(connection: Connection) -> None:
    """The data is another from now on."""
    connection.execute(update(sandbox_state).values(generation=sandbox_state.c.generation + 1))
    connection.execute(_COUNT_UP)


def switches(connection: Connection) -> tuple[FaultRow, ...]:
    """The faults that are switched on: everybody's first."""
    query = (
        select(sandbox_fault)
        .where(sandbox_fault.c.origin == SWITCH)
        .order_by(sandbox_fault.c.dialect, sandbox_fault.c.app_id)
    )
    return tuple(FaultRow(*row) for row in connection.execute(query))


def switch_on(connection: Connection, row: FaultRow) -> None:
    """Switch on, in place of what was on for the same callers."""
    _take_out(connection, row.dialect, row.app_id)
    insert_many(connection, sandbox_fault, _FAULT, [tuple(row.__dict__.values())])
    connection.execute(_COUNT_UP)


def switch_off(connection: Connection, dialect: str, app_id: str) -> bool:
    """Switch off what is on for these callers; answers whether anything was."""
    gone = _take_out(connection, dialect, app_id)
    connection.execute(_COUNT_UP)
    return gone > 0


def switch_all_off(connection: Connection) -> None:
    """Switch everything off, and forget all counts."""
    connection.execute(delete(sandbox_fault))
    connection.execute(_COUNT_UP)


def meet(connection: Connection, row: FaultRow, forget_before: int) -> FaultRow | None:
    """Hold a message against a fault whose times are counted, which thereby is `seen` once more.

    A header's count begins with its first message; those that began before `forget_before` are forgotten. None where
    the switch has been turned off meanwhile. The row stays locked until the transaction ends.
    """
    if row.origin == HEADER:
        old = sandbox_fault.c.set_at < forget_before
        connection.execute(delete(sandbox_fault).where(sandbox_fault.c.origin == HEADER, old))
        insert_many(connection, sandbox_fault, _FAULT, [tuple(row.__dict__.values())], skip_conflicts=True)
    found = connection.execute(
        update(sandbox_fault).where(_this(row)).values(seen=sandbox_fault.c.seen + 1).returning(sandbox_fault)
    ).first()
    return FaultRow(*found) if found else None


def strike(connection: Connection, row: FaultRow) -> None:
    """It happens to the message."""
    connection.execute(update(sandbox_fault).where(_this(row)).values(hit=sandbox_fault.c.hit + 1))


def _this(row: FaultRow) -> ColumnElement[bool]:
    return (
        (sandbox_fault.c.dialect == row.dialect)
        & (sandbox_fault.c.app_id == row.app_id)
        & (sandbox_fault.c.origin == row.origin)
        & (sandbox_fault.c.rule == row.rule)
    )


def _take_out(connection: Connection, dialect: str, app_id: str) -> int:
    these = (sandbox_fault.c.dialect == dialect) & (sandbox_fault.c.app_id == app_id)
    return connection.execute(delete(sandbox_fault).where(these)).rowcount
