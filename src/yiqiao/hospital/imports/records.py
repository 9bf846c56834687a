"""What the sheets of reports, physical examinations and prescriptions have in common: columns, and where they go."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.imports.columns import Column, code, text
from yiqiao.hospital.imports.sheet import YES_NO, without
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.hospital.sealing import open_record
from yiqiao.ports.hospital.reports import Danger
from yiqiao.storage.clinical import RecordRow
from yiqiao.storage.tables.clinical import clinical_record

RECORDS = TableShelf(clinical_record, RecordRow, opened=open_record)

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
    return {**without(v, "critical", "warning"), "danger": Danger(bool(v["critical"]), v["warning"])}
