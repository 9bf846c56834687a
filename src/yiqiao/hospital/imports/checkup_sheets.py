"""The sheets of physical examinations: what was found, what each department says of it, and what to do."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.checkups.service import checkup_row
from yiqiao.hospital.imports.columns import code, day, number, text
from yiqiao.hospital.imports.records import LONGEST, RECORDS, word
from yiqiao.hospital.imports.sheet import LINE_NO, SEXES, Detail, Filing, Sheet, without
from yiqiao.ports.hospital.checkups import Checkup, CheckupDepartment, CheckupItem, Conclusion
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage.clinical import RecordRow

_WHICH = (
    text("report_id", "体检单号", required=True, most=50),
    number(LINE_NO, "体检单内的序号，从 1 起", required=True, least=1),
)


def _item(_: Filing, v: Mapping[str, Any]) -> CheckupItem:
    return CheckupItem(**without(v, "report_id", LINE_NO))


def _department(_: Filing, v: Mapping[str, Any]) -> CheckupDepartment:
    return CheckupDepartment(**without(v, "report_id", LINE_NO))


def _conclusion(_: Filing, v: Mapping[str, Any]) -> Conclusion:
    return Conclusion(**without(v, "report_id", LINE_NO))


def _checkup(at: Filing, v: Mapping[str, Any]) -> RecordRow:
    said = without(v, *[detail.name for detail in CHECKUPS.details])
    checkup = Checkup(
        **{**said, "sex": None if v["sex"] is None else Sex(v["sex"])},
        items=tuple(v["checkup_items"]),
        departments=tuple(v["checkup_departments"]),
        conclusions=tuple(v["checkup_conclusions"]),
    )
    return checkup_row(at.keyring, at.hospital_id, checkup, at.now_ms)


CHECKUPS = Sheet(
    "checkups",
    "体检，加密保存",
    (
        text("report_id", "体检单号", required=True, most=50),
        text("id_no", "身份证号", required=True, most=50),
        text("name", "姓名", required=True, most=100),
        code("sex", "性别", SEXES),
        day("day", "总检日期", required=True),
        word("age", "年龄"),
        word("address", "住址", most=300),
        word("phone", "电话"),
        word("company", "单位"),
        word("doctor", "总检医生"),
    ),
    ("report_id",),
    _checkup,
    RECORDS,
    details=(
        Detail(
            "checkup_items",
            "体检项目结果，加密保存",
            "report_id",
            (
                *_WHICH,
                text("dept_id", "体检科室代码", required=True, most=50),
                text("item_id", "项目代码", required=True, most=50),
                text("name", "项目名称", required=True, most=200),
                text("result", "结果", required=True, most=LONGEST),
                word("abbreviation", "英文缩写"),
                word("flag", "结果标识"),
                word("reference", "参考值", most=2000),
                word("unit", "单位"),
                word("description", "说明", most=LONGEST),
                word("type_no", "项目类型代码"),
                word("type_name", "项目类型"),
                word("sample_type", "样本类型"),
                word("day", "检查日期"),
                word("doctor", "检查医生"),
            ),
            _item,
        ),
        Detail(
            "checkup_departments",
            "体检科室小结，可以没有，加密保存",
            "report_id",
            (
                *_WHICH,
                text("dept_id", "体检科室代码", required=True, most=50),
                text("name", "科室名称", required=True, most=200),
                text("summary", "小结", required=True, most=LONGEST),
            ),
            _department,
            required=False,
        ),
        Detail(
            "checkup_conclusions",
            "体检综述建议，可以没有，加密保存",
            "report_id",
            (
                *_WHICH,
                text("title", "标题", required=True, most=200),
                text("description", "内容", required=True, most=LONGEST),
                word("kind", "类型"),
            ),
            _conclusion,
            required=False,
        ),
    ),
)
