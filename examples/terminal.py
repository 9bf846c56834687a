"""What a self-service terminal (自助机) does, by chapter 自助终端改造功能: rules `terminal.*`. The part to copy.

A state machine without a clock, a screen or a network: `step` is given an event and the time, and answers the next
state and, where something has to be done, what. kiosk.py puts a front end around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

from archive import Card
from desk import Certificate

CONSENT_S = 60.0
"""How long an authorisation code stands; the terminal counts, from the moment that it shows the code."""
ASK_EVERY_S = 1.0
ASK_TIMEOUT_S = 1.2
TICK_S = 0.2
"""After the patient's consent, success must show within 3 s. At worst a slow answer has just missed it, and the next
one is slow as well: 1.2 + 0.2 + 1.2 s."""
IDLE_S = 60.0
"""Nobody touches the terminal: back to the menu, so that the next in line does not see the last one's data."""

CODE_EXPIRED = "2001"
OBTAINING = "领取电子健康卡"


class Page(StrEnum):
    """What the terminal shows; the text is the heading."""

    MENU = "请选择服务"
    MODES = "请选择读卡方式"
    WAYS = "请选择电子健康卡的使用方式"
    SCAN = "请出示电子健康卡二维码"
    CONSENT = "请用微信或支付宝扫码授权"
    CHIP = "请插入芯片卡"
    OBTAIN = "请刷身份证或社保卡"
    PATIENT = "患者信息"


CHOICES: Mapping[Page, tuple[str, ...]] = {
    Page.MENU: ("挂号", "缴费", "打印报告", OBTAINING),
    Page.MODES: ("电子健康卡", "芯片卡"),
    Page.WAYS: ("出示二维码，由自助机扫（被扫）", "用手机扫自助机上的码（主扫）"),
}
PREVIOUS: Mapping[Page, Page] = {
    Page.MODES: Page.MENU,
    Page.WAYS: Page.MODES,
    Page.SCAN: Page.WAYS,
    Page.CONSENT: Page.WAYS,
    Page.CHIP: Page.MODES,
    Page.OBTAIN: Page.MENU,
    Page.PATIENT: Page.MENU,
}


@dataclass(frozen=True, repr=False)
class Patient:
    """Who was identified, as far as the terminal shows it."""

    name: str
    card_no: str


@dataclass(frozen=True)
class State:
    """Where the terminal is. Times are seconds of whatever clock `step` is given."""

    page: Page = Page.MENU
    since: float = 0.0
    service: str = ""
    message: str = ""
    serial: str = ""
    link: str = ""
    asked: float = 0.0
    leaving: bool = False
    patient: Patient | None = None

    def left(self, now: float) -> int:
        """Seconds that the countdown shows."""
        return max(0, ceil(self.since + CONSENT_S - now))


# What can happen …


@dataclass(frozen=True)
class Tick:
    """Time has gone by."""


@dataclass(frozen=True)
class Chosen:
    """A button was pressed, counted from 1; 0 is 返回 or 取消."""

    number: int


@dataclass(frozen=True)
class Scanned:
    """The reader delivered a code."""

    code: str


@dataclass(frozen=True)
class Swiped:
    """A chip card was read."""

    card: Card


@dataclass(frozen=True)
class Presented:
    """A certificate was read, for a new health card."""

    who: Certificate


@dataclass(frozen=True)
class Identified:
    """The patient is known."""

    patient: Patient
    message: str = ""


@dataclass(frozen=True)
class Declined:
    """The platform or the archive said no; `code` is the platform's."""

    message: str
    code: str = ""


@dataclass(frozen=True)
class Linked:
    """There is an authorisation link to show."""

    serial: str
    link: str


@dataclass(frozen=True)
class Answered:
    """What has become of an authorisation: ing, succ, fail, cancel; with succ, whose."""

    serial: str
    status: str
    patient: Patient | None = None


Event = Tick | Chosen | Scanned | Swiped | Presented | Identified | Declined | Linked | Answered


# … and what then has to be done; each answers with an event.


@dataclass(frozen=True)
class Verify:
    """Have the platform check a scanned code."""

    code: str


