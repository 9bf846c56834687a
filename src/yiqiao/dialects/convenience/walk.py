"""A hospital's service walked through, reading alone: what is missing, what is odd, how long each answer took.

What the catalogue of a hospital shows is judged as a whole (counts, references, sums, times); of every other function
that only reads it is seen whether it answers at all, to a question about nobody.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from yiqiao.clock import beijing
from yiqiao.dialects.convenience.client import ConnectionFailed, Refused, Unanswered, Unbelievable
from yiqiao.dialects.convenience.wording import stated_moment
from yiqiao.exchange.dialect import Values
from yiqiao.spec import Invalid, Operation, Spec

Call = Callable[[str, Values], Awaitable[Values]]
DAYS = 7
SLOW_S = 3.0
CLOCK_S = 60
SHOWN = 5
"""Faults of a kind that are told one by one; of the others it is told how many."""
OK, ODD, MISSING, SKIPPED = "ok", "odd", "missing", "skipped"
UNKNOWN_FUNCTION, OUR_FAULT = "5", frozenset({"1", "3", "4", "6", "7", "8", "9"})
TITLES: Mapping[str, str] = {OK: "正常", ODD: "可疑", MISSING: "缺失", SKIPPED: "未查"}


@dataclass(frozen=True)
class Visit:
    """What a function answered: the verdict, what is to be said of it, and how long it took (ms)."""

    function: str
    code: str
    title: str
    verdict: str
    notes: tuple[str, ...] = ()
    ms: int = 0


@dataclass
class Seen:
    """What was seen so far, for the questions that follow and for what must agree."""

    hospital_id: str
    now_ms: int
    departments: list[Mapping[str, object]] = field(default_factory=list)
    doctors: list[Mapping[str, object]] = field(default_factory=list)
    slotted: Mapping[str, object] | None = None

    def day(self, ahead: int) -> str:
        """A day counted from today."""
        return (beijing(self.now_ms).date() + timedelta(days=ahead)).isoformat()


Question = Callable[[Seen], Values | None]
Judge = Callable[[Seen, Mapping[str, object]], Iterator[str]]


async def walk(call: Call, stranger: Call, spec: Spec, hospital_id: str, now_ms: int) -> AsyncIterator[Visit]:
    """Visit all functions that only read. `stranger` calls under a key that is not ours, and must be refused."""
    seen = Seen(hospital_id, now_ms)
    for name, question, judge in _DEEP:
        operation = spec.operations.get(name)
        if operation is None:
            continue
        values = question(seen)
        if values is None:
            yield _visit(operation, SKIPPED, ("没有可查的数据",))
            continue
        visit = await _asked(call, operation, values, partial(judge, seen))
        yield visit
        if name == "NetTest":
            if visit.verdict == MISSING:
                return  # nothing else will answer either
            yield await _as_a_stranger(stranger, operation, values)
    known = {name for name, _, _ in _DEEP}
    for name, operation in spec.operations.items():
        if operation.callee == "hospital" and operation.effect == "read" and name not in known:
            yield await _asked(call, operation, _about_nobody(operation, hospital_id), lambda _: iter(()))


def _about_nobody(operation: Operation, hospital_id: str) -> Values:
    """A question of the right form about people and numbers that there are not."""
    return operation.asks.to_wire(_settled(operation.asks.from_wire(operation.asks.sample(1)), hospital_id))


def _settled(sample: Mapping[str, object], hospital_id: str) -> dict[str, object]:
    """A sample with what must be real in it, or go together."""
    fixed = {**dict.fromkeys(_HOSPITAL_IDS, hospital_id), "PAGE_NUM": "1", "PAGE_SIZE": "10"}
    settled: dict[str, object] = {}
    for name, value in sample.items():
        if isinstance(value, Mapping):
            value = _settled(value, hospital_id)
        settled[name] = fixed.get(name, value)
    for first, last in _SPANS:
        if first in settled and last in settled:
            settled[last] = settled[first]
    settled.pop("BAT_REG_INFO", None)  # the other of an either-or
    return settled


_SPANS = (("BEGIN_DATE", "END_DATE"), ("START_DATE", "END_DATE"), ("BeginDate", "EndDate"))
_HOSPITAL_IDS = ("HOSPITAL_ID", "HOSPITALID", "HOSPITAL_MARK")


async def _as_a_stranger(stranger: Call, operation: Operation, values: Values) -> Visit:
    try:
        await stranger(operation.name, values)
    except Refused:
        return _visit(operation, OK, ("密钥不对的请求被拒绝",))
    except Unbelievable:
        return _visit(operation, OK, ("密钥不对的请求没有得到可采信的应答",))
    except (ConnectionFailed, Unanswered) as away:
        return _visit(operation, ODD, (away.message,))
    return _visit(operation, ODD, ("密钥不对的请求也被受理：对方没有校验签名，任何人都可以冒充平台",))


async def _asked(
    call: Call, operation: Operation, values: Values, judge: Callable[[Mapping[str, object]], Iterator[str]]
) -> Visit:
    began = time.monotonic()

    def visit(verdict: str, *notes: str) -> Visit:
        ms = round((time.monotonic() - began) * 1000)
        slow = (f"应答用时 {ms / 1000:.1f} 秒",) if ms > SLOW_S * 1000 else ()
        return _visit(operation, ODD if slow and verdict == OK else verdict, (*notes, *slow), ms)

    try:
        answer = await call(operation.name, values)
    except Refused as refusal:
        told = f"返回码 {refusal.code}：{refusal.told or refusal.title}"
        if refusal.code == UNKNOWN_FUNCTION:
            return visit(MISSING, told)
        odd = refusal.code in OUR_FAULT or not refusal.signed
        unsigned = () if refusal.signed else ("应答没有签名",)
        return visit(ODD if odd else OK, told, *unsigned)
    except Unbelievable as fault:
        return visit(ODD, fault.message)
    except (ConnectionFailed, Unanswered) as away:
        return visit(MISSING, away.message)
    notes = list(_few(_misshapen(operation, answer)))
    notes += _few(judge(answer))
    return visit(ODD if notes else OK, *notes)


def _misshapen(operation: Operation, answer: Values) -> Iterator[str]:
    """What of an answer is not as the field table has it."""
    try:
        operation.answers.validate(answer)
    except Invalid as faults:
        for fault in faults.faults:
            yield f"{fault.path} {fault.message}"


def _few(notes: Iterator[str]) -> Iterator[str]:
    told = list(notes)
    yield from told[:SHOWN]
    if len(told) > SHOWN:
        yield f"……另有 {len(told) - SHOWN} 处"


def _visit(operation: Operation, verdict: str, notes: Sequence[str], ms: int = 0) -> Visit:
    return Visit(operation.name, operation.code, operation.title, verdict, tuple(notes), ms)


def _rows(answer: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = answer.get(name) or []
    rows = found if isinstance(found, list) else [found]
    return [row for row in rows if isinstance(row, Mapping)]


def _number(value: object) -> int:
    text = str(value or "0").strip()
    return int(text) if text.lstrip("-").isdecimal() and text.isascii() else 0


def _counted(answer: Mapping[str, object], rows: Sequence[object]) -> Iterator[str]:
    if answer.get("COUNT") not in (None, "") and _number(answer["COUNT"]) != len(rows):
        yield f"COUNT 为 {answer['COUNT']}，实有 {len(rows)} 条"


def _net(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    try:
        theirs = stated_moment(str(answer.get("SYSDATE") or "") or None)
    except ValueError:
        yield f"SYSDATE 不是时间：{str(answer.get('SYSDATE'))[:30]}"
        return
    if theirs is not None and abs(theirs - seen.now_ms) > CLOCK_S * 1000:
        yield f"对方时钟与本机相差 {round((theirs - seen.now_ms) / 1000)} 秒"


def _hospital(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    if _number(answer.get("MAX_REG_DAYS")) < 1:
        yield "MAX_REG_DAYS 小于 1：没有可以预约的日期"


def _departments(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    seen.departments = _rows(answer, "DEPT_LIST")
    yield from _counted(answer, seen.departments)
    ids = [str(one.get("DEPT_ID") or "") for one in seen.departments]
    if not ids:
        yield "没有科室"
    if len(set(ids)) != len(ids):
        yield "科室 ID 有重复"
    for one in seen.departments:
        parent = str(one.get("PARENT_ID") or "-1")
        if parent not in ("-1", "0") and parent not in ids:
            yield f"科室 {one.get('DEPT_ID')} 的上级 {parent} 不在科室列表中"


def _doctors(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    seen.doctors = _rows(answer, "DOCTOR_LIST")
    yield from _counted(answer, seen.doctors)
    departments = {str(one.get("DEPT_ID")) for one in seen.departments}
    keys = [(str(one.get("DEPT_ID")), str(one.get("DOCTOR_ID"))) for one in seen.doctors]
    if not keys:
        yield "没有医生"
    if len(set(keys)) != len(keys):
        yield "同一科室内医生 ID 有重复"
    for dept_id, doctor_id in keys:
        if departments and dept_id not in departments:
            yield f"医生 {doctor_id} 的科室 {dept_id} 不在科室列表中"


def _photo(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    return iter(())


def _schedules(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    doctors = {str(one.get("DOCTOR_ID")) for one in seen.doctors}
    ids: set[str] = set()
    listed = _rows(answer, "REG_DOCTOR_LIST")
    yield from _counted(answer, listed)
    for doctor in listed:
        doctor_id = str(doctor.get("DOCTOR_ID") or "")
        if doctors and doctor_id and doctor_id not in doctors:
            yield f"排班中的医生 {doctor_id} 不在医生列表中"
        for day in _rows(doctor, "REG_LIST"):
            if not seen.day(0) <= str(day.get("REG_DATE")) <= seen.day(DAYS - 1):
                yield f"返回了所查日期以外的排班：{day.get('REG_DATE')}"
            for one in _rows(day, "REG_TIME_LIST"):
                yield from _schedule(one, ids)
                if _number(one.get("ISTIME")) == 1 and seen.slotted is None:
                    seen.slotted = {**one, "REG_DATE": day.get("REG_DATE"), "DOCTOR_ID": doctor_id}
    if not ids:
        yield f"今后 {DAYS} 天没有排班"


def _schedule(one: Mapping[str, object], ids: set[str]) -> Iterator[str]:
    reg_id = str(one.get("REG_ID") or "")
    if reg_id in ids:
        yield f"REG_ID 重复：{reg_id}"
    ids.add(reg_id)
    total, left = _number(one.get("TOTAL")), _number(one.get("OVER_COUNT"))
    if left > total:
        yield f"{reg_id} 剩余号数 {left} 大于总数 {total}"
    parts = [one.get(name) for name in ("REG_FEE_HIS", "TREAT_FEE", "SERVICE_FEE", "OTHER_FEE")]
    if all(part not in (None, "") for part in parts) and sum(map(_number, parts)) != _number(one.get("REG_FEE")):
        yield f"{reg_id} 的 REG_FEE 不等于各项费用之和（单位应为分）"


def _slots(seen: Seen, answer: Mapping[str, object]) -> Iterator[str]:
    rows = _rows(answer, "TIME_REG_LIST")
    if not rows:
        yield "排班标明有分时，但没有返回分时号源"
    ids = [(str(one.get("REG_ID")), str(one.get("TIME_ID"))) for one in rows]
    if len(set(ids)) != len(ids):
        yield "分时 ID 有重复"
    for one in rows:
        if str(one.get("BEGIN_TIME")) >= str(one.get("END_TIME")):
            yield f"分时 {one.get('TIME_ID')} 的开始时间不早于结束时间"
        if _number(one.get("OVER_COUNT")) > _number(one.get("TOTAL")):
            yield f"分时 {one.get('TIME_ID')} 的剩余号数大于总数"


def _slot_question(seen: Seen) -> Values | None:
    if seen.slotted is None:
        return None
    doctor = next((one for one in seen.doctors if one.get("DOCTOR_ID") == seen.slotted["DOCTOR_ID"]), {})
    return {
        "REG_ROLE": "1",
        "HOSPITAL_ID": seen.hospital_id,
        "DEPT_ID": str(doctor.get("DEPT_ID") or "-1"),
        "DOCTOR_ID": str(seen.slotted["DOCTOR_ID"] or "-1"),
        "REG_DATE": str(seen.slotted["REG_DATE"]),
        "TIME_FLAG": _number(seen.slotted.get("TIME_FLAG")) or -1,
        "REG_ID": str(seen.slotted.get("REG_ID")),
    }


_ALL = {"PAGE_CURRENT": 1, "PAGE_SIZE": 1000}
_DEEP: Sequence[tuple[str, Question, Judge]] = (
    ("NetTest", lambda seen: {"HOSPITAL_ID": seen.hospital_id, "IP": "127.0.0.1"}, _net),
    ("GetHosInfo", lambda seen: {"HOSPITAL_ID": seen.hospital_id}, _hospital),
    ("GetDeptInfo", lambda seen: {"HOSPITAL_ID": seen.hospital_id, "DEPT_ID": "-1", **_ALL}, _departments),
    (
        "GetDoctorInfo",
        lambda seen: {"HOSPITAL_ID": seen.hospital_id, "DEPT_ID": "-1", "DOCTOR_ID": "-1", **_ALL},
        _doctors,
    ),
    (
        "GetDoctorPhoto",
        lambda seen: (
            {"HOSPITAL_ID": seen.hospital_id, "DOCTOR_ID": str(seen.doctors[0].get("DOCTOR_ID"))}
            if seen.doctors
            else None
        ),
        _photo,
    ),
    (
        "GetRegInfo",
        lambda seen: {
            "REG_ROLE": "1",
            "HOSPITAL_ID": seen.hospital_id,
            "DEPT_ID": "-1",
            "DOCTOR_ID": "-1",
            "START_DATE": seen.day(0),
            "END_DATE": seen.day(DAYS - 1),
            **_ALL,
        },
        _schedules,
    ),
    ("GetTimeRegInfo", _slot_question, _slots),
)
