"""The sheets of an import, in the order in which they are filed: what each column means, and the row it becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Table

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.booking.archives import card_row, patient_row
from yiqiao.hospital.catalogue.rows import about_text, seal_private
from yiqiao.hospital.imports.columns import Column, Unfit, code, day, number, text, time, yuan
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.catalogue import AboutDepartment, AboutDoctor, AboutHospital, PrivateOfDoctor
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import hospital as stored
from yiqiao.storage.archives import CardRow, PatientRow
from yiqiao.storage.tables import hospital as tables
from yiqiao.storage.tables.catalogue import price_item
from yiqiao.storage.tables.patients import patient, patient_card

SEXES = {"1": "男", "2": "女"}
YES_NO = {"0": "否", "1": "是"}
SESSIONS = {"1": "上午", "2": "下午", "3": "晚上", "4": "全天"}
POOLS = {"1": "共享", "2": "转诊"}
BOARDS = {"0": "药品", "1": "服务"}
AGES = {"0": "不限", "1": "仅儿童", "2": "仅成人"}
CERTIFICATES = "证件类型代码，1 为居民身份证"


class Filing(NamedTuple):
    """For whom rows are made, and when."""

    keyring: Keyring
    hospital_id: str
    now_ms: int


class Reference(NamedTuple):
    """A column that names a row of another sheet."""

    column: str
    table: Table
    key: str
    meaning: str


Made = tuple[object, ...]


@dataclass(frozen=True)
class Sheet:
    """A file of an import. `keeps`: columns that a later import does not change."""

    name: str
    title: str
    columns: Sequence[Column]
    table: Table
    fields: tuple[str, ...]
    make: Callable[[Filing, Mapping[str, Any]], Made]
    refers: Sequence[Reference] = ()
    keeps: frozenset[str] = frozenset()
    sets: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the table's primary key."""
        return tuple(column.name for column in self.table.primary_key)


def _some(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names}


def _hospital(at: Filing, v: Mapping[str, Any]) -> Made:
    names = ("short_name", "address", "phone", "level", "belong", "type", "category", "intro")
    hours = (v["start_reg_time"], v["end_reg_time"], v["stop_book_time_am"], v["stop_book_time_pm"])
    about = about_text(AboutHospital(**_some(v, *names)))
    return stored.HospitalRow(at.hospital_id, v["name"], about, v["max_reg_days"], *hours, at.now_ms)


def _department(at: Filing, v: Mapping[str, Any]) -> Made:
    about = about_text(AboutDepartment(**_some(v, "intro", "address", "phone", "notice")))
    limits = (v["sex_limit"], v["ages"], v["age_limit"])
    named = (at.hospital_id, v["dept_id"], v["parent_id"], v["name"], v["kind"], v["active"])
    return stored.DepartmentRow(*named, *limits, v["sort"], about, at.now_ms)


def _doctor(at: Filing, v: Mapping[str, Any]) -> Made:
    about = AboutDoctor(Sex(v["sex"]), intro=v["intro"], special=v["special"], expert=bool(v["expert"]))
    private = PrivateOfDoctor(v["id_number"], v["birthday"], v["mobile"])
    sealed = seal_private(at.keyring, at.hospital_id, v["doctor_id"], private)
    named = (at.hospital_id, v["doctor_id"], v["name"], v["job_title"], v["active"], v["sort"])
    return stored.DoctorRow(*named, about_text(about), *sealed, at.now_ms)


def _schedule(at: Filing, v: Mapping[str, Any]) -> Made:
    return stored.ScheduleRow(at.hospital_id, **v, state="open", changed_at=at.now_ms)


def _time_slot(at: Filing, v: Mapping[str, Any]) -> Made:
    if v["begins"] >= v["ends"]:
        raise Unfit("结束时间应晚于开始时间")
    return stored.TimeSlotRow(at.hospital_id, **v)


def _pool(at: Filing, v: Mapping[str, Any]) -> Made:
    return stored.PoolRow(at.hospital_id, **v, taken=0, next_number=v["first_number"])


