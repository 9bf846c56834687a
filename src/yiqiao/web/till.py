"""What a cashier's page says of a trade: where it stands, how it can be paid, and how it ended."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from yiqiao.ports.payment_channel import Entry
from yiqiao.region.payments.orders import Standing
from yiqiao.region.payments.states import FINAL_TRADES, TRADES, Act, Attempt, Trade
from yiqiao.region.payments.ways import WAYS, title
from yiqiao.storage.payments import AttemptRow, TradeRow


class Stage(StrEnum):
    """Where a trade stands, as its payer sees it."""

    CHOOSE = "choose"
    PLACING = "placing"  # the channel is being asked
    SCAN = "scan"  # the payer scans what is shown
    GO = "go"  # the payer goes to the channel's page
    CONFIRM = "confirm"  # the payer's code was scanned: a password may be asked for
    TAKING = "taking"  # the desk has taken it
    UNSURE = "unsure"  # somebody did not answer, or the payer says that they have paid
    CLOSING = "closing"
    TELLING = "telling"
    DONE = "done"
    RETURNING = "returning"
    STUCK = "stuck"
    RETURNED = "returned"
    FAILED = "failed"
    CLOSED = "closed"


_BY_STATE: Mapping[str, Stage] = {
    Trade.CLOSING: Stage.CLOSING,
    Trade.TELLING: Stage.TELLING,
    Trade.SUCCEEDED: Stage.DONE,
    Trade.RETURNING: Stage.RETURNING,
    Trade.STUCK: Stage.STUCK,
    Trade.RETURNED: Stage.RETURNED,
    Trade.FAILED: Stage.FAILED,
    Trade.CLOSED: Stage.CLOSED,
}
_BY_ENTRY: Mapping[str, Stage] = {
    Entry.QR: Stage.SCAN,
    Entry.PHONE: Stage.GO,
    Entry.SCANNED: Stage.CONFIRM,
    Entry.DESK: Stage.TAKING,
}
TONES: Mapping[Stage, str] = {
    Stage.CHOOSE: "",
    Stage.SCAN: "warn",
    Stage.GO: "warn",
    Stage.DONE: "good",
    Stage.TELLING: "good",
    Stage.STUCK: "bad",
    Stage.RETURNED: "bad",
    Stage.FAILED: "bad",
    Stage.CLOSED: "",
}
"""What is under way, where nothing stands here."""
CHANGEABLE = frozenset({Stage.SCAN, Stage.GO, Stage.CONFIRM})
"""Another way may be chosen: that it was not paid yet can be known."""
PAID = frozenset({Stage.TELLING, Stage.DONE})
SURPLUS: Mapping[str, str] = {
    Attempt.SURPLUS: "returning",
    Attempt.STUCK: "stuck",
    Attempt.RETURNED: "returned",
}
"""What becomes of money that was paid besides."""


@dataclass(frozen=True)
class WayLine:
    """A way to pay: its entries by the width of the window, and a mark of what is drawn beside its name."""

    code: str
    title: str
    icon: str
    on_phone: str
    on_desk: str


@dataclass(frozen=True)
class Surplus:
    """Money that was paid besides: 分, and whether it is returning, returned, or with a person (stuck)."""

    amount: int
    becomes: str


@dataclass(frozen=True)
class Told:
    """A trade as its payer sees it. Amounts are 分, `patient` is masked; `before` is the balance before it is paid, as
    the HIS has told it, `after` afterwards. `channel` and `paid_at` (epoch ms) are those of the payment, or of the way
    that was chosen. `received` is the cash that the desk was given.
    """

    trace_no: str
    stage: Stage
    tone: str
    payee: str
    subject: str
    patient: str
    amount: int
    before: int | None
    after: int | None
    channel: str
    paid_at: int | None
    external_no: str
    refunded: int
    refunding: int
    reason: str
    received: int | None
    surplus: tuple[Surplus, ...] = ()

    @property
    def change(self) -> int:
        """What the desk gives back of the cash."""
        return 0 if self.received is None else self.received - self.amount

    @property
    def mark(self) -> str:
        """Another one for everything that is shown otherwise."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a form of the desk's: which (cash, slip, scan), what, and what was typed in it."""

    form: str
    what: str
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)


def stage_of(standing: Standing, now: int, asked: str) -> Stage:
    """Where a trade stands, at a moment (epoch ms). `asked`: the order of which the payer says that it is paid."""
    trade, attempt = standing.trade, attempt_of(standing)
    if trade.state == Trade.OPENED or attempt is None:
        return _BY_STATE.get(trade.state, Stage.CHOOSE if now < trade.deadline else Stage.CLOSING)
    if trade.state == Trade.PLACING:
        return Stage.UNSURE if trade.uncertain else Stage.PLACING
    if trade.state != Trade.PAYING:
        return _BY_STATE[trade.state]
    if asked == attempt.order_no:
        return Stage.UNSURE
    stage = _BY_ENTRY[attempt.entry]
    return stage if attempt.pay_url or stage not in (Stage.SCAN, Stage.GO) else Stage.CONFIRM


def told(standing: Standing, stage: Stage, patient: str, before: int | None, received: int | None) -> Told:
    """What of a trade its payer is shown; `patient` is masked."""
    trade, attempt = standing.trade, attempt_of(standing)
    ended_well = stage in PAID
    return Told(
        trace_no=trade.trace_no,
        stage=stage,
        tone=TONES.get(stage, "accent"),
        payee=standing.merchant.name,
        subject=trade.subject,
        patient=patient,
        amount=trade.amount,
        before=None if ended_well else before,
        after=trade.balance if ended_well else None,
        channel=title(attempt.channel) if attempt else "",
        paid_at=trade.paid_at,
        external_no=trade.external_no or "",
        refunded=trade.refunded,
        refunding=trade.refunding,
        reason="" if ended_well else trade.reason,
        received=received,
        surplus=surplus_of(standing.attempts),
    )


def attempt_of(standing: Standing) -> AttemptRow | None:
    """The attempt that pays or is to pay the trade."""
    order_no = standing.trade.order_no
    return next((one for one in standing.attempts if one.order_no == order_no), None)


def surplus_of(attempts: Sequence[AttemptRow]) -> tuple[Surplus, ...]:
    """What was paid besides."""
    return tuple(Surplus(one.paid_amount or 0, SURPLUS[one.state]) for one in attempts if one.state in SURPLUS)


def under_way(trade: TradeRow) -> bool:
    """Whether something may still become of it."""
    return trade.state not in FINAL_TRADES


def gives_up(stage: Stage, trade: TradeRow) -> bool:
    """Whether it may be given up: not while nobody knows if it was paid."""
    return Act.CANCEL in TRADES[trade.state].acts and (stage in CHANGEABLE or stage is Stage.CHOOSE)


def ways_of(offered: Sequence[str]) -> tuple[WayLine, ...]:
    """The ways that a payer chooses, of those on offer."""
    return tuple(_line(code) for code in offered if not WAYS[code].at_desk)


def _line(code: str) -> WayLine:
    way = WAYS[code]
    phone = Entry.PHONE if Entry.PHONE in way.entries else way.entries[0]
    desk = Entry.QR if Entry.QR in way.entries else way.entries[0]
    return WayLine(code, way.title, ICONS.get(code, "wallet"), phone, desk)


ICONS: Mapping[str, str] = {"WECHAT": "bubble", "ALIPAY": "wallet"}
