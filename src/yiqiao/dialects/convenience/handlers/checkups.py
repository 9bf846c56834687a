"""Physical examinations (3.1.10): functions without a number of their own."""

from collections.abc import Awaitable, Callable, Iterable, Iterator

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.handlers.asked import each, systems
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals, HospitalSystem
from yiqiao.ports.hospital.checkups import Checkup, CheckupDepartment, CheckupItem, Conclusion
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.storage import NOTHING


@handlers.handles("QueryPhysicalExamReport")
async def query_physical_exam_report(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询体检信息主表接口"""
    report_id, id_no = request.text("EXAM_REPORT_ID"), request.text("ID_NO")
    found = await each(systems(request, hospitals), lambda system: system.checkups.find(report_id, id_no))
    hospital_id, checkup = found[0]
    return Act(NOTHING, lambda _: {"Record_Info": _report(hospital_id, checkup)})


@handlers.handles("QueryPhysicalExamItem")
async def query_physical_exam_item(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询体检项目信息接口"""
    return await _rows(request, hospitals, lambda checkup: map(_item, checkup.items))


@handlers.handles("QueryPhysicalExamDept")
async def query_physical_exam_dept(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询体检科室信息"""
    return await _rows(request, hospitals, lambda checkup: map(_department, checkup.departments))


@handlers.handles("QueryPhysicalExamConclusion")
async def query_physical_exam_conclusion(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询体检综述建议信息"""
    return await _rows(request, hospitals, lambda checkup: map(_conclusion, checkup.conclusions))


async def _rows(request: Request, hospitals: Hospitals, told: Callable[[Checkup], Iterable[Values]]) -> Act[None]:
    """The rows of an examination, each under its hospital. Raises NoSuchRecord where it has none."""
    report_id = request.text("EXAM_REPORT_ID")

    def find(system: HospitalSystem) -> Awaitable[Checkup]:
        return system.checkups.find(report_id)

    def rows() -> Iterator[Values]:
        for hospital_id, checkup in found:
            for row in told(checkup):
                yield {"HOSPITAL_ID": hospital_id, "EXAM_REPORT_ID": report_id, **row}

    found = await each(systems(request, hospitals), find)
    listed = list(rows())
    if not listed:
        raise NoSuchRecord
    return Act(NOTHING, lambda _: {"Record_Info": {"Record_List": listed}})


def _report(hospital_id: str, checkup: Checkup) -> Values:
    return {
        "HOSPITAL_ID": hospital_id,
        "EXAM_REPORT_ID": checkup.report_id,
        "ID_NO": checkup.id_no,
        "PATIENT_NAME": checkup.name,
        "SEX": None if checkup.sex is None else str(checkup.sex.value),
        "AGE": checkup.age,
        "PATIENT_ADDRESS": checkup.address,
        "PHONE": checkup.phone,
        "COMPANY": checkup.company,
        "EXAM_DOCTOR": checkup.doctor,
        "EXAM_DATE": checkup.day,
    }


def _item(item: CheckupItem) -> Values:
    return {
        "EXAM_DEPT_ID": item.dept_id,
        "EXAM_ITEM_ID": item.item_id,
        "EXAM_ITEM_NAME": item.name,
        "ABBREVIATION": item.abbreviation,
        "EXAM_RESULT": item.result,
        "RESULT_FLAG": item.flag,
        "REFERENCE_VALUE": item.reference,
        "ITEM_UNIT": item.unit,
        "EXAM_DESC": item.description,
        "EXAM_ITEM_TYPE_NO": item.type_no,
        "EXAM_ITEM_TYPE": item.type_name,
        "SAMPLE_TYPE": item.sample_type,
        "EXAM_DATE": item.day,
        "EXAM_DOCTOR": item.doctor,
    }


def _department(department: CheckupDepartment) -> Values:
    return {
        "EXAM_DEPT_ID": department.dept_id,
        "EXAM_DEPT_NAME": department.name,
        "SUMMARY": department.summary,
    }


def _conclusion(conclusion: Conclusion) -> Values:
    return {
        "CONCLUSION_TITLE": conclusion.title,
        "CONCLUSION_DESCRIPTION": conclusion.description,
        "CONCLUSION_TYPE": conclusion.kind,
    }
