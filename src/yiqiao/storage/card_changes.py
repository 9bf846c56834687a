"""The statements on what is done to health cards after they were issued: changes with their history, and closing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.storage.bulk import insert_many, update_many
from yiqiao.storage.cards import fingerprints
from yiqiao.storage.tables.cards import card_closing, health_card, person_change


class ChangeRow(NamedTuple):
    """One change of what is on file, under the caller's serial and the platform's; `sealed` holds before and after."""

    app_id: str
    out_alter_no: str
    fingerprint: bytes
    person_id: str
    issue_no: int
    alter_no: str
    kind: str
    key_id: str
    sealed: bytes
    at: int


class ClosingRow(NamedTuple):
    """One closing of a card, under the caller's serial."""

    app_id: str
    out_close_no: str
    fingerprint: bytes
    person_id: str
    issue_no: int
    at: int


_CHANGE = ChangeRow._fields
_CLOSING = ClosingRow._fields
_CLOSED = ("state", "closed_at")


def add_changes(connection: Connection, rows: Iterable[ChangeRow]) -> bool:
    """Record changes; False where a serial among them is on record already (of another process, in this moment)."""
    values = sorted(rows, key=lambda row: (row.app_id, row.out_alter_no))
    new = insert_many(connection, person_change, _CHANGE, values, skip_conflicts=True, returning=("out_alter_no",))
    return len(new) == len(values)


def add_closings(connection: Connection, rows: Iterable[ClosingRow]) -> bool:
    """Record closings; False where a serial among them is on record already (of another process, in this moment)."""
    values = sorted(rows, key=lambda row: (row.app_id, row.out_close_no))
    new = insert_many(connection, card_closing, _CLOSING, values, skip_conflicts=True, returning=("out_close_no",))
    return len(new) == len(values)


def close_cards(connection: Connection, rows: Iterable[ClosingRow]) -> None:
    """Close the cards that were recorded as closed."""
    values = [(row.person_id, row.issue_no, "closed", row.at) for row in rows]
    update_many(connection, health_card, ("person_id", "issue_no"), _CLOSED, values)


def change_fingerprints(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the changes that are on record under `serials`."""
    return fingerprints(connection, "person_change", "out_alter_no", serials)


def closing_fingerprints(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the closings that are on record under `serials`."""
    return fingerprints(connection, "card_closing", "out_close_no", serials)
