"""The table by which the sandbox's insurance pays: benefits.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from pydantic import TypeAdapter


@dataclass(frozen=True)
class Band:
    """What the pool pays of the amounts of a year up to `up_to` (分; None: of all that follow)."""

    percent: int
    up_to: int | None = None


@dataclass(frozen=True)
class Beyond:
    """A fund for what the pool would pay beyond its limit."""

    fund: str
    percent: int
    limit: int


@dataclass(frozen=True)
class Burden:
    """A fund for what is left to a person in a year above a threshold."""

    fund: str
    percent: int
    threshold: int
    limit: int


@dataclass(frozen=True)
class Scheme:
    """What a kind of insurance pays for some kinds of persons (tables insutype, psn_type); amounts 分 a year."""

    insurance: str
    persons: tuple[str, ...]
    title: str
    account: bool
    second_level: int
    deductible: int
    pool: str
    bands: tuple[Band, ...]
    limit: int
    beyond: Beyond | None = None
    burden: Burden | None = None


@dataclass(frozen=True)
class Aid:
    """A fund for what is left of the amounts in scope, for civil servants or for degrees of disability (disa_lv)."""

    fund: str
    title: str
    percent: int
    limit: int
    civil_servant: bool = False
    disability: tuple[str, ...] = ()


@dataclass(frozen=True)
class Benefits:
    """benefits.yaml; `price_limits` 分 for one of an item's unit, by its code."""

    institutions: Mapping[str, str]
    newest_first: bool
    price_limits: Mapping[str, int]
    schemes: tuple[Scheme, ...]
    aids: tuple[Aid, ...]

    def scheme(self, insurance: str, person: str) -> Scheme | None:
        """What applies to somebody; None where the table has nothing for them."""
        found = (one for one in self.schemes if one.insurance == insurance and person in one.persons)
        return next(found, None)


@cache
def benefits() -> Benefits:
    """All of it."""
    text = (files(__package__) / "benefits.yaml").read_text(encoding="utf-8")
    return TypeAdapter(Benefits).validate_python(yaml.load(text, Loader=yaml.CSafeLoader))
