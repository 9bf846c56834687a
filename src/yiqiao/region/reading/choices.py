"""The patient's choice of how to be read: a page at the desk or terminal, and a call that waits for what was chosen.

The call that asks for it makes a session and is answered with its page; asked again (under the same message, or with
the session's number) it gets the reading once the patient has chosen. A session holds nothing of the patient: where,
which way, and how long.

    open ── choose ──► chosen ── the reading is told ──► done
      │                  │  ▲ choose again
      └──── cancel ──────┴──┘      ──► cancelled

Open and chosen ones end by themselves when their time is over. A reading is told once: of two calls that come for it
together one gets it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.card_reader import Media
from yiqiao.storage import Database, Write, ordinary
from yiqiao.storage import reading_choices as store
from yiqiao.storage.reading_choices import ChoiceRow

PATH = "/reader"
CHOOSE_MS = 60_000
"""How long a patient has to choose, and then to present what they chose."""
LONGEST_MS = 5 * 60_000
"""Choosing again gives more time, but a session ends after this in any case."""


class State(StrEnum):
    """How a choice stands."""

    OPEN = "open"
    CHOSEN = "chosen"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # told, never stored: the time is over


LIVE = (State.OPEN.value, State.CHOSEN.value)
_OVER: Mapping[State, str] = {
    State.DONE: "本次选择的读卡结果已经返回，请重新发起读卡",
    State.CANCELLED: "患者取消了读卡，需要时请重新发起",
    State.EXPIRED: "选择读卡方式已超时，请重新发起读卡",
}


class AwaitingChoice(DomainError):
    """The patient has not chosen yet; ask again."""

    def __init__(self) -> None:
        super().__init__("等待患者选择读卡方式：请打开选择页，选好后再次调用")


class ChoiceOver(DomainError):
    """The choice was used, cancelled, or not made in time; or there never was one."""


class Choice(NamedTuple):
    """A choice as it stands; `media` once chosen. `left_ms` never below 0."""

    token: str
    desk: str
    state: State
    media: Media | None
    left_ms: int


class Choices:
    """The choices of a region's patients. `address` is where browsers reach the hub."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, address: str) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._address = address

    def url(self, choice: Choice) -> str:
        """Where the patient chooses."""
        return f"{self._address}{PATH}/{choice.token}"

    async def begin(self, app_id: str, msgid: str, desk: str) -> Choice:
        """The choice that a message asks for: made at the first time, found at any other. Raises ChoiceOver."""
        token, now = self._token(app_id, msgid), self._clock.now_ms()
        new = ChoiceRow(_digest(token), app_id, desk, State.OPEN.value, None, now, now + CHOOSE_MS)
        row = await self._database.write(lambda connection: store.begin(connection, new))
        return self._live(token, row)

    async def find(self, app_id: str, token: str) -> Choice:
        """A choice of this application by its number. Raises ChoiceOver."""
        row = await self._database.read(lambda connection: store.find(connection, _digest(token)))
        if row is None or row.app_id != app_id:
            raise ChoiceOver("没有这个读卡方式选择号，请不带选择号重新发起读卡")
        return self._live(token, row)

    def finish(self, choice: Choice) -> Write[None]:
        """The reading is told now; refused with ChoiceOver where it was told before, or the choice ended meanwhile."""

        def work(connection: Connection) -> None:
            digest = _digest(choice.token)
            if not store.move(connection, digest, (State.CHOSEN.value,), State.DONE.value):
                row = store.find(connection, digest)
                raise ChoiceOver(_OVER[State.CANCELLED if row and row.state == State.CANCELLED else State.DONE])

        return ordinary(work)

    async def seen(self, token: str) -> Choice | None:
        """A choice as its page shows it; None where there is none."""
        row = await self._database.read(lambda connection: store.find(connection, _digest(token)))
        return None if row is None else self._choice(token, row)

    async def choose(self, token: str, media: Media) -> None:
        """The patient chose, or chose anew. Raises ChoiceOver."""
        now = self._clock.now_ms()

        def work(connection: Connection) -> bool:
            return store.choose(connection, _digest(token), LIVE, media.value, now, CHOOSE_MS, LONGEST_MS)

        if not await self._database.write(work):
            raise ChoiceOver(_OVER[State.EXPIRED])

    async def cancel(self, token: str) -> None:
        """The patient does not want to be read. Nothing happens to a choice that is over."""
        await self._database.write(lambda c: store.move(c, _digest(token), LIVE, State.CANCELLED.value))

    def _live(self, token: str, row: ChoiceRow) -> Choice:
        choice = self._choice(token, row)
        if choice.state in _OVER:
            raise ChoiceOver(_OVER[choice.state])
        return choice

    def _choice(self, token: str, row: ChoiceRow) -> Choice:
        left = max(0, row.expires_at - self._clock.now_ms())
        late = row.state in LIVE and left == 0
        media = Media(row.media) if row.media is not None else None
        return Choice(token, row.desk, State.EXPIRED if late else State(row.state), media, left)

    def _token(self, app_id: str, msgid: str) -> str:
        """The same for the same message, and to be guessed by nobody: 128 bits."""
        halves = (self._keyring.blind(f"reading choice {n}", f"{app_id}|{msgid}") for n in (1, 2))
        return "".join(f"{half & 0xFFFF_FFFF_FFFF_FFFF:016x}" for half in halves)


def _digest(token: str) -> bytes:
    return sm3(token.encode(errors="replace"))
