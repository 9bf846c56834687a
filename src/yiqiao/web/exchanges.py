"""Exchanges as the pages list them: one line each, told in the words of its standard."""

from dataclasses import dataclass
from functools import cache

from yiqiao.app import consents
from yiqiao.journal.reader import Line, Reader
from yiqiao.partners import Directory
from yiqiao.spec import ReturnCode, Spec, load

FAILURES = ("InternalError", "StorageFailed", "StorageUnreachable")
"""Refusals that are the hub's own fault, not the caller's."""
OWN_ACTS = {consents.OPERATION: "用户用卡授权（本人在手机上）"}
"""What is in the journal and is no operation of a standard."""


@dataclass(frozen=True)
class ExchangeLine:
    """One exchange. `at` epoch ms; `tone` is good (done), warn (refused) or bad (the hub failed); `ms` milliseconds."""

    chain: str
    seq: int
    at: int
    dialect: str
    operation: str
    title: str
    app_id: str
    partner: str
    outcome: str
    outcome_title: str
    tone: str
    ms: float

    @property
    def place(self) -> str:
        """Which exchange it is, as one word."""
        return f"{self.chain}/{self.seq}"


async def newest(journal: Reader, partners: Directory, limit: int) -> tuple[ExchangeLine, ...]:
    """The newest exchanges, the newest first. Raises StorageUnreachable, StorageFailed."""
    found = await journal.search(limit=limit)
    return tuple(told(line, partners) for line in found.lines)


def told(line: Line, partners: Directory) -> ExchangeLine:
    """A line of the journal with the titles that its codes have."""
    spec = load(line.dialect)
    code = meaning(spec, line.operation, line.outcome)
    partner = partners.find(line.dialect, line.app_id)
    return ExchangeLine(
        chain=line.chain,
        seq=line.seq,
        at=line.at,
        dialect=line.dialect,
        operation=line.operation,
        title=title_of(spec, line.operation),
        app_id=line.app_id,
        partner=partner.name if partner else "",
        outcome=line.outcome,
        outcome_title=code.title if code else "",
        tone=tone_of(spec, line.outcome),
        ms=round(line.duration_us / 1000, 1),
    )


def title_of(spec: Spec, operation: str) -> str:
    """What an operation or an act of the hub's own is called; empty for one that nobody knows."""
    known = spec.operations.get(operation)
    return known.title if known else OWN_ACTS.get(operation, "")


def meaning(spec: Spec, operation: str, outcome: str) -> ReturnCode | None:
    """What a return code says: the operation's own word for it, else the standard's; None for one that is neither."""
    known = spec.operations.get(operation)
    own = known.returns.get(outcome) if known else None
    return own or spec.return_codes.get(outcome)


def tone_of(spec: Spec, outcome: str) -> str:
    """How an outcome is coloured: good (done), warn (refused) or bad (the hub failed)."""
    if outcome == spec.success.code:
        return "good"
    return "bad" if outcome in _failures(spec.dialect) else "warn"


@cache
def _failures(dialect: str) -> frozenset[str]:
    spec = load(dialect)
    return frozenset(spec.code_for(name).code for name in FAILURES)
