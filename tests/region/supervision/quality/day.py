"""A day on which everything is as it should be, and ways to spoil it."""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from yiqiao.dialects.supervision.columns import shapes
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.quality.rules import Rule, Rules
from yiqiao.region.supervision.quality.workbench import Row, Workbench

SHAPES = shapes("reconstructed")
DAY, NOW = "2026-11-20", datetime(2026, 11, 25, 8, 0, 0)  # noqa: DTZ001 (Beijing)
RECEIVED = 1_795_142_400_000  # 2026-11-20 10:40:00 Beijing
PATIENT = {
    "name": "贺兰亭",
    "age": 36.2,
    "sex": 1,
    "birthday": "1990-09-11",
    "mobile": "15400000001",
    "certificateType": 1,
    "certificateNo": "359851199009110016",
}
Records = dict[str, list[dict[str, Any]]]


def good_day() -> Records:
    """One visit, from the order to the drugs."""
    where = {"deptCode": "9801", "deptName": "心血管内科", "docCode": "8101", "docName": "陶文静"}
    drug = {
        "drugCode": "Y1",
        "drugName": "苯磺酸氨氯地平片",
        "spec": "5mg",
        "quantity": 2,
        "unit": "盒",
        "price": 1550,
        "amount": 3100,
    }
    return {
        Kind.STAFF: [
            {
                **where,
                "code": "8101",
                "name": "陶文静",
                "type": 1,
                "status": 0,
                "firstDate": "2010-07-01",
                "validDate": "2030-06-30",
            }
        ],
        Kind.ORDER: [
            {
                **PATIENT,
                **where,
                "flowNo": "F1",
                "orderId": "D1",
                "createTime": "2026-11-20 09:00:00",
                "amount": 2000,
                "status": "已完成",
            }
        ],
        Kind.RECIPE: [
            {
                **PATIENT,
                **where,
                "flowNo": "F1",
                "recipeId": "C1",
                "orderId": "D1",
                "recordId": "B1",
                "createTime": "2026-11-20 09:20:00",
                "amount": 3100,
                "validDays": 3,
                "sign": [
                    {"signType": 1, "executorCode": "8101", "signTime": "2026-11-20 09:20:00"},
                    {"signType": 2, "executorCode": "8201", "signTime": "2026-11-20 09:25:00", "auditResult": 1},
                ],
                "drug": [drug],
            }
        ],
        Kind.PURCHASE: [
            {"flowNo": "F1", "orderId": "G1", "recipeId": "C1", "createTime": "2026-11-20 09:40:00", "amount": 3100}
        ],
        Kind.DRUGS: [{"flowNo": "F1", "orderId": "G1", "drug": [drug]}],
        Kind.VISIT: [
            {
                "flowNo": "F1",
                "orderId": "D1",
                "startTime": "2026-11-20 09:05:00",
                "endTime": "2026-11-20 09:30:00",
                "recipeId": "C1",
                "recordId": "B1",
                "lastVisitDate": "2026-10-18",
                "lastDisbase": "高血压",
                "process": [
                    {"processTime": "2026-11-20 09:06:00", "role": 1, "content": "医生您好"},
                    {"processTime": "2026-11-20 09:07:00", "role": 2, "content": "您好"},
                ],
            }
        ],
    }


def spoiled(spoil: Callable[[Records], None]) -> Records:
    """The good day, spoiled."""
    day = copy.deepcopy(good_day())
    spoil(day)
    return day


def found(rules: Rules | Rule, records: Records, *, own: bool = True) -> dict[str, list[str]]:
    """What rules find on a day: sentences by rule."""
    wanted = [rules] if isinstance(rules, Rule) else list(rules.by_id.values())
    with Workbench(SHAPES, DAY, NOW) as bench:
        for kind, rows in records.items():
            texts = [
                Row(f"{kind}{place}", own, RECEIVED, RECEIVED, orjson.dumps(row)) for place, row in enumerate(rows)
            ]
            bench.load(kind, texts)
        told = {rule.id: [one.told for one in bench.run(rule)] for rule in wanted}
    return {rule: some for rule, some in told.items() if some}
