"""The sheets of prescriptions of the past and their drugs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from yiqiao.hospital.billing.lines import exact
from yiqiao.hospital.imports.columns import LONGEST_ID, moment, number, text, yuan
from yiqiao.hospital.imports.patient_sheets import PATIENT
from yiqiao.hospital.imports.records import RECORDS, word
from yiqiao.hospital.imports.sheet import LINE_NO, Detail, Filing, Sheet, without
from yiqiao.hospital.prescriptions.service import prescription_row
from yiqiao.ports.hospital.prescriptions import Drug, Prescription
from yiqiao.storage.clinical import RecordRow


def _drug(_: Filing, v: Mapping[str, Any]) -> Drug:
    said = without(v, "recipe_no", LINE_NO)
    price: Decimal | None = None if v["unit_price"] is None else exact(v["unit_price"])
    return Drug(**{**said, "detail_no": v["detail_no"] or str(v[LINE_NO]), "unit_price": price})


def _prescription(at: Filing, v: Mapping[str, Any]) -> RecordRow:
    recipe = Prescription(**without(v, "prescription_drugs"), drugs=tuple(v["prescription_drugs"]))
    return prescription_row(at.keyring, at.hospital_id, recipe, at.now_ms)


PRESCRIPTIONS = Sheet(
    "prescriptions",
    "历史处方，加密保存",
    (
        text("recipe_no", "处方单号", required=True, most=50),
        text("patient_id", "患者代码", required=True, most=LONGEST_ID),
        text("id_no", "患者身份证号，按它查询", required=True, most=50),
        moment("prescribed_at", "处方时间", required=True),
        text("doctor_name", "医生姓名", required=True, most=50),
        text("diagnosis_code", "诊断代码", required=True, most=50),
        text("diagnosis", "诊断", required=True),
        word("visit_no", "就诊号"),
        word("dept_id", "科室代码"),
        word("dept_name", "科室名称"),
        word("doctor_id", "医生工号"),
        word("doctor_phone", "医生电话"),
        moment("expires_at", "有效期至"),
        number("times", "有效次数"),
    ),
    ("recipe_no",),
    _prescription,
    RECORDS,
    (PATIENT,),
    (
        Detail(
            "prescription_drugs",
            "历史处方的药品，加密保存",
            "recipe_no",
            (
                text("recipe_no", "处方单号", required=True, most=50),
                number(LINE_NO, "处方内的序号，从 1 起", required=True, least=1),
                text("detail_no", "药品明细编号；不填为序号", most=50),
                text("code", "药品代码", required=True, most=50),
                text("name", "药品名称", required=True, most=200),
                text("quantity", "取药总量", required=True, most=50),
                text("quantity_unit", "取药总量的单位", required=True, most=50),
                word("single_dose", "单次用量"),
                word("dose_unit", "单次用量的单位"),
                word("route", "给药途径"),
                word("frequency", "服用频次"),
                word("specification", "规格"),
                word("package", "包装规格"),
                word("package_unit", "包装单位"),
                yuan("unit_price", "单价", decimals=4),
                yuan("amount", "金额"),
                word("maker", "生产厂家"),
                word("days", "用药天数"),
                word("remark", "补充说明", most=2000),
            ),
            _drug,
        ),
    ),
)
