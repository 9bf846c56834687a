"""The export of card uses: CSV that Excel opens as it is, and runs nothing of."""

import csv
import io
from collections.abc import AsyncIterator
from typing import cast

import pytest

from yiqiao.app.card_uses import COLUMNS, Names, export
from yiqiao.clock import parse_compact
from yiqiao.region.cards.monitoring import Monitoring, UseLine
from yiqiao.storage.card_uses import UseFilter

EVER = UseFilter(0, 1 << 50)
KNOWN = Names({"010101": "挂号"}, {"0300": "内科"}, {"h1": "云桥医院"}, {("h1", "T1"): "一号窗"})
LINE = UseLine(
    at=parse_compact("20261120093012"),
    app_id="h1",
    way="scan",
    serial="20261120093012000001",
    person_id="p",
    name="王*",
    id_no="350***********0710",
    issue_no=1,
    code_kind="static",
    treatment_code="010101",
    office_code="0300",
    term_id="T1",
    operator_id="0007",
    operator_name="窗口某",
    ip_addr="192.0.2.7",
)


class Kept:
    """Monitoring with these portions."""

    def __init__(self, *portions: tuple[UseLine, ...]) -> None:
        self.portions = portions

    async def every_use(self, _: UseFilter) -> AsyncIterator[tuple[UseLine, ...]]:
        for portion in self.portions:
            yield portion


async def exported(*portions: tuple[UseLine, ...], language: str = "zh") -> list[str]:
    return [text async for text in export(cast(Monitoring, Kept(*portions)), EVER, KNOWN, language)]


def changed(**more: str) -> UseLine:
    return UseLine(**{**LINE.__dict__, **more})


async def test_export_begins_with_the_mark_by_which_excel_knows_utf_8() -> None:
    (head,) = await exported()
    assert head.encode().startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(head.removeprefix("\ufeff")))) == [list(COLUMNS["zh"])]


async def test_codes_stand_beside_what_they_mean() -> None:
    text = "".join(await exported((LINE,)))
    head, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    told = dict(zip(head, row, strict=True))
    assert told["时间（北京时间）"] == "2026-11-20 09:30:12"
    assert (told["机构名称"], told["终端名称"], told["诊疗环节"], told["科室名称"]) == (
        "云桥医院",
        "一号窗",
        "挂号",
        "内科",
    )
    assert (told["用卡方式"], told["姓名（脱敏）"], told["证件号（脱敏）"]) == (
        "被扫静态码",
        "王*",
        "350***********0710",
    )


@pytest.mark.parametrize(("kind", "told"), [("dynamic", "被扫动态码"), ("consent", "主扫授权")])
async def test_a_code_and_a_consent_are_told_apart(kind: str, told: str) -> None:
    _, row = await exported((changed(code_kind=kind),))
    assert told in row.split(",")


async def test_both_languages_have_the_same_columns_and_english_stays_english() -> None:
    assert len(COLUMNS["zh"]) == len(COLUMNS["en"])
    _, row = await exported((LINE,), language="en")
    assert "static" in row


async def test_each_portion_leaves_before_the_next_is_read() -> None:
    assert len(await exported((LINE,), (LINE, LINE))) == 3


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("0300", "0300\t"),  # Excel would make 300 of it
        ("20261120093012000001", "20261120093012000001\t"),  # and 2.02611E+19 of it
        ("300", "300"),
        ("A10101", "A10101"),
        ("=1+1", "'=1+1"),
        ("@cmd", "'@cmd"),
        ("-1", "'-1"),
        ('a"b,c', 'a"b,c'),
        ("", ""),
    ],
)
async def test_excel_neither_changes_nor_runs_a_cell(given: str, written: str) -> None:
    text = (await exported((changed(operator_id=given),)))[1]
    (row,) = csv.reader(io.StringIO(text))
    assert row[COLUMNS["en"].index("operator_id")] == written
