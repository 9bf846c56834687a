"""Calling and waiting at a hospital elsewhere (3.1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.clock import beijing
from yiqiao.dialects.convenience.remote.calls import Calls
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.wording import ORDINARY, to_the_minute
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.queue import Calling, Line, Waiting
from yiqiao.ports.hospital.refusals import NoSuchRecord

MINUTE_MS = 60_000
Place = tuple[str, str, str]


@dataclass(frozen=True)
class RemoteQueue:
    """`Queue` by asking the hospital."""

    calls: Calls

    async def calling(self, until_ms: int | None) -> tuple[Calling, ...]:
        """Every line of the day of that moment, as it was then: to the minute, which is all that can be asked for."""
        until = self._end_of_minute() if until_ms is None else until_ms

        def read(told: Told) -> tuple[Calling, ...]:
            return tuple(_calling(row) for row in told.rows("TIME_REG_LIST"))

        found = await self.calls.ask("queryCurrenNumber", {"CURRENT_CALL_TIME": to_the_minute(until)}, read)
        if not found:
            raise NoSuchRecord
        return found

    async def waiting(self, patient_id: str) -> tuple[Waiting, ...]:
        """Where a patient waits today. How many wait before is not told, and counted by the number called last: those
        whose numbers were given back are counted with them.
        """

        def read(told: Told) -> tuple[Told, ...]:
            return told.rows("TIME_REG_LIST")

        rows = await self.calls.ask("queryPatsQueue", {"PATIENT_ID": patient_id}, read)
        if not rows:
            raise NoSuchRecord
        called = await self._called()
        return tuple(_waiting(row, patient_id, called) for row in rows)

    async def _called(self) -> Mapping[Place, int]:
        """The number called last, by line; nothing where it cannot be learnt."""
        try:
            lines = await self.calling(None)
        except DomainError:
            return {}
        return {_place(one.line): one.number for one in lines if one.number is not None}

    def _end_of_minute(self) -> int:
        """The next minute, so that nothing of this one is missed; not the next day's."""
        now = self.calls.clock.now_ms()
        following = now + MINUTE_MS
        return following if beijing(following).date() == beijing(now).date() else now


def _calling(told: Told) -> Calling:
    return Calling(
        line=_line(told),
        number=told.number("CURRENT_CALL_NUMBER"),
        called_at=told.moment("CURRENT_CALL_TIME"),
        last_number=told.count("QUEUE_LAST_NUMBER"),
    )


def _waiting(told: Told, patient_id: str, called: Mapping[Place, int]) -> Waiting:
    line, number = _line(told), told.count("PATIENT_NUMBER")
    return Waiting(
        line=line,
        patient_id=told.text("PATIENT_ID") or patient_id,
        patient_name=told.text("PATIENT_NAME"),
        number=number,
        ahead=max(0, number - called.get(_place(line), 0) - 1),
        registered_at=told.moment("REGISTER_TIME") or 0,
    )


def _line(told: Told) -> Line:
    """A line. Where it has no name of its own, department and doctor were put in the place of one."""
    dept_id, dept_name = told.text("DEPT_CODE"), told.text("DEPT_NAME")
    doctor_id, doctor_name = told.text("DOCTOR_CODE"), told.text("DOCTOR_NAME")
    mark = told.text("MARK_DESC")
    return Line(
        dept_id=dept_id,
        dept_name=dept_name,
        doctor_id=doctor_id,
        doctor_name=doctor_name if doctor_id or doctor_name != ORDINARY else "",
        clinic_type=told.text("CLINIC_TYPE"),
        mark="" if mark == f"{dept_name or dept_id}{doctor_name}" else mark,
    )


def _place(line: Line) -> Place:
    return line.dept_id, line.doctor_id, line.mark