def _price(at: Filing, v: Mapping[str, Any]) -> Made:
    return stored.PriceRow(at.hospital_id, **v, changed_at=at.now_ms)


def _patient(at: Filing, v: Mapping[str, Any]) -> Made:
    own = _document(v["certificate_type"], v["certificate_no"])
    guardian = _document(v["guardian_certificate_type"], v["guardian_certificate_no"])
    if own is None and (guardian is None or not v["guardian_name"]):
        raise Unfit("须有本人证件；没有证件的小孩须有监护人姓名与证件")
    visitor = Visitor(
        v["name"], Sex(v["sex"]), v["birthday"], v["mobile"], own, guardian, v["guardian_name"], address=v["address"]
    )
    return patient_row(at.keyring, at.hospital_id, v["patient_id"], visitor, at.now_ms)


def _document(kind: int | None, given: str | None) -> Document | None:
    return Document(kind, given) if kind is not None and given else None


def _card(at: Filing, v: Mapping[str, Any]) -> Made:
    return card_row(at.keyring, at.hospital_id, v["patient_id"], Document(v["card_type"], v["card_no"]), at.now_ms)


_DEPT = Reference("dept_id", tables.department, "dept_id", "科室")
_DOCTOR = Reference("doctor_id", tables.doctor, "doctor_id", "医生")
_SCHEDULE = Reference("schedule_id", tables.schedule, "schedule_id", "排班")

