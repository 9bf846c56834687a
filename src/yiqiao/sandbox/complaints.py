"""Why the synthetic people see a doctor, what is found, and what they are given: complaints.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

import yaml
from pydantic import TypeAdapter


@dataclass(frozen=True)
class Medicine:
    """A drug as it is sold and taken; the price (元) is of one `unit`."""

    code: str
    name: str
    form: str
    unit: str
    price: Decimal
    dose: str
    dose_unit: str
    route: str
    frequency: str


@dataclass(frozen=True)
class Measured:
    """One value of a laboratory test, with the range in which it is nothing special."""

    name: str
    short: str
    unit: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class LabTest:
    """A laboratory test."""

    code: str
    name: str
    price: Decimal
    specimen: str
    items: tuple[Measured, ...]


@dataclass(frozen=True)
class Examination:
    """An examination with pictures, and what is written of it."""

    code: str
    name: str
    kind: str
    part: str
    price: Decimal
    seen: str
    thought: str


@dataclass(frozen=True)
class Complaint:
    """Why somebody comes. `high` and `low` name the values of the test that are beyond their range."""

    code: str
    name: str
    drugs: tuple[str, ...]
    lab: str | None = None
    exam: str | None = None
    high: tuple[str, ...] = ()
    low: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """complaints.yaml."""

    drugs: Mapping[str, Medicine]
    labs: Mapping[str, LabTest]
    exams: Mapping[str, Examination]
    departments: Mapping[str, tuple[Complaint, ...]]


@cache
def complaints() -> Book:
    """All of it."""
    text = (files(__package__) / "complaints.yaml").read_text(encoding="utf-8")
    return TypeAdapter(Book).validate_python(yaml.load(text, Loader=yaml.CSafeLoader))
