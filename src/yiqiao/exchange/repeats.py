"""The first answer to a business serial, found again for a caller who repeats the same request (policy `replay`).

It is looked for in the journal, where it was committed together with the act itself: sealed, under the blind index of
the serial, with the fingerprint of what was asked. So there is no second copy of personal data, a write costs nothing
more, and an answer can be repeated for exactly as long as the journal is kept; after that a repeat is refused like
everywhere else, since the acts themselves keep their serials for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yiqiao.journal import Direction
from yiqiao.journal.reader import Line, Reader, Reference, Search, UnknownEntry, UnreadableEntry

LOOKED_AT = 20
"""Entries of one serial that are opened: more can only be there by a collision of blind indexes."""


@dataclass(frozen=True)
class FirstAnswer:
    """An answer that was given: where the journal has it, and its content as it went out."""

    reference: Reference
    answer: Mapping[str, object] = field(repr=False)


class FirstAnswers:
    """Finds first answers in the journal."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def find(
        self, dialect: str, operation: str, app_id: str, outcome: str, serial: str | None, fingerprint: bytes
    ) -> FirstAnswer | None:
        """What the partner was answered with `outcome` under `serial` to the same content; None where that is gone.

        Raises StorageUnreachable.
        """
        if serial is None:
            return None
        search = Search(dialect, operation, app_id, str(Direction.IN), outcome, trace=serial)
        for line in (await self._reader.search(search, limit=LOOKED_AT)).lines:
            found = await self._opened(line, fingerprint.hex())
            if found is not None:
                return found
        return None

    async def _opened(self, line: Line, fingerprint: str) -> FirstAnswer | None:
        """The answer in an entry, where it is one to this content. One that was itself a repeat names the first."""
        try:
            view = (await self._reader.show(line.chain, line.seq)).view
        except (UnknownEntry, UnreadableEntry):
            return None
        if view.answer is None or view.fingerprint != fingerprint:
            return None
        return FirstAnswer(view.repeat_of or line.reference, view.answer)