@dataclass(frozen=True)
class Find:
    """Look a chip card up in the archive."""

    card: Card


@dataclass(frozen=True)
class Obtain:
    """Register a health card."""

    who: Certificate


@dataclass(frozen=True)
class MakeLink:
    """Ask for an authorisation link."""


@dataclass(frozen=True)
class Ask:
    """Ask what has become of an authorisation."""

    serial: str


Task = Verify | Find | Obtain | MakeLink | Ask


def step(state: State, event: Event, now: float) -> tuple[State, Task | None]:
    """The next state, and what has to be done. What does not belong to the page, a late answer say, changes nothing."""
    match state.page, event:
        case Page.CONSENT, _:
            return _consent(state, event, now)
        case _, Tick() if state.page is not Page.MENU and now >= state.since + IDLE_S:
            return State(since=now), None
        case _, Chosen(0) if state.page in PREVIOUS:
            return _back(state, now), None
        case Page.MENU, Chosen(number) if 1 <= number <= len(CHOICES[Page.MENU]):
            service = CHOICES[Page.MENU][number - 1]
            return _to(replace(state, service=service), Page.OBTAIN if service == OBTAINING else Page.MODES, now), None
        case Page.MODES, Chosen(1):
            return _to(state, Page.WAYS, now), None
        case Page.MODES, Chosen(2):
            return _to(state, Page.CHIP, now), None
        case Page.WAYS, Chosen(1):
            return _to(state, Page.SCAN, now), None
        case Page.WAYS, Chosen(2):
            return replace(state, since=now, message="正在取授权码"), MakeLink()
        case Page.WAYS, Linked(serial, link):
            return replace(_to(state, Page.CONSENT, now), serial=serial, link=link, asked=now), None
        case Page.SCAN, Scanned(code):
            return replace(state, since=now, message=""), Verify(code)
        case Page.SCAN, Declined(message, code) if code == CODE_EXPIRED:
            return _back(state, now, message), None
        case Page.CHIP, Swiped(card):
            return replace(state, since=now, message=""), Find(card)
        case Page.OBTAIN, Presented(who):
            return replace(state, since=now, message=""), Obtain(who)
        case ((Page.SCAN | Page.CHIP | Page.OBTAIN), Identified(patient, message)):
            return replace(_to(state, Page.PATIENT, now, message), patient=patient), None
        case ((Page.WAYS | Page.SCAN | Page.CHIP | Page.OBTAIN), Declined(message)):
            return replace(state, since=now, message=message), None
    return state, None


def _consent(state: State, event: Event, now: float) -> tuple[State, Task | None]:
    """The authorisation page. Only success, the countdown's end, or 取消 and 确定 lead away from it."""
    over = now >= state.since + CONSENT_S
    match event:
        case Answered(serial, "succ", patient) if serial == state.serial and patient:
            return replace(_to(state, Page.PATIENT, now, "电子健康卡授权成功"), patient=patient), None
        case Answered(serial, status) if serial == state.serial and not over:
            told = "" if status == "ing" else "授权未成功。如需重新授权，请先取消，再选一次主扫"
            return replace(state, message=told), None
        case Answered() | Declined() if over:
            return _back(state, now, "授权码已过期"), None
        case Declined(message):
            return replace(state, message=message), None
        case Tick() if over and state.asked < state.since + CONSENT_S:
            return replace(state, asked=now), Ask(state.serial)  # 最后一秒的授权也算数：退回之前再问一次
        case Tick() if over and now >= state.asked + ASK_TIMEOUT_S:
            return _back(state, now, "授权码已过期"), None
        case Tick() if not over and now >= state.asked + ASK_EVERY_S:
            return replace(state, asked=now), Ask(state.serial)
        case Chosen(0):
            return replace(state, leaving=True), None
        case Chosen(1) if state.leaving:
            return _back(state, now), None
        case Chosen(2):
            return replace(state, leaving=False), None
    return state, None


def _to(state: State, page: Page, now: float, message: str = "") -> State:
    return State(page, now, "" if page is Page.MENU else state.service, message)


def _back(state: State, now: float, message: str = "") -> State:
    return _to(state, PREVIOUS[state.page], now, message)
