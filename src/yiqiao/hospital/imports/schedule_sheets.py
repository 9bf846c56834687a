"""The sheets of sessions: schedules, their time slots, and the units in their pools."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.imports.columns import LONGEST_ID, Column, Unfit, code, day, number, text, time, yuan
from yiqiao.hospital.imports.sheet import SEXES, YES_NO, Filing, Reference, Sheet
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.ports.hospital import codes
from yiqiao.storage.hospital import PoolRow, ScheduleRow, TimeSlotRow
from yiqiao.storage.tables import hospital as tables

SESSIONS = {"1": "上午", "2": "下午", "3": "晚上", "4": "全天"}
ROLES = {"1": "共享", "2": "转诊"}
_DEPT = Reference("dept_id", tables.department, "dept_id", "科室")
_DOCTOR = Reference("doctor_id", tables.doctor, "doctor_id", "医生")
_SCHEDULE = Reference("schedule_id", tables.schedule, "schedule_id", "排班")


def _schedule(at: Filing, v: Mapping[str, Any]) -> ScheduleRow:
    return ScheduleRow(at.hospital_id, **v, state="open", changed_at=at.now_ms)


def _time_slot(at: Filing, v: Mapping[str, Any]) -> TimeSlotRow:
    if v["begins"] >= v["ends"]:
        raise Unfit("结束时间应晚于开始时间")
    return TimeSlotRow(at.hospital_id, **v)


def _pool(at: Filing, v: Mapping[str, Any]) -> PoolRow:
    return PoolRow(at.hospital_id, **v, taken=0, next_number=v["first_number"])


SCHEDULES = Sheet(
    "schedules",
    "排班",
    (
        text("schedule_id", "排班代码（REG_ID）", required=True, most=LONGEST_ID),
        text("dept_id", "科室代码", required=True, most=LONGEST_ID),
        text("doctor_id", "医生工号", required=True, most=LONGEST_ID),
        day("day", "出诊日期", required=True),
        code("session", "时段（TIME_FLAG）", SESSIONS, required=True),
        code("level", "号别（REG_LEVEL）", codes.REGISTRATION_LEVELS, required=True),
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
    ("schedule_id",),
    _schedule,
    TableShelf(tables.schedule, ScheduleRow, keeps=frozenset({"state"})),
    (_DEPT, _DOCTOR),
)

TIME_SLOTS = Sheet(
    "time_slots",
    "分时段",
    (
        text("schedule_id", "排班代码", required=True, most=LONGEST_ID),
        text("time_id", "分时段代码", required=True, most=LONGEST_ID),
        time("begins", "开始时间", required=True),
        time("ends", "结束时间", required=True),
    ),
    ("schedule_id", "time_id"),
    _time_slot,
    TableShelf(tables.time_slot, TimeSlotRow),
    (_SCHEDULE,),
)

POOLS = Sheet(
    "pools",
    "号源",
    (
        text("schedule_id", "排班代码", required=True, most=LONGEST_ID),
        Column("time_id", "分时段代码；不分时段为空", "文本", str, default=""),
        code("pool", "号源角色", ROLES, required=True),
        number("total", "号源总数；不限为空", most=10_000_000),
        number("first_number", "第一个就诊序号", most=10_000_000, default=1),
    ),
    ("schedule_id", "time_id", "pool"),
    _pool,
    TableShelf(
        tables.slot_pool,
        PoolRow,
        keeps=frozenset({"taken", "next_number"}),
        # Units that are taken are never taken back: a pool shrinks as far as it can.
        sets={"total": "CASE WHEN excluded.total < slot_pool.taken THEN slot_pool.taken ELSE excluded.total END"},
    ),
    (_SCHEDULE,),
)
