"""Formats of text fields: dates and times as the standards write them, and the few others.

A format is one pattern that is exact (30 February matches no date pattern), so that a check is one call of a regular
expression in linear time. The patterns are written for both the validator's engine and Python's. Years run from 1000 to
2999; hours from 00 to 23.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Dice = Callable[[int], int]
"""A source of choices for samples: given n, a number from 0 to n - 1."""


@dataclass(frozen=True)
class Format:
    """A pattern (to match the whole text), what to say when it does not match, and how to make an example."""

    pattern: str
    hint: str
    sample: Callable[[Dice], str]


def _date(sep: str) -> str:
    """A pattern of real dates, leap years included."""
    big = f"(?:0[13578]|1[02]){sep}(?:0[1-9]|[12][0-9]|3[01])"
    small = f"(?:0[469]|11){sep}(?:0[1-9]|[12][0-9]|30)"
    february = f"02{sep}(?:0[1-9]|1[0-9]|2[0-8])"
    leap = "(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)"
    return f"(?:[12][0-9]{{3}}{sep}(?:{big}|{small}|{february})|{leap}{sep}02{sep}29)"


_HOUR, _SIXTY = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]"


_YUAN = "(?:0|[1-9][0-9]{0,11})"
"""Whole yuan: no leading zeros, so that an amount is written in one way; less than a million million."""


def _moment(dice: Dice) -> dt.datetime:
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return start + dt.timedelta(seconds=dice(365 * 86_400))


def _timed(pattern: str, hint: str, strftime: str) -> Format:
    return Format(pattern, hint, lambda dice: _moment(dice).strftime(strftime))


def _session(dice: Dice) -> str:
    hour = dice(20)
    return f"{hour:02}00-{hour + 1:02}00"


def _from(alphabet: str, length: int) -> Callable[[Dice], str]:
    return lambda dice: "".join(alphabet[dice(len(alphabet))] for _ in range(length))


FORMATS: Mapping[str, Format] = {
    "yyyyMMdd": _timed(_date(""), "yyyyMMdd 格式的真实日期，如 20260131", "%Y%m%d"),
    "yyyy-MM-dd": _timed(_date("-"), "yyyy-MM-dd 格式的真实日期，如 2026-01-31", "%Y-%m-%d"),
    "yyyyMMddHHmmss": _timed(
        _date("") + _HOUR + _SIXTY * 2, "yyyyMMddHHmmss 格式的真实时间，如 20260131093000", "%Y%m%d%H%M%S"
    ),
    "yyyyMMddHHmmssSSS": _timed(
        _date("") + _HOUR + _SIXTY * 2 + "[0-9]{3}",
        "yyyyMMddHHmmssSSS 格式的真实时间，如 20260131093000123",
        "%Y%m%d%H%M%S007",
    ),
    "yyyy-MM-dd HH:mm:ss": _timed(
        f"{_date('-')} {_HOUR}:{_SIXTY}:{_SIXTY}",
        "yyyy-MM-dd HH:mm:ss 格式的真实时间，如 2026-01-31 09:30:00",
        "%Y-%m-%d %H:%M:%S",
    ),
    "yyyy/MM/dd HH:mm": _timed(
        f"{_date('/')} {_HOUR}:{_SIXTY}", "yyyy/MM/dd HH:mm 格式的真实时间，如 2026/01/31 09:30", "%Y/%m/%d %H:%M"
    ),
    "yyyy/MM/dd HH:mm:ss": _timed(
        f"{_date('/')} {_HOUR}:{_SIXTY}:{_SIXTY}",
        "yyyy/MM/dd HH:mm:ss 格式的真实时间，如 2026/01/31 09:30:00",
        "%Y/%m/%d %H:%M:%S",
    ),
    "HH:mm": _timed(f"{_HOUR}:{_SIXTY}", "HH:mm 格式的时间，如 09:30", "%H:%M"),
    "HHmm-HHmm": Format(f"{_HOUR}{_SIXTY}-{_HOUR}{_SIXTY}", "HHmm-HHmm 格式的时段，如 0800-0930", _session),
    "epoch_ms": Format("[0-9]{13}", "13 位毫秒时间戳", lambda dice: str(1_767_225_600_000 + dice(31_536_000_000))),
    "money": Format(
        f"{_YUAN}(?:[.][0-9]{{1,2}})?",
        "以元为单位、最多两位小数的金额，如 12.5、12.50",
        lambda dice: f"{dice(999)}.{dice(100):02}",
    ),
    "money.00": Format(
        f"{_YUAN}[.][0-9]{{2}}", "以元为单位、写足两位小数的金额，如 12.50", lambda dice: f"{dice(999)}.{dice(100):02}"
    ),
    "balance": Format(
        f"-?{_YUAN}(?:[.][0-9]{{1,2}})?",
        "以元为单位、最多两位小数的金额，可为负，如 -12.50",
        lambda dice: f"-{1 + dice(998)}.{dice(100):02}",
    ),
    "digits": Format("[0-9]+", "只含半角数字 0-9 的整数，不带正负号、逗号或下划线", lambda dice: str(1 + dice(9))),
    "hex": Format("(?:[0-9A-Fa-f]{2})+", "十六进制文本（偶数个 0-9、A-F）", _from("0123456789ABCDEF", 16)),
    "base64": Format(
        "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)",
        "标准 BASE64 文本（不含换行）",
        _from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 16),
    ),
}

ELASTIC = frozenset({"digits", "hex", "base64", "money", "money.00", "balance"})
"""Formats without a length of their own."""

ALIASES: Mapping[str, str] = {
    "YYYYMMDD": "yyyyMMdd",
    "YYYY-MM-DD": "yyyy-MM-dd",
    "yyyy-mm-dd": "yyyy-MM-dd",
    "YYYY-MM-DD HH24:MI:SS": "yyyy-MM-dd HH:mm:ss",
    "yyyy-mm-dd hh24:mi:ss": "yyyy-MM-dd HH:mm:ss",
    "YYYY-MM-DD HH:mm:ss": "yyyy-MM-dd HH:mm:ss",
    "YYYY/MM/DD hh:mm": "yyyy/MM/dd HH:mm",
    "HH24:MI": "HH:mm",
    "HH:MI": "HH:mm",
    "HH24MI-HH24MI": "HHmm-HHmm",
}
"""The standards' other spellings of the same formats."""


def known_format(name: str) -> Format | None:
    """A format by any of its spellings; None where there is none."""
    return FORMATS.get(ALIASES.get(name, name))
