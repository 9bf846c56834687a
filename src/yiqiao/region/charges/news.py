"""What hospitals tell the platform of payments: that one was given back, which they are then asked about."""

from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.jobs.queue import enqueue, reopen
from yiqiao.ports.hospital.notices import Known, OrderNumbers, Refund, Refunding
from yiqiao.ports.hospital.refusals import UnknownOrder
from yiqiao.region.charges.saga import KIND
from yiqiao.region.charges.states import STATES, State
from yiqiao.storage import Database, Write, charges, ordinary
from yiqiao.storage.charges import ChargeEventRow, ChargeRow


@dataclass(frozen=True)
class ChargeNews:
    """`ChargeDesk`: the desk at which notices on payments arrive."""

    database: Database
    clock: Clock

    def charge_refunded(self, order: OrderNumbers, reason: str | None) -> Write[Known]:
        """Have the hospital asked whether a payment that it had written down was given back. Raises UnknownOrder.

        One that is on its way is seen to by the saga; one that is over stays over.
        """
        now = self.clock.now_ms()

        def work(connection: Connection) -> Known:
            row = _mine(connection, order, for_update=True)
            if row.state == State.SETTLED:
                _ask(connection, row, f"医院通知：已退费（{reason}）" if reason else "医院通知：已退费", now)
            return Known(row.charge_id, STATES[State(row.state)].title)

        return ordinary(work)

    async def refund(self, order: OrderNumbers) -> Refund:
        """How the refund of a payment stands. Raises UnknownOrder."""
        row = await self.database.read(lambda connection: _mine(connection, order))
        state = _refunding(row)
        refund_no, amount = (None, None) if state is Refunding.NOT else (f"{row.charge_id}R", row.amount)
        return Refund(row.charge_id, row.receipt_no, state, amount, refund_no, row.refunded_at)


def _mine(connection: Connection, order: OrderNumbers, *, for_update: bool = False) -> ChargeRow:
    """The payment that a hospital means, if it is one of its own. Raises UnknownOrder."""
    row = charges.of_hospital(connection, *order, for_update=for_update)
    if row is None:
        raise UnknownOrder("平台没有贵院的这笔缴费，请核对平台订单号与医院收据号")
    return row


def _refunding(row: ChargeRow) -> Refunding:
    if row.state == State.REFUNDED:
        return Refunding.DONE
    if row.state == State.REFUNDING:
        return Refunding.UNDER_WAY
    unasked = row.state == State.SETTLED and row.reason != ""  # told of, and it could not be asked about
    return Refunding.BY_HAND if row.state == State.STUCK or unasked else Refunding.NOT


def _ask(connection: Connection, row: ChargeRow, told: str, now: int) -> None:
    """Have the saga ask, though the payment had come to its end."""
    following = row._replace(state=State.CHECKING.value, tries=0, next_at=now, version=row.version + 1, changed_at=now)
    key = (row.person_id, row.charge_id, following.version)
    event = ChargeEventRow(*key, now, row.state, following.state, "hospital", 0, told[:300])
    charges.change(connection, following, event)
    if not reopen(connection, now, KIND, row.charge_id):
        data = {"person_id": row.person_id, "charge_id": row.charge_id}
        enqueue(connection, now, KIND, row.charge_id, data)
