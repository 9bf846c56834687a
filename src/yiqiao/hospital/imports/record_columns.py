"""Columns that the sheets of reports, physical examinations and prescriptions have in common."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.imports.columns import Column, code, text
from yiqiao.hospital.imports.sheet import YES_NO
from yiqiao.ports.hospital.reports import Danger

LONGEST = 20_000
"""Of a text that somebody has written for the reader."""
SOURCES = {"0": "门诊", "1": "住院"}

DANGER = (
    code("critical", "是否危急", YES_NO, default=0),
    text("warning", "危急值提醒", default=""),
)
INPATIENT = code("inpatient", "来源", SOURCES, default=0)


def word(name: str, meaning: str, *, most: int = 200) -> Column:
    """A short text that may be absent."""
    return text(name, meaning, most=most, default="")


def with_danger(v: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the columns of DANGER as one."""
    rest = {name: value for name, value in v.items() if name not in ("critical", "warning")}
    return {**rest, "danger": Danger(bool(v["critical"]), v["warning"])}
