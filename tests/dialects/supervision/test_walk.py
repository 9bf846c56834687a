"""One medical service, told in the calling order and in none, over HTTP."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.dialects.supervision.hospital import APP, Uploader, department, order, staff, until, visit
from tests.dialects.supervision.uploads import SPEC, row
from yiqiao.dialects.supervision.dialect import calling_order
from yiqiao.dialects.supervision.filing import KINDS

BY_WHOM: dict[str, Any] = {"deptCode": "0101", "docCode": "D07"}
RECORDS: Mapping[str, dict[str, object]] = {
    "A1000": row("A1000", hospId="H9851"),
    "A1001": department(),
    "A1002": staff(),
    "A2040": row("A2040", recordId="B1", **BY_WHOM),
    "A2000": order(),
    "A2020": row("A2020", recipeId="C1", recordId="B1", **BY_WHOM),
    "A2030": row("A2030", orderId="G1", recipeId="C1"),
    "A2031": row("A2031", orderId="G1"),
    "A2001": visit(recipeId="C1", recordId="B1"),
}
KEYS = dict(zip(RECORDS, ("H9851", "0101", "D07", "B1", "O1", "C1", "G1", "G1", "O1"), strict=True))
ON_ITS_OWN = {"A1000", "A1001"}


async def bind(hospital: Uploader) -> None:
    """Bind the department to its subject, as an officer does."""
    await hospital.hub.runtime.supervision.institutions.bind_subject("root", APP, "0101", "03.04", "心血管内科专业")


async def test_in_the_calling_order_nothing_waits(hospital: Uploader) -> None:
    """`order`, A1001.order, A1002.order, A2000.depends, A2001.depends"""
    assert [name for name in calling_order(SPEC) if name in RECORDS] == list(RECORDS)
    for service, record in RECORDS.items():
        answer = await hospital.upload(service, record)
        assert (service, answer.code, answer.states) == (service, "0", ["valid"])
        if service == "A1001":
            await bind(hospital)


@pytest.mark.parametrize("service", [name for name in RECORDS if name not in ON_ITS_OWN])
async def test_what_comes_too_early_waits(hospital: Uploader, service: str) -> None:
    """A1002.order, A2000.depends, A2001.depends, and the control of the test before it."""
    answer = await hospital.upload(service, RECORDS[service])
    assert (answer.code, answer.states) == ("0", ["waiting"])
    assert {one.code for one in answer.verdicts.faults} == {"DEPENDENCY_NOT_FOUND"}


async def test_in_the_opposite_order_all_is_valid_in_the_end(hospital: Uploader) -> None:
    """ours.waiting"""
    for service, record in reversed(list(RECORDS.items())):
        answer = await hospital.upload(service, record)
        assert (service, answer.states) == (service, ["valid" if service in ON_ITS_OWN else "waiting"])
    await bind(hospital)

    async def valid() -> bool:
        kept = [await hospital.kept(KINDS[service].value, key) for service, key in KEYS.items()]
        return kept == [[("valid", 1)]] * len(KEYS)

    await until(valid)
