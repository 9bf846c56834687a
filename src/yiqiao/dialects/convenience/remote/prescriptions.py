"""Prescriptions of the past, of a hospital elsewhere (3.1.11)."""

from dataclasses import dataclass

from yiqiao.dialects.convenience.remote.calls import Calls, part
from yiqiao.dialects.convenience.remote.meaning import NO_REASON
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.ports.hospital.prescriptions import Drug, PastOf, Prescription
from yiqiao.ports.hospital.refusals import NoSuchRecord, TransactionFailed
from yiqiao.ports.hospital.values import Page, Paging


@dataclass(frozen=True)
class RemotePrescriptions:
    """`Prescriptions` by asking the hospital."""

    calls: Calls

    async def past(self, question: PastOf, paging: Paging | None) -> Page[Prescription]:
        """The newest first. How many there are is not told, so all are asked for, and the page taken from them: one
        person has few.
        """
        asked = {
            "ID_CARD": question.id_no,
            "HOSPATIENT_ID": question.card_no,
            "BEGIN_DATE": _compact(question.first_day),
            "END_DATE": _compact(question.last_day),
        }

        def read(told: Told) -> tuple[Prescription, ...]:
            if told.text("STATE").strip("0"):
                raise TransactionFailed(told.text("RESULT") or NO_REASON)
            return tuple(_recipe(row, question.id_no) for row in told.rows("RECIPE_ORDER_LIST"))

        found = sorted(await self.calls.ask("funmain", asked, read), key=lambda one: one.prescribed_at, reverse=True)
        rows = part(tuple(found), paging)
        if not rows:
            raise NoSuchRecord
        return Page(len(found), rows)


def _compact(day: str | None) -> str | None:
    return None if day is None else day.replace("-", "")


def _recipe(told: Told, id_no: str) -> Prescription:
    return Prescription(
        recipe_no=told.text("RECIPE_NO"),
        patient_id=told.text("COMPAT_ID"),
        id_no=id_no,
        prescribed_at=told.moment("RECIPE_DATE") or 0,
        doctor_name=told.text("DOCTOR_NAME"),
        diagnosis_code=told.text("DIAGNOSIS_CODE"),
        diagnosis=told.text("DIAGNOSIS"),
        drugs=tuple(_drug(row) for row in told.rows("RECIPE_DRUG_INFO_LIST")),
        visit_no=told.text("VISIT_NO"),
        dept_id=told.text("MEDICAL_DEPT_CODE"),
        dept_name=told.text("MEDICAL_DEPT_NAME"),
        doctor_id=told.text("DOCTOR_CODE"),
        doctor_phone=told.text("DOCTOR_PHONE"),
        expires_at=told.moment("EXPIRY_DATE"),
        times=told.number("RECIPE_NUM"),
    )


def _drug(told: Told) -> Drug:
    """A drug. 药品单位 stands under two spellings; where it is that of the quantity, there is no other."""
    unit = told.text("TAKE_MEDICAL_UNIT")
    package_unit = told.text("PACKAGE_UNIT") or told.text("PACKAGEUNIT")
    return Drug(
        detail_no=told.text("RECIPE_DETAIL_NO"),
        code=told.text("HOSPITAL_MEDICINE_CODE"),
        name=told.text("HOSPITAL_MEDICINE_NAME"),
        quantity=told.text("MEDICAL_NUMBER") or told.text("TAKE_MEDICAL_NUMBER"),
        quantity_unit=unit or package_unit,
        single_dose=told.text("SINGLE_TAKE_NUMBER"),
        dose_unit=told.text("SINGLE_TAKE_UNIT"),
        route=told.text("DELIVER_WAY"),
        frequency=told.text("TAKE_FREQUENCE"),
        specification=told.text("SPECIFICTION"),
        package=told.text("PAGE_SPECIFICTION"),
        package_unit="" if package_unit == (unit or package_unit) else package_unit,
        unit_price=told.decimal("PRICE"),
        amount=told.maybe_yuan("TOTAL_AMOUNT"),
        maker=told.text("FATORY_NAME"),
        days=told.text("USER_DAY"),
        remark=told.text("INSTRUCTION_SUPPLY"),
    )
