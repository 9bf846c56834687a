"""Laboratory and examination reports, read from the views of a HIS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, true

from yiqiao.adapters.sqlviews.bound import Bound, Values
from yiqiao.adapters.sqlviews.values import built
from yiqiao.adapters.sqlviews.views import Views
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.reports import Danger, ExamReport, ExamSubject, LabItem, LabReport

LAST_MS = 4_102_444_800_000
"""A moment that no report has reached."""


@dataclass(frozen=True)
class ViewsReports:
    """`Reports` over the views of a HIS."""

    views: Views

    async def labs(self, patient_id: str, since_ms: int | None) -> tuple[LabReport, ...]:
        """A patient's laboratory reports, the newest first."""
        return await self._labs("patient_id", patient_id, since_ms)

    async def lab(self, test_no: str) -> LabReport:
        """One laboratory report."""
        return (await self._labs("test_no", test_no, None))[0]

    async def exams(self, patient_id: str, since_ms: int | None) -> tuple[ExamReport, ...]:
        """A patient's examination reports, the newest first."""
        return await self._exams("patient_id", patient_id, since_ms)

    async def exam(self, exam_no: str) -> ExamReport:
        """One examination report."""
        return (await self._exams("exam_no", exam_no, None))[0]

    async def _labs(self, name: str, value: str, since_ms: int | None) -> tuple[LabReport, ...]:
        def read(bound: Mapping[str, Bound], connection: Connection) -> tuple[LabReport, ...]:
            view = bound["lab"]
            rows = view.rows(connection, view.equals(name, value), _since(view, "requested_at", since_ms))
            wanted = bound["lab_item"].among("test_no", [row["test_no"] for row in rows])
            items = bound["lab_item"].rows(connection, wanted) if rows else []
            return tuple(_lab(row, [item for item in items if item["test_no"] == row["test_no"]]) for row in rows[::-1])

        found = await self.views.read(lambda bound: lambda c: read(bound, c), "lab", "lab_item")
        if not found:
            raise NoSuchRecord("没有检验报告")
        return found

    async def _exams(self, name: str, value: str, since_ms: int | None) -> tuple[ExamReport, ...]:
        def read(view: Bound, connection: Connection) -> tuple[ExamReport, ...]:
            rows = view.rows(connection, view.equals(name, value), _since(view, "examined_at", since_ms))
            return tuple(built(ExamReport, row, subject=built(ExamSubject, row), danger=_danger(row)) for row in rows)

        found = await self.views.read(lambda bound: lambda c: read(bound["exam"], c)[::-1], "exam")
        if not found:
            raise NoSuchRecord("没有检查报告")
        return found


def _since(view: Bound, name: str, since_ms: int | None) -> ColumnElement[bool]:
    return true() if since_ms is None else view.moments(name, since_ms, LAST_MS)


def _lab(row: Values, items: Sequence[Values]) -> LabReport:
    return built(LabReport, row, items=tuple(built(LabItem, item, danger=_danger(item)) for item in items))


def _danger(row: Values) -> Danger:
    return built(Danger, row)
