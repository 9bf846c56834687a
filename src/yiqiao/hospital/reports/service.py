"""Laboratory and examination reports of one of our own hospitals: filed and found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.house import House
from yiqiao.hospital.sealing import Whose, number_index, open_record, patient_index, seal_record
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.reports import Danger, ExamReport, ExamSubject, LabItem, LabReport
from yiqiao.storage import clinical
from yiqiao.storage.clinical import Kind, RecordRow, Wanted


def lab_row(keyring: Keyring, hospital_id: str, report: LabReport, now_ms: int) -> RecordRow:
    """The row that keeps a laboratory report."""
    whose = Whose(report.patient_id)
    return seal_record(keyring, hospital_id, Kind.LAB, report.test_no, whose, report.requested_at, report, now_ms)


def exam_row(keyring: Keyring, hospital_id: str, report: ExamReport, now_ms: int) -> RecordRow:
    """The row that keeps an examination report."""
    whose = Whose(report.patient_id, report.subject.id_no)
    return seal_record(keyring, hospital_id, Kind.EXAM, report.exam_no, whose, report.examined_at, report, now_ms)


@dataclass(frozen=True)
class LocalReports:
    """`Reports` over our own tables."""

    house: House
    hospital_id: str

    async def labs(self, patient_id: str, since_ms: int | None) -> tuple[LabReport, ...]:
        """A patient's laboratory reports, those requested since then."""
        return tuple(map(self._lab, await self._of(Kind.LAB, patient_id, since_ms)))

    async def lab(self, test_no: str) -> LabReport:
        """One laboratory report."""
        return self._lab(await self._one(Kind.LAB, test_no))

    async def exams(self, patient_id: str, since_ms: int | None) -> tuple[ExamReport, ...]:
        """A patient's examination reports, those of examinations since then."""
        return tuple(map(self._exam, await self._of(Kind.EXAM, patient_id, since_ms)))

    async def exam(self, exam_no: str) -> ExamReport:
        """One examination report."""
        return self._exam(await self._one(Kind.EXAM, exam_no))

    async def _of(self, kind: Kind, patient_id: str, since_ms: int | None) -> Sequence[RecordRow]:
        indexes = [patient_index(self.house.keyring, patient_id)]
        wanted = Wanted(self.hospital_id, kind, indexes, since_ms=since_ms)
        found = await self.house.database.read(lambda connection: clinical.records(connection, wanted))
        if not found:
            raise NoSuchRecord("没有符合条件的报告")
        return found

    async def _one(self, kind: Kind, number: str) -> RecordRow:
        index = number_index(self.house.keyring, kind, number)
        found = await self.house.database.read(lambda c: clinical.record(c, self.hospital_id, kind, index))
        if found is None:
            raise NoSuchRecord("没有这份报告，请核对报告编号")
        return found

    def _lab(self, row: RecordRow) -> LabReport:
        values = open_record(self.house.keyring, row)
        return LabReport(**{**values, "items": tuple([LabItem(**_with_danger(item)) for item in values["items"]])})

    def _exam(self, row: RecordRow) -> ExamReport:
        values = _with_danger(open_record(self.house.keyring, row))
        return ExamReport(**{**values, "subject": ExamSubject(**values["subject"])})


def _with_danger(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "danger": Danger(**values["danger"])}
