"""An act at a HIS from its filing to its outcome, over any line.

    filed (asked) -- answered ------------------> done, refused
          |------- not connected ---------------> refused: nothing was done
          '------- no answer --> unknown -- asked for --> done, refused

The row is written before the call, with a job that asks for the outcome later, so that an outcome has an owner even
where this process dies in mid-call. A repeat of a serial whose outcome is open asks, and never acts.
"""

import asyncio
from dataclasses import dataclass, field

import orjson
import structlog
from sqlalchemy import Connection

from yiqiao.adapters.callback.line import IN_HAND, NOTHING_DONE, OK, OUTCOME, Answer, Content, Line
from yiqiao.adapters.callback.wording import AGAIN, READERS
from yiqiao.adapters.lines import NoAnswer, NotConnected
from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs.queue import enqueue
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.refusals import DuplicateSerial, OutcomeUnknown
from yiqiao.storage import Database, callback_acts
from yiqiao.storage.callback_acts import ActKey, ActRow

JOB = "callback.outcome"
log = structlog.get_logger("yiqiao.callback")


@dataclass(frozen=True)
class Patience:
    """How long an answer may take at all (`answer_s`), and the pauses before each asking for an outcome at once."""

    answer_s: float = 20
    pauses_s: tuple[float, ...] = (0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Acts:
    """What one hospital's HIS is asked to do."""

    hospital_id: str
    line: Line
    database: Database
    keyring: Keyring
    clock: Clock
    patience: Patience = field(default_factory=Patience)

    async def perform(self, kind: str, serial: Serial, content: Content) -> object:
        """Have an act done, and answer what READERS make of its data. Raises the refusals, HospitalUnreachable,
        OutcomeUnknown, DuplicateSerial.
        """
        wanted = self._row(kind, serial, content)
        row, ours = await self.database.write(lambda c: self._begin(c, wanted))
        if ours:
            return _told(kind, await self._sent(row, content))
        if row.is_open:
            return await self._repeated(row, serial, content)
        identical = row.fingerprint == serial.fingerprint
        if identical and await self.database.write(lambda c: callback_acts.mark_told(c, row.key)):
            return _told(kind, self._answer(row))
        raise DuplicateSerial("该流水号已受理过，请勿重复提交", identical=identical)

    async def find_out(self, key: ActKey, attempt: int) -> None:
        """Ask once for the outcome of an attempt, and write it down. Raises OutcomeUnknown where it stays open."""
        row = await self.database.read(lambda c: callback_acts.find(c, key))
        if row is not None and row.attempt == attempt and row.is_open:
            await self._outcome(row, told=0)

    def _row(self, kind: str, serial: Serial, content: Content) -> ActRow:
        number = serial.number or serial.fingerprint.hex()  # a caller without a serial: the content is its serial
        key = ActKey(self.hospital_id, kind, number)
        key_id, sealed = self._sealed(key, content, None)
        now = self.clock.now_ms()
        return ActRow(*key, 1, "asked", 0, serial.app_id, serial.fingerprint, key_id, sealed, now, now)

    def _begin(self, connection: Connection, wanted: ActRow) -> tuple[ActRow, bool]:
        row, ours = callback_acts.begin(connection, wanted, _may_act)
        if ours:
            due = row.at + round(self.patience.answer_s * 1000)
            data = {**row.key._asdict(), "attempt": row.attempt}
            enqueue(connection, row.at, JOB, "|".join((*row.key, str(row.attempt))), data, due)
        return row, ours

    async def _sent(self, row: ActRow, content: Content) -> Answer:
        try:
            async with asyncio.timeout(self.patience.answer_s):
                answer = await self.line.ask(row.kind, {"serial": row.serial, "attempt": row.attempt, **content})
            return await self._settled(row, answer, told=1)
        except NotConnected:
            return await self._settled(row, Answer(NOTHING_DONE), told=1)
        except (NoAnswer, TimeoutError) as failure:
            log.warning("no answer to an act, its outcome is asked for", kind=row.kind, why=str(failure))
            unknown = row._replace(state="unknown", changed_at=self.clock.now_ms())
            await self.database.write(lambda c: callback_acts.settle(c, unknown))
        return await self._soon(row)

    async def _repeated(self, row: ActRow, serial: Serial, content: Content) -> object:
        """A serial whose outcome is open is asked for again: ask the HIS first."""
        if row.state == "asked" and self.clock.now_ms() < row.at + self.patience.answer_s * 1000:
            raise OutcomeUnknown  # the first call is still under way
        await self._soon(row, told=0)
        return await self.perform(row.kind, serial, content)

    async def _soon(self, row: ActRow, told: int = 1) -> Answer:
        """Ask for the outcome a few times, at once. Raises OutcomeUnknown."""
        for pause_s in self.patience.pauses_s:
            await asyncio.sleep(pause_s)
            try:
                return await self._outcome(row, told)
            except OutcomeUnknown:
                continue
        raise OutcomeUnknown

    async def _outcome(self, row: ActRow, told: int) -> Answer:
        question = {"kind": row.kind, "serial": row.serial, "attempt": row.attempt}
        try:
            async with asyncio.timeout(self.patience.answer_s):
                answer = await self.line.ask(OUTCOME, question)
            if answer.code == IN_HAND:
                raise OutcomeUnknown
            return await self._settled(row, answer, told)
        except (NotConnected, NoAnswer, TimeoutError) as failure:
            log.warning("an outcome is still unknown", kind=row.kind, why=str(failure))
            raise OutcomeUnknown from None

    async def _settled(self, row: ActRow, answer: Answer, told: int) -> Answer:
        """Write down what came of it; where somebody else has, theirs holds. Raises NoAnswer for unreadable data."""
        if answer.code == OK:
            READERS[row.kind](answer.data)
        asked = orjson.loads(self.keyring.unseal(row.key_id, row.sealed, _context(row.key)))["asked"]
        key_id, sealed = self._sealed(row.key, asked, answer)
        now = self.clock.now_ms()
        state = "done" if answer.code == OK else "refused"
        ended = row._replace(state=state, told=told, key_id=key_id, sealed=sealed, changed_at=now)

        def write(connection: Connection) -> ActRow | None:
            if callback_acts.settle(connection, ended):
                return ended
            return callback_acts.find(connection, row.key)

        kept = await self.database.write(write)
        return answer if kept is None or kept.attempt != row.attempt else self._answer(kept)

    def _sealed(self, key: ActKey, asked: Content, answer: Answer | None) -> tuple[str, bytes]:
        told = None if answer is None else {"code": answer.code, "message": answer.message, "data": answer.data}
        return self.keyring.seal(orjson.dumps({"asked": asked, "answer": told}), _context(key))

    def _answer(self, row: ActRow) -> Answer:
        return Answer(**orjson.loads(self.keyring.unseal(row.key_id, row.sealed, _context(row.key)))["answer"])


def _may_act(found: ActRow) -> bool:
    """Whether a serial that was used before may be sent once more: nothing was done, or it was done and told, and
    asking anew is for the HIS to judge.
    """
    return found.state == "refused" or (found.state == "done" and found.kind in AGAIN and bool(found.told))


def _told(kind: str, answer: Answer) -> object:
    if answer.code != OK:
        raise answer.refusal()
    return READERS[kind](answer.data)


def _context(key: ActKey) -> bytes:
    return "|".join(("callback", *key)).encode()
