"""Looks for settlements that stand on one side only: centre, hub and HIS beside each other, every minute and every day.

What changed since the last look, what does not come to an end, and what the centre's statement of the day has otherwise
than we do is asked for one by one, at the centre and at the HIS. What is found stays on file until it is so no more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import DAY_MS, Clock, beijing, parse_compact
from yiqiao.jobs import Again, Done, Job, Outcome
from yiqiao.money import yuan
from yiqiao.ports.his_billing import HisBilling, HisRefused, HisSilent, HisState, HisUnreachable
from yiqiao.ports.insurance_centre import CentreUnreachable
from yiqiao.ports.insurance_settlement import (
    CentreEntry,
    CentreRefused,
    CentreSilent,
    InsuranceSettlement,
)
from yiqiao.region.insurance.course import message_number
from yiqiao.region.insurance.findings import KINDS, Kind
from yiqiao.region.insurance.states import FINAL, STATES, State
from yiqiao.region.payments.states import Trade
from yiqiao.storage import Database, insurance, payments
from yiqiao.storage.insurance import FindingRow, SettlementRow

CHECK_JOB = "ins.check"
CENTRE_AWAY = (CentreUnreachable, CentreSilent, CentreRefused)
HIS_AWAY = (HisUnreachable, HisSilent, HisRefused)
STATED = (Kind.UNKNOWN_HERE, Kind.AMOUNT)
"""What a statement alone says: it stands until that day's statement is looked at again."""
MOST = 500
"""Settlements under way that are looked into in one run, and changed ones that are read at once."""
BEFORE_THE_CENTRE = frozenset({State.REGISTERING, State.UPLOADING, State.RECKONING, State.ORDERING, State.PAYING})
"""States in which nothing was settled or paid yet."""


@dataclass(frozen=True)
class Pace:
    """How often is looked, and how long something may be on its way before it is a finding."""

    every_s: int = 60
    flag_after_s: int = 300


@dataclass(frozen=True)
class Sides:
    """How a settlement stands outside: at the centre and the HIS True, False, or None where nobody has said; `reversed`
    where the centre has taken it back; `kept` what was taken of the patient and not given back, 分.
    """

    centre: bool | None
    reversed: bool
    his: bool | None
    kept: int


@dataclass(frozen=True)
class Report:
    """A day beside the centre's statement: how many are the same, and what was found. `away`: it was not to be had."""

    institution: str
    day: str
    matched: int
    findings: tuple[FindingRow, ...]
    away: bool = False


class _Entries(NamedTuple):
    """A statement's settlements by number, and those that were taken back."""

    settled: dict[str, CentreEntry]
    reversed: frozenset[str]


class _Compared(NamedTuple):
    """What a statement has otherwise than we do: lines that nobody here knows or that say another amount, with the
    centre's numbers of them, and settlements that stand otherwise, by the centre's number.
    """

    findings: list[FindingRow]
    lines: set[str]
    suspects: dict[str, SettlementRow]


