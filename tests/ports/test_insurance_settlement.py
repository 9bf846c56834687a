"""A hub without an insurance centre settles nothing, and says so."""

import inspect

import pytest

from tests.sandbox.settlement.desk import somebody, visitor
from yiqiao.ports.insurance_settlement import CentreRefused, InsuranceSettlement, NoSettlement

WHO = visitor(somebody())
STATED = {"who": WHO, "number": "1", "lines": [], "use_account": False, "expected": None, "at": 0}


@pytest.mark.parametrize("act", [name for name in vars(InsuranceSettlement) if not name.startswith("_")])
async def test_without_a_centre_every_act_is_refused(act: str) -> None:
    asked = getattr(NoSettlement(), act)
    with pytest.raises(CentreRefused, match="未接入"):
        await asked(**{name: STATED.get(name, "1") for name in inspect.signature(asked).parameters})
