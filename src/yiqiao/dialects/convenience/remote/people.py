"""Records of patients at a hospital elsewhere, and who they are to the insurer (3.1.2)."""

from dataclasses import dataclass

from yiqiao.dialects.convenience.remote.calls import Calls, needed
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import (
    OTHER_KIND,
    SEXES,
    document_told,
    document_values,
    person_values,
)
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.patients import Filed, NewPatient, PatientRecord, Stated
from yiqiao.ports.hospital.refusals import NoSuchRecord, UnknownPatient
from yiqiao.ports.hospital.system import done
from yiqiao.ports.hospital.values import Sex
from yiqiao.ports.insured import InsuredIdentity
from yiqiao.storage import Write

OWN_ID = 9
"""CARD_TYPE of the hospital's own number of a patient."""
MASKED = "*"


@dataclass(frozen=True)
class RemotePatients:
    """`Patients` by asking the hospital."""

    calls: Calls

    async def create(self, wish: NewPatient) -> Write[Filed]:
        """File somebody. Of which kind the certificate is that comes back, the wish has said."""
        visitor, spec = wish.visitor, self.calls.spec
        guardian = document_values(spec, "ID", visitor.guardian)
        stated = visitor.certificate or visitor.guardian
        asked = {
            **person_values(visitor),
            **document_values(spec, "ID", visitor.certificate),
            **document_values(spec, "CARD", visitor.card),
            "ADDRESS": visitor.address,
            "PASSWORD": wish.password,
            "PARENT_ID_TYPE": guardian.get("ID_TYPE"),
            "PARENT_ID_CARD": guardian.get("ID_NO"),
            "PARENT_NAME": visitor.guardian_name,
        }

        def read(told: Told) -> Filed:
            patient_id = needed(told, "HOSP_PATIENT_ID")
            kind, number = (stated.kind, stated.number) if stated else (OTHER_KIND, "")
            return Filed(
                patient_id=patient_id,
                card=document_told(told, "CARD") or visitor.card or Document(OWN_ID, patient_id),
                certificate=Document(kind, told.text("ID_NO") or number),
                name=told.text("NAME") or visitor.name,
            )

        return done(await self.calls.act("CreatePat", asked, read))

    async def find(self, card: Document, stated: Stated) -> PatientRecord:
        """Who holds a card. Not every hospital compares what is stated beside it, so it is compared here too."""
        asked = {
            **document_values(self.calls.spec, "CARD", card),
            "HOSP_PATIENT_ID": stated.patient_id,
            "NAME": stated.name,
            "ID_NO": stated.certificate_no,
        }
        try:
            found = await self.calls.ask("GetPatientInfo", asked, lambda told: _record(told, card))
        except NoSuchRecord as nothing:
            raise UnknownPatient(nothing.message) from None
        if not found.patient_id:
            raise UnknownPatient
        pairs = (
            (stated.patient_id, found.patient_id),
            (stated.name, found.name),
            (stated.certificate_no, found.certificate.number),
        )
        if not all(agree(said, told) for said, told in pairs):
            raise UnknownPatient("卡号与姓名或证件号不一致，请核对后再查")
        return found

    async def authenticate(self, patient_id: str) -> Write[InsuredIdentity]:
        """Ask the insurer, by way of the hospital, which keeps what a settlement needs."""
        try:
            return done(await self.calls.ask("Authenticate", {"APP_PATIENT_ID": patient_id}, _identity))
        except NoSuchRecord as nothing:
            raise UnknownPatient(nothing.message) from None


def _record(told: Told, card: Document) -> PatientRecord:
    created_at = told.moment("CREATE_TIME") or 0
    issued_at = told.moment("CARD_TIME")
    return PatientRecord(
        patient_id=told.text("HOSP_PATIENT_ID"),
        created_at=created_at,
        certified=told.text("PATIENT_TYPE") != "0",
        certificate=document_told(told, "ID") or Document(OTHER_KIND, ""),
        card=document_told(told, "CARD") or card,
        card_state=told.count("CARD_STATUS"),
        card_issued_at=created_at if issued_at is None else issued_at,
        card_used_at=told.moment("LAST_TIME"),
        visited=told.yes("True"),
        sex=told.code("SEX", SEXES, Sex.SECRET),
        name=told.text("NAME"),
        birthday=told.day("BIRTHDAY"),
        mobile=told.text("MOBILE"),
        address=told.maybe("ADDRESS"),
    )


def agree(said: str | None, told: str) -> bool:
    """Whether what was stated goes with what was told; nothing can be compared with what is masked or left out."""
    return said is None or not told or MASKED in told or said.upper() == told.upper()


def _identity(told: Told) -> InsuredIdentity:
    reason = (*told.texts("AKE162"), *told.texts("AKE162_C"), "", "")
    relief = _coded(told, "DKC021")
    return InsuredIdentity(
        settlement_no=told.text("DKE005"),
        insurance_no=told.text("DAC001"),
        code_due=told.yes("DAE168"),
        fee_nature=_coded(told, "AKE556"),
        visit_kind=_coded(told, "AKE186"),
        visit_reason=(reason[0], reason[1]),
        nature=_coded(told, "DKC003"),
        kind=_coded(told, "DKC002"),
        relief=relief if any(relief) else None,
    )


def _coded(told: Told, name: str) -> tuple[str, str]:
    return told.text(name), told.text(f"{name}_C")
