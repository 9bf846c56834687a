"""The sandbox's clock: moved, stopped, let go, set right."""

import pytest

from yiqiao.clock import FixedClock, readable
from yiqiao.sandbox.clock import REAL, Dial, SandboxClock, TimeUnreadable, turned

NOW = 1_795_000_000_000
HOUR = 3_600_000


def test_it_shows_the_machines_time_until_it_is_moved() -> None:
    wall = FixedClock(NOW)
    clock = SandboxClock(wall)
    assert clock.now_ms() == NOW
    assert clock.note() == ""


def test_a_step_moves_it_and_it_goes_on_running() -> None:
    wall = FixedClock(NOW)
    clock = SandboxClock(wall)
    clock.dial = turned(clock.dial, "+2h", NOW)
    wall.advance(10)
    assert clock.now_ms() == NOW + 2 * HOUR + 10_000
    clock.dial = turned(clock.dial, "-30m", wall.now_ms())
    assert clock.now_ms() == NOW + 2 * HOUR + 10_000 - HOUR // 2


def test_a_time_of_beijing_is_set() -> None:
    for text in ("2026-12-01 08:00:00", "2026-12-01 08:00", "2026-12-01T08:00:00"):
        assert readable(turned(REAL, text, NOW).now_ms(NOW)) == "2026-12-01 08:00:00"
    assert readable(turned(REAL, "2026-12-01", NOW).now_ms(NOW)) == "2026-12-01 00:00:00"


def test_frozen_it_stands_even_where_it_is_moved_and_runs_on_from_there() -> None:
    dial = turned(turned(REAL, "+1d", NOW), "freeze", NOW)
    assert dial == Dial(frozen_at=NOW + 24 * HOUR)
    dial = turned(dial, "+2h", NOW + 5000)
    assert dial.now_ms(NOW + 9000) == NOW + 26 * HOUR
    dial = turned(dial, "run", NOW + 9000)
    assert dial.now_ms(NOW + 10_000) == NOW + 26 * HOUR + 1000
    assert turned(dial, "real", NOW) == REAL


@pytest.mark.parametrize(
    "text", ["", "soon", "2h", "+2", "+2y", "2026-13-01", "1999-12-31", "2100-01-01", "+999999d", "+２h"]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(TimeUnreadable, match="2026-12-01 08:00:00"):
        turned(REAL, text, NOW)


def test_a_clock_that_was_moved_says_so_with_the_real_time() -> None:
    clock = SandboxClock(FixedClock(NOW))
    clock.dial = turned(REAL, "+2h", NOW)
    assert "已拨动" in clock.note()
    assert readable(NOW) in clock.note()
    clock.dial = turned(REAL, "freeze", NOW)
    assert "已停住" in clock.note()
