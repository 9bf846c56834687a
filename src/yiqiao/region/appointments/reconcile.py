"""A day's appointments beside what the hospital has of them (2012, 2032, 2033): looked at first, put right then.

Ours are asked for by number; the hospital's own lists of the day show what is not known here. What differs is named by
its kind, and applied in one way alone: the saga asks the hospital once more and goes on from its answer. What it cannot
put right by itself is a task for a person, and the report says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import orjson
from sqlalchemy import Connection

from yiqiao.clock import BEIJING, Clock
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.records import OrderNumbers, Record
from yiqiao.ports.hospital.refusals import NoSuchRecord, NotOffered
from yiqiao.region.appointments.appointment import PAID, REFUNDED
from yiqiao.region.appointments.asking import ask_again
from yiqiao.region.appointments.states import ACTING, FINAL, ORDER_STANDS, STATES, State
from yiqiao.storage import Database, appointments
from yiqiao.storage.appointments import AppointmentRow, ReportRow

AT_ONCE = 100
"""Orders that one 2012 may ask for."""
QUIET_MS = 10 * 60_000
"""What has changed so lately may still be on its way between both sides."""
OURS = frozenset({1, 2, 3, 4, 8})
"""CHANNEL_IDs of orders that can only have come through a platform."""


class Kind(StrEnum):
    """What a comparison can come to."""

    MATCHED = "matched"
    IN_FLIGHT = "in_flight"
    STATE = "state"
    AMOUNT = "amount"
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"


TITLES: Mapping[Kind, str] = {
    Kind.MATCHED: "一致",
    Kind.IN_FLIGHT: "在途",
    Kind.STATE: "状态不符",
    Kind.AMOUNT: "金额不符",
    Kind.MISSING_THERE: "医院无此订单",
    Kind.MISSING_HERE: "平台无此订单",
}
APPLIED = frozenset({Kind.STATE, Kind.MISSING_THERE})
"""Kinds that the saga puts right."""


@dataclass(frozen=True)
class Finding:
    """One order on both sides, in words; amounts are 分. `remedy` is empty where there is nothing to do."""

    kind: Kind
    order_id: str
    order_no: str
    here: str
    there: str
    amount_here: int | None
    amount_there: int | None
    remedy: str = ""


@dataclass(frozen=True)
class Report:
    """What a comparison of a hospital's day found; `applied` says whether it was put right, and by whom."""

    hospital_id: str
    day: str
    at: int
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    applied: bool
    operator: str


@dataclass(frozen=True)
class Reconciliation:
    """The region's comparisons with its hospitals."""

    database: Database
    clock: Clock
    hospitals: Hospitals

    async def run(self, hospital_id: str, day: date, operator: str, *, apply: bool = False) -> Report:
        """Compare a day, keep the report, and where wanted put right what can be.

        Raises UnknownHospital, HospitalUnreachable.
        """
        now = self.clock.now_ms()
        first = round(datetime.combine(day, time(0), BEIJING).timestamp() * 1000)
        last = first + round(timedelta(days=1).total_seconds() * 1000) - 1
        ours = await self.database.read(lambda c: appointments.of_time(c, hospital_id, f"{day}", first, last))
        theirs = await self._asked(hospital_id, ours)
        listed = await self._listed(hospital_id, day, first, last)
        unknown = sorted({one.order_id for one in listed if one.order_id} - {row.order_id for row in ours})
        known = await self.database.read(lambda c: appointments.known(c, unknown))
        found = [_compared(row, theirs.get(row.order_id), now) for row in ours if row.order_no or row.state in ACTING]
        strangers = {one.order_id: one for one in listed if one.order_id and one.channel in OURS}
        found += [_missing_here(strangers[name]) for name in unknown if name not in known and name in strangers]
        counts = Counter(one.kind.value for one in found)
        told = tuple(one for one in found if one.kind is not Kind.MATCHED)
        report = Report(hospital_id, f"{day}", now, dict(counts), told, apply, operator)
        return await self.database.write(lambda c: self._keep(c, report, {row.order_id: row for row in ours}))

    async def kept(self, limit: int = 30) -> list[Report]:
        """The reports that were made last, the newest first."""
        return [_report(row) for row in await self.database.read(lambda c: appointments.reports(c, limit))]

    async def find(self, hospital_id: str, day: str, at: int) -> Report | None:
        """A report that was kept."""
        row = await self.database.read(lambda c: appointments.report(c, hospital_id, day, at))
        return None if row is None else _report(row)

    async def _asked(self, hospital_id: str, rows: Sequence[AppointmentRow]) -> dict[str, Record]:
        records = self.hospitals.of(hospital_id).records
        wanted = [OrderNumbers(row.order_id, row.order_no) for row in rows if row.order_no or row.state in ACTING]
        found: dict[str, Record] = {}
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            by_no = {one.order_no: one.order_id for one in part if one.order_no}
            try:
                for record in await records.by_numbers(part):
                    found[record.order_id or by_no.get(record.order_no) or ""] = record
            except NoSuchRecord:
                continue
        return found

    async def _listed(self, hospital_id: str, day: date, first: int, last: int) -> list[Record]:
        """What the hospital has booked for the day and registered on it; nothing where it does not show its lists."""
        records = self.hospitals.of(hospital_id).records
        found: list[Record] = []
        for question in (records.booked_for(f"{day}"), records.registered_between(first, last, None, None)):
            try:
                found += await question
            except (NoSuchRecord, NotOffered):
                continue
        return found

    def _keep(self, connection: Connection, report: Report, ours: Mapping[str, AppointmentRow]) -> Report:
        # A clock that stands still, as a sandbox's can, would give two reports the same name.
        while appointments.report(connection, report.hospital_id, report.day, report.at) is not None:
            report = replace(report, at=report.at + 1)
        if report.applied:
            for one in report.findings:
                if one.kind in APPLIED:
                    ask_again(
                        connection,
                        ours[one.order_id],
                        f"reconciliation {report.operator}",
                        "对账：重新核对",
                        report.at,
                    )
        content = orjson.dumps([asdict(one) for one in report.findings]).decode()
        counts = orjson.dumps(dict(report.counts)).decode()
        row = (report.hospital_id, report.day, report.at, int(report.applied), report.operator, counts, content)
        appointments.add_report(connection, ReportRow(*row))
        return report


