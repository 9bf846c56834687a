"""Prescriptions of the past (3.1.11)."""

import re

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.handlers.asked import each, systems
from yiqiao.dialects.convenience.wording import moment
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.money import yuan
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.prescriptions import Drug, PastOf, Prescription
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.values import Paging
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

DONE = "0"
LARGEST_PAGE, FURTHEST_PAGE = 1000, 10_000
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@handlers.handles("funmain")
async def past_prescriptions(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """根据病人身份证查询历史处方接口"""
    question, paging = _question(request), _paging(request)
    # Of several hospitals each gives what could stand up to the end of the page.
    reach = None if paging is None else Paging(1, paging.page * paging.size)
    found = await each(systems(request, hospitals), lambda system: system.prescriptions.past(question, reach))
    recipes = [(hospital_id, recipe) for hospital_id, page in found for recipe in page.rows]
    recipes.sort(key=lambda one: one[1].prescribed_at, reverse=True)
    if paging is not None:
        recipes = recipes[(paging.page - 1) * paging.size : paging.page * paging.size]
    if not recipes:
        raise NoSuchRecord
    return Act(
        NOTHING,
        lambda _: {"STATE": DONE, "RESULT": "执行成功", "RECIPE_ORDER_LIST": [_recipe(*one) for one in recipes]},
    )


def _question(request: Request) -> PastOf:
    first, last = _day(request.maybe("BEGIN_DATE")), _day(request.maybe("END_DATE"))
    if first and last and first > last:
        raise Invalid((Fault("END_DATE", "range", "停止时间不能早于开始时间"),))
    return PastOf(request.text("ID_CARD"), request.maybe("HOSPATIENT_ID"), first, last)


def _day(text: str | None) -> str | None:
    """yyyyMMdd or yyyy-MM-dd as a day."""
    if text is None:
        return None
    digits = text.replace("-", "")
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _paging(request: Request) -> Paging | None:
    """Texts on this wire. Without a size there are no pages. Raises Invalid."""
    size, page = request.maybe("PAGE_SIZE"), request.maybe("PAGE_NUM") or "1"
    if size is None:
        return None
    limits = {"PAGE_NUM": (page, FURTHEST_PAGE), "PAGE_SIZE": (size, LARGEST_PAGE)}
    faults = [
        Fault(name, "number", f"应为 1 至 {most} 的整数")
        for name, (text, most) in limits.items()
        if not _NUMBER.fullmatch(text) or int(text) > most
    ]
    if faults:
        raise Invalid(tuple(faults))
    return Paging(int(page), int(size))


def _recipe(hospital_id: str, recipe: Prescription) -> Values:
    return {
        "VISIT_NO": recipe.visit_no,
        "RECIPE_NO": recipe.recipe_no,
        "HOSPITAL_CODE": hospital_id,
        "MEDICAL_DEPT_CODE": recipe.dept_id,
        "MEDICAL_DEPT_NAME": recipe.dept_name,
        "DOCTOR_CODE": recipe.doctor_id,
        "DOCTOR_NAME": recipe.doctor_name,
        "COMPAT_ID": recipe.patient_id,
        "DOCTOR_PHONE": recipe.doctor_phone,
        "RECIPE_DATE": moment(recipe.prescribed_at),
        "EXPIRY_DATE": moment(recipe.expires_at),
        "RECIPE_NUM": recipe.times,
        "DIAGNOSIS_CODE": recipe.diagnosis_code,
        "DIAGNOSIS": recipe.diagnosis,
        "RECIPE_DRUG_INFO_LIST": [_drug(drug) for drug in recipe.drugs],
    }


def _drug(drug: Drug) -> Values:
    """药品单位 stands under both of its spellings."""
    return {
        "RECIPE_DETAIL_NO": drug.detail_no,
        "HOSPITAL_MEDICINE_CODE": drug.code,
        "HOSPITAL_MEDICINE_NAME": drug.name,
        "SINGLE_TAKE_NUMBER": drug.single_dose,
        "SINGLE_TAKE_UNIT": drug.dose_unit,
        "MEDICAL_NUMBER": drug.quantity,
        "PACKAGE_UNIT": drug.package_unit or drug.quantity_unit,
        "TAKE_MEDICAL_NUMBER": drug.quantity,
        "TAKE_MEDICAL_UNIT": drug.quantity_unit,
        "DELIVER_WAY": drug.route,
        "TAKE_FREQUENCE": drug.frequency,
        "SPECIFICTION": drug.specification,
        "PACKAGEUNIT": drug.package_unit or drug.quantity_unit,
        "PAGE_SPECIFICTION": drug.package,
        "PRICE": None if drug.unit_price is None else str(drug.unit_price),
        "TOTAL_AMOUNT": None if drug.amount is None else yuan(drug.amount),
        "FATORY_NAME": drug.maker,
        "USER_DAY": drug.days,
        "INSTRUCTION_SUPPLY": drug.remark,
    }
