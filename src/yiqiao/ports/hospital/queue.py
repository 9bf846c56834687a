"""Who is being called, and how many wait before whom."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Line:
    """Where people wait: at a doctor's door, or at a department's for whoever is free.

    `doctor_id` is "" for the latter (普通号); `mark` is what the hospital calls such numbers (号别), "" for nothing.
    """

    dept_id: str
    dept_name: str
    doctor_id: str
    doctor_name: str
    clinic_type: str
    mark: str


@dataclass(frozen=True)
class Calling:
    """How far a line has come: the number called last, and the last number taken."""

    line: Line
    number: int | None
    called_at: int | None
    last_number: int


@dataclass(frozen=True)
class Waiting:
    """One patient's place in a line: `ahead` is how many will be called before."""

    line: Line
    patient_id: str
    patient_name: str = field(repr=False)
    number: int
    ahead: int
    registered_at: int


class Queue(Protocol):
    """Who is being called, and how many wait before whom. Raises NoSuchRecord where there is nothing."""

    async def calling(self, until_ms: int | None) -> tuple[Calling, ...]:
        """Every line of the day of that moment (now, where none is given), as it was then."""
        ...

    async def waiting(self, patient_id: str) -> tuple[Waiting, ...]:
        """Where a patient waits today, or has just been called."""
        ...