@dataclass(frozen=True)
class Check:
    """The looking, and the job that does it."""

    database: Database
    clock: Clock
    centre: InsuranceSettlement
    his: HisBilling
    pace: Pace = field(default_factory=Pace)

    async def __call__(self, job: Job) -> Outcome:
        """Look once. Raises StorageUnreachable, StorageFailed."""
        since = job.data.get("since")
        now = self.clock.now_ms()
        await self.look(since if isinstance(since, int) else now - DAY_MS)
        return Again(now + self.pace.every_s * 1000, data={"since": now - self.pace.every_s * 1000})

    async def look(self, since: int) -> list[FindingRow]:
        """Look into what changed since a moment (epoch ms), what does not end, what was found before, and the centre's
        statement of today; answers what is found and writes it down.
        """
        now = self.clock.now_ms()
        aged = now - self.pace.flag_after_s * 1000

        def rows_of(connection: Connection) -> tuple[list[SettlementRow], list[FindingRow]]:
            open_ones = insurance.findings(connection)
            wanted = {row.number: row for row in insurance.going(connection, sorted(FINAL), aged, MOST)}
            after = (0, "")
            while rows := insurance.ended_since(connection, since, MOST, after):
                wanted |= {row.number: row for row in rows}
                after = (rows[-1].changed_at, rows[-1].number)
            for one in open_ones:
                known = insurance.settlement(connection, one.merchant_id, one.number) if one.number else None
                if known is not None:
                    wanted[known.number] = known
            return list(wanted.values()), open_ones

        rows, open_ones = await self.database.read(rows_of)
        days = sorted({f"{beijing(at):%Y-%m-%d}" for at in (now, now - 600_000)})
        found: list[FindingRow] = []
        away: set[str] = set()
        silent: set[str] = set()
        seen = {row.number for row in rows}
        for institution, merchants in (await self.database.read(insurance.institutions)).items():
            for day in days:
                stated = await self._stated(institution, merchants, day, aged)
                if stated is None:
                    away.update(merchants)
                    continue
                found += stated.findings
                rows += [row for row in stated.suspects.values() if row.number not in seen]
                seen |= {row.number for row in stated.suspects.values()}
        for row in rows:
            findings, said = await self.examine(row)
            found += findings
            if not said:
                silent.add(row.number)
        today = [one for one in open_ones if one.kind not in STATED or not _another_day(one, now)]
        looked_at = [
            one
            for one in today
            if (one.merchant_id not in away if one.kind in STATED else one.number in seen and one.number not in silent)
        ]
        await self._kept(found, looked_at, now)
        return found

    async def reconcile(self, institution: str, merchants: Sequence[str], day: str) -> Report:
        """A day (yyyy-MM-dd, Beijing) beside the centre's statement for an institution and all merchants that collect
        for it; what is found is written down.
        """
        now = self.clock.now_ms()
        entries = await self._entries(institution, day)
        if entries is None:
            return Report(institution, day, 0, (), away=True)
        compared = await self._compared(institution, merchants, day, entries, now)
        found = list(compared.findings)
        for row in compared.suspects.values():
            found += (await self.examine(row))[0]
        open_ones = await self.database.read(insurance.findings)
        mine = [
            one
            for one in open_ones
            if one.merchant_id in merchants and one.kind in STATED and f"{beijing(one.since):%Y-%m-%d}" == day
        ]
        await self._kept(found, mine, now)
        matched = entries.settled.keys() - compared.lines - compared.suspects.keys()
        return Report(institution, day, len(matched), tuple(found))

    async def examine(self, row: SettlementRow) -> tuple[list[FindingRow], bool]:
        """What is found of one settlement now, and whether that is all: not where a side did not answer, nor where it
        has moved while it was asked for, of which nothing is found.
        """
        if row.state in BEFORE_THE_CENTRE:
            return [], True
        sides = await self._sides(row)
        said = sides.his is not None and (not row.insured or sides.centre is not None)
        if row.state not in FINAL and not await self._aged(row):
            return [], said
        still = await self.database.read(lambda c: insurance.settlement(c, row.merchant_id, row.number))
        if still is None or still.state != row.state:
            return [], False
        return [self._finding(still, kind, sides) for kind in kinds_of(still, sides)], said

    async def _sides(self, row: SettlementRow) -> Sides:
        centre: bool | None = None
        reversed_there = False
        if row.insured:
            try:
                found = await self.centre.find(message_number(row, "S"), row.institution)
                reversed_there = found is not None and found.reversed
                centre = found is not None and found.settlement is not None and not found.reversed
            except CENTRE_AWAY:
                centre = None
        try:
            his = (await self.his.query(row.merchant_id, row.number)).state is HisState.DONE
        except HIS_AWAY:
            return Sides(centre, reversed_there, None, await self._kept_of(row))
        return Sides(centre, reversed_there, his, await self._kept_of(row))

    async def _kept_of(self, row: SettlementRow) -> int:
        trade = await self.database.read(lambda c: payments.trade(c, row.merchant_id, row.trace_no))
        if trade is None or trade.state != Trade.SUCCEEDED:
            return 0
        return trade.amount - trade.refunded

    async def _aged(self, row: SettlementRow) -> bool:
        """Whether it is under way for longer than it should be, since it was settled, paid or begun."""
        trade = await self.database.read(lambda c: payments.trade(c, row.merchant_id, row.trace_no))
        began = max(row.settled_at or 0, (trade.paid_at or 0) if trade else 0) or row.created_at
        return self.clock.now_ms() - began >= self.pace.flag_after_s * 1000

    async def _stated(self, institution: str, merchants: Sequence[str], day: str, aged: int) -> _Compared | None:
        """The same of a day's statement; None where it is not to be had."""
        entries = await self._entries(institution, day)
        if entries is None:
            return None
        return await self._compared(institution, merchants, day, entries, aged)

    async def _entries(self, institution: str, day: str) -> _Entries | None:
        try:
            lines = await self.centre.statement(institution, day)
        except CENTRE_AWAY:
            return None
        settled = {one.settlement_id: one for one in lines if one.what == "settle"}
        return _Entries(settled, frozenset(one.settles for one in lines if one.what == "cancel"))

    async def _compared(
        self, institution: str, merchants: Sequence[str], day: str, entries: _Entries, until: int
    ) -> _Compared:
        """A statement beside what is here. `until` (epoch ms): later lines may still be on their way. What nobody here
        knows is filed under the first merchant.
        """
        since = parse_compact(f"{day.replace('-', '')}000000")
        rows = await self.database.read(lambda c: insurance.settled_between(c, institution, since, since + DAY_MS))
        known = {row.settlement_id: row for row in rows if row.settlement_id}
        by_message = {message_number(row, "S"): row for row in rows}
        now = self.clock.now_ms()
        strangers: list[FindingRow] = []
        lines: set[str] = set()
        for number, line in entries.settled.items():
            row = known.get(number) or by_message.get(line.number) or await self._of_message(line.number)
            if row is None and number not in entries.reversed and line.at <= until:
                there = f"{yuan(line.total)} 元"
                lines.add(number)
                strangers.append(
                    FindingRow(
                        merchants[0], number, Kind.UNKNOWN_HERE, "", "无", there, line.total, "", line.at, now, None
                    )
                )
            elif row is not None and number not in entries.reversed and _differs(row, line):
                here, there = _parts(row.funds, row.account, row.cash), _parts(line.funds, line.account, line.cash)
                about = row.merchant_id, row.number, Kind.AMOUNT, row.number
                lines.add(number)
                strangers.append(FindingRow(*about, here, there, line.total, "", line.at, now, None))
            elif row is not None:
                known[number] = row
        in_place = entries.settled.keys() - entries.reversed
        suspects = {
            number: row
            for number, row in known.items()
            if (row.state == State.DONE) != (number in in_place) and _on(row, day, number, entries)
        }
        return _Compared(strangers, lines, suspects)

    async def _of_message(self, number: str) -> SettlementRow | None:
        """The settlement whose message has this number: the centre may have settled what we do not know of yet."""
        return await self.database.read(lambda c: insurance.by_number(c, number[12:-1]))

    def _finding(self, row: SettlementRow, kind: Kind, sides: Sides) -> FindingRow:
        now = self.clock.now_ms()
        there = f"医保中心{_said(sides.centre, row.insured)}，医院{_said(sides.his, 1)}，已收 {yuan(sides.kept)} 元"
        here = STATES[row.state].title
        remedy = KINDS[kind].remedy(row.state)
        return FindingRow(row.merchant_id, row.number, kind, row.number, here, there, row.total, remedy, now, now, None)

    async def _kept(self, found: Sequence[FindingRow], before: Iterable[FindingRow], now: int) -> None:
        """Write down what is found, and of what was found before that it is so no more."""
        present = {(one.merchant_id, one.subject, one.kind) for one in found}
        over = [one for one in before if (one.merchant_id, one.subject, one.kind) not in present]

        def work(connection: Connection) -> None:
            insurance.find(connection, found)
            insurance.gone(connection, over, now)

        await self.database.write(work)


