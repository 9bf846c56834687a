"""One hospital's system as a whole, and where one is found."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import Booking
from yiqiao.ports.hospital.catalogue import Catalogue
from yiqiao.ports.hospital.checkups import Checkups
from yiqiao.ports.hospital.inpatient import Inpatient
from yiqiao.ports.hospital.outpatient import Outpatient
from yiqiao.ports.hospital.patients import Patients
from yiqiao.ports.hospital.prescriptions import Prescriptions
from yiqiao.ports.hospital.queue import Queue
from yiqiao.ports.hospital.records import Records
from yiqiao.ports.hospital.reports import Reports
from yiqiao.storage import Lane, Write

R = TypeVar("R")


class UnknownHospital(DomainError):
    """No hospital of this id is served here."""

    def __init__(self, hospital_id: str) -> None:
        super().__init__(f"医院不存在：没有医院 ID 为 {hospital_id[:32]!r} 的医院，请核对医院 ID")


class HospitalSystem(Protocol):
    """One hospital. Its parts raise DomainErrors of `refusals`; where it is elsewhere, also HospitalUnreachable and
    OutcomeUnknown.
    """

    @property
    def hospital_id(self) -> str:
        """Under which it is known to its callers."""
        ...

    async def now_ms(self) -> int:
        """The system's own time, after it has looked into its data: who gets an answer knows that all of it works."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """What a hospital shows to everybody: itself, its departments, doctors, schedules and prices."""
        ...

    @property
    def patients(self) -> Patients:
        """The hospital's records of its patients: creating, finding, cards, insured identity."""
        ...

    @property
    def booking(self) -> Booking:
        """Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""
        ...

    @property
    def records(self) -> Records:
        """What became of bookings, for those who ask later: by order, patient, day."""
        ...

    @property
    def outpatient(self) -> Outpatient:
        """What an outpatient owes, pays and gets back."""
        ...

    @property
    def inpatient(self) -> Inpatient:
        """An inpatient's deposit, charges and daily list."""
        ...

    @property
    def queue(self) -> Queue:
        """Who is being called, and how many wait before whom."""
        ...

    @property
    def reports(self) -> Reports:
        """Laboratory and examination reports."""
        ...

    @property
    def checkups(self) -> Checkups:
        """Physical examinations (体检): their reports, items, departments, conclusions."""
        ...

    @property
    def prescriptions(self) -> Prescriptions:
        """Prescriptions of the past."""
        ...


class Hospitals(Protocol):
    """The hospitals that are served here."""

    def of(self, hospital_id: str) -> HospitalSystem:
        """The hospital's system. Raises UnknownHospital."""
        ...

    def all(self) -> Sequence[HospitalSystem]:
        """Every hospital that is served."""
        ...


def done(result: R) -> Write[R]:
    """A `Write` for what has been done already, elsewhere."""
    return Write(Lane("done", lambda _, commands: list(commands)), result)
