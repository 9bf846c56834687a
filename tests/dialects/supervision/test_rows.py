"""Rows, read and checked; and what became of them, told and read again."""

from decimal import Decimal

import orjson
import pytest

from tests.dialects.supervision.uploads import row, table
from yiqiao.dialects.supervision.rows import read_row
from yiqiao.dialects.supervision.verdicts import RowFault, Verdict, Verdicts, read, written

VISIT = table("A2000")


def test_a_good_row_comes_out_typed() -> None:
    read = read_row(orjson.dumps(row("A2000", age=41.5, amount="1500.00", isOnline=1)), VISIT)
    assert read.faults == ()
    assert (read.values["age"], read.values["amount"], read.values["sex"]) == (Decimal("41.5"), Decimal("1500.00"), 1)
    assert "isOnline" not in read.values


@pytest.mark.parametrize(
    ("raw", "path", "rule"),
    [
        (b"[]", "", "type"),
        (b'"x"', "", "type"),
        (b'{"flowNo": "1", "flowNo": "2"}', "", "json"),
        (b'{"flowNo": "\xff"}', "", "json"),
        (orjson.dumps(row("A2000", sex=9)), "sex", "code"),
        (orjson.dumps(row("A2000", orderId=None)), "orderId", "required"),
        (orjson.dumps(row("A2000", orderId="a\u0000b")), "orderId", "control"),
    ],
)
def test_a_bad_row_says_where_and_the_others_are_unharmed(raw: bytes, path: str, rule: str) -> None:
    good = orjson.dumps(row("A2000"))
    before, bad, after = (read_row(one, VISIT) for one in (good, raw, good))
    assert [(fault.path, fault.rule) for fault in bad.faults] == [(path, rule)]
    assert (before.faults, after.faults) == ((), ())


def test_verdicts_are_read_as_they_were_written() -> None:
    told = Verdicts(
        [Verdict.VALID, Verdict.WAITING, Verdict.REFUSED],
        (RowFault(2, "DEPENDENCY_NOT_FOUND", "deptCode", "科室 9801 尚未上传"), RowFault(3, "PARAM_ERROR", "sex", "…")),
    )
    again = read(written(told))
    assert again is not None
    assert (list(again.verdicts), tuple(again.faults)) == (list(told.verdicts), told.faults)
    assert (again.count(Verdict.REFUSED), again.count(Verdict.UNCHANGED)) == (1, 0)


@pytest.mark.parametrize("data", ["", "{}", "[]", "无", '{"verdicts": ["ok"]}', '{"verdicts": [], "faults": {}}'])
def test_what_another_platform_says_there_is_not_taken_for_ours(data: str) -> None:
    assert read(data) is None