def kinds_of(row: SettlementRow, sides: Sides) -> list[Kind]:
    """What is to be said of a settlement that stands like this outside; what nobody has said is not held against it."""
    if row.state == State.DONE:
        found = []
        if row.insured and sides.centre is False:
            found.append(Kind.REVERSED_THERE if sides.reversed else Kind.MISSING_THERE)
        if sides.his is False:
            found.append(Kind.MISSING_AT_HIS)
        return found
    if row.state in FINAL:
        return [
            *([Kind.LEFT_THERE] if sides.centre else []),
            *([Kind.LEFT_AT_HIS] if sides.his else []),
        ]
    settled = sides.centre if row.insured else sides.his
    if settled and sides.his:
        return [Kind.UNFINISHED]
    if row.insured and sides.centre and sides.his is False:
        return [Kind.UNCONFIRMED]
    if row.insured and sides.his and sides.centre is False:
        return [Kind.UNSETTLED]
    return [Kind.UNPAID_FOR] if sides.kept and not settled and settled is not None else []


async def reconcile_day(check: Check, day: str) -> list[Report]:
    """All institutions' day beside the centre's statements."""
    known = await check.database.read(insurance.institutions)
    return [await check.reconcile(institution, merchants, day) for institution, merchants in known.items()]


@dataclass(frozen=True)
class DailyReconciliation:
    """The handler of that job."""

    check: Check

    async def __call__(self, job: Job) -> Outcome:
        """Compare; tried again where a statement cannot be had. Raises CentreSilent."""
        day = f"{date.fromisoformat(str(job.data['day'])) - timedelta(days=1)}"
        reports = await reconcile_day(self.check, day)
        if any(one.away for one in reports):
            raise CentreSilent("医保中心的对账单暂时取不到，稍后自动重试")
        return Done()


def _differs(row: SettlementRow, line: CentreEntry) -> bool:
    return (row.total, row.funds, row.account, row.cash) != (line.total, line.funds, line.account, line.cash)


def _on(row: SettlementRow, day: str, number: str, entries: _Entries) -> bool:
    """Whether the statement of this day is the one that has to have it."""
    if number in entries.settled or number in entries.reversed:
        return True
    return row.settled_at is not None and f"{beijing(row.settled_at):%Y-%m-%d}" == day


def _parts(funds: int, account: int, cash: int) -> str:
    return f"基金 {yuan(funds)} 元，个人账户 {yuan(account)} 元，个人支付 {yuan(cash)} 元"


def _said(known: bool | None, asked: int) -> str:
    if not asked:
        return "不参与"
    return "未应答" if known is None else "已结算" if known else "未结算"


def _another_day(one: FindingRow, now: int) -> bool:
    """Of a day before this one, whose statement was not looked at."""
    return f"{beijing(one.since):%Y-%m-%d}" != f"{beijing(now):%Y-%m-%d}"
