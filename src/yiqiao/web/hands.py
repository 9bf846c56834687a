"""What needs a hand today: appointments and payments that are stuck, have to try again, or are not gone on with."""

from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.region.appointments.states import ACTING, State
from yiqiao.region.insurance.states import NEEDS_A_HAND as SETTLEMENTS
from yiqiao.region.payments.states import NEEDS_A_HAND, TABLES, Owner, Refund
from yiqiao.storage import Database, appointments, insurance, payment_lists
from yiqiao.storage.appointments import BacklogRow
from yiqiao.web.appointment_lines import soon

LATE_MS = 60_000
"""A step that is due longer than this is not being taken."""
LOOKED_AT = (*ACTING, State.STUCK)
WAITING = (NEEDS_A_HAND, Refund.APPROVING)
"""States of payments in which a person acts."""
MOST = 1000
"""So many settlements are counted; there should be none."""


MONEY = {
    kind: [state for state, about in states.items() if about.owner is Owner.SAGA or state in WAITING]
    for kind, states in TABLES.items()
}


@dataclass(frozen=True)
class PaymentHands:
    """How many trades, attempts and refunds wait for a person, how many refunds for an approver, and how many try
    again, the first of these at `next`, a text.
    """

    stuck: int = 0
    approving: int = 0
    retrying: int = 0
    next: str = ""


@dataclass(frozen=True)
class SettlementHands:
    """How many settlements wait for a person, and how many stand on one side only."""

    stuck: int = 0
    one_sided: int = 0

    @property
    def needed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.stuck or self.one_sided)


@dataclass(frozen=True)
class Hands:
    """How many appointments wait for a person, and how many try again, the first of these at `next`. `late`: since when
    the step that is due first has not been taken; empty where all is in time. Both are texts.
    """

    stuck: int = 0
    retrying: int = 0
    next: str = ""
    late: str = ""
    payments: PaymentHands = PaymentHands()
    settlements: SettlementHands = SettlementHands()

    @property
    def needed(self) -> bool:
        """Whether there is anything to tell."""
        others = self.payments != PaymentHands() or self.settlements.needed
        return bool(self.stuck or self.retrying or self.late or others)


async def hands(database: Database, clock: Clock) -> Hands:
    """What needs a hand now. Raises StorageUnreachable, StorageFailed."""

    def read(connection: Connection) -> tuple[list[BacklogRow], list[payment_lists.BacklogRow], SettlementHands]:
        money = [row for kind, states in MONEY.items() for row in payment_lists.backlog(connection, kind, states)]
        settlements = SettlementHands(
            stuck=len(insurance.newest(connection, MOST, states=SETTLEMENTS)),
            one_sided=len(insurance.findings(connection, limit=MOST)),
        )
        return appointments.backlog(connection, LOOKED_AT), money, settlements

    rows, money, settlements = await database.read(read)
    now = clock.now_ms()
    acting = [row for row in rows if row.state != State.STUCK]
    # Who pays takes their time: that is asked for again and again, and is no failure.
    retrying = [row for row in acting if row.retrying and row.state != State.PAYING]
    due = [row.next_at for row in acting] + [row.next_at for row in money if row.state not in WAITING]
    first = min(due, default=now)
    return Hands(
        stuck=sum(row.number for row in rows if row.state == State.STUCK),
        retrying=sum(row.retrying for row in retrying),
        next=soon(min(row.next_at for row in retrying), now) if retrying else "",
        late=soon(first, now) if now - first > LATE_MS else "",
        payments=_of_payments(money, now),
        settlements=settlements,
    )


def _of_payments(rows: list[payment_lists.BacklogRow], now: int) -> PaymentHands:
    retrying = [row for row in rows if row.retrying and row.state not in WAITING]
    return PaymentHands(
        stuck=sum(row.number for row in rows if row.state == NEEDS_A_HAND),
        approving=sum(row.number for row in rows if row.state == Refund.APPROVING),
        retrying=sum(row.retrying for row in retrying),
        next=soon(min(row.next_at for row in retrying), now) if retrying else "",
    )
