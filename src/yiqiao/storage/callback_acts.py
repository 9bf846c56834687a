"""The statements of acts that a HIS does for itself: filed before they are sent, settled once it is known what came."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.callback import callback_act

_OPEN = ("asked", "unknown")


class ActKey(NamedTuple):
    """Which act."""

    hospital_id: str
    kind: str
    serial: str


class ActRow(NamedTuple):
    """An act, its columns in order. `told`: whether a caller was told what came of it; `at`, `changed_at`: epoch ms."""

    hospital_id: str
    kind: str
    serial: str
    attempt: int
    state: str
    told: int
    app_id: str
    fingerprint: bytes
    key_id: str
    sealed: bytes
    at: int
    changed_at: int

    @property
    def key(self) -> ActKey:
        """Which act it is."""
        return ActKey(self.hospital_id, self.kind, self.serial)

    @property
    def is_open(self) -> bool:
        """Whether it is still to be found out what came of it."""
        return self.state in _OPEN


def begin(connection: Connection, new: ActRow, may_act: Callable[[ActRow], bool]) -> tuple[ActRow, bool]:
    """File an act before it is sent: the row in force, and whether it is this caller who has to send it.

    Where the serial was used before, `may_act` judges by the row of then whether there is to be another attempt.
    """
    if insert_many(connection, callback_act, ActRow._fields, [new], skip_conflicts=True, returning=("serial",)):
        return new, True
    found = find(connection, new.key, for_update=True)
    if found is None:
        raise LookupError("an act was taken away while it was begun")
    if not may_act(found):
        return found, False
    row = new._replace(attempt=found.attempt + 1)
    connection.execute(update(callback_act).where(_is(new.key)).values(row._asdict()))
    return row, True


def find(connection: Connection, key: ActKey, *, for_update: bool = False) -> ActRow | None:
    """An act as it stands; held until the transaction ends where it is to be changed."""
    query = select(*callback_act.c).where(_is(key))
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else ActRow._make(row)


def settle(connection: Connection, row: ActRow) -> bool:
    """Write down what came of this attempt, unless that is known already; answers whether it was written."""
    open_ = and_(callback_act.c.attempt == row.attempt, callback_act.c.state.in_(_OPEN))
    return connection.execute(update(callback_act).where(_is(row.key), open_).values(row._asdict())).rowcount == 1


def mark_told(connection: Connection, key: ActKey) -> bool:
    """Note that a caller is told; answers whether nobody had been before."""
    changed = update(callback_act).where(_is(key), callback_act.c.told == 0).values(told=1)
    return connection.execute(changed).rowcount == 1


def _is(key: ActKey) -> ColumnElement[bool]:
    return and_(*(callback_act.c[name] == value for name, value in key._asdict().items()))