def _compared(row: AppointmentRow, record: Record | None, now: int) -> Finding:
    state = State(row.state)
    there = "无" if record is None else f"{_STATES[record.state]}，{_PAID[record.paid]}"
    here = f"{STATES[state].title}，{_PAID[Paid(row.paid)]}"
    asked = None if record is None else record.payable
    base = Finding(Kind.MATCHED, row.order_id, row.order_no or "", here, there, row.fee, asked)
    if state in ACTING or now - row.changed_at < QUIET_MS:
        return replace(base, kind=Kind.IN_FLIGHT)
    if record is None:
        if state in FINAL - {State.VISITED, State.PAST}:
            return base  # neither side expects the patient
        return replace(base, kind=Kind.MISSING_THERE, remedy=_REMEDY[Kind.MISSING_THERE])
    if not _agree(row, state, record):
        return replace(base, kind=Kind.STATE, remedy=_REMEDY[Kind.STATE])
    if state in ORDER_STANDS and record.payable != row.fee:
        return replace(base, kind=Kind.AMOUNT, remedy=_REMEDY[Kind.AMOUNT])
    return base


def _agree(row: AppointmentRow, state: State, record: Record) -> bool:
    """Whether both sides mean the same."""
    if state in ORDER_STANDS:
        money = record.paid is Paid.PAID if state is State.REGISTERED else record.paid is Paid.UNPAID
        return money and record.state in (OrderState.BOOKED, OrderState.REGISTERED, OrderState.FETCHED)
    if state in (State.VISITED, State.PAST):
        return record.state not in (OrderState.CANCELLED, OrderState.STOPPED) or row.paid == REFUNDED
    over = record.state in (OrderState.CANCELLED, OrderState.STOPPED)
    return over and not (row.paid == PAID and state is not State.STUCK)


def _missing_here(record: Record) -> Finding:
    there = f"{_STATES[record.state]}，{_PAID[record.paid]}"
    remedy = _REMEDY[Kind.MISSING_HERE]
    return Finding(Kind.MISSING_HERE, record.order_id or "", record.order_no, "无", there, None, record.payable, remedy)


def _report(row: ReportRow) -> Report:
    findings = (Finding(**{**one, "kind": Kind(one["kind"])}) for one in orjson.loads(row.findings))
    head = (row.hospital_id, row.day, row.at, orjson.loads(row.counts))
    return Report(*head, tuple(findings), bool(row.applied), row.operator)


def in_words(findings: Iterable[Finding]) -> Iterable[str]:
    """A line a finding, for a terminal."""
    for one in findings:
        yield f"{TITLES[one.kind]}  {one.order_id}  平台：{one.here}  医院：{one.there}  {one.remedy}".rstrip()


_STATES: Mapping[OrderState, str] = {
    OrderState.BOOKED: "已预约",
    OrderState.REGISTERED: "已挂号",
    OrderState.FETCHED: "已取号",
    OrderState.VISITED: "已就诊",
    OrderState.CANCELLED: "已取消",
    OrderState.STOPPED: "停诊",
}
_PAID: Mapping[Paid, str] = {Paid.UNPAID: "未支付", Paid.PAID: "已支付", Paid.REFUNDED: "已退款"}
_REMEDY: Mapping[Kind, str] = {
    Kind.STATE: "应用后以医院记录为准：补登、取消或退款",
    Kind.MISSING_THERE: "应用后再向医院查询一次；仍没有时，未付的取消，已付的转人工",
    Kind.AMOUNT: "请与医院核对收费项目后人工处理",
    Kind.MISSING_HERE: "请核对是否由其他平台所下；平台没有收过这笔款",
}
