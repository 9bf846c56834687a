"""Findings as people read them, line by line, and as rows of a spreadsheet."""

from collections.abc import Mapping
from typing import NamedTuple

from yiqiao.clock import readable
from yiqiao.region.supervision.kinds import title
from yiqiao.region.supervision.quality.rules import SORTS, WEIGHTS, Rules
from yiqiao.storage.supervision_quality import FindingRow

MOST = 50_000
"""Findings in a file."""
HEADINGS = (
    "日期",
    "医院",
    "appid",
    "规则",
    "类别",
    "程度",
    "记录种类",
    "记录",
    "业务流水号",
    "问题",
    "处理办法",
    "发现时间",
)


class Line(NamedTuple):
    """A finding with the words that belong to it; empty where its rule is no more."""

    row: FindingRow
    hospital: str
    rule: str
    sort: str
    weight: str
    remedy: str
    kind: str

    @property
    def cells(self) -> tuple[str, ...]:
        """A row of a spreadsheet under HEADINGS."""
        row = self.row
        return (
            row.day, self.hospital, row.app_id, self.rule, self.sort, self.weight, self.kind, row.record_key,
            row.flow_no or "", row.told, self.remedy, readable(row.found_at),
        )  # fmt: skip


def line(row: FindingRow, hospitals: Mapping[str, str], rules: Rules) -> Line:
    """A finding as people read it; `hospitals` are names by appid."""
    rule = rules.by_id.get(row.rule)
    return Line(
        row,
        hospitals.get(row.app_id, row.app_id),
        rules.title(row.rule),
        SORTS[rule.sort] if rule else "",
        WEIGHTS[rule.weight] if rule else "",
        rule.remedy if rule else "",
        title(row.kind),
    )
