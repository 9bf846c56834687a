"""Every rule of these functions has a test that names it."""

from pathlib import Path

import pytest

from yiqiao.dialects.convenience.functions import spec_of

TESTED = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
FUNCTIONS = (
    "GetHosInfo",
    "GetDeptInfo",
    "GetDoctorInfo",
    "GetDoctorPhoto",
    "queryPriceBoardInfo",
    "queryRegistrationState",
    "GetRegInfo",
    "GetTimeRegInfo",
    "NotifyHospInfo",
    "GetStopInfo",
    "ReferralInfo",
    "LockReg",
    "UnLockReg",
    "OrderReg",
    "OpAppRegist",
    "CancelReg",
    "UpdateOrderInfo",
    "GetYyNo",
    "BackNo",
    "GetGhInfo",
    "GetGhRecord",
    "QueryRegRecord",
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_rule_has_a_test(name: str) -> None:
    rules = {rule.id for rule in spec_of("standard").operations[name].rules}
    assert {rule for rule in rules if f"rule_{rule.replace('.', '_').replace('-', '_')}" not in TESTED} == set()
