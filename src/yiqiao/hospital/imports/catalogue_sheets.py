"""The sheets of what a hospital shows: itself, its departments, doctors and prices."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.catalogue.rows import about_text, open_private, seal_private
from yiqiao.hospital.imports.columns import LONGEST_ID, code, day, degrees, number, text, time, yuan
from yiqiao.hospital.imports.departments import DepartmentShelf
from yiqiao.hospital.imports.sheet import SEXES, YES_NO, Filing, Sheet
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.ports.hospital import codes
from yiqiao.ports.hospital.catalogue import AboutDepartment, AboutDoctor, AboutHospital, PrivateOfDoctor
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage.hospital import DepartmentRow, DoctorRow, HospitalRow, PriceRow
from yiqiao.storage.tables import hospital as tables
from yiqiao.storage.tables.catalogue import price_item

BOARDS = {"0": "药品", "1": "服务"}
AGES = {"0": "不限", "1": "仅儿童", "2": "仅成人"}


def _some(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _hospital(at: Filing, v: Mapping[str, Any]) -> HospitalRow:
    named = ("short_name", "address", "phone", "level", "belong", "type", "category", "intro", "website", "weibo")
    found = ("bus_line", "longitude", "latitude", "organization_code")
    hours = (v["start_reg_time"], v["end_reg_time"], v["stop_book_time_am"], v["stop_book_time_pm"])
    about = about_text(AboutHospital(**_some(v, *named, *found)))
    return HospitalRow(at.hospital_id, v["name"], about, v["max_reg_days"], *hours, at.now_ms)


def _department(at: Filing, v: Mapping[str, Any]) -> DepartmentRow:
    about = about_text(AboutDepartment(**_some(v, "intro", "expertise", "level", "address", "phone", "notice")))
    limits = (v["sex_limit"], v["ages"], v["age_limit"])
    named = (at.hospital_id, v["dept_id"], v["parent_id"], v["name"], v["kind"], v["active"])
    return DepartmentRow(*named, *limits, v["sort"], about, at.now_ms)


def _doctor(at: Filing, v: Mapping[str, Any]) -> DoctorRow:
    about = AboutDoctor(Sex(v["sex"]), intro=v["intro"], special=v["special"], expert=bool(v["expert"]))
    private = PrivateOfDoctor(v["id_number"], v["birthday"], v["mobile"])
    sealed = seal_private(at.keyring, at.hospital_id, v["doctor_id"], private)
    named = (at.hospital_id, v["doctor_id"], v["name"], v["job_title"], v["active"], v["sort"])
    return DoctorRow(*named, about_text(about), *sealed, at.now_ms)


def _price(at: Filing, v: Mapping[str, Any]) -> PriceRow:
    return PriceRow(at.hospital_id, **v, changed_at=at.now_ms)


HOSPITAL = Sheet(
    "hospital",
    "医院",
    (
        text("name", "医院名称", required=True, most=100),
        text("short_name", "简称", required=True, most=50),
        text("address", "地址", required=True),
        text("phone", "电话", required=True, most=50),
        code("level", "医院等级（HOSPITAL_LEVEL）", codes.HOSPITAL_LEVELS, required=True),
        code("belong", "隶属（HOSPITAL_BELONG）", codes.HOSPITAL_BELONGS, required=True),
        code("type", "性质（HOSPITAL_TYPE）", codes.HOSPITAL_TYPES, required=True),
        code("category", "类别（HOSPITAL_CATEGORY）", codes.HOSPITAL_CATEGORIES, required=True),
        text("intro", "介绍"),
        text("website", "网站", most=128),
        text("weibo", "微博地址", most=128),
        text("bus_line", "乘车路线", most=256),
        degrees("longitude", "经度，东经为正", most=180),
        degrees("latitude", "纬度，北纬为正", most=90),
        text("organization_code", "机构代码（ORGANIZATION_CODE）", most=50),
        number("max_reg_days", "可预约天数，当天算第一天", required=True, least=1, most=365),
        time("start_reg_time", "每天开始预约的时间"),
        time("end_reg_time", "每天结束预约的时间"),
        time("stop_book_time_am", "当天上午号的截止时间"),
        time("stop_book_time_pm", "当天下午号的截止时间"),
    ),
    (),
    _hospital,
    TableShelf(tables.hospital, HospitalRow),
)

DEPARTMENTS = Sheet(
    "departments",
    "科室",
    (
        text("dept_id", "科室代码", required=True, most=LONGEST_ID),
        text("parent_id", "上级科室代码；一级科室为空", most=LONGEST_ID),
        text("name", "科室名称", required=True, most=100),
        code("kind", "科室类别（DEPART_TYPE）", codes.DEPARTMENT_KINDS, default=1),
        code("active", "是否启用", YES_NO, default=1),
        code("sex_limit", "性别限制", {"0": "不限", **SEXES}, default=0),
        code("ages", "儿科标志（BABY_FLAG）", AGES, default=0),
        number("age_limit", "年龄界限（岁）", most=150),
        number("sort", "显示顺序", most=1_000_000, default=0),
        code("level", "科室等级（DEPT_LEVEL）", codes.DEPARTMENT_LEVELS),
        text("intro", "介绍"),
        text("expertise", "主治", most=128),
        text("address", "位置"),
        text("phone", "电话", most=50),
        text("notice", "就诊须知"),
    ),
    ("dept_id",),
    _department,
    DepartmentShelf(),
    at_once=True,
)

DOCTORS = Sheet(
    "doctors",
    "医生",
    (
        text("doctor_id", "医生工号", required=True, most=LONGEST_ID),
        text("name", "姓名", required=True, most=50),
        code("sex", "性别", SEXES, required=True),
        code("job_title", "职称（JOB_TITLE）", codes.JOB_TITLES, kept=str),
        code("active", "是否出诊", YES_NO, default=1),
        number("sort", "显示顺序", most=1_000_000, default=0),
        text("intro", "介绍"),
        text("special", "专长"),
        code("expert", "是否专家", YES_NO, default=0),
        text("id_number", "证件号码，加密保存", most=50),
        day("birthday", "出生日期，加密保存"),
        text("mobile", "手机号，加密保存", most=30),
    ),
    ("doctor_id",),
    _doctor,
    TableShelf(tables.doctor, DoctorRow, opened=open_private),
)

PRICES = Sheet(
    "prices",
    "价格",
    (
        code("kind", "药品或服务（BOARD_STYLE）", BOARDS, required=True),
        text("item_code", "项目代码", required=True, most=50),
        text("name", "名称", required=True, most=200),
        yuan("price", "单价", decimals=4),
        text("category", "类别"),
        text("unit", "单位"),
        text("maker", "生产厂家"),
        text("instructions", "用法"),
        text("form", "规格或剂型"),
        text("remark", "备注"),
    ),
    ("kind", "item_code"),
    _price,
    TableShelf(price_item, PriceRow),
)
