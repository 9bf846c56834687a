"""Payments as the console tells them: lines of lists, what happens next by itself, and the course of a trade."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from yiqiao.region.payments.states import REFUNDS, TABLES, TRADES, Attempt, Owner, Refund, Trade
from yiqiao.region.payments.ways import WAYS, title
from yiqiao.storage.payments import AttemptRow, EventRow, MerchantRow, RefundRow, Row, TradeRow
from yiqiao.web.appointment_lines import COUNTED_MS, Timer, soon

AT = "/console/payments"
TRADES_AT, REFUNDS_AT = f"{AT}/trades", f"{AT}/refunds"
_HAND = frozenset({Trade.STUCK, Attempt.STUCK, Refund.STUCK})
_BAD = frozenset({Trade.FAILED, Trade.RETURNED, Refund.FAILED, Refund.REJECTED})
_GOOD = frozenset({Trade.SUCCEEDED, Attempt.PAID, Refund.SUCCEEDED})
ACTORS = frozenset({"saga", "payer", "desk"})
COMPARED = "reconciliation"


@dataclass(frozen=True)
class Standing:
    """How something stands: its state and what it waits for, `retry` or `poll`, and `next` when; empty where nothing is
    to be said of it.
    """

    kind: str
    state: str
    tone: str
    waits: str
    tries: int
    next: str

    @classmethod
    def of(cls, row: Row, now: int) -> Self:
        """How a trade, an attempt or a refund stands at a moment (epoch ms)."""
        kind = kind_of(row)
        waits = _waits(kind, row.state, row.tries)
        return cls(kind, row.state, _tone(kind, row.state, waits), waits, row.tries, soon(row.next_at, now))


@dataclass(frozen=True)
class TradeLine:
    """A trade in a list; amounts 分."""

    trace_no: str
    out_charge_no: str
    merchant: str
    subject: str
    channel: str
    amount: int
    refunded: int
    refunding: int
    standing: Standing
    reason: str
    created_at: int
    link: str

    @classmethod
    def of(cls, row: TradeRow, names: Mapping[str, str], now: int) -> Self:
        """The line of a trade."""
        return cls(
            trace_no=row.trace_no,
            out_charge_no=row.out_charge_no,
            merchant=names.get(row.merchant_id, row.merchant_id),
            subject=row.subject,
            channel=title(row.channel),
            amount=row.amount,
            refunded=row.refunded,
            refunding=row.refunding,
            standing=Standing.of(row, now),
            reason=row.reason,
            created_at=row.created_at,
            link=f"{TRADES_AT}/{row.trace_no}",
        )


@dataclass(frozen=True)
class AttemptLine:
    """An attempt to pay a trade."""

    order_no: str
    channel: str
    entry: str
    amount: int
    paid_amount: int | None
    external_no: str
    paid_at: int | None
    standing: Standing
    told: str
    link: str

    @classmethod
    def of(cls, row: AttemptRow, now: int) -> Self:
        """The line of an attempt."""
        return cls(
            order_no=row.order_no,
            channel=title(row.channel),
            entry=row.entry,
            amount=row.amount,
            paid_amount=row.paid_amount,
            external_no=row.external_no or "",
            paid_at=row.paid_at,
            standing=Standing.of(row, now),
            told=row.told,
            link=f"{TRADES_AT}/{row.trace_no}",
        )


@dataclass(frozen=True)
class RefundLine:
    """A refund in a list."""

    refund_no: str
    out_refund_no: str
    trace_no: str
    merchant: str
    kind: str
    channel: str
    amount: int
    standing: Standing
    reason: str
    asked_by: str
    approved_by: str
    round: int
    created_at: int
    refunded_at: int | None
    link: str

    @classmethod
    def of(cls, row: RefundRow, names: Mapping[str, str], now: int) -> Self:
        """The line of a refund."""
        return cls(
            refund_no=row.refund_no,
            out_refund_no=row.out_refund_no,
            trace_no=row.trace_no,
            merchant=names.get(row.merchant_id, row.merchant_id),
            kind=row.refund_type,
            channel=title(row.channel),
            amount=row.amount,
            standing=Standing.of(row, now),
            reason=row.reason,
            asked_by=row.asked_by,
            approved_by=row.approved_by or "",
            round=row.round,
            created_at=row.created_at,
            refunded_at=row.refunded_at,
            link=f"{REFUNDS_AT}/{row.refund_no}",
        )


@dataclass(frozen=True)
class Step:
    """A step of a course, or `times` steps of which the same is to be told, the last of them at `until` (epoch ms).

    `subject` is trade, attempt, refund or notice, `number` its own; `actor` saga, payer, desk, channel, reconciliation
    or other, whose name is `name`.
    """

    at: int
    until: int
    subject: str
    number: str
    before: str
    after: str
    actor: str
    name: str
    tries: int
    told: str
    times: int = 1


def kind_of(row: Row) -> str:
    """trade, attempt or refund."""
    if isinstance(row, TradeRow):
        return "trade"
    return "attempt" if isinstance(row, AttemptRow) else "refund"


def owner_of(row: Row) -> Owner:
    """Who acts next."""
    return TABLES[kind_of(row)][row.state].owner


def timer_of(row: Row, now: int) -> Timer | None:
    """What happens to it by itself, if nobody does anything."""
    owner = owner_of(row)
    if owner is Owner.NOBODY:
        return None
    left = max(0, row.next_at - now)
    what = "step" if owner is Owner.SAGA else row.state
    until = ""
    if isinstance(row, TradeRow) and row.state in (Trade.PLACING, Trade.PAYING):
        until = soon(row.deadline, now)
    return Timer(what, soon(row.next_at, now), left if left < COUNTED_MS else None, until)


def course(events: Iterable[EventRow]) -> tuple[Step, ...]:
    """The steps, the newest first; repeats of the same one are told once."""
    steps: list[Step] = []
    for step in map(_step, events):
        last = steps[-1] if steps else None
        if last is not None and _same(last, step):
            steps[-1] = replace(last, until=step.at, tries=step.tries, times=last.times + 1)
        else:
            steps.append(step)
    return tuple(reversed(steps))


def mark(steps: Sequence[Step]) -> str:
    """Another one for every step that was taken."""
    return str(sum(step.times for step in steps))


def names_of(rows: Sequence[MerchantRow]) -> Mapping[str, str]:
    """What merchants are called, by their numbers."""
    return {row.merchant_id: row.name for row in rows}


def _step(event: EventRow) -> Step:
    subject, _, number = event.subject.partition("/")
    actor, name = event.actor, ""
    if actor in WAYS:
        actor, name = "channel", title(actor)
    elif actor.startswith(f"{COMPARED} "):
        actor, _, name = actor.partition(" ")
    elif actor not in ACTORS:
        actor, name = "other", actor
    return Step(event.at, event.at, subject, number, event.before, event.after, actor, name, event.tries, event.told)


def _same(one: Step, other: Step) -> bool:
    def what(step: Step) -> tuple[str, ...]:
        return step.subject, step.number, step.before, step.after, step.actor, step.name, step.told

    return one.before == one.after and what(one) == what(other)


def _waits(kind: str, state: str, tries: int) -> str:
    if not tries or TABLES[kind][state].owner not in (Owner.SAGA, Owner.PAYER):
        return ""
    return "poll" if state == Trade.PAYING else "retry"


def _tone(kind: str, state: str, waits: str) -> str:
    if state in _HAND:
        return "bad"
    if state in _GOOD:
        return "good"
    if waits == "retry" or state == Refund.APPROVING:
        return "warn"
    if TABLES[kind][state].owner is Owner.SAGA:
        return "accent"
    return "bad" if state in _BAD and kind != "attempt" else ""


TRADE_GROUPS: Mapping[str, frozenset[str]] = {
    "stuck": frozenset({Trade.STUCK}),
    "acting": frozenset(state for state, about in TRADES.items() if about.owner is Owner.SAGA),
    "waiting": frozenset(state for state, about in TRADES.items() if about.owner is Owner.PAYER),
    "succeeded": frozenset({Trade.SUCCEEDED}),
    "ended": frozenset(state for state, about in TRADES.items() if about.final) - {Trade.SUCCEEDED},
}
"""The trades by what there is to do; all of them where nothing is chosen."""
REFUND_GROUPS: Mapping[str, frozenset[str]] = {
    "approving": frozenset({Refund.APPROVING}),
    "stuck": frozenset({Refund.STUCK}),
    "acting": frozenset(state for state, about in REFUNDS.items() if about.owner is Owner.SAGA),
    "ended": frozenset(state for state, about in REFUNDS.items() if about.final),
}
