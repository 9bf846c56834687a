"""Laboratory and examination reports of a hospital elsewhere (3.1.7)."""

from dataclasses import dataclass

from yiqiao.dialects.convenience.remote.calls import Calls
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.wording import INPATIENT, to_the_minute
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.reports import Danger, ExamReport, ExamSubject, LabItem, LabReport

ROWS = "TIME_REG_LIST"


@dataclass(frozen=True)
class RemoteReports:
    """`Reports` by asking the hospital. The lists tell of the whole reports but for their results; one report tells
    its results, and little else.
    """

    calls: Calls

    async def labs(self, patient_id: str, since_ms: int | None) -> tuple[LabReport, ...]:
        """A patient's laboratory reports, without their results."""
        asked = {"PATIENT_ID": patient_id, "REQUESTED_DATE_TIME": to_the_minute(since_ms) or None}

        def read(told: Told) -> tuple[LabReport, ...]:
            return tuple(_lab(row) for row in told.rows(ROWS))

        found = await self.calls.ask("queryCheckListMaster", asked, read)
        if not found:
            raise NoSuchRecord
        return tuple(sorted(found, key=lambda one: one.requested_at, reverse=True))

    async def lab(self, test_no: str) -> LabReport:
        """The results of one laboratory report; whose it is, is not told."""
        rows = await self._rows("queryCheckListDetails", {"TEST_NO": test_no})
        head = rows[0]
        return LabReport(
            test_no=test_no,
            patient_id="",
            name="",
            requested_at=0,
            items=tuple(_item(row) for row in rows),
            inpatient=head.text("LAB_SOURCE") == INPATIENT,
            reported_at=head.moment("RESULT_DATE_TIME"),
        )

    async def exams(self, patient_id: str, since_ms: int | None) -> tuple[ExamReport, ...]:
        """A patient's examination reports, without whom and what the pictures show."""
        asked = {"PATIENT_ID": patient_id, "EXAM_DATE_TIME": to_the_minute(since_ms) or None}

        def read(told: Told) -> tuple[ExamReport, ...]:
            return tuple(_exam(row) for row in told.rows(ROWS))

        found = await self.calls.ask("queryExamMaster", asked, read)
        if not found:
            raise NoSuchRecord
        return tuple(sorted(found, key=lambda one: one.examined_at, reverse=True))

    async def exam(self, exam_no: str) -> ExamReport:
        """Who was examined, and where the pictures are; the findings are in the list."""
        head = (await self._rows("queryExamDetails", {"EXAM_NO": exam_no}))[0]
        return ExamReport(
            exam_no=exam_no,
            patient_id=head.text("PATIENT_ID"),
            examined_at=head.moment("EXAM_DATE_TIME") or 0,
            subject=ExamSubject(
                name=head.text("PATIENT_NAME"),
                id_no=head.text("ID_NO"),
                phone=head.text("PHONE_NUMBER"),
                request_no=head.text("REQ_NUM"),
                access_no=head.text("ACCESS_NO"),
                ris_patient_id=head.text("PATIENT_LOCAL_ID"),
                study_uid=head.text("STUDY_INS_UID"),
            ),
            inpatient=head.text("EXAM_SOURCE") == INPATIENT,
        )

    async def _rows(self, function: str, asked: dict[str, object]) -> tuple[Told, ...]:
        """The rows of one report. Raises NoSuchRecord where there is none."""
        rows = await self.calls.ask(function, asked, lambda told: told.rows(ROWS))
        if not rows:
            raise NoSuchRecord
        return rows


def _danger(told: Told) -> Danger:
    critical = told.yes("DANGEROUS_FLAG")
    return Danger(critical, told.text("DANGEROUS_MESSAGE") if critical else "")


def _lab(told: Told) -> LabReport:
    return LabReport(
        test_no=told.text("TEST_NO"),
        patient_id=told.text("PATIENT_ID"),
        name=told.text("ITEM_NAME"),
        requested_at=told.moment("REQUESTED_DATE_TIME") or 0,
        specimen=told.text("SPECIMEN"),
        status=told.text("RESULT_STATUS"),
        inpatient=told.text("LAB_SOURCE") == INPATIENT,
        barcode=told.text("BARCODE_NO"),
        sample_no=told.text("SAMPLE_NO"),
        check_name=told.text("CHECK_NAME"),
        sample_type=told.text("SAMPLE_TYPE"),
        sample_info=told.text("SAMPLE_INFO"),
        acquired_at=told.moment("ACQUISITION_TIME"),
        received_at=told.moment("RECEIPT_TIME"),
        audited_at=told.moment("AUDIT_TIME"),
        reported_at=told.moment("REPORT_TIME"),
        department=told.text("CHECK_DEPARTMENT"),
        doctor=told.text("CHECK_DOCTOR"),
        ward=told.text("WARD"),
        bed_no=told.text("BED_NO"),
        diagnosis=told.text("DIAGNOSIS"),
        note=told.text("NOTE"),
        auditor=told.text("AUDIT_DOCTOR"),
    )


def _item(told: Told) -> LabItem:
    return LabItem(
        name=told.text("ITEM_NAME"),
        result=told.text("RESULT"),
        abnormal=told.text("ABNORMAL_INDICATOR"),
        unit=told.text("UNITS"),
        reference=told.text("REFERENCE_RANGE"),
        abbreviation=told.text("ABBREVIATION"),
        danger=_danger(told),
    )


def _exam(told: Told) -> ExamReport:
    return ExamReport(
        exam_no=told.text("EXAM_NO"),
        patient_id=told.text("PATIENT_ID"),
        examined_at=told.moment("EXAM_DATE_TIME") or 0,
        exam_class=told.text("EXAM_CLASS"),
        sub_class=told.text("EXAM_SUB_CLASS"),
        status=told.text("RESULT_STATUS"),
        requested_at=told.moment("REQ_DATE_TIME"),
        reporter=told.text("REPORTER"),
        description=told.text("DESCRIPTION"),
        impression=told.text("IMPRESSION"),
        recommendation=told.text("RECOMMENDATION"),
        parameters=told.text("EXAM_PARA"),
        picture_status=told.text("PICTURE_STATUS"),
        inpatient=told.text("EXAM_SOURCE") == INPATIENT,
        made_at=told.moment("REPORT_DATE_TIME"),
        audited_at=told.moment("AUDIT_TIME"),
        reported_at=told.moment("REPORT_TIME"),
        department=told.text("CHECK_DEPARTMENT"),
        ward=told.text("WARD"),
        bed_no=told.text("BED_NO"),
        pathology=told.text("PATHOLOGY_DIAG"),
        diagnosis=told.text("DIAGNOSIS"),
        stay_no=told.text("VISIT_ID"),
        doctor=told.text("CHECK_DOCTOR"),
        auditor=told.text("AUDIT_DOCTOR"),
        danger=_danger(told),
    )
