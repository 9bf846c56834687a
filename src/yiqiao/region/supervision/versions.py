"""Which version of a record is in force: of those that are valid, the one that was sent last.

A version is a content: the same content again is the same version, sent once more. So what is in force in the end does
not depend on the order in which versions and their antecedents arrive. Of two that were sent at the same second the
one that arrived later counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from yiqiao.storage.supervision_records import Change, Standing, TotalRow

VALID, WAITING = "valid", "waiting"
Versions = dict[bytes, Standing]


class Record:
    """A record while a transaction changes it: its versions as they were on file, and as they will be."""

    __slots__ = ("after", "before")

    def __init__(self, before: Mapping[bytes, Standing]) -> None:
        self.before = before
        self.after: Versions = dict(before)

    def settle(self) -> bool:
        """Put the right version in force; answers whether one is for the first time."""
        if not self.before and len(self.after) == 1:  # nearly always
            ((digest, one),) = self.after.items()
            if one.state == VALID:
                self.after[digest] = Standing(*one[:4], 1, *one[5:])
            return one.state == VALID
        best = in_force(self.after.values())
        for digest, one in self.after.items():
            held = int(best is not None and digest == best.digest)
            if one.in_force != held:
                self.after[digest] = one._replace(in_force=held)
        return best is not None and not any(one.in_force for one in self.before.values())

    def counts_now(self) -> bytes | None:
        """The version that counts, or is to count as soon as it is valid, if it is another one than before."""
        if not self.before and len(self.after) == 1:  # nearly always
            return next(iter(self.after))
        now, before = foremost(self.after.values()), foremost(self.before.values())
        return None if now is None or (before is not None and now.digest == before.digest) else now.digest

    def changes(self) -> dict[tuple[str, bytes], Change]:
        """What becomes of versions that were on file."""
        return {
            (now.record_key, digest): Change(now.state, now.in_force, now.sent_at)
            for digest, was in self.before.items()
            if (now := self.after[digest]) != was
        }


def in_force(versions: Iterable[Standing]) -> Standing | None:
    """The version that counts."""
    best = foremost(versions)
    return best if best is not None and best.state == VALID else None


def foremost(versions: Iterable[Standing]) -> Standing | None:
    """The version that counts; as long as none is valid, the one of those that wait that would."""
    return max(versions, key=lambda one: (one.state == VALID, one.sent_at, one.version), default=None)


@dataclass
class Totals:
    """What changes in what is counted by day of the business."""

    app_id: str
    kind: str
    in_force: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    amount: Counter[str] = field(default_factory=Counter)

    def add(self, record: Record) -> None:
        """Count what a record is more than before."""
        for versions, sign in ((record.before, -1), (record.after, 1)):
            for one in versions.values():
                if one.in_force:
                    self.in_force[one.day] += sign
                    self.amount[one.day] += sign * (one.amount or 0)
                elif one.state == WAITING:
                    self.waiting[one.day] += sign

    def rows(self) -> list[TotalRow]:
        """The changes, of days on which there is one."""
        days = self.in_force.keys() | self.waiting.keys() | self.amount.keys()
        rows = [
            TotalRow(self.app_id, self.kind, day, self.in_force[day], self.waiting[day], self.amount[day])
            for day in days
        ]
        return [row for row in rows if row.in_force or row.waiting or row.amount]