SHEETS: Sequence[Sheet] = (
    Sheet(
        "hospital",
        "医院",
        (
            text("name", "医院名称", required=True, most=100),
            text("short_name", "简称", required=True, most=50),
            text("address", "地址", required=True),
            text("phone", "电话", required=True, most=50),
            number("level", "医院等级（HOSPITAL_LEVEL）", required=True),
            number("belong", "隶属（HOSPITAL_BELONG）", required=True),
            number("type", "性质（HOSPITAL_TYPE）", required=True),
            number("category", "类别（HOSPITAL_CATEGORY）", required=True),
            text("intro", "介绍"),
            number("max_reg_days", "可预约天数，当天算第一天", required=True, least=1, most=365),
            time("start_reg_time", "每天开始预约的时间"),
            time("end_reg_time", "每天结束预约的时间"),
            time("stop_book_time_am", "当天上午号的截止时间"),
            time("stop_book_time_pm", "当天下午号的截止时间"),
        ),
        tables.hospital,
        stored.HospitalRow._fields,
        _hospital,
    ),
    Sheet(
        "departments",
        "科室",
        (
            text("dept_id", "科室代码", required=True, most=50),
            text("parent_id", "上级科室代码；一级科室为空", most=50),
            text("name", "科室名称", required=True, most=100),
            number("kind", "科室类别（DEPART_TYPE）", default=1),
            code("active", "是否启用", YES_NO, default=1),
            code("sex_limit", "性别限制", {"0": "不限", **SEXES}, default=0),
            code("ages", "儿科标志（BABY_FLAG）", AGES, default=0),
            number("age_limit", "年龄界限（岁）", most=150),
            number("sort", "显示顺序", most=1_000_000, default=0),
            text("intro", "介绍"),
            text("address", "位置"),
            text("phone", "电话", most=50),
            text("notice", "就诊须知"),
        ),
        tables.department,
        stored.DepartmentRow._fields,
        _department,
    ),
    Sheet(
        "doctors",
        "医生",
        (
            text("doctor_id", "医生工号", required=True, most=50),
            text("name", "姓名", required=True, most=50),
            code("sex", "性别", SEXES, required=True),
            text("job_title", "职称代码（JOB_TITLE）", most=20),
            code("active", "是否出诊", YES_NO, default=1),
            number("sort", "显示顺序", most=1_000_000, default=0),
            text("intro", "介绍"),
            text("special", "专长"),
            code("expert", "是否专家", YES_NO, default=0),
            text("id_number", "证件号码，加密保存", most=50),
            day("birthday", "出生日期，加密保存"),
            text("mobile", "手机号，加密保存", most=30),
        ),
        tables.doctor,
        stored.DoctorRow._fields,
        _doctor,
    ),
    Sheet(
        "schedules",
        "排班",
        (
            text("schedule_id", "排班代码（REG_ID）", required=True, most=50),
            text("dept_id", "科室代码", required=True, most=50),
            text("doctor_id", "医生工号", required=True, most=50),
            day("day", "出诊日期", required=True),
            code("session", "时段（TIME_FLAG）", SESSIONS, required=True),
            number("level", "号别（REG_LEVEL）", required=True),
            code("slotted", "是否分时段", YES_NO, default=0),
            yuan("fee_registration", "挂号费", default=0),
            yuan("fee_treatment", "诊疗费", default=0),
            yuan("fee_service", "服务费", default=0),
            yuan("fee_other", "其他费用", default=0),
            code("sex_limit", "性别限制，不限为空", SEXES),
            number("age_min", "最小年龄（岁）", most=150),
            number("age_max", "最大年龄（岁）", most=150),
            text("visit_address", "就诊地点"),
            text("number_address", "取号地点"),
            text("number_time", "取号时间，如 0730-1130", most=50),
        ),
        tables.schedule,
        stored.ScheduleRow._fields,
        _schedule,
        (_DEPT, _DOCTOR),
        keeps=frozenset({"state"}),
    ),
    Sheet(
        "time_slots",
        "分时段",
        (
            text("schedule_id", "排班代码", required=True, most=50),
            text("time_id", "分时段代码", required=True, most=50),
            time("begins", "开始时间", required=True),
            time("ends", "结束时间", required=True),
        ),
        tables.time_slot,
        stored.TimeSlotRow._fields,
        _time_slot,
        (_SCHEDULE,),
    ),
    Sheet(
        "pools",
        "号源",
        (
            text("schedule_id", "排班代码", required=True, most=50),
            Column("time_id", "分时段代码；不分时段为空", "文本", str, default=""),
            code("pool", "号源角色", POOLS, required=True),
            number("total", "号源总数；不限为空", most=10_000_000),
            number("first_number", "第一个就诊序号", most=10_000_000, default=1),
        ),
        tables.slot_pool,
        stored.PoolRow._fields,
        _pool,
        (_SCHEDULE,),
        keeps=frozenset({"taken", "next_number"}),
        # Units that are taken are never taken back: a pool shrinks as far as it can.
        sets={"total": "CASE WHEN excluded.total < slot_pool.taken THEN slot_pool.taken ELSE excluded.total END"},
    ),
    Sheet(
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
        price_item,
        stored.PriceRow._fields,
        _price,
    ),
    Sheet(
        "patients",
        "患者",
        (
            text("patient_id", "患者代码（HOSP_PATIENT_ID）", required=True, most=50),
            text("name", "姓名，加密保存", required=True, most=100),
            code("sex", "性别", {**SEXES, "3": "保密", "4": "其他"}, required=True),
            day("birthday", "出生日期，加密保存", required=True),
            text("mobile", "手机号，加密保存", required=True, most=30),
            number("certificate_type", CERTIFICATES, most=99),
            text("certificate_no", "证件号码，加密保存", most=50),
            text("guardian_name", "监护人姓名", most=100),
            number("guardian_certificate_type", CERTIFICATES, most=99),
            text("guardian_certificate_no", "监护人证件号码，加密保存", most=50),
            text("address", "住址，加密保存", most=300),
        ),
        patient,
        PatientRow._fields,
        _patient,
        keeps=frozenset({"visited_at", "created_at"}),
    ),
    Sheet(
        "cards",
        "就诊卡",
        (
            text("patient_id", "患者代码", required=True, most=50),
            number("card_type", "卡类型（CARD_TYPE），7 为就诊卡", required=True, most=99),
            text("card_no", "卡号，加密保存", required=True, most=50),
        ),
        patient_card,
        CardRow._fields,
        _card,
        (Reference("patient_id", patient, "patient_id", "患者"),),
        keeps=frozenset({"issued_at", "used_at", "state"}),
    ),
)
BY_NAME: Mapping[str, Sheet] = {sheet.name: sheet for sheet in SHEETS}
