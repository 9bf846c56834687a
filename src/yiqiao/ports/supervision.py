"""The supervision platform as a hospital sees it that uploads its records: rows in, a fate for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from yiqiao.errors import DomainError


class Fate(StrEnum):
    """What became of a row at the platform."""

    VALID = "valid"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    """Kept, and judged again when what it depends on has come."""
    REFUSED = "refused"


class Then(StrEnum):
    """What is to be done after a batch that was not taken."""

    LATER = "later"
    """The same rows again: the platform was not reached, or was in trouble. What it has it does not take twice."""
    SMALLER = "smaller"
    """In smaller batches: it was too large, or a row in it was wrong and is found that way."""
    STOP = "stop"
    """Nothing: key, appid or permission are not as they should be."""


class NotTaken(DomainError):
    """A batch was not taken, as far as is known. The message is fit to be shown."""

    def __init__(self, message: str, then: Then) -> None:
        super().__init__(message)
        self.then = then


@dataclass(frozen=True)
class Taken:
    """A fate a row, in order, and by a row's place (from 0) what was said of it."""

    fates: Sequence[Fate]
    told: Mapping[int, str] = field(default_factory=dict, repr=False)


class SupervisionPlatform(Protocol):
    """Where rows are uploaded."""

    async def upload(self, service: str, rows: Sequence[bytes]) -> Taken:
        """Upload rows (each a JSON object in UTF-8) of one operation, as one batch. Raises NotTaken."""
        ...
