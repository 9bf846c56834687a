"""Values that all parts of a hospital share. Dates are `YYYY-MM-DD` by Beijing time, moments epoch ms, money 分."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")

UNLIMITED = 99
"""What stands on the wire for units without a limit; inside, a total of None."""


class Pool(IntEnum):
    """号源角色: whose units they are."""

    SHARED = 1
    REFERRAL = 2


class Session(IntEnum):
    """时段: the part of a day for which a schedule is."""

    MORNING = 1
    AFTERNOON = 2
    EVENING = 3
    WHOLE_DAY = 4


class Sex(IntEnum):
    """性别."""

    MALE = 1
    FEMALE = 2
    SECRET = 3
    OTHER = 4


@dataclass(frozen=True)
class Paging:
    """Which part of a list: pages count from 1."""

    page: int
    size: int


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list; `total` is how many there are in all."""

    total: int
    rows: tuple[T, ...]
