"""Three-way reconciliation: a merchant's day in the books beside the HIS's and the channels', looked at first and kept
as a report, put right then by somebody who may approve it.

Applying does nothing that the hub would not do by itself: a channel is asked again, the next step is taken, the HIS is
told once more after it was asked. Everything else is a task for a person, and the report says which.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.his_billing import HisBilling
from yiqiao.region.payments import asking, merchants
from yiqiao.region.payments.books import BY_HAND
from yiqiao.region.payments.comparison import Comparison
from yiqiao.region.payments.course import Moved
from yiqiao.region.payments.findings import FINE, Apply, Finding, Kind
from yiqiao.region.payments.statements import days_of
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import Database, payment_movements, payment_reports
from yiqiao.storage.payment_reports import ReportRow

LISTED = 1_000
"""So many findings a report tells one by one."""


@dataclass(frozen=True)
class Report:
    """What a comparison found. `away`: sides that could not be asked. `asked`: how many findings were applied."""

    merchant_id: str
    day: str
    at: int
    counts: Mapping[str, int]
    away: tuple[str, ...]
    findings: tuple[Finding, ...]
    applied: bool
    operator: str
    asked: int = 0

    @property
    def whole(self) -> bool:
        """Whether all findings are listed."""
        return sum(count for kind, count in self.counts.items() if kind not in FINE) == len(self.findings)


@dataclass(frozen=True)
class Reconciliation:
    """The comparisons of a payment hub."""

    database: Database
    keyring: Keyring
    clock: Clock
    channels: Channels
    his: HisBilling

    async def run(self, merchant_id: str, day: str, operator: str, *, apply: bool = False) -> Report:
        """Compare a day (yyyy-MM-dd, Beijing), where wanted put right what can be, and keep the report.

        Raises UnknownMerchant, DaysUnfit.
        """
        report = await self.compare(merchant_id, day, operator)
        if apply:
            report = replace(report, applied=True, asked=await self._applied(report))
        return await self.keep(report)

    async def compare(self, merchant_id: str, day: str, operator: str) -> Report:
        """Compare a day, and keep nothing. Raises UnknownMerchant, DaysUnfit."""
        days_of(day, day)

        def look(connection: Connection) -> list[str]:
            offered = merchants.find(connection, self.keyring, merchant_id).settings.channels
            used = payment_movements.channel_codes(connection, merchant_id)
            return sorted({*used, *(code for code in offered if code in self.channels)} - {BY_HAND})

        codes = await self.database.read(look)
        now = self.clock.now_ms()
        under_way = Comparison(self.database, self.channels, self.his, merchant_id, day, now)
        await under_way.run(codes)
        found = tuple(under_way.findings)
        return Report(
            merchant_id,
            day,
            now,
            {str(kind): count for kind, count in under_way.counts.items()},
            tuple(under_way.away),
            found,
            False,
            operator,
        )

    async def keep(self, report: Report) -> Report:
        """Keep a report, under a time of its own."""

        def work(connection: Connection) -> Report:
            kept = replace(report, findings=report.findings[:LISTED])
            # A clock that stands still, as a sandbox's can, would give two reports the same name.
            while payment_reports.report(connection, kept.merchant_id, kept.day, kept.at) is not None:
                kept = replace(kept, at=kept.at + 1)
            payment_reports.add_report(connection, _row(kept))
            return kept

        return await self.database.write(work)

    async def kept(self, limit: int = 30, merchant_id: str | None = None) -> list[Report]:
        """The reports that were made last, the newest first."""
        rows = await self.database.read(lambda c: payment_reports.reports(c, limit, merchant_id))
        return [_report(row) for row in rows]

    async def has(self, merchant_id: str, day: str, operator: str) -> bool:
        """Whether somebody has made a report of a day."""
        return await self.database.read(lambda c: payment_reports.made(c, merchant_id, day, operator))

    async def find(self, merchant_id: str, day: str, at: int) -> Report | None:
        """A report that was kept."""
        row = await self.database.read(lambda c: payment_reports.report(c, merchant_id, day, at))
        return None if row is None else _report(row)

    async def _applied(self, report: Report) -> int:
        """Put right what can be, each finding by itself; what has moved on meanwhile is left. Answers how many."""
        done = 0
        for one in report.findings:
            if one.apply is Apply.NOTHING:
                continue
            try:
                done += await self.database.write(partial(self._act, report=report, finding=one))
            except Moved:
                continue
        return done

    def _act(self, connection: Connection, report: Report, finding: Finding) -> bool:
        now, actor, told = self.clock.now_ms(), f"reconciliation {report.operator}", f"对账 {report.day}：重新核对"
        if finding.apply is Apply.ASK_ORDER:
            order_no = finding.number.removesuffix("R")
            return asking.order(connection, order_no, now, told=told, actor=actor) or asking.trade(
                connection, report.merchant_id, finding.trace_no, now, told=told, actor=actor
            )
        if finding.apply is Apply.ASK_REFUND:
            return asking.refund_of(connection, report.merchant_id, finding.number, now, told=told, actor=actor)
        return asking.trade(connection, report.merchant_id, finding.trace_no, now, told=told, actor=actor)


def _row(report: Report) -> ReportRow:
    findings = orjson.dumps([asdict(one) for one in report.findings]).decode()
    counts = orjson.dumps({**report.counts, _ASKED: report.asked}).decode()
    head = (report.merchant_id, report.day, report.at, int(report.applied), report.operator)
    return ReportRow(*head, counts, orjson.dumps(report.away).decode(), findings)


_ASKED = "asked"


def _report(row: ReportRow) -> Report:
    counts = orjson.loads(row.counts)
    asked = counts.pop(_ASKED)
    findings = (
        Finding(**{**one, "kind": Kind(one["kind"]), "apply": Apply(one["apply"])})
        for one in orjson.loads(row.findings)
    )
    head = (row.merchant_id, row.day, row.at, counts, tuple(orjson.loads(row.away)))
    return Report(*head, tuple(findings), bool(row.applied), row.operator, asked)
