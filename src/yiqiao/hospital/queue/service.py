"""Queues of one of our own hospitals: what its callers see, and the acts by which its desks and doctors feed them.

A line is called in the order of its numbers; whoever does not come when called is missed, and can be called again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.hospital.house import House
from yiqiao.ports.hospital.queue import Calling, Line, Waiting
from yiqiao.ports.hospital.refusals import NoSuchRecord, TransactionFailed, UnknownDepartment, UnknownDoctor
from yiqiao.storage import Write, hospital, ordinary, queues
from yiqiao.storage.queues import EntryRow, LineKey, WaitingRow

WAITING, CALLED, MISSED, DONE, LEFT = "waiting", "called", "missed", "done", "left"

MOVES: Mapping[str, frozenset[str]] = {
    WAITING: frozenset({CALLED, LEFT}),
    CALLED: frozenset({DONE, MISSED}),
    MISSED: frozenset({CALLED, LEFT}),
    DONE: frozenset(),
    LEFT: frozenset(),
}
"""From which state an entry goes into which."""

WORDS: Mapping[str, str] = {WAITING: "候诊", CALLED: "已叫号", MISSED: "过号", DONE: "已就诊", LEFT: "已离开"}


@dataclass(frozen=True)
class Door:
    """Where a number is taken for: a doctor's door, or with doctor_id "" a department's."""

    dept_id: str
    doctor_id: str = ""
    clinic_type: str = "普通门诊"
    mark: str = ""


@dataclass(frozen=True)
class LocalQueue:
    """`Queue` over our own tables."""

    house: House
    hospital_id: str

    async def calling(self, until_ms: int | None) -> tuple[Calling, ...]:
        """Every line of the day of that moment, as it was then."""
        until = self.house.clock.now_ms() if until_ms is None else until_ms
        found = await self.house.database.read(lambda c: queues.calling(c, self.hospital_id, _day(until), until))
        if not found:
            raise NoSuchRecord("此时还没有叫号信息")
        return tuple([Calling(Line(*row.line), row.number, row.called_at, row.last_number) for row in found])

    async def waiting(self, patient_id: str) -> tuple[Waiting, ...]:
        """Where a patient waits today, or has just been called."""
        found = await self.house.database.read(lambda c: queues.waiting(c, self.hospital_id, self._today(), patient_id))
        if not found:
            raise NoSuchRecord("该患者今天没有正在排队的记录")
        return tuple([self._waiting(row) for row in found])

    def take(self, door: Door, patient_id: str, patient_name: str) -> Write[int]:
        """A number for a patient. Refuses with UnknownDepartment, UnknownDoctor, and who waits there already."""
        key, now = self._key(door.dept_id, door.doctor_id), self.house.clock.now_ms()

        def work(connection: Connection) -> int:
            known = hospital.known(connection, self.hospital_id, door.dept_id, door.doctor_id or None)
            if not known.dept:
                raise UnknownDepartment
            if not known.doctor:
                raise UnknownDoctor
            number = queues.next_number(connection, key, door.clinic_type, door.mark)
            if queues.waits(connection, key, patient_id):
                raise TransactionFailed("已在此处排队候诊，请勿重复取号")
            key_id, sealed = self.house.keyring.seal(patient_name.encode(), _context(key, number))
            queues.add_entry(connection, EntryRow(*key, number, patient_id, WAITING, key_id, sealed, now))
            return number

        return ordinary(work)

    def call(self, dept_id: str, doctor_id: str = "", number: int | None = None) -> Write[int]:
        """Call the next, or a number: one that was missed, or out of turn."""
        key, now = self._key(dept_id, doctor_id), self.house.clock.now_ms()

        def work(connection: Connection) -> int:
            if not queues.lock_line(connection, key):
                raise NoSuchRecord("此处没有候诊队列")
            row = queues.entry(connection, key, number) if number else queues.first_waiting(connection, key)
            if row is None:
                raise NoSuchRecord("没有这个排队号" if number else "没有候诊的患者")
            _move(connection, key, row, CALLED, now)
            return row.number

        return ordinary(work)

    def finish(self, dept_id: str, doctor_id: str, number: int) -> Write[None]:
        """The patient who was called has been seen."""
        return self._moved(dept_id, doctor_id, number, DONE)

    def miss(self, dept_id: str, doctor_id: str, number: int) -> Write[None]:
        """The patient who was called did not come (过号)."""
        return self._moved(dept_id, doctor_id, number, MISSED)

    def leave(self, dept_id: str, doctor_id: str, number: int) -> Write[None]:
        """A patient waits no longer."""
        return self._moved(dept_id, doctor_id, number, LEFT)

    def _moved(self, dept_id: str, doctor_id: str, number: int, state: str) -> Write[None]:
        key = self._key(dept_id, doctor_id)

        def work(connection: Connection) -> None:
            row = queues.entry(connection, key, number) if queues.lock_line(connection, key) else None
            if row is None:
                raise NoSuchRecord("没有这个排队号")
            _move(connection, key, row, state)

        return ordinary(work)

    def _key(self, dept_id: str, doctor_id: str) -> LineKey:
        return LineKey(self.hospital_id, self._today(), dept_id, doctor_id)

    def _today(self) -> str:
        return _day(self.house.clock.now_ms())

    def _waiting(self, row: WaitingRow) -> Waiting:
        entry = row.entry
        context = _context(LineKey(*entry[:4]), entry.number)
        name = self.house.keyring.unseal(entry.key_id, bytes(entry.sealed), context).decode()
        return Waiting(Line(*row.line), entry.patient_id, name, entry.number, row.ahead, entry.registered_at)


def _move(connection: Connection, key: LineKey, row: EntryRow, state: str, called_at: int | None = None) -> None:
    """Raises TransactionFailed where the entry's state does not lead there."""
    if state not in MOVES[row.state]:
        raise TransactionFailed(f"{row.number} 号{WORDS[row.state]}，不能改为{WORDS[state]}")
    queues.move(connection, key, row.number, state, called_at)


def _day(ms: int) -> str:
    return beijing(ms).date().isoformat()


def _context(key: LineKey, number: int) -> bytes:
    return "|".join(("queue", *key, str(number))).encode()
