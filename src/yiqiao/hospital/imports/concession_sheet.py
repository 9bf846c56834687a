"""The sheet of what a hospital takes off its fees, and for whom (CONCESSIONS of an order, 3.1.3.8)."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.imports.columns import LONGEST_ID, Unfit, number, text
from yiqiao.hospital.imports.sheet import Filing, Sheet
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.storage.orders import OfferedRow
from yiqiao.storage.tables.booking import concession


def _concession(at: Filing, v: Mapping[str, Any]) -> OfferedRow:
    least, most = v["age_min"], v["age_max"]
    if least is not None and most is not None and least > most:
        raise Unfit("最小年龄不应大于最大年龄")
    return OfferedRow(at.hospital_id, **v)


CONCESSIONS = Sheet(
    "concessions",
    "挂号优惠",
    (
        text("concession_id", "优惠代码", required=True, most=LONGEST_ID),
        text("title", "优惠类型（CONCESSIONS_TYPE），如老年优惠", required=True, most=32),
        number("age_min", "最小年龄（岁），不限为空", most=150),
        number("age_max", "最大年龄（岁），不限为空", most=150),
        number("registration_percent", "挂号费的应付百分比，免费为 0", required=True, most=100),
        number("treatment_percent", "诊疗费的应付百分比，免费为 0", required=True, most=100),
    ),
    ("concession_id",),
    _concession,
    TableShelf(concession, OfferedRow),
)
