"""What stands on a partner's slip: everything that the vendor's engineer needs, and nothing that must stay secret."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from yiqiao.app.settings import Settings
from yiqiao.clock import readable
from yiqiao.dialects.cmc import server as cmc
from yiqiao.dialects.convenience import server as convenience
from yiqiao.dialects.ehealth_card import server as ehealth_card
from yiqiao.dialects.onetrans import server as onetrans
from yiqiao.partners import slips, store
from yiqiao.partners.particulars import WITH_TERMINALS
from yiqiao.spec import load

PATHS = {
    "cmc": cmc.PATH,
    "convenience": convenience.PATH,
    "ehealth_card": ehealth_card.PATH,
    "onetrans": onetrans.PATH,
    "supervision": "",
}
"""Where each dialect is called; the supervision platform's operations have addresses of their own below the hub's."""
APP_ID_WORDS = {"cmc": "appKey", "supervision": "appid"}
"""What a standard calls the number of a partner, where it is not 应用编号."""


@dataclass(frozen=True)
class Slip:
    """A slip. `marks` are the terminals (in the CMC dialect the targets under which the client is started), None in a
    dialect that knows none; `address` is empty where this hub does not answer the dialect. `here_only`: the addresses
    on it lead nobody here but this machine itself.
    """

    dialect: str
    standard: str
    app_id: str
    name: str
    profile: str
    address: str
    marks: tuple[str, ...] | None
    operations: tuple[str, ...]
    clock_window_s: int
    link: str = field(repr=False)
    link_until: str = ""
    here_only: bool = False


def new_slip(
    connection: Connection, now_ms: int, settings: Settings, dialect: str, app_id: str, valid_s: int = slips.VALID_S
) -> Slip:
    """A partner's slip with a fresh link to its newest secret; older links end. Raises UnknownPartner, SlipUnfit."""
    token, until = slips.issue(connection, now_ms, dialect, app_id, valid_s)
    file = store.show(connection, dialect, app_id)
    return Slip(
        dialect=dialect,
        standard=load(dialect, file.profile).title,
        app_id=app_id,
        name=file.name,
        profile=file.profile,
        address=settings.address + PATHS[dialect] if dialect in PATHS else "",
        marks=tuple(one.term_id for one in file.terminals) if dialect in WITH_TERMINALS else None,
        operations=file.operations,
        clock_window_s=file.clock_window_s,
        link=f"{settings.address}{slips.PATH}/{token}",
        link_until=readable(until),
        here_only=not settings.known_to_others,
    )


def slip_text(slip: Slip) -> str:
    """The slip as it is handed over, in Chinese."""
    title = "目标标识" if slip.dialect == "cmc" else "终端编号"
    marks = () if slip.marks is None else ((title, "、".join(slip.marks) or "（未分配）"),)
    operations = "全部" if "*" in slip.operations else "、".join(slip.operations)
    rows = (
        ("单位", slip.name),
        ("标准", slip.standard),
        (APP_ID_WORDS.get(slip.dialect, "应用编号"), slip.app_id),
        ("对接方案", slip.profile),
        ("地址", slip.address or "（由平台另行告知）"),
        *marks,
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
