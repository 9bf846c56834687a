"""The sandbox's own clock: it can be moved and stopped, so that expiry can be tried without waiting for it.

The hub judges messages, codes and due work by it. Who may call and who is signed in goes by the machine's clock all the
same: keys and sessions must not end because somebody tries out next week.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from yiqiao.clock import BEIJING, Clock, readable
from yiqiao.errors import DomainError

_BY = re.compile(r"([+-])(\d{1,6})([smhd])", re.ASCII)
_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
FIRST_YEAR, LAST_YEAR = 2000, 2099


class TimeUnreadable(DomainError):
    """Words that name no time to set the clock to."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"无法识别的时间 {text[:40]!r}：请写 +2h、-30m、+7d（s、m、h、d）、2026-12-01 08:00:00（北京时间，"
            f"{FIRST_YEAR} 至 {LAST_YEAR} 年），或 real（恢复真实时间）、freeze（停住）、run（继续走）"
        )


@dataclass(frozen=True)
class Dial:
    """How the clock is set: `offset_ms` ahead of the machine's, or standing still at `frozen_at` (epoch ms)."""

    offset_ms: int = 0
    frozen_at: int | None = None

    def now_ms(self, real_ms: int) -> int:
        """The time it shows while the machine's clock shows `real_ms`."""
        return real_ms + self.offset_ms if self.frozen_at is None else self.frozen_at

    def moved_to(self, ms: int, real_ms: int) -> "Dial":
        """Shows `ms` now, running or standing as before."""
        return Dial(ms - real_ms) if self.frozen_at is None else Dial(frozen_at=ms)

    def frozen(self, real_ms: int) -> "Dial":
        """Stands still from now on."""
        return Dial(frozen_at=self.now_ms(real_ms))

    def running(self, real_ms: int) -> "Dial":
        """Goes on from where it stands."""
        return Dial(self.now_ms(real_ms) - real_ms)


REAL = Dial()
_WORDS: Mapping[str, Callable[[Dial, int], Dial]] = {
    "real": lambda dial, now: REAL,
    "freeze": Dial.frozen,
    "run": Dial.running,
}


def turned(dial: Dial, text: str, real_ms: int) -> Dial:
    """The dial after `real`, `freeze`, `run`, a step (`+2h`) or a time of Beijing. Raises TimeUnreadable."""
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text](dial, real_ms)
    by = _BY.fullmatch(text)
    try:
        if by:
            to = dial.now_ms(real_ms) + int(by[1] + by[2]) * _UNIT_MS[by[3]]
        else:
            to = round(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp() * 1000)
        year = int(readable(to)[:4])
    except (ValueError, OverflowError, OSError):
        raise TimeUnreadable(text) from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise TimeUnreadable(text)
    return dial.moved_to(to, real_ms)


class SandboxClock:
    """`Clock` with a dial on it; `wall` is the machine's clock behind it."""

    def __init__(self, wall: Clock) -> None:
        self.wall = wall
        self.dial = REAL

    def now_ms(self) -> int:
        return self.dial.now_ms(self.wall.now_ms())

    def named(self) -> str:
        """How the journal, which goes by the machine's clock, names another time; empty for the right one."""
        return "" if self.dial == REAL else f"time={readable(self.now_ms())}"

    def note(self) -> str:
        """What a caller with the right time must be told; empty while the clock shows the right time itself."""
        if self.dial == REAL:
            return ""
        state = "已拨动" if self.dial.frozen_at is None else "已停住"
        return (
            f"沙箱时钟{state}，上述平台时间为虚拟时间，此刻真实时间 {readable(self.wall.now_ms())}；"
            "请按平台时间签名，或执行 yiqiao sandbox time real 恢复"
        )
