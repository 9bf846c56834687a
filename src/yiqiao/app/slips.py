"""What stands on a partner's slip: everything that the vendor's engineer needs, and nothing that must stay secret."""

from dataclasses import dataclass, field

from yiqiao.clock import readable
from yiqiao.dialects.cmc import server as cmc
from yiqiao.dialects.ehealth_card import server as ehealth_card
from yiqiao.partners import PartnerFile
from yiqiao.partners.slips import PATH
from yiqiao.spec import load

PATHS = {"cmc": cmc.PATH, "ehealth_card": ehealth_card.PATH}
"""Where each dialect is called; those that are not here yet have no slip."""


@dataclass(frozen=True)
class Slip:
    """A slip. `marks` are the terminals: in the CMC dialect the targets under which the client is started."""

    dialect: str
    standard: str
    app_id: str
    name: str
    profile: str
    address: str
    marks: tuple[str, ...]
    operations: tuple[str, ...]
    clock_window_s: int
    link: str = field(repr=False)
    link_until: str = ""


def slip_of(file: PartnerFile, base: str, token: str, until_ms: int) -> Slip:
    """The slip of a partner. Raises KeyError for a dialect that is called nowhere."""
    return Slip(
        dialect=file.dialect,
        standard=load(file.dialect, file.profile).title,
        app_id=file.app_id,
        name=file.name,
        profile=file.profile,
        address=base + PATHS[file.dialect],
        marks=tuple(terminal.term_id for terminal in file.terminals),
        operations=file.operations,
        clock_window_s=file.clock_window_s,
        link=f"{base}{PATH}/{token}",
        link_until=readable(until_ms),
    )


def slip_text(slip: Slip) -> str:
    """The slip as it is handed over, in Chinese."""
    marks = "目标标识" if slip.dialect == "cmc" else "终端编号"
    operations = "全部" if "*" in slip.operations else "、".join(slip.operations)
    rows = (
        ("单位", slip.name),
        ("标准", slip.standard),
        ("appKey" if slip.dialect == "cmc" else "应用编号", slip.app_id),
        ("配置档", slip.profile),
        ("地址", slip.address),
        (marks, "、".join(slip.marks) or "（未分配）"),
        ("接口", operations),
        ("时钟", f"与平台相差不超过 {slip.clock_window_s} 秒（北京时间）"),
        ("密钥", f"请在 {slip.link_until} 前打开下面的链接领取，只能打开一次"),
        ("", slip.link),
    )
    return "\n".join(name + " " * (_COLUMN - _width(name)) + value for name, value in rows)


_COLUMN = 10


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: a Chinese character takes two."""
    return sum(1 if character.isascii() else 2 for character in text)
