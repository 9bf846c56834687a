"""Prescriptions of the past."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from yiqiao.ports.hospital.values import Page, Paging


@dataclass(frozen=True, repr=False)
class Drug:
    """One drug of a prescription. `unit_price` is in 元, to four places; `amount` in 分."""

    detail_no: str
    code: str
    name: str
    quantity: str
    quantity_unit: str
    single_dose: str = ""
    dose_unit: str = ""
    route: str = ""
    frequency: str = ""
    specification: str = ""
    package: str = ""
    package_unit: str = ""
    unit_price: Decimal | None = None
    amount: int | None = None
    maker: str = ""
    days: str = ""
    remark: str = ""


@dataclass(frozen=True, repr=False)
class Prescription:
    """A prescription with its drugs."""

    recipe_no: str
    patient_id: str
    id_no: str
    prescribed_at: int
    doctor_name: str
    diagnosis_code: str
    diagnosis: str
    drugs: tuple[Drug, ...]
    visit_no: str = ""
    dept_id: str = ""
    dept_name: str = ""
    doctor_id: str = ""
    doctor_phone: str = ""
    expires_at: int | None = None
    times: int | None = None


@dataclass(frozen=True)
class PastOf:
    """Whose prescriptions are asked for: by identity card; by visit card too, and of which days, where stated."""

    id_no: str = field(repr=False)
    card_no: str | None = field(repr=False)
    first_day: str | None
    last_day: str | None


class Prescriptions(Protocol):
    """Prescriptions of the past."""

    async def past(self, question: PastOf, paging: Paging | None) -> Page[Prescription]:
        """The newest first. Raises NoSuchRecord where there is none."""
        ...
