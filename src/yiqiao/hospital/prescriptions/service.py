"""Prescriptions of one of our own hospitals: filed and found."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from yiqiao.clock import DAY_MS, parse_compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.house import House
from yiqiao.hospital.sealing import Whose, certificate_index, open_record, patient_index, seal_record
from yiqiao.ports.hospital.prescriptions import Drug, PastOf, Prescription
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.values import Page, Paging
from yiqiao.storage import archives, clinical
from yiqiao.storage.clinical import Kind, RecordRow, Wanted

VISIT_CARDS = (7, 8)


def prescription_row(keyring: Keyring, hospital_id: str, recipe: Prescription, now_ms: int) -> RecordRow:
    """The row that keeps a prescription."""
    whose = Whose(recipe.patient_id, recipe.id_no)
    at = recipe.prescribed_at
    return seal_record(keyring, hospital_id, Kind.PRESCRIPTION, recipe.recipe_no, whose, at, recipe, now_ms)


@dataclass(frozen=True)
class LocalPrescriptions:
    """`Prescriptions` over our own tables."""

    house: House
    hospital_id: str

    async def past(self, question: PastOf, paging: Paging | None) -> Page[Prescription]:
        """The newest first."""
        offset, limit = ((paging.page - 1) * paging.size, paging.size) if paging else (0, None)

        def read(connection: Connection) -> tuple[int, list[RecordRow]]:
            wanted = self._wanted(connection, question)
            return clinical.count(connection, wanted), clinical.records(connection, wanted, offset, limit)

        total, rows = await self.house.database.read(read)
        if not rows:
            raise NoSuchRecord("没有符合条件的处方")
        return Page(total, tuple([_prescription(open_record(self.house.keyring, row)) for row in rows]))

    def _wanted(self, connection: Connection, question: PastOf) -> Wanted:
        keyring = self.house.keyring
        return Wanted(
            hospital_id=self.hospital_id,
            kind=Kind.PRESCRIPTION,
            patient_indexes=None if question.card_no is None else self._holders(connection, question.card_no),
            certificate_index=certificate_index(keyring, question.id_no),
            since_ms=_midnight(question.first_day) if question.first_day else None,
            before_ms=_midnight(question.last_day) + DAY_MS if question.last_day else None,
        )

    def _holders(self, connection: Connection, card_no: str) -> list[int]:
        """The patients with this visit card, or with this number: the standard names the one and means the other."""
        keyring = self.house.keyring
        cards = {keyring.blind("card", f"{kind}|{card_no}") for kind in VISIT_CARDS}
        held = archives.cards(connection, [self.hospital_id], (), cards)
        return [patient_index(keyring, patient_id) for patient_id in {card_no, *(card.patient_id for card in held)}]


def _prescription(values: dict[str, Any]) -> Prescription:
    return Prescription(**{**values, "drugs": tuple([_drug(drug) for drug in values["drugs"]])})


def _drug(values: dict[str, Any]) -> Drug:
    price = values["unit_price"]
    return Drug(**{**values, "unit_price": None if price is None else Decimal(price)})


def _midnight(day: str) -> int:
    return parse_compact(day.replace("-", "") + "000000")
