"""Laboratory and examination reports."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Danger:
    """Whether a finding is critical (危急值), and what to tell the reader then."""

    critical: bool = False
    warning: str = ""


NO_DANGER = Danger()


@dataclass(frozen=True, repr=False)
class LabItem:
    """One result of a laboratory report."""

    name: str
    result: str
    abnormal: str = ""
    unit: str = ""
    reference: str = ""
    abbreviation: str = ""
    danger: Danger = NO_DANGER


@dataclass(frozen=True, repr=False)
class LabReport:
    """A laboratory report (检验) with its results."""

    test_no: str
    patient_id: str
    name: str
    requested_at: int
    items: tuple[LabItem, ...] = ()
    specimen: str = ""
    status: str = ""
    inpatient: bool = False
    barcode: str = ""
    sample_no: str = ""
    check_name: str = ""
    sample_type: str = ""
    sample_info: str = ""
    acquired_at: int | None = None
    received_at: int | None = None
    audited_at: int | None = None
    reported_at: int | None = None
    department: str = ""
    doctor: str = ""
    ward: str = ""
    bed_no: str = ""
    diagnosis: str = ""
    note: str = ""
    auditor: str = ""


@dataclass(frozen=True, repr=False)
class ExamSubject:
    """Who was examined, and where the pictures of it are found."""

    name: str = ""
    id_no: str = ""
    phone: str = ""
    request_no: str = ""
    access_no: str = ""
    ris_patient_id: str = ""
    study_uid: str = ""


@dataclass(frozen=True, repr=False)
class ExamReport:
    """An examination report (检查): what was seen, and what is thought of it."""

    exam_no: str
    patient_id: str
    examined_at: int
    subject: ExamSubject = ExamSubject()
    exam_class: str = ""
    sub_class: str = ""
    status: str = ""
    requested_at: int | None = None
    reporter: str = ""
    description: str = ""
    impression: str = ""
    recommendation: str = ""
    parameters: str = ""
    picture_status: str = ""
    inpatient: bool = False
    made_at: int | None = None
    audited_at: int | None = None
    reported_at: int | None = None
    department: str = ""
    ward: str = ""
    bed_no: str = ""
    pathology: str = ""
    diagnosis: str = ""
    stay_no: str = ""
    doctor: str = ""
    auditor: str = ""
    danger: Danger = NO_DANGER


class Reports(Protocol):
    """Laboratory and examination reports, the newest first. Raises NoSuchRecord where there is nothing."""

    async def labs(self, patient_id: str, since_ms: int | None) -> tuple[LabReport, ...]:
        """A patient's laboratory reports, those requested since then."""
        ...

    async def lab(self, test_no: str) -> LabReport:
        """One laboratory report."""
        ...

    async def exams(self, patient_id: str, since_ms: int | None) -> tuple[ExamReport, ...]:
        """A patient's examination reports, those of examinations since then."""
        ...

    async def exam(self, exam_no: str) -> ExamReport:
        """One examination report."""
        ...
