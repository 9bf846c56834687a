"""A self-service terminal (自助机) with the electronic health card: a plain front end around terminal.py.

    python examples/kiosk.py            # the sandbox on this machine; the numbers are the buttons

It reads lines, as a scanner types them, and draws text; a real terminal has windows and card readers in their place.
"""

import argparse
import io
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from unicodedata import east_asian_width

import segno

from archive import Archive, Card
from desk import KIOSK, Certificate, Desk, Operator, Reading
from hospital_his import FAILURES, add_platform, platform
from terminal import (
    ASK_TIMEOUT_S,
    CHOICES,
    TICK_S,
    Answered,
    Ask,
    Chosen,
    Declined,
    Event,
    Find,
    Identified,
    Linked,
    MakeLink,
    Obtain,
    Page,
    Patient,
    Presented,
    Scanned,
    State,
    Swiped,
    Task,
    Tick,
    Verify,
    step,
)
from yiqiao.dialects.ehealth_card import Refused

WIDTH = 60
OPERATOR = Operator("9002", "自助机", "192.0.2.16")
ASK_AT_WINDOW = "请到人工窗口核对档案"
TYPED = {
    Page.CHIP: "卡类型 卡号，例如：01 SB97000001",
    Page.OBTAIN: "证件号 姓名 性别（1 男 2 女） 手机号",
    Page.SCAN: "扫码枪读到的内容",
}
"""What stands in for the readers: what to type on a page."""


class Work:
    """Doing what a state asks for, at the hospital's desk for this terminal."""

    def __init__(self, desk: Desk, quick: Desk) -> None:
        self._desk = desk
        self._quick = quick  # 查授权结果用短超时：用户确认后 3 秒内要显示成功

    def do(self, task: Task) -> Event:
        """What came of it; a failure is an event as well, the terminal never stops."""
        try:
            return self._done(task)
        except Refused as refusal:
            return Declined(refusal.told or refusal.title, refusal.code)
        except FAILURES:
            return Declined("暂时无法连接平台，请稍后再试，或到人工窗口办理")

    def _done(self, task: Task) -> Event:
        match task:
            case Verify(code):
                return self._identified(self._desk.scan(code))
            case Obtain(who):
                return self._identified(self._desk.obtain(who), "电子健康卡已领取")
            case MakeLink():
                return Linked(*self._desk.link())
            case Ask(serial):
                status, reading = self._quick.consent(serial)
                return self._answered(serial, status, reading)
            case Find(card):
                holders = self._desk.swipe(card)
                if len(holders) != 1:
                    return Declined(ASK_AT_WINDOW if holders else "本院没有这张卡的档案，请先建档")
                return Identified(Patient(holders[0].name, holders[0].card_no))

    def _identified(self, reading: Reading, message: str = "") -> Event:
        patient = self._patient(reading)
        return Identified(patient, message) if patient else Declined(ASK_AT_WINDOW)

    def _answered(self, serial: str, status: str, reading: Reading | None) -> Event:
        patient = self._patient(reading) if reading else None
        return Declined(ASK_AT_WINDOW) if reading and not patient else Answered(serial, status, patient)

    def _patient(self, reading: Reading) -> Patient | None:
        """Whose archive it is; with several, a terminal does not decide."""
        filed = reading.filed.patient
        if filed is None:
            return None
        self._desk.visit(reading)
        return Patient(filed.name, filed.card_no)


def advance(state: State, event: Event, now: Callable[[], float], do: Callable[[Task], Event]) -> State:
    """One event with all that follows from it."""
    state, task = step(state, event, now())
    while task is not None:
        state, task = step(state, do(task), now())
    return state


def typed(page: Page, line: str) -> Event:
    """A line from the keyboard or the scanner, as what it means on this page."""
    words = line.split()
    match page, words:
        case _, []:
            return Tick()
        case _, [number] if number.isdecimal() and len(number) == 1:
            return Chosen(int(number))
        case Page.SCAN, _:
            return Scanned(line)
        case Page.CHIP, [card_type, card_no]:
            return Swiped(Card(card_type, card_no))
        case Page.OBTAIN, [id_no, name, sex, mobile_phone]:
            return Presented(Certificate(id_no, name, sex, mobile_phone))
    return Tick()


def screen(state: State, now: float) -> list[str]:
    """The page as lines of text; a countdown stands in the upper right corner."""
    heading = f"【{state.page}】" + (f" {state.service}" if state.service else "")
    countdown = f"剩余 {state.left(now)} 秒" if state.page is Page.CONSENT else ""
    lines = [(heading + " " * (WIDTH - _columns(heading) - _columns(countdown)) + countdown).rstrip()]
    if state.message:
        lines.append(f"  {state.message}")
    if state.patient:
        lines.append(f"  患者 {state.patient.name}，就诊卡号 {state.patient.card_no}")
    lines += [f"  {number} {choice}" for number, choice in enumerate(CHOICES.get(state.page, ()), 1)]
    if state.page is Page.CONSENT:
        lines += [*qr(state.link), f"  {state.link}"]
        if state.leaving:
            lines.append("  确定取消授权吗？  1 确定取消  2 继续等待")
    if state.page in TYPED:
        lines.append(f"  （{TYPED[state.page]}）")
    if state.page is not Page.MENU:
        lines.append("  0 取消" if state.page is Page.CONSENT else "  0 返回")
    return lines


def qr(text: str) -> list[str]:
    """A QR code in half blocks."""
    drawn = io.StringIO()
    segno.make(text, error="m").terminal(out=drawn, compact=True)
    return drawn.getvalue().splitlines()


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


class Lines:
    """Standard input, read beside the terminal's own loop; None is its end."""

    def __init__(self) -> None:
        self._read: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._fill, daemon=True).start()

    def next(self, seconds: float) -> str | None:
        """The next line, or an empty one after so many seconds."""
        try:
            return self._read.get(timeout=seconds)
        except queue.Empty:
            return ""

    def _fill(self) -> None:
        for line in sys.stdin:
            self._read.put(line.rstrip("\r\n"))
        self._read.put(None)


def run(work: Work) -> None:
    """The terminal, until the input ends. On a real screen it is drawn anew each second, in a pipe once a change."""
    lines, state = Lines(), State(since=time.monotonic())
    shown: list[str] = []
    live = sys.stdout.isatty()
    while True:
        drawn = screen(state, time.monotonic())
        news = drawn if live else [state.page, *drawn[1:]]
        if news != shown:
            print(("\033[2J\033[H" if live else "\n") + "\n".join(drawn), flush=True)
            shown = news
        line = lines.next(TICK_S)
        if line is None:
            return
        state = advance(state, typed(state.page, line), time.monotonic, work.do)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description="自助机接入电子健康卡的示例程序")
    add_platform(parser)
    parser.add_argument("--archive", default=":memory:", help="SQLite 文件，与 HIS 共用；不给则只在内存中")
    chosen = parser.parse_args()
    called = platform(chosen, terminal=1)
    with ExitStack() as stack:
        archive = Archive(chosen.archive)
        stack.callback(archive.close)
        desks = [
            Desk(stack.enter_context(called.client(timeout_s)), archive, KIOSK, OPERATOR)
            for timeout_s in (10.0, ASK_TIMEOUT_S)
        ]
        run(Work(*desks))


if __name__ == "__main__":
    main()
