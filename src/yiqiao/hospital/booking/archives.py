"""Whose archive an order belongs to: found, or made with the order where there is none (OrderReg, HOSP_PATIENT_ID)."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from yiqiao.clock import DAY_MS
from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.refusals import (
    CardMismatch,
    IdentityMismatch,
    PatientNotCreated,
    SeveralArchives,
    UnknownPatient,
)
from yiqiao.storage import archives
from yiqiao.storage.archives import CardRow, PatientRow

IDENTITY_CARD, VISIT_CARD = 1, 7
CHECKED_WITHIN_MS = DAY_MS
"""An insured identity is checked before each registration: what was said longer ago than a day binds nobody."""
OWN_CARDS = frozenset({7, 8, 9, 10, 11, 12})
"""Cards that the hospital itself issues (CARD_TYPE): a number that it does not know is no card of its own."""


class Archive(NamedTuple):
    """A patient's archive, and the card to come with."""

    patient_id: str
    card: Document | None


class Claim(NamedTuple):
    """Who an order is said to be for."""

    hospital_id: str
    patient_id: str | None
    visitor: Visitor


class Archives:
    """The archives that one transaction deals with."""

    def __init__(self, connection: Connection, keyring: Keyring, now_ms: int) -> None:
        self._connection = connection
        self._keyring = keyring
        self._now_ms = now_ms
        self._patients: dict[tuple[str, str], PatientRow] = {}
        self._cards: list[CardRow] = []
        self._code_due: set[tuple[str, str]] = set()
        self._passwords: Mapping[tuple[str, str], int] = {}
        self._new: list[PatientRow] = []
        self._issued: list[CardRow] = []

    def know(self, claims: Sequence[Claim]) -> None:
        """Read what is on file of those who order."""
        if not claims:
            return
        wanted = [(claim.hospital_id, self._certificate(claim.visitor)) for claim in claims]
        archives.one_at_a_time(self._connection, wanted)
        hospital_ids = {claim.hospital_id for claim in claims}
        patient_ids = {claim.patient_id for claim in claims if claim.patient_id}
        rows = archives.patients(self._connection, hospital_ids, patient_ids, {index for _, index in wanted})
        self._patients = {(row.hospital_id, row.patient_id): row for row in rows}
        shown = {self._card(claim.visitor.card) for claim in claims if claim.visitor.card}
        known = {row.patient_id for row in rows}
        self._cards = archives.cards(self._connection, hospital_ids, known, shown)
        since = self._now_ms - CHECKED_WITHIN_MS
        self._code_due = archives.code_due(self._connection, hospital_ids, known, since)
        if any(claim.visitor.card_password for claim in claims):
            self._passwords = archives.passwords(self._connection, hospital_ids, known)

    @property
    def known(self) -> Collection[tuple[str, str]]:
        """The (hospital_id, patient_id) that are on file of them."""
        return self._patients.keys()

    def of(self, claim: Claim) -> Archive:
        """The archive of who orders; a new one is filed at once, so ask when nothing else can refuse any more.

        Raises PatientNotCreated, SeveralArchives, UnknownPatient, IdentityMismatch, CardMismatch.
        """
        found = self.find(claim)
        return found if found is not None else self._file(claim)

    def find(self, claim: Claim) -> Archive | None:
        """The archive that there is. Raises what `of` raises."""
        visitor = claim.visitor
        row = self._named(claim) if claim.patient_id else self._certified(claim)
        if row is None:
            _check_new(visitor)
            self._check_card(claim, None)
            return None
        self._check_card(claim, row)
        own = [card for card in self._cards if card.patient_id == row.patient_id and card.card_type in (VISIT_CARD, 8)]
        return Archive(row.patient_id, self._unsealed(own[-1]) if own else None)

    def code_due(self, hospital_id: str, patient_id: str) -> bool:
        """Whether the check of the insured identity (1011) said that an order must bring the insurance's code."""
        return (hospital_id, patient_id) in self._code_due

    def _named(self, claim: Claim) -> PatientRow:
        row = self._patients.get((claim.hospital_id, claim.patient_id or ""))
        if row is None:
            raise UnknownPatient
        stated = claim.visitor.certificate or claim.visitor.guardian
        other = stated is not None and row.certificate_index != self._certificate(claim.visitor)
        if other or row.name_index != self._name(claim.visitor):
            raise IdentityMismatch
        return row

    def _certified(self, claim: Claim) -> PatientRow | None:
        index, name = self._certificate(claim.visitor), self._name(claim.visitor)
        rows = [
            row
            for row in self._patients.values()
            if row.hospital_id == claim.hospital_id and row.certificate_index == index
        ]
        if claim.visitor.certificate is None:
            rows = [row for row in rows if not row.certified and row.name_index == name]
        else:
            rows = [row for row in rows if row.certified]
        if len(rows) > 1:
            raise SeveralArchives
        if rows and rows[0].name_index != name:
            raise IdentityMismatch
        return rows[0] if rows else None

    def _check_card(self, claim: Claim, row: PatientRow | None) -> None:
        card = claim.visitor.card
        if card is None:
            return
        index = self._card(card)
        holders = {
            held.patient_id
            for held in self._cards
            if (held.hospital_id, held.card_type, held.card_index) == (claim.hospital_id, card.kind, index)
        }
        if holders and (row is None or row.patient_id not in holders):
            raise CardMismatch
        if card.kind not in OWN_CARDS:
            return
        if not holders:
            raise CardMismatch
        self._check_password(claim, row)

    def _check_password(self, claim: Claim, row: PatientRow | None) -> None:
        """A card of the hospital's own has the password of its holder, if one is on file; of others none is known."""
        word = claim.visitor.card_password
        kept = self._passwords.get((claim.hospital_id, row.patient_id)) if row else None
        if word and row and kept not in (None, password(self._keyring, claim.hospital_id, row.patient_id, word)):
            raise CardMismatch("卡密码不正确，请核对后重试")

    def _file(self, claim: Claim) -> Archive:
        """A new archive, with a visit card."""
        hospital_id, visitor = claim.hospital_id, claim.visitor
        patient_id = f"P{secrets.randbelow(10**11):011}"
        now = self._now_ms
        row = patient_row(self._keyring, hospital_id, patient_id, visitor, now)
        card = Document(VISIT_CARD, f"{secrets.randbelow(10**10):010}")
        cards = [card, visitor.card] if visitor.card else [card]
        for one in cards:
            self._issued.append(card_row(self._keyring, hospital_id, patient_id, one, now))
        self._new.append(row)
        self._patients[hospital_id, patient_id] = row
        self._cards += self._issued[-len(cards) :]
        return Archive(patient_id, card)

    def write(self) -> None:
        """File what is new."""
        if self._new:
            archives.add_patients(self._connection, self._new, self._issued)

    def _unsealed(self, card: CardRow) -> Document:
        context = card_context(card.hospital_id, card.patient_id, card.card_type)
        return Document(card.card_type, self._keyring.unseal(card.key_id, bytes(card.sealed), context).decode())

    def _certificate(self, visitor: Visitor) -> int:
        shown = visitor.certificate or visitor.guardian
        return self._keyring.blind("certificate", f"{shown.kind}|{shown.number.upper()}") if shown else 0

    def _name(self, visitor: Visitor) -> int:
        return self._keyring.blind("name", visitor.name)

    def _card(self, card: Document) -> int:
        return self._keyring.blind("card", f"{card.kind}|{card.number}")


