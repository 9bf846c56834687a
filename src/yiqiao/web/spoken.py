"""Days and money as pages say them."""

from datetime import date

from yiqiao.web.i18n import Language

_WEEKDAYS = "一二三四五六日"


def money(fen: int) -> str:
    """An amount in 分 as `¥ 1,234.50`."""
    return f"¥ {fen // 100:,}.{fen % 100:02}"


def signed(fen: int) -> str:
    """An amount in 分 that may be below nothing, as `¥ 1,234.50` or `−¥ 1,234.50`."""
    return money(fen) if fen >= 0 else f"−{money(-fen)}"


def day(text: str, language: Language) -> str:
    """A day (YYYY-MM-DD) with its weekday."""
    when = date.fromisoformat(text)
    if language is Language.CHINESE:
        return f"{when.month}月{when.day}日 周{_WEEKDAYS[when.weekday()]}"
    return f"{when:%a} {when.day} {when:%b}"
