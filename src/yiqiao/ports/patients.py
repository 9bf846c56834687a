"""What other parts of the hub know of a patient, for the doctor's workstation: each part is one source.

A source tells facts under names, not sentences: the page has the words. A new dialect that knows something of patients
adds a source; the page needs no change but words for its facts.
"""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class PatientRef:
    """Whom to tell about: the name, and the identity card's number where the launch gave one that can be."""

    name: str = field(repr=False)
    id_no: str | None = field(repr=False)


@dataclass(frozen=True)
class Fact:
    """One fact: its name (a key of the page's words), and its value as it may be shown."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Sheet:
    """What one source knows; `state` is a key of the page's words (active, closed, none, unknown)."""

    source: str
    state: str
    facts: tuple[Fact, ...] = ()


class PatientSource(Protocol):
    """A part of the hub that knows something of patients."""

    async def about(self, patient: PatientRef) -> Sheet:
        """What it knows; a sheet without facts where it knows nothing. Raises StorageUnreachable, StorageFailed."""
        ...
