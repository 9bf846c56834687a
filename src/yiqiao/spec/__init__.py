"""Specifications as data: loading, checking, profiles, and what they are compiled to. No dialect's name stands here.

spec = load("some_dialect", "standard")
request = spec.operations[method].validate(values)     # raises Invalid, with every fault
answer = spec.operations[method].shape({...})
spec.code_for("DuplicateSerial")                       # the standard's return code
"""

from yiqiao.spec.check import check
from yiqiao.spec.errors import Fault, Invalid, SpecError
from yiqiao.spec.loader import STANDARD, dialects, forget_documents, load, profile_titles, profiles
from yiqiao.spec.model import CodeRow, CodeTable, Deviation, Field, Outcome, Reading, Repeat, Rule
from yiqiao.spec.operation import Operation
from yiqiao.spec.return_codes import Provocation, Retry, ReturnCode, Step
from yiqiao.spec.specification import Spec
from yiqiao.spec.table import Table

__all__ = [
    "STANDARD",
    "CodeRow",
    "CodeTable",
    "Deviation",
    "Fault",
    "Field",
    "Invalid",
    "Operation",
    "Outcome",
    "Provocation",
    "Reading",
    "Repeat",
    "Retry",
    "ReturnCode",
    "Rule",
    "Spec",
    "SpecError",
    "Step",
    "Table",
    "check",
    "dialects",
    "forget_documents",
    "load",
    "profile_titles",
    "profiles",
]
