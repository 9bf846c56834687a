"""A hospital's patient archive (院内档案) as the electronic health card standard wants it kept.

Chapters HIS改造说明, 院内其他系统改造 and 改造注意细节, rules `archive.*` and `flow.*` of the specification:

- Whoever shows a card is looked for by the health card's ID first, then by the card type and number that the platform
  returned. An archive that is found keeps the ID, the main index and the card number; where there is none, one is made.
- Two archives are never merged by guessing, and an archive is never linked to somebody of another name: a person
  decides (`Choice`). A wrong link shows one patient's record to another.

Everything happens in one transaction, so that two windows that scan the same patient at once make one archive. What is
personal has no repr: it must not get into logs.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

_TABLES = """
CREATE TABLE IF NOT EXISTS patient (
    patient_no TEXT PRIMARY KEY,             -- 病历号，也是院内就诊卡号
    name TEXT NOT NULL, id_type TEXT, id_no TEXT, sex TEXT, birthday TEXT, mobile_phone TEXT
);
CREATE INDEX IF NOT EXISTS patient_certificate ON patient (id_type, id_no);
CREATE TABLE IF NOT EXISTS patient_card (    -- 实体卡；旧系统里同一卡号可能建过几份档案，所以不设唯一键
    card_type TEXT NOT NULL, card_no TEXT NOT NULL, patient_no TEXT NOT NULL REFERENCES patient,
    PRIMARY KEY (card_type, card_no, patient_no)
);
CREATE TABLE IF NOT EXISTS health_card (     -- 电子健康卡与档案的关联
    ehealth_card_id TEXT PRIMARY KEY, mindex_id TEXT NOT NULL, patient_no TEXT NOT NULL REFERENCES patient,
    card_type TEXT, card_no TEXT, closed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS health_card_person ON health_card (mindex_id);
CREATE TABLE IF NOT EXISTS visit (           -- 用卡记录：科室与诊疗环节
    visit_no INTEGER PRIMARY KEY, patient_no TEXT NOT NULL REFERENCES patient, card_no TEXT NOT NULL,
    treatment_code TEXT NOT NULL, office_code TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS act (             -- 外部流水号：先落库，再发送；没有结果的要核实
    serial TEXT PRIMARY KEY, method TEXT NOT NULL, outcome TEXT
);
"""

# How an archive is looked for, in this order; the first search that finds anybody decides. The main index finds a
# patient whose card was closed and issued anew; the certificate, one who was filed before there were health cards.
_SEARCHES = (
    "SELECT p.* FROM patient p JOIN patient_card c USING (patient_no)"
    " WHERE c.card_type = :card_type AND c.card_no = :card_no",
    "SELECT DISTINCT p.* FROM patient p JOIN health_card h USING (patient_no) WHERE h.mindex_id = :mindex_id",
    "SELECT p.* FROM patient p WHERE p.id_type = :id_type AND p.id_no = :id_no",
)
_COLUMNS = "name, id_type, id_no, sex, birthday, mobile_phone"
SOCIAL_SECURITY = "01"


@dataclass(frozen=True, repr=False)
class Card:
    """A physical card: kind by the standard's card_type dictionary, and number."""

    card_type: str
    card_no: str


@dataclass(frozen=True, repr=False)
class Person:
    """What the platform tells of a patient; `card` is the default one of the bound cards, if there are any."""

    ehealth_card_id: str
    mindex_id: str
    name: str
    id_type: str
    id_no: str
    sex: str | None = None
    birthday: str | None = None
    mobile_phone: str | None = None
    card: Card | None = None

    @classmethod
    def told(cls, answer: Mapping[str, object]) -> Self:
        """From the platform's answer. ValueError where a field is missing without which nobody can be filed."""

        def text(field: str) -> str | None:
            value = answer.get(field)
            return str(value) if value else None

        def must(field: str) -> str:
            value = text(field)
            if value is None:
                raise ValueError(f"平台的应答缺少 {field}，不能据此建档")
            return value

        kind, number = text("card_type"), text("card_no")
        return cls(
            ehealth_card_id=must("ehealth_card_id"),
            mindex_id=must("mindex_id"),
            name=must("user_name"),
            id_type=must("id_type"),
            id_no=must("id_no"),
            sex=text("user_sex"),
            birthday=text("birthday"),
            mobile_phone=text("mobile_phone"),
            card=Card(kind, number) if kind and number else None,
        )


@dataclass(frozen=True, repr=False)
class Patient:
    """An archive. `card_no` is the number under which the visit runs."""

    patient_no: str
    name: str
    id_no: str | None
    card_no: str


class How(StrEnum):
    """How somebody was identified; the text is what the desk shows."""

    KNOWN = "已关联档案，直接就诊"
    LINKED = "查到已有档案，已关联电子健康卡"
    CREATED = "院内无档案，已自动建档"
    ABSENT = "院内无档案，本岗位不建档"
    CHOICE = "有档案但不能自动认定，请人工核对"


@dataclass(frozen=True)
class Filed:
    """The outcome of a look into the archive: one `patient`, or nobody, or `choices` for a person to decide."""

    how: How
    patient: Patient | None = None
    choices: tuple[Patient, ...] = ()


class Archive:
    """The archive in one SQLite file. Safe to use from several threads.

    `insurance_number` says under which number the holder of a social-security card is filed: that of the card, or the
    person's social-insurance number, which is the identity number. The standard leaves it to the hospital.
    """

    def __init__(self, path: str = ":memory:", insurance_number: Literal["card", "person"] = "card") -> None:
        self._insurance_number = insurance_number
        self._turn = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; {_TABLES}")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def identify(self, person: Person, *, create: bool) -> Filed:
        """The archive of somebody whom the platform told of; linked, and made where there is none and `create`."""
        with self._transaction():
            known = self._known(person.ehealth_card_id)
            if known is not None:
                return Filed(How.KNOWN, known)
            found = self._search(person)
            if not found:
                return Filed(How.CREATED, self._create(person)) if create else Filed(How.ABSENT)
            if len(found) > 1:
                found = [row for row in found if row["id_no"] == person.id_no] or found
            if len(found) == 1 and not _contradicts(found[0], person):
                return Filed(How.LINKED, self._link(found[0]["patient_no"], person))
            return Filed(How.CHOICE, choices=tuple(_patient(row, row["patient_no"]) for row in found))

    def choose(self, person: Person, patient_no: str | None) -> Filed:
        """What somebody at the desk decided: this archive is theirs; or, with None, none of them is."""
        with self._transaction():
            if patient_no is None:
                return Filed(How.CREATED, self._create(person))
            return Filed(How.LINKED, self._link(patient_no, person))

    def holder(self, card: Card) -> tuple[Patient, ...]:
        """Who is filed under a physical card: for the day when the health card cannot be read."""
        with self._transaction():
            rows = self._db.execute(_SEARCHES[0], {"card_type": card.card_type, "card_no": card.card_no}).fetchall()
        return tuple(_patient(row, card.card_no) for row in rows)

    def health_card(self, patient_no: str) -> str | None:
        """The ID of the health card in force that is linked to an archive."""
        asked = "SELECT ehealth_card_id FROM health_card WHERE patient_no = ? AND NOT closed"
        with self._transaction():
            row = self._db.execute(asked, (patient_no,)).fetchone()
        return None if row is None else str(row[0])

    def closed(self, ehealth_card_id: str) -> None:
        """The card was closed on the platform. The archive stays, and so does the main index that finds it again."""
        with self._transaction():
            self._db.execute("UPDATE health_card SET closed = 1 WHERE ehealth_card_id = ?", (ehealth_card_id,))

    def add(self, name: str, *cards: Card, id_type: str | None = None, id_no: str | None = None) -> str:
        """An archive from before there were health cards; answers its number."""
        with self._transaction():
            return self._file({"name": name, "id_type": id_type, "id_no": id_no}, cards)

    def visit(self, patient: Patient, treatment_code: str, office_code: str) -> None:
        """Record where and what for a card was used."""
        statement = "INSERT INTO visit (patient_no, card_no, treatment_code, office_code) VALUES (?, ?, ?, ?)"
        with self._transaction():
            self._db.execute(statement, (patient.patient_no, patient.card_no, treatment_code, office_code))

    def begin(self, serial: str, method: str) -> None:
        """An act is about to be asked of the platform. It is kept first, so that a crash does not lose it."""
        with self._transaction():
            self._db.execute("INSERT INTO act (serial, method) VALUES (?, ?)", (serial, method))

    def end(self, serial: str, outcome: str) -> None:
        """How it came out: a return code."""
        with self._transaction():
            self._db.execute("UPDATE act SET outcome = ? WHERE serial = ?", (outcome, serial))

    def rows(self, table: str) -> list[dict[str, object]]:
        """Everything in a table, for a look inside."""
        if table not in ("patient", "patient_card", "health_card", "visit", "act"):
            raise ValueError(f"no such table: {table}")
        with self._transaction():
            return [dict(row) for row in self._db.execute(f"SELECT * FROM {table}")]

    # inside a transaction

    def _known(self, ehealth_card_id: str) -> Patient | None:
        asked = (
            "SELECT p.*, h.card_no AS linked FROM health_card h JOIN patient p USING (patient_no)"
            " WHERE h.ehealth_card_id = ?"
        )
        row = self._db.execute(asked, (ehealth_card_id,)).fetchone()
        return None if row is None else _patient(row, row["linked"] or row["patient_no"])

    def _search(self, person: Person) -> list[sqlite3.Row]:
        card = self._filed_under(person)
        sought = {
            "card_type": card and card.card_type,
            "card_no": card and card.card_no,
            "mindex_id": person.mindex_id,
            "id_type": person.id_type,
            "id_no": person.id_no,
        }
        for search in _SEARCHES:
            found = self._db.execute(search, sought).fetchall()
            if found:
                return found
        return []

    def _filed_under(self, person: Person) -> Card | None:
        card = person.card
        if card and card.card_type == SOCIAL_SECURITY and self._insurance_number == "person":
            return Card(SOCIAL_SECURITY, person.id_no)
        return card

    def _create(self, person: Person) -> Patient:
        card = self._filed_under(person)
        told = {name: getattr(person, name) for name in _COLUMNS.split(", ")}
        return self._link(self._file(told, (card,) if card else ()), person)

    def _file(self, told: Mapping[str, str | None], cards: tuple[Card, ...]) -> str:
        (last,) = self._db.execute("SELECT coalesce(max(rowid), 0) FROM patient").fetchone()
        patient_no = f"M{last + 1:08}"
        values = [told.get(name) for name in _COLUMNS.split(", ")]
        self._db.execute(
            f"INSERT INTO patient (patient_no, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", (patient_no, *values)
        )
        self._db.executemany(
            "INSERT INTO patient_card VALUES (?, ?, ?)", [(c.card_type, c.card_no, patient_no) for c in cards]
        )
        return patient_no

    def _link(self, patient_no: str, person: Person) -> Patient:
        card = self._filed_under(person)
        self._db.execute("UPDATE health_card SET closed = 1 WHERE patient_no = ?", (patient_no,))
        row = (person.ehealth_card_id, person.mindex_id, patient_no, card and card.card_type, card and card.card_no)
        self._db.execute("INSERT OR REPLACE INTO health_card VALUES (?, ?, ?, ?, ?, 0)", row)
        if card:
            self._db.execute(
                "INSERT OR IGNORE INTO patient_card VALUES (?, ?, ?)", (card.card_type, card.card_no, patient_no)
            )
        patient = self._db.execute("SELECT * FROM patient WHERE patient_no = ?", (patient_no,)).fetchone()
        return _patient(patient, card.card_no if card else patient_no)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _contradicts(row: sqlite3.Row, person: Person) -> bool:
    """Whether an archive says that it is somebody else's. An old one without a certificate is judged by its name."""
    numbered = row["id_no"] and row["id_type"] == person.id_type
    return bool(row["name"] != person.name or (numbered and row["id_no"] != person.id_no))


def _patient(row: sqlite3.Row, card_no: str) -> Patient:
    return Patient(row["patient_no"], row["name"], row["id_no"], card_no)
