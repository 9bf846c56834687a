"""A stand-in for the insurance centre that settles: it reckons by a table, keeps its books in rows, and misbehaves when
told to. It knows the same people, and has the same accounts, as the one that reads cards (`SandboxCentre`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from yiqiao.clock import Clock
from yiqiao.ports.insurance_centre import CentreUnreachable
from yiqiao.ports.insurance_settlement import (
    CentreEntry,
    CentreFound,
    CentreRefused,
    CentreSilent,
    FeeLine,
    Settlement,
    Visitor,
)
from yiqiao.sandbox.insurance import covers_by_number
from yiqiao.sandbox.insurance_centre import answering
from yiqiao.sandbox.mischief import Failures, Fate, Mischief, NoMischief, suffering
from yiqiao.sandbox.settlement.answers import entry, settlement
from yiqiao.sandbox.settlement.benefits import Benefits, benefits
from yiqiao.sandbox.settlement.filing import SETTLE, Filing
from yiqiao.sandbox.settlement.persons import held, known_at
from yiqiao.storage.sandbox_settlement import MESSAGES, SETTLEMENTS, SettlementRow
from yiqiao.storage.shelves import Book, Store

T = TypeVar("T")
INSURANCE = "insurance"
"""By which name a sandbox orders what goes wrong with it."""
ACTS = ("register", "withdraw", "upload", "presettle", "settle", "cancel", "find", "statement")
"""What can be ordered to go wrong."""
ONLY: dict[Fate, tuple[str, ...]] = {Fate.DIFFERENT: ("presettle", "settle", "statement"), Fate.TAKEN_BACK: ("settle",)}
"""What can go wrong with some acts only."""
_OFF = 100
_FAILURES = Failures(lambda reason: CentreRefused(reason or "医保中心拒绝了本次办理"), CentreUnreachable, CentreSilent)


@dataclass(frozen=True)
class SandboxSettlement:
    """`InsuranceSettlement` with nobody's money. Every act raises what its mischief has in store."""

    store: Store
    clock: Clock
    mischief: Mischief = field(default_factory=NoMischief)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    table: Benefits = field(default_factory=benefits)

    async def register(self, number: str, who: Visitor, department: str, doctor: str, at: int) -> str:
        """File a visit; when it was is the centre's own clock."""
        row = await self._written("register", lambda filing, _: filing.register(number, who, department, doctor))
        return row.visit_id

    async def withdraw(self, number: str, who: Visitor, visit_id: str) -> None:
        """Take a visit back. Raises CentreRefused once it is settled."""
        await self._written("withdraw", lambda filing, _: filing.withdraw(number, who, visit_id))

    async def upload(self, number: str, who: Visitor, visit_id: str, lines: Sequence[FeeLine]) -> None:
        """File a visit's bill. Raises CentreRefused where an amount is not what price and quantity come to."""
        await self._written("upload", lambda filing, _: filing.upload(number, who, visit_id, lines))

    async def presettle(self, number: str, who: Visitor, visit_id: str, *, use_account: bool) -> Settlement:
        """What a visit would come to; the number is of no account, nothing is filed."""

        def work(filing: Filing, fate: Fate | None) -> Settlement:
            return filing.presettle(who, visit_id, use_account=use_account, off=fate is Fate.DIFFERENT)

        return await self._read("presettle", work)

    async def settle(
        self, number: str, who: Visitor, visit_id: str, *, use_account: bool, expected: Settlement
    ) -> Settlement:
        """Settle a visit. Raises CentreRefused when it is settled already, or comes to something else than expected."""

        def work(filing: Filing, fate: Fate | None) -> Settlement:
            off, behind = fate is Fate.DIFFERENT, fate is Fate.TAKEN_BACK
            how = {"use_account": use_account, "off": off, "behind": behind}
            return filing.settle(number, who, visit_id, expected=expected, **how)

        return await self._written("settle", work)

    async def cancel(self, number: str, who: Visitor, visit_id: str, settlement_id: str) -> Settlement:
        """Take a settlement back. Raises CentreRefused a second time, and while a later one is in place."""
        return await self._written("cancel", lambda filing, _: filing.cancel(number, who, visit_id, settlement_id))

    async def find(self, number: str, institution: str) -> CentreFound | None:
        """What became of a message."""

        def work(filing: Filing, _: Fate | None) -> CentreFound | None:
            known_at(self.table, institution)
            message = filing.book.get(MESSAGES, institution, number)
            if message is None:
                return None
            row = filing.book.get(SETTLEMENTS, message.settlement_id) if message.settlement_id else None
            if row is None:
                return CentreFound(message.what, message.visit_id)
            return CentreFound(message.what, message.visit_id, settlement(filing.book, row), bool(row.reversed_by))

        return await self._read("find", work)

    async def statement(self, institution: str, day: str) -> Sequence[CentreEntry]:
        """What was settled and taken back on a day."""

        def work(filing: Filing, fate: Fate | None) -> list[CentreEntry]:
            known_at(self.table, institution)
            rows = [one for one in filing.book.where(SETTLEMENTS, "day", day) if one.institution == institution]
            lines = [entry(row) for row in sorted(rows, key=lambda one: (one.at, one.psn_no, one.place))]
            if lines and fate is Fate.DIFFERENT:
                lines[-1] = lines[-1]._replace(funds=lines[-1].funds + _OFF, cash=lines[-1].cash - _OFF)
            return lines

        return await self._read("statement", work)

    async def take_back(self, settlement_id: str) -> Settlement:
        """Reverse a settlement behind the hub's back, as a clerk of the centre might. Raises CentreRefused where there
        is none in place.
        """

        known = await self.store.read(lambda book: book.get(SETTLEMENTS, settlement_id))
        if known is None or known.what != SETTLE:
            raise CentreRefused("没有这笔结算")

        def work(book: Book) -> Settlement:
            held(book, covers_by_number()[known.psn_no])
            row = book.get(SETTLEMENTS, settlement_id)
            if row is None or row.reversed_by:
                raise CentreRefused("这笔结算已经撤销")
            return settlement(book, self._filing(book).take_back(row, ""))

        return await self.store.write(work)

    async def settlements(self, column: str, value: str) -> list[SettlementRow]:
        """What is on file of a day or a person (`day`, `psn_no`), in the order of time."""
        rows = await self.store.read(lambda book: book.where(SETTLEMENTS, column, value))
        return sorted(rows, key=lambda one: (one.at, one.place))

    def _filing(self, book: Book) -> Filing:
        return Filing(book, self.table, self.clock.now_ms())

    async def _written(self, act: str, work: Callable[[Filing, Fate | None], T]) -> T:
        return await self._asked(act, work, self.store.write)

    async def _read(self, act: str, work: Callable[[Filing, Fate | None], T]) -> T:
        return await self._asked(act, work, self.store.read)

    async def _asked(
        self,
        act: str,
        work: Callable[[Filing, Fate | None], T],
        run: Callable[[Callable[[Book], T]], Awaitable[T]],
    ) -> T:
        await answering(self.store, self.pause)
        mishap = await self.mischief.fate(act)
        fate = mishap.fate if mishap else None
        return await suffering(mishap, lambda: run(lambda book: work(self._filing(book), fate)), _FAILURES, self.pause)
