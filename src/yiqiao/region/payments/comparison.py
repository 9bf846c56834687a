"""A merchant's day in the books, beside what the channels and the HIS have of it.

The books are read once, page by page, and each movement is looked for on both sides. What is then left over on either
side is looked into: a side may have it on a neighbouring day, or know an order that stands otherwise with us.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.money import yuan
from yiqiao.ports.his_billing import HisBilling, HisEntry
from yiqiao.ports.payment_channel import StatementLine
from yiqiao.region.payments import stated
from yiqiao.region.payments.books import BY_HAND, CHARGE
from yiqiao.region.payments.findings import (
    ASKED,
    BY_PERSON,
    BY_PERSON_STATE,
    GOES_ON,
    HIS,
    TOLD,
    Apply,
    Finding,
    Kind,
)
from yiqiao.region.payments.stated import Stated
from yiqiao.region.payments.statements import KINDS, LineKind, kind_of, pages
from yiqiao.region.payments.states import (
    ATTEMPTS,
    FINAL_ATTEMPTS,
    FINAL_REFUNDS,
    FINAL_TRADES,
    REFUNDS,
    TRADES,
    Attempt,
    Refund,
    RefundType,
    Trade,
)
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import Database, payment_movements
from yiqiao.storage.payment_movements import OUT, TAKEN, Booked, KnownOrder, KnownRefund, MovementRow

T = TypeVar("T")
TOLERANCE_MS = 10 * 60_000
"""So far apart two sides may book a movement on different days."""
QUIET_MS = 10 * 60_000
"""What was booked so lately may still be on its way between the sides."""
MOST_FINDINGS = 10_000
"""So many are told one by one; all are counted."""
AT_ONCE = 5_000
ONE_WAY = frozenset({LineKind.PAYMENT, LineKind.REFUND})


@dataclass
class Comparison:
    """One comparison under way; `away` are the sides whose lines could not be had."""

    database: Database
    channels: Channels
    his: HisBilling
    merchant_id: str
    day: str
    now: int
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    _open: Counter[str] = field(default_factory=Counter, init=False)
    """On how many sides a movement, by its act, was not met on the day."""

    async def run(self, codes: Sequence[str]) -> None:
        """Compare with these channels and the HIS. Raises StorageUnreachable, StorageFailed."""
        sides: dict[str, Stated[StatementLine]] = {}
        for code in codes:
            lines = await self._asked(code, self.day)
            if lines is not None:
                sides[code] = stated.of_channel(lines)
        entries = await self._his_entries(self.day)
        his = None if entries is None else stated.of_his(entries)
        not_there: list[MovementRow] = []
        not_at_his: list[MovementRow] = []
        async for rows in pages(self.database, self.merchant_id, self.day):
            for row in rows:
                at_channel = self._at_channel(row, sides)
                at_his = his is None or self._at_his(row, his)
                if at_channel is None:
                    not_there.append(row)
                    self._open[row.act] += 1
                if at_his is None:
                    not_at_his.append(row)
                    self._open[row.act] += 1
                if at_channel and at_his:
                    self.counts[self._fine(row)] += 1
        await self._look_into_channels(sides, not_there)
        if his is not None:
            await self._look_into_his(his, not_at_his)

    def _at_channel(self, row: MovementRow, sides: Mapping[str, Stated[StatementLine]]) -> bool | None:
        """Whether the channel has it as we do: None where it does not have it, False where that was told."""
        if row.channel == BY_HAND:
            return True
        side = sides.get(row.channel)
        if side is None:
            return True
        line = side.meet(row.number, taken=row.taken)
        if line is None:
            return None
        return line.amount == row.amount or self._amount(row, row.channel, line.number, line.amount)

    def _at_his(self, row: MovementRow, his: Stated[HisEntry]) -> bool | None:
        kind = kind_of(row)
        if row.against == CHARGE:
            return True  # the HIS knows of the settlement that it is a part of
        if kind is LineKind.PAYMENT:
            number, wanted = row.trace_no, row.trade_state
        elif kind is LineKind.REFUND:
            number, wanted = row.out_refund_no or "", row.refund_state
        else:
            return True  # the HIS knows nothing of money that went back by itself
        entry = his.meet(number, taken=row.taken)
        if entry is None:
            if row.refund_type == RefundType.HIS_DECIDE or (row.taken and wanted == Trade.RETURNED):
                return True
            return None
        if row.taken and wanted == Trade.RETURNED:
            there = f"已入账 {yuan(entry.amount)} 元"
            self._tell(Kind.STATE, HIS, number, row, there, entry.amount, BY_PERSON_STATE["returned"])
            return False
        return entry.amount == row.amount or self._amount(row, HIS, number, entry.amount)

    def _fine(self, row: MovementRow) -> Kind:
        """Under which kind a movement is counted that is the same wherever it was compared."""
        if row.channel == BY_HAND:
            return Kind.BY_HAND
        if row.channel in self.away or HIS in self.away:
            return Kind.UNASKED
        pair = kind_of(row) not in ONE_WAY or row.trade_state == Trade.RETURNED
        return Kind.REVERSED if pair else Kind.MATCHED

    def _amount(self, row: MovementRow, side: str, number: str, amount: int) -> bool:
        self._tell(Kind.AMOUNT, side, number, row, f"{yuan(amount)} 元", amount, BY_PERSON[Kind.AMOUNT])
        return False

    async def _look_into_channels(
        self, sides: Mapping[str, Stated[StatementLine]], not_there: Sequence[MovementRow]
    ) -> None:
        """Movements that a channel does not have on the day, and lines of the day that the books do not have."""
        for code in sorted({row.channel for row in not_there}):
            near = [
                line for day in _neighbours(self.day) for line in (await self._asked(code, day, quietly=True) or ())
            ]
            around = stated.of_channel(near)
            for row in (one for one in not_there if one.channel == code):
                line = around.meet(row.number, taken=row.taken)
                self._elsewhere(row, code, row.number, None if line is None else (line.amount, line.at))
        for code, side in sides.items():
            for part in _parts(side.left()):
                await self._strangers(code, side, part)

    async def _look_into_his(self, his: Stated[HisEntry], not_at_his: Sequence[MovementRow]) -> None:
        if not_at_his:
            near = [one for day in _neighbours(self.day) for one in (await self._his_entries(day, quietly=True) or ())]
            around = stated.of_his(near)
            for row in not_at_his:
                number = row.trace_no if row.taken else row.out_refund_no or ""
                entry = around.meet(number, taken=row.taken)
                self._elsewhere(row, HIS, number, None if entry is None else (entry.amount, entry.at))
        for part in _parts(his.left()):
            await self._his_strangers(his, part)

    def _elsewhere(self, row: MovementRow, side: str, number: str, found: tuple[int, int] | None) -> None:
        """A movement of ours that a side has on another day, or not at all."""
        if found is not None:
            amount, at = found
            if amount != row.amount:
                self._amount(row, side, number, amount)
            elif abs(at - row.at) <= TOLERANCE_MS:
                self._open[row.act] -= 1
                if not self._open[row.act]:
                    self.counts[self._fine(row)] += 1
            else:
                self._tell(Kind.DAY, side, number, row, f"记在 {readable(at)}", amount, "")
            return
        going = row.trade_state not in FINAL_TRADES if row.taken else row.refund_state not in {None, *FINAL_REFUNDS}
        if side == HIS and going:
            apply = Apply.GO_ON if row.taken else Apply.ASK_REFUND
            self._tell(Kind.IN_FLIGHT, side, number, row, "无", None, GOES_ON, apply)
        elif self.now - row.at < QUIET_MS:
            self._tell(Kind.IN_FLIGHT, side, number, row, "无", None, "")
        elif side != HIS:
            self._tell(Kind.MISSING_AT_CHANNEL, side, number, row, "无", None, BY_PERSON[Kind.MISSING_AT_CHANNEL])
        elif row.taken and row.trade_state == Trade.SUCCEEDED and not row.given_back:
            self._tell(Kind.MISSING_AT_HIS, side, number, row, "无", None, TOLD, Apply.TELL)
        else:
            self._tell(Kind.MISSING_AT_HIS, side, number, row, "无", None, BY_PERSON[Kind.MISSING_AT_HIS])

    async def _strangers(self, code: str, side: Stated[StatementLine], lines: Sequence[StatementLine]) -> None:
        """Lines of a channel that the books of the day do not have; those of other merchants are theirs."""
        known = {
            one.order_no: one
            for one in await self._read(lambda c: payment_movements.orders(c, [line.order_no for line in lines]))
        }
        mine = [line for line in lines if line.order_no not in known or self._ours(known[line.order_no])]
        acts = [f"{TAKEN if side.taken(line) else OUT}{line.number}" for line in mine]
        booked = await self._read(lambda c: payment_movements.booked(c, self.merchant_id, acts))
        numbers = [line.number for line in mine if not side.taken(line)]
        refunds = {
            one.refund_no: one
            for one in await self._read(lambda c: payment_movements.refunds(c, self.merchant_id, numbers, ours=True))
        }
        for line, act in zip(mine, acts, strict=True):
            order = known.get(line.order_no)
            if act in booked:
                trace_no = order.trace_no if order else ""
                self._booked_otherwise(code, line.number, trace_no, booked[act], line.amount, line.at)
            elif order is None:
                self._unknown(code, line.number, line.amount, line.at)
            elif side.taken(line):
                self._unheard_payment(code, line, order)
            else:
                self._unheard_refund(code, line, order, refunds.get(line.number))

    def _ours(self, order: KnownOrder) -> bool:
        return order.merchant_id == self.merchant_id

    def _unheard_payment(self, code: str, line: StatementLine, order: KnownOrder) -> None:
        here, there = ATTEMPTS[order.state].title, f"已支付 {yuan(line.amount)} 元"
        asked = order.state not in FINAL_ATTEMPTS or order.state in (Attempt.FAILED, Attempt.CLOSED)
        remedy, apply = (ASKED, Apply.ASK_ORDER) if asked else (BY_PERSON[Kind.MISSING_HERE], Apply.NOTHING)
        self._add(Finding(Kind.STATE, code, line.number, order.trace_no, here, there, None, line.amount, remedy, apply))

    def _unheard_refund(self, code: str, line: StatementLine, order: KnownOrder, refund: KnownRefund | None) -> None:
        there = f"已退款 {yuan(line.amount)} 元"
        if refund is not None:
            here, going = REFUNDS[refund.state].title, refund.state not in FINAL_REFUNDS
            apply = Apply.ASK_REFUND
        else:
            here, going = "退回中", line.number.endswith("R")  # a trade or an attempt that gives its money back
            apply = Apply.ASK_ORDER
        remedy, apply = (ASKED, apply) if going else (BY_PERSON_STATE["paid_out"], Apply.NOTHING)
        self._add(Finding(Kind.STATE, code, line.number, order.trace_no, here, there, None, line.amount, remedy, apply))

    async def _his_strangers(self, his: Stated[HisEntry], entries: Sequence[HisEntry]) -> None:
        paid_in = [one.number for one in entries if his.taken(one)]
        given = [one.number for one in entries if not his.taken(one)]
        trades = {
            number: (state, order_no)
            for number, state, order_no in await self._read(
                lambda c: payment_movements.trades(c, self.merchant_id, paid_in)
            )
        }
        refunds = {
            one.out_refund_no: one
            for one in await self._read(lambda c: payment_movements.refunds(c, self.merchant_id, given, ours=False))
        }
        acts = [f"{TAKEN}{order_no}" for _, order_no in trades.values() if order_no]
        acts += [f"{OUT}{one.refund_no}" for one in refunds.values()]
        booked = await self._read(lambda c: payment_movements.booked(c, self.merchant_id, acts))
        for one in entries:
            if his.taken(one):
                state, order_no = trades.get(one.number, (None, None))
                self._his_recharge(one, state, booked.get(f"{TAKEN}{order_no}"))
            else:
                refund = refunds.get(one.number)
                self._his_refund(one, refund, booked.get(f"{OUT}{refund.refund_no}") if refund else None)

    def _his_recharge(self, entry: HisEntry, state: str | None, booked: Booked | None) -> None:
        if booked is not None:
            self._booked_otherwise(HIS, entry.number, entry.number, booked, entry.amount, entry.at)
        elif state is None:
            self._unknown(HIS, entry.number, entry.amount, entry.at)
        else:
            there = f"已入账 {yuan(entry.amount)} 元"
            head = (Kind.STATE, HIS, entry.number, entry.number, TRADES[state].title, there, None, entry.amount)
            self._add(Finding(*head, BY_PERSON_STATE["not_taken"]))

    def _his_refund(self, entry: HisEntry, refund: KnownRefund | None, booked: Booked | None) -> None:
        if refund is None:
            self._unknown(HIS, entry.number, entry.amount, entry.at)
        elif booked is not None:
            self._booked_otherwise(HIS, entry.number, refund.trace_no, booked, entry.amount, entry.at)
        else:
            going = refund.state not in (Refund.SUCCEEDED, Refund.FAILED, Refund.REJECTED)
            kind = Kind.IN_FLIGHT if going else Kind.STATE
            remedy = GOES_ON if going else BY_PERSON_STATE["his_refunded"]
            there, here = f"已退账 {yuan(entry.amount)} 元", REFUNDS[refund.state].title
            head = (kind, HIS, entry.number, refund.trace_no, here, there, None, entry.amount)
            self._add(Finding(*head, remedy, Apply.ASK_REFUND if going else Apply.NOTHING))

    def _booked_otherwise(self, side: str, number: str, trace_no: str, booked: Booked, amount: int, at: int) -> None:
        """A line of the day that the books have: on another day, or on this one under a line that came before."""
        here, there = f"{yuan(booked.amount)} 元，记在 {readable(booked.at)}", f"{yuan(amount)} 元，记在 {readable(at)}"
        head = (side, number, trace_no, here, there, booked.amount, amount)
        if booked.day == self.day:
            self._add(Finding(Kind.TWICE, *head, BY_PERSON[Kind.TWICE]))
        elif booked.amount != amount:
            self._add(Finding(Kind.AMOUNT, *head, BY_PERSON[Kind.AMOUNT]))
        elif abs(booked.at - at) > TOLERANCE_MS:
            self._add(Finding(Kind.DAY, *head))

    def _unknown(self, side: str, number: str, amount: int, at: int) -> None:
        there, remedy = f"{yuan(amount)} 元，{readable(at)}", BY_PERSON[Kind.MISSING_HERE]
        self._add(Finding(Kind.MISSING_HERE, side, number, "", "无", there, None, amount, remedy))

    def _tell(
        self,
        kind: Kind,
        side: str,
        number: str,
        row: MovementRow,
        there: str,
        amount: int | None,
        remedy: str,
        apply: Apply = Apply.NOTHING,
    ) -> None:
        state = REFUNDS[row.refund_state].title if row.refund_state else TRADES[row.trade_state or ""].title
        here = f"{KINDS[kind_of(row)]} {yuan(row.amount)} 元，{state}"
        self._add(Finding(kind, side, number, row.trace_no, here, there, row.amount, amount, remedy, apply))

    def _add(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)

    async def _asked(self, code: str, day: str, *, quietly: bool = False) -> Sequence[StatementLine] | None:
        """A channel's statement; None where it cannot be had, which is remembered unless asked `quietly`."""
        try:
            channel = self.channels.get(code)
            if channel is not None:
                return await channel.statement(day)
        except DomainError:
            pass
        if not quietly:
            self.away.append(code)
        return None

    async def _his_entries(self, day: str, *, quietly: bool = False) -> Sequence[HisEntry] | None:
        try:
            return await self.his.entries(self.merchant_id, day)
        except DomainError:
            if not quietly:
                self.away.append(HIS)
            return None

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self.database.read(work)


def _neighbours(day: str) -> tuple[str, str]:
    middle = date.fromisoformat(day)
    return f"{middle - timedelta(days=1)}", f"{middle + timedelta(days=1)}"


def _parts(lines: Iterator[T]) -> Iterator[list[T]]:
    """In parts that one question asks for."""
    part: list[T] = []
    for line in lines:
        part.append(line)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part
