"""What the sandbox's internet hospital has to upload: days of return visits of synthetic people, the same for the same
day, most of them as they should be, some with a fault for each of the rules of quality.

A visit is a record of each kind under one flow number: medical record, order, prescription, drug order with its drugs,
and the visit itself with what was said.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from yiqiao.sandbox.people import Person, people

A_DAY = 40
"""Visits of a day."""
EVERY = 9
"""Every so many visits, one has a fault."""
Row = dict[str, Any]
Rows = Sequence[Row]
Visit = dict[str, Row]
"""The records of one visit, by operation."""

DEPARTMENTS: Mapping[str, tuple[str, str, str]] = {
    "9801": ("心血管内科", "03.04", "心血管内科专业"),
    "9802": ("内分泌科", "03.07", "内分泌专业"),
    "9803": ("儿科", "07.00", "儿科"),
}
"""By code: name, and the subject to which the supervisor has bound it (code, name)."""
_DOCTORS = (
    ("8101", "9801", "陶文静"),
    ("8102", "9801", "石磊"),
    ("8103", "9802", "金若兰"),
    ("8104", "9802", "梁启明"),
    ("8105", "9803", "葛小满"),
)
_PHARMACISTS = (("8201", "9801", "秦素问"), ("8202", "9802", "孟平安"))
_RETIRED, _EXPIRED = ("8108", "9801", "鲁望归"), ("8109", "9802", "古长青")
_COMPLAINTS = (
    ("血压偏高，来续药", "原发性高血压", "I10.x00", "苯磺酸氨氯地平片", "5mg*28片", 1550),
    ("空腹血糖控制尚可，药快吃完了", "2 型糖尿病", "E11.900", "盐酸二甲双胍缓释片", "0.5g*60片", 2280),
    ("血脂复查后续方", "高脂血症", "E78.500", "阿托伐他汀钙片", "20mg*14片", 3960),
    ("心率偏快，原来的药继续用", "窦性心动过速", "R00.000", "酒石酸美托洛尔片", "25mg*40片", 1120),
)


def base(hospital: str, name: str) -> Mapping[str, Rows]:
    """What belongs to no day, by operation, in the calling order."""
    return {
        "A1000": [
            {
                "hospId": hospital, "hospName": name, "hospAddress": "云桥县梧桐路 9 号", "hospPhone": "0000-6000009",
                "hospArea": 329801, "hospLevel": 33, "hospType": "011", "hospCategory": 1,
            }
        ],
        "A1001": [
            {"deptCode": code, "deptName": dept, "parentId": "-1", "hasChild": 0, "status": 0}
            for code, (dept, _, _) in DEPARTMENTS.items()
        ],
        "A1002": [
            *(_staff(place, one, 1) for place, one in enumerate((*_DOCTORS, _RETIRED, _EXPIRED))),
            *(_staff(place + 20, one, 3) for place, one in enumerate(_PHARMACISTS)),
        ],
    }  # fmt: skip


def of_day(day: date, until: datetime) -> Mapping[str, Rows]:
    """The records of a day as far as they happened before `until` (Beijing), by operation, in the calling order."""
    found: dict[str, list[Row]] = {service: [] for service in ("A2040", "A2000", "A2020", "A2030", "A2031", "A2001")}
    for place in range(A_DAY):
        begun = datetime.combine(day, time(8)) + timedelta(minutes=17 * place)
        if begun + timedelta(hours=1) > until:
            break
        visit = _visit(day, place, begun)
        number = day.toordinal() * A_DAY + place
        if number % EVERY == 0:
            FAULTS[number // EVERY % len(FAULTS)](visit)
        for service, row in visit.items():
            found[service].append(row)
    return {service: rows for service, rows in found.items() if rows}


def _staff(place: int, one: tuple[str, str, str], kind: int) -> Row:
    code, dept, name = one
    return {
        "deptCode": dept, "deptName": DEPARTMENTS[dept][0], "type": kind, "status": int(one is _RETIRED),
        "code": code, "name": name, "certificateType": 1, "certificateNo": _grown()[-1 - place].id_no,
        "techTitle": 233 if kind == 1 else 242, "rank": 1, "sex": int(_grown()[-1 - place].sex),
        "mobile": f"1549801{place:04}", "firstDate": "2012-07-01",
        "validDate": "2020-06-30" if one is _EXPIRED else "2040-06-30",
    }  # fmt: skip


@cache
def _grown() -> Sequence[Person]:
    """Those with an identity card who are of age."""
    return [one for one in people() if one.id_type == "01" and one.birthday < "2005"]


def _visit(day: date, place: int, begun: datetime) -> Visit:
    number = f"{day:%Y%m%d}{place:03}"
    patients = _grown()
    patient = patients[(day.toordinal() * 7 + place * 3) % (len(patients) - 30)]
    doctor, dept, doctor_name = _DOCTORS[(day.toordinal() + place) % len(_DOCTORS)]
    said, diagnosis, code, drug, spec, price = _COMPLAINTS[place % len(_COMPLAINTS)]
    packs = 1 + place % 3
    flow = {"flowNo": f"SF{number}"}
    where = {"deptCode": dept, "deptName": DEPARTMENTS[dept][0], "docCode": doctor, "docName": doctor_name}
    who = _who(patient, day)
    how = {"channelType": (1, 1, 2, 3)[place % 4], "payType": 1 + place % 2}
    item = {
        "drugCode": f"YP{place % 4}", "drugName": drug, "spec": spec, "dosage": "1", "dosageUnit": "片",
        "frequency": "每日一次", "usage": "口服", "quantity": packs, "unit": "盒", "price": price,
        "amount": packs * price,
    }  # fmt: skip

    def at(minutes: int) -> str:
        return f"{begun + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"

    return {
        "A2040": flow | where | who | {
            "recordId": f"SB{number}", "visitTime": at(6), "chiefComplaint": said, "presentHistory": "规律服药",
            "diagnoseCode": code, "diagnose": diagnosis,
        },
        "A2000": flow | where | who | how | {
            "orderId": f"SD{number}", "createTime": at(0), "amount": 1500 + 500 * (place % 3), "status": "已完成",
        },
        "A2020": flow | where | who | {
            "recipeId": f"SC{number}", "orderId": f"SD{number}", "recordId": f"SB{number}", "recipeType": 1,
            "createTime": at(14), "diagnoseCode": code, "diagnose": diagnosis, "amount": packs * price, "validDays": 3,
            "status": "已审核", "drug": [item],
            "sign": [
                {"signType": 1, "executorCode": doctor, "executorName": doctor_name, "signTime": at(14)},
                {"signType": 2, "executorCode": _PHARMACISTS[place % 2][0], "executorName": _PHARMACISTS[place % 2][2],
                 "signTime": at(17 + place % 5), "auditResult": 1},
            ],
        },
        "A2030": flow | who | how | {
            "orderId": f"SG{number}", "recipeId": f"SC{number}", "createTime": at(25), "amount": packs * price,
            "deliveryType": 1 + place % 3, "status": "已支付",
        },
        "A2031": flow | {"orderId": f"SG{number}", "recipeId": f"SC{number}", "drug": [copy.deepcopy(item)]},
        "A2001": flow | {
            "orderId": f"SD{number}", "startTime": at(5), "endTime": at(18), "description": said, "diagnose": diagnosis,
            "recipeId": f"SC{number}", "recordId": f"SB{number}", "lastVisitDate": f"{day - timedelta(days=28)}",
            "lastDisbaseCode": code, "lastDisbase": diagnosis,
            "process": [
                {"processTime": at(5), "role": 1, "content": f"医生您好，{said}。"},
                {"processTime": at(7), "role": 2, "content": "您好，最近有没有哪里不舒服？平时在家测量了吗？"},
                {"processTime": at(9), "role": 1, "content": "没有不舒服，每天早上都量，数值都记着。"},
                {"processTime": at(13), "role": 2, "content": "好的，按原方案继续服用，四周后复诊。"},
            ],
        },
    }  # fmt: skip


def _who(patient: Person, day: date) -> Row:
    born = datetime.strptime(patient.birthday, "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    return {
        "name": patient.name, "age": round((day - born).days / 365.25, 1), "sex": int(patient.sex),
        "birthday": f"{born}", "mobile": patient.mobile_phone, "certificateType": 1, "certificateNo": patient.id_no,
    }  # fmt: skip


def _put(service: str, **values: object) -> Callable[[Visit], None]:
    return lambda visit: visit[service].update(values)


def _of_doctor(one: tuple[str, str, str]) -> Callable[[Visit], None]:
    def spoil(visit: Visit) -> None:
        for service in ("A2040", "A2000", "A2020"):
            dept = DEPARTMENTS[one[1]][0]
            visit[service].update(docCode=one[0], docName=one[2], deptCode=one[1], deptName=dept)

    return spoil


def _without(service: str) -> Callable[[Visit], None]:
    def spoil(visit: Visit) -> None:
        del visit[service]

    return spoil


def _signed(place: int, **values: object) -> Callable[[Visit], None]:
    return lambda visit: visit["A2020"]["sign"][place].update(values)


def _unsigned(place: int) -> Callable[[Visit], None]:
    def spoil(visit: Visit) -> None:
        del visit["A2020"]["sign"][place]

    return spoil


def _elsewhere(visit: Visit) -> None:
    """The doctor sees a patient in a department that is not his own."""
    other = next(code for code in DEPARTMENTS if code != visit["A2000"]["deptCode"])
    visit["A2000"].update(deptCode=other, deptName=DEPARTMENTS[other][0])


def _times(start: int, end: int) -> Callable[[Visit], None]:
    """The visit begins and ends so many seconds after the order."""

    def spoil(visit: Visit) -> None:
        ordered = datetime.fromisoformat(visit["A2000"]["createTime"])
        for name, seconds in (("startTime", start), ("endTime", end)):
            visit["A2001"][name] = f"{ordered + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"

    return spoil


def _bought_before(visit: Visit) -> None:
    visit["A2030"]["createTime"] = visit["A2000"]["createTime"]


def _ahead(visit: Visit) -> None:
    visit["A2000"]["createTime"] = visit["A2000"]["createTime"][:11] + "23:40:00"


def _one_sided(visit: Visit) -> None:
    for line in visit["A2001"]["process"]:
        line["role"] = 2


def _child(visit: Visit) -> None:
    """A child of four without a guardian, whose identity card is that of somebody older."""
    day = date.fromisoformat(visit["A2020"]["createTime"][:10])
    visit["A2020"].update(birthday=f"{day - timedelta(days=1600)}", age=4.4)


def _other_sex(visit: Visit) -> None:
    visit["A2000"]["sex"] = 3 - visit["A2000"]["sex"]


def _controlled(visit: Visit) -> None:
    visit["A2020"]["drug"][0]["drugName"] = "磷酸可待因片"


FAULTS: Sequence[Callable[[Visit], None]] = (
    _unsigned(1),
    _unsigned(0),
    _put("A2001", process=[]),
    _one_sided,
    _of_doctor(_EXPIRED),
    _of_doctor(_RETIRED),
    _elsewhere,
    _put("A2020", docCode=_PHARMACISTS[0][0], docName=_PHARMACISTS[0][2]),
    _put("A2000", age=99.0),
    _put("A2000", birthday="1999-09-09"),
    _other_sex,
    _child,
    _controlled,
    _put("A2020", amount=1),
    _put("A2020", validDays=0),
    _signed(1, auditResult=2),
    _bought_before,
    _ahead,
    _times(300, 120),
    _times(300, 330),
    _times(-150_000, -149_000),
    _without("A2001"),
    _put("A2001", flowNo="SF-unknown"),
    _put("A2001", lastVisitDate=None, lastDisbase=None, lastDisbaseCode=None),
    _put("A2020", name="万事安"),
    lambda visit: visit["A2031"]["drug"][0].update(amount=1),
)
"""What goes wrong, in turn."""
