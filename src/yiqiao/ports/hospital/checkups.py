"""Physical examinations (体检): their reports, items, departments, conclusions."""

from dataclasses import dataclass
from typing import Protocol

from yiqiao.ports.hospital.values import Sex


@dataclass(frozen=True, repr=False)
class CheckupItem:
    """One result."""

    dept_id: str
    item_id: str
    name: str
    result: str
    abbreviation: str = ""
    flag: str = ""
    reference: str = ""
    unit: str = ""
    description: str = ""
    type_no: str = ""
    type_name: str = ""
    sample_type: str = ""
    day: str = ""
    doctor: str = ""


@dataclass(frozen=True, repr=False)
class CheckupDepartment:
    """What one department sums up (科室小结)."""

    dept_id: str
    name: str
    summary: str


@dataclass(frozen=True, repr=False)
class Conclusion:
    """A conclusion with its advice (综述建议)."""

    title: str
    description: str
    kind: str = ""


@dataclass(frozen=True, repr=False)
class Checkup:
    """A physical examination as a whole; `day` is when the chief doctor concluded it."""

    report_id: str
    id_no: str
    name: str
    sex: Sex | None
    day: str
    age: str = ""
    address: str = ""
    phone: str = ""
    company: str = ""
    doctor: str = ""
    items: tuple[CheckupItem, ...] = ()
    departments: tuple[CheckupDepartment, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()


class Checkups(Protocol):
    """Physical examinations."""

    async def find(self, report_id: str, id_no: str | None = None) -> Checkup:
        """One of them; with `id_no` only if it is this person's. Raises NoSuchRecord."""
        ...
