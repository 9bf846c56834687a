"""Physical examinations of a hospital elsewhere (3.1.10)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from yiqiao.dialects.convenience.remote.calls import Calls
from yiqiao.dialects.convenience.remote.people import agree
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import SEXES
from yiqiao.ports.hospital.checkups import Checkup, CheckupDepartment, CheckupItem, Conclusion
from yiqiao.ports.hospital.refusals import NoSuchRecord

T = TypeVar("T")


@dataclass(frozen=True)
class RemoteCheckups:
    """`Checkups` by asking the hospital: head, items, departments and conclusions are four questions."""

    calls: Calls

    async def find(self, report_id: str, id_no: str | None = None) -> Checkup:
        """One of them. Only with `id_no` is it told whose it is, and only then is it made sure of."""
        head = Told({}) if id_no is None else await self._head(report_id, id_no)
        items = await self._rows("QueryPhysicalExamItem", report_id, _item)
        departments = await self._rows("QueryPhysicalExamDept", report_id, _department)
        conclusions = await self._rows("QueryPhysicalExamConclusion", report_id, _conclusion)
        if id_no is None and not (items or departments or conclusions):
            raise NoSuchRecord
        return Checkup(
            report_id=report_id,
            id_no=head.text("ID_NO"),
            name=head.text("PATIENT_NAME"),
            sex=SEXES.get(head.text("SEX")),
            day=head.day("EXAM_DATE"),
            age=head.text("AGE"),
            address=head.text("PATIENT_ADDRESS"),
            phone=head.text("PHONE"),
            company=head.text("COMPANY"),
            doctor=head.text("EXAM_DOCTOR"),
            items=items,
            departments=departments,
            conclusions=conclusions,
        )

    async def _head(self, report_id: str, id_no: str) -> Told:
        asked = {"EXAM_REPORT_ID": report_id, "ID_NO": id_no}
        head = await self.calls.ask("QueryPhysicalExamReport", asked, lambda told: told.part("Record_Info"))
        if not head.text("EXAM_REPORT_ID") or not agree(id_no, head.text("ID_NO")):
            raise NoSuchRecord
        return head

    async def _rows(self, function: str, report_id: str, read: Callable[[Told], T]) -> tuple[T, ...]:
        """The rows of one kind; there may be none."""

        def rows(told: Told) -> tuple[T, ...]:
            return tuple(read(row) for row in told.part("Record_Info").rows("Record_List"))

        try:
            return await self.calls.ask(function, {"EXAM_REPORT_ID": report_id}, rows)
        except NoSuchRecord:
            return ()


def _item(told: Told) -> CheckupItem:
    return CheckupItem(
        dept_id=told.text("EXAM_DEPT_ID"),
        item_id=told.text("EXAM_ITEM_ID"),
        name=told.text("EXAM_ITEM_NAME"),
        result=told.text("EXAM_RESULT"),
        abbreviation=told.text("ABBREVIATION"),
        flag=told.text("RESULT_FLAG"),
        reference=told.text("REFERENCE_VALUE"),
        unit=told.text("ITEM_UNIT"),
        description=told.text("EXAM_DESC"),
        type_no=told.text("EXAM_ITEM_TYPE_NO"),
        type_name=told.text("EXAM_ITEM_TYPE"),
        sample_type=told.text("SAMPLE_TYPE"),
        day=told.day("EXAM_DATE"),
        doctor=told.text("EXAM_DOCTOR"),
    )


def _department(told: Told) -> CheckupDepartment:
    return CheckupDepartment(told.text("EXAM_DEPT_ID"), told.text("EXAM_DEPT_NAME"), told.text("SUMMARY"))


def _conclusion(told: Told) -> Conclusion:
    return Conclusion(told.text("CONCLUSION_TITLE"), told.text("CONCLUSION_DESCRIPTION"), told.text("CONCLUSION_TYPE"))
