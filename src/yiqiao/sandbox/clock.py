"""The sandbox's own clock: it can be moved, and made to stand still, so that expiry can be tried without waiting for it.

The hub judges messages, codes and due work by it. Who may call and who is signed in goes by the machine's clock all the
same: keys and sessions must not end because somebody tries out next week.
"""

from dataclasses import dataclass

from yiqiao.clock import Clock, readable


@dataclass(frozen=True)
class Dial:
    """How the clock is set. `offset_ms`: ahead of the machine's; `frozen_at`: where it stands (epoch ms), if it does."""

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


class SandboxClock:
    """`Clock` with a dial on it; `wall` is the machine's clock behind it."""

    def __init__(self, wall: Clock) -> None:
        self.wall = wall
        self.dial = REAL

    def now_ms(self) -> int:
        return self.dial.now_ms(self.wall.now_ms())

    def note(self) -> str:
        """What a caller with the right time must be told; empty while the clock shows the right time itself."""
        if self.dial == REAL:
            return ""
        state = "已拨动" if self.dial.frozen_at is None else "已停住"
        return (
            f"沙箱时钟{state}，上述平台时间为虚拟时间，此刻真实时间 {readable(self.wall.now_ms())}；"
            "请按平台时间签名，或执行 yiqiao sandbox time real 恢复"
        )
