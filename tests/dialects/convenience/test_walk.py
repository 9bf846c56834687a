"""A hospital walked through: ours has nothing missing and nothing odd; each thing that is odd is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.hub import Hub
from yiqiao.dialects.convenience.client import ConnectionFailed, Refused, Unbelievable
from yiqiao.dialects.convenience.faults import SignatureMismatch
from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.dialects.convenience.walk import Visit, walk
from yiqiao.exchange.dialect import Values
from yiqiao.spec import ReturnCode

Answer = dict[str, Any]
Spoil = Callable[[Answer], object]


async def walked(
    hub: Hub, *, profile: str = "standard", spoil: tuple[str, Spoil] | None = None, stranger: str = "F" * 16
) -> list[Visit]:
    """The visits; of one function the answer is spoiled."""
    client, other = hub.convenience(profile=profile), hub.convenience(profile=profile, secret=stranger)

    async def call(name: str, values: Values) -> Values:
        answer = copy.deepcopy(dict(await client.call(name, values)))
        if spoil is not None and spoil[0] == name:
            spoil[1](answer)
        return answer

    found = walk(call, other.call, spec_of(profile), "9851001", hub.clock.now_ms())
    return [visit async for visit in found]


def of(visits: list[Visit], name: str) -> Visit:
    return next(visit for visit in visits if visit.function == name)


async def test_our_own_hospital_has_nothing_missing_and_nothing_odd(hub: Hub) -> None:
    visits = await walked(hub)
    assert [visit for visit in visits if visit.verdict != "ok"] == []
    spec = spec_of("standard")
    reads = {one.name for one in spec.operations.values() if one.effect == "read" and one.callee == "hospital"}
    assert {visit.function for visit in visits} == reads


def first(answer: Answer, *path: str) -> Answer:
    for name in path:
        rows = answer[name]
        answer = rows[0] if isinstance(rows, list) else rows
    return answer


SCHEDULE = ("REG_DOCTOR_LIST", "REG_LIST", "REG_TIME_LIST")
SPOILED: list[tuple[str, str, Spoil]] = [
    ("NetTest", "时钟", lambda a: a.update(SYSDATE="2026-11-18 20:00:00")),
    ("NetTest", "不是时间", lambda a: a.update(SYSDATE="昨天")),
    ("GetHosInfo", "没有可以预约的日期", lambda a: a.update(MAX_REG_DAYS="0")),
    ("GetHosInfo", "为必填项", lambda a: a.pop("NAME")),
    ("GetDeptInfo", "COUNT 为 99", lambda a: a.update(COUNT="99")),
    ("GetDeptInfo", "没有科室", lambda a: a.update(DEPT_LIST=[], COUNT="0")),
    ("GetDeptInfo", "有重复", lambda a: a["DEPT_LIST"].append(a["DEPT_LIST"][0])),
    ("GetDeptInfo", "不在科室列表中", lambda a: first(a, "DEPT_LIST").update(PARENT_ID="D77")),
    ("GetDoctorInfo", "有重复", lambda a: a["DOCTOR_LIST"].append(a["DOCTOR_LIST"][0])),
    ("GetDoctorInfo", "不在科室列表中", lambda a: first(a, "DOCTOR_LIST").update(DEPT_ID="D77")),
    ("GetDoctorInfo", "没有医生", lambda a: a.update(DOCTOR_LIST=[], COUNT="0")),
    ("GetRegInfo", "不在医生列表中", lambda a: first(a, "REG_DOCTOR_LIST").update(DOCTOR_ID="YS77")),
    ("GetRegInfo", "以外的排班", lambda a: first(a, "REG_DOCTOR_LIST", "REG_LIST").update(REG_DATE="2025-01-01")),
    ("GetRegInfo", "大于总数", lambda a: first(a, *SCHEDULE).update(OVER_COUNT="50", TOTAL="5")),
    ("GetRegInfo", "各项费用之和", lambda a: first(a, *SCHEDULE).update(REG_FEE="27")),
    ("GetRegInfo", "REG_ID 重复", lambda a: a["REG_DOCTOR_LIST"].append(a["REG_DOCTOR_LIST"][0])),
    ("GetRegInfo", "没有排班", lambda a: a.update(REG_DOCTOR_LIST=[], COUNT="0")),
    ("GetTimeRegInfo", "没有返回分时", lambda a: a.update(TIME_REG_LIST=[])),
    ("GetTimeRegInfo", "不早于", lambda a: first(a, "TIME_REG_LIST").update(BEGIN_TIME="23:00")),
    ("GetTimeRegInfo", "大于总数", lambda a: first(a, "TIME_REG_LIST").update(OVER_COUNT="50")),
    ("GetTimeRegInfo", "有重复", lambda a: a["TIME_REG_LIST"].append(a["TIME_REG_LIST"][0])),
]


@pytest.mark.parametrize(("name", "told", "spoil"), SPOILED, ids=[f"{name}-{told}" for name, told, _ in SPOILED])
async def test_what_is_odd_is_named(hub: Hub, name: str, told: str, spoil: Spoil) -> None:
    visit = of(await walked(hub, spoil=(name, spoil)), name)
    assert visit.verdict == "odd"
    assert any(told in note for note in visit.notes), visit.notes


async def test_a_hospital_that_lets_anybody_in_is_named(hub: Hub) -> None:
    partner = hub.runtime.directory.find("convenience", "demo")
    assert partner is not None
    visits = await walked(hub, stranger=partner.secrets[0])
    assert visits[1].verdict == "odd"
    assert "没有校验签名" in visits[1].notes[0]


@pytest.mark.parametrize(
    ("error", "verdict", "told"),
    [
        (Refused(ReturnCode(code="5", title="传入非法功能号"), "", signed=True), "missing", "5"),
        (Refused(ReturnCode(code="7", title="签名不正确"), "", signed=True), "odd", "7"),
        (Refused(ReturnCode(code="12", title="返回数据为空"), "", signed=False), "odd", "没有签名"),
        (Refused(ReturnCode(code="12", title="返回数据为空"), "", signed=True), "ok", "12"),
        (Unbelievable(SignatureMismatch("签名不正确")), "odd", "不可采信"),
        (ConnectionFailed("无法连接"), "missing", "无法连接"),
    ],
)
async def test_whatever_comes_instead_of_an_answer_is_judged(
    hub: Hub, error: Exception, verdict: str, told: str
) -> None:
    def refuse(_: Answer) -> None:
        raise error

    visit = of(await walked(hub, spoil=("GetHosInfo", refuse)), "GetHosInfo")
    assert visit.verdict == verdict
    assert any(told in note for note in visit.notes)


async def test_a_hospital_that_does_not_answer_at_all_is_left_at_once(hub: Hub) -> None:
    def away(_: Answer) -> None:
        raise ConnectionFailed("无法连接")

    visits = await walked(hub, spoil=("NetTest", away))
    assert [(visit.function, visit.verdict) for visit in visits] == [("NetTest", "missing")]


async def test_many_faults_of_a_kind_are_counted(hub: Hub) -> None:
    def spoil(answer: Answer) -> None:
        for row in answer["DOCTOR_LIST"]:
            row["DEPT_ID"] = f"D7{row['DOCTOR_ID']}"

    visit = of(await walked(hub, spoil=("GetDoctorInfo", spoil)), "GetDoctorInfo")
    assert visit.notes[-1].startswith("……另有")
