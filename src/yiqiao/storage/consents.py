"""The statements on consents to use a card; each serves many calls at once, on both engines."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.storage.bulk import as_set, insert_many, matching
from yiqiao.storage.cards import fingerprints
from yiqiao.storage.tables.consents import card_consent

STILL_OPEN = "t.state = 'ing'"
"""What keeps a consent at one outcome: a conclusion changes an open row, and nothing else."""
IN_TIME = "v.decided_at < t.expires_at"
TOO_LATE = "v.decided_at >= t.expires_at"


class ConsentRow(NamedTuple):
    """A consent as stored; times epoch ms."""

    app_id: str
    out_authorize_no: str
    fingerprint: bytes
    token_digest: bytes
    state: str
    treatment_code: str
    office_code: str
    term_id: str
    operator_id: str
    ip_addr: str
    key_id: str
    sealed: bytes
    at: int
    expires_at: int
    decided_at: int | None = None
    person_id: str | None = None
    issue_no: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Under which serial of which application it was asked for."""
        return self.app_id, self.out_authorize_no


class Conclusion(NamedTuple):
    """How a consent is to end: its serial, the state it goes to, when, by whom, for which card."""

    app_id: str
    out_authorize_no: str
    state: str
    decided_at: int
    person_id: str | None = None
    issue_no: int | None = None


_COLUMNS = ConsentRow._fields
_CONCLUSION = Conclusion._fields
_SETS = "state = v.state, decided_at = v.decided_at, person_id = v.person_id, issue_no = v.issue_no"
_SAME = "t.app_id = v.app_id AND t.out_authorize_no = v.out_authorize_no"
_POSTGRESQL = "unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[])"
_SQLITE = "(SELECT ? AS app_id, ? AS out_authorize_no, ? AS state, ? AS decided_at, ? AS person_id, ? AS issue_no)"


def add_consents(connection: Connection, rows: Iterable[ConsentRow]) -> set[tuple[str, str]]:
    """Write down what was asked for; answers the (app_id, serial) that were new."""
    values = sorted(rows, key=lambda row: row.key)
    keys = ("app_id", "out_authorize_no")
    done = insert_many(connection, card_consent, _COLUMNS, values, skip_conflicts=True, returning=keys)
    return {(str(app_id), str(number)) for app_id, number in map(tuple, done)}


def consent_fingerprints(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the consents that are on record under `serials`."""
    return fingerprints(connection, "card_consent", "out_authorize_no", serials)


def consents(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], ConsentRow]:
    """The consents that are on record under `serials`."""
    if not serials:
        return {}
    apps, numbers = zip(*serials, strict=True)
    asked = f"{matching(connection, 'app_id', 1)} AND {matching(connection, 'out_authorize_no', 2)}"
    sql = f"SELECT {', '.join(_COLUMNS)} FROM card_consent WHERE {asked}"
    rows = connection.exec_driver_sql(sql, (as_set(connection, apps), as_set(connection, numbers)))
    return {row.key: row for row in map(ConsentRow._make, rows)}


def consent_of(connection: Connection, token_digest: bytes) -> ConsentRow | None:
    """The consent that a link leads to."""
    mark = "$1" if connection.dialect.name == "postgresql" else "?"
    sql = f"SELECT {', '.join(_COLUMNS)} FROM card_consent WHERE token_digest = {mark}"
    row = connection.exec_driver_sql(sql, (token_digest,)).first()
    return ConsentRow._make(row) if row else None


def conclude(connection: Connection, conclusions: Iterable[Conclusion], when: str) -> set[tuple[str, str]]:
    """End consents that are open; `when` is IN_TIME or TOO_LATE. Answers those that were ended by this call."""
    values = sorted(conclusions, key=lambda row: row[:2])
    if not values:
        return set()
    source, told = f"{_POSTGRESQL} AS v({', '.join(_CONCLUSION)})", "t"
    if connection.dialect.name != "postgresql":
        source, told = f"{_SQLITE} AS v", "card_consent"  # SQLite's RETURNING knows no alias
    sql = (
        f"UPDATE card_consent AS t SET {_SETS} FROM {source} WHERE {_SAME} AND {STILL_OPEN} AND {when} "
        f"RETURNING {told}.app_id, {told}.out_authorize_no"
    )
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(sql, tuple(map(list, zip(*values, strict=True)))).all()
    else:
        rows = [row for value in values for row in connection.exec_driver_sql(sql, value)]
    return {(row[0], row[1]) for row in rows}