def _check_new(visitor: Visitor) -> None:
    """Raises PatientNotCreated where there is not enough to make an archive of."""
    shown = visitor.certificate
    if shown is None and visitor.guardian is None:
        raise PatientNotCreated("缺少就诊人证件：本人须有证件号码，没有证件的小孩须有监护人证件号码")
    if shown is None and not visitor.guardian_name:
        raise PatientNotCreated("没有证件的小孩建档，须填写监护人姓名")
    if shown is not None and shown.kind == IDENTITY_CARD:
        born = visitor.birthday.replace("-", "")
        if len(shown.number) != 18 or not shown.number[:17].isdecimal() or shown.number[6:14] != born:
            raise PatientNotCreated("身份证号码有误，或与出生日期不一致，请核对后重试")


def _kept(visitor: Visitor) -> dict[str, object]:
    return {
        "name": visitor.name,
        "sex": visitor.sex,
        "birthday": visitor.birthday,
        "mobile": visitor.mobile,
        "certificate": visitor.certificate,
        "guardian": visitor.guardian,
        "guardian_name": visitor.guardian_name,
        "address": visitor.address,
    }


def patient_row(keyring: Keyring, hospital_id: str, patient_id: str, visitor: Visitor, now_ms: int) -> PatientRow:
    """What is filed of a new patient."""
    key_id, sealed = keyring.seal(orjson.dumps(_kept(visitor), default=tuple), _context(hospital_id, patient_id))
    shown = visitor.certificate or visitor.guardian
    return PatientRow(
        hospital_id=hospital_id,
        patient_id=patient_id,
        key_id=key_id,
        sealed=sealed,
        certificate_index=keyring.blind("certificate", f"{shown.kind}|{shown.number.upper()}") if shown else 0,
        name_index=keyring.blind("name", visitor.name),
        phone_index=keyring.blind("phone", visitor.mobile),
        certified=int(visitor.certificate is not None),
        visited_at=None,
        created_at=now_ms,
        changed_at=now_ms,
    )


def open_patient(keyring: Keyring, row: PatientRow) -> bytes:
    """What is sealed of a patient, as JSON. Raises SealingUnavailable."""
    return keyring.unseal(row.key_id, bytes(row.sealed), _context(row.hospital_id, row.patient_id))


def card_row(keyring: Keyring, hospital_id: str, patient_id: str, card: Document, now_ms: int) -> CardRow:
    """What is filed of a new card."""
    key_id, sealed = keyring.seal(card.number.encode(), card_context(hospital_id, patient_id, card.kind))
    index = keyring.blind("card", f"{card.kind}|{card.number}")
    return CardRow(hospital_id, patient_id, card.kind, index, key_id, sealed, 0, now_ms)


def password(keyring: Keyring, hospital_id: str, patient_id: str, word: str) -> int:
    """What is kept of a patient's password."""
    return keyring.blind("patient password", f"{hospital_id}|{patient_id}|{word}")


def card_context(hospital_id: str, patient_id: str, kind: int) -> bytes:
    """What a card's number is sealed to."""
    return f"patient-card|{hospital_id}|{patient_id}|{kind}".encode()


def _context(hospital_id: str, patient_id: str) -> bytes:
    return f"patient|{hospital_id}|{patient_id}".encode()
