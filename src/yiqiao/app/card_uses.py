"""Uses of cards told in words, for the page and the command alike: what codes and numbers stand for, and the export.

The export is CSV in UTF-8 with a byte order mark, since Excel takes a file without one for GBK. A cell that Excel
would change (a number with a leading zero or of many digits) is followed by a tab, which keeps it text; one that it
would run as a formula is preceded by an apostrophe. Whoever reads by program takes JSON.
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from yiqiao.app.store import Store
from yiqiao.clock import readable
from yiqiao.partners import store as partners
from yiqiao.region.cards.monitoring import Monitoring, UseLine
from yiqiao.spec import load
from yiqiao.storage.card_uses import UseFilter

DIALECT = "ehealth_card"
BOM = "\ufeff"
EXACT_DIGITS = 11
"""Excel shows longer numbers rounded, as 1.23E+11."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "zh": (
        "时间（北京时间）",
        "机构应用编号",
        "机构名称",
        "终端编号",
        "终端名称",
        "诊疗环节编码",
        "诊疗环节",
        "科室代码",
        "科室名称",
        "操作员编号",
        "操作员姓名",
        "IP 地址",
        "用卡方式",
        "验证或授权流水号",
        "姓名（脱敏）",
        "证件号（脱敏）",
    ),
    "en": (
        "time (Beijing)",
        "app_id",
        "organisation",
        "term_id",
        "terminal",
        "treatment_code",
        "stage",
        "office_code",
        "office",
        "operator_id",
        "operator_name",
        "ip_addr",
        "code_kind",
        "serial",
        "name (masked)",
        "id_no (masked)",
    ),
}
KINDS: Mapping[str, Mapping[str, str]] = {
    "zh": {"static": "被扫静态码", "dynamic": "被扫动态码", "consent": "主扫授权"},
    "en": {},
}


@dataclass(frozen=True)
class Names:
    """What codes and numbers stand for; nothing is said of what is not known."""

    stages: Mapping[str, str]
    offices: Mapping[str, str]
    partners: Mapping[str, str]
    terminals: Mapping[tuple[str, str], str]  # by (app_id, term_id)


async def names(store: Store) -> Names:
    """The standard's titles and the partners' names. Raises StorageUnreachable, StorageFailed."""
    files = await store.database.read(lambda connection: partners.list_partners(connection, DIALECT))
    codes = load(DIALECT).codes
    return Names(
        stages={code: row.title for code, row in codes["treatment_code"].rows.items()},
        offices={code: row.title for code, row in codes["office_code"].rows.items()},
        partners={file.app_id: file.name for file in files},
        terminals={(file.app_id, one.term_id): one.name for file in files for one in file.terminals},
    )


async def export(monitoring: Monitoring, wanted: UseFilter, known: Names, language: str) -> AsyncIterator[str]:
    """The uses as CSV, newest first, a portion at a time; `language` (zh, en) is that of the head and of words."""
    yield BOM + _written([COLUMNS[language]])
    async for lines in monitoring.every_use(wanted):
        yield _written([_cells(line, known, language) for line in lines])


def _cells(line: UseLine, known: Names, language: str) -> tuple[str, ...]:
    return (
        readable(line.at),
        line.app_id,
        known.partners.get(line.app_id, ""),
        line.term_id,
        known.terminals.get((line.app_id, line.term_id), ""),
        line.treatment_code,
        known.stages.get(line.treatment_code, ""),
        line.office_code,
        known.offices.get(line.office_code, ""),
        line.operator_id,
        line.operator_name,
        line.ip_addr,
        KINDS[language].get(line.code_kind, line.code_kind),
        line.serial,
        line.name,
        line.id_no,
    )


def _written(rows: "list[tuple[str, ...]]") -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: str) -> str:
    if value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    digits = value.isascii() and value.isdigit()
    return f"{value}\t" if digits and (value[0] == "0" or len(value) > EXACT_DIGITS) else value
