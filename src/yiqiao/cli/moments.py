"""Points in time as people type them, in Beijing time."""

import re
from datetime import datetime

from yiqiao.clock import BEIJING

FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
HINT = "2026-11-20, '2026-11-20 09:30', or 30m, 2h, 7d for so long ago; Beijing time"
_AGO = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def moment(text: str, now_ms: int) -> int:
    """Epoch ms of `2026-11-20`, `2026-11-20 09:30[:15]`, or of `2h` (two hours before `now_ms`). Raises ValueError."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now_ms - int(ago[1]) * _UNIT_MS[ago[2]]
    for form in FORMS:
        try:
            return round(datetime.strptime(text, form).replace(tzinfo=BEIJING).timestamp() * 1000)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no time; write {HINT}")
