"""What hospitals tell the platform of single orders, and what they want patients to be told.

A notice says that an order is not any more what it was; what it is now, the hospital's own record says. So a notice
that is false, late or told twice has the hospital asked once more, and does no harm.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs.queue import revive
from yiqiao.ports.hospital.notices import Happened, Known, OrderNumbers, Pushed, Refund, Refunding
from yiqiao.ports.hospital.refusals import DuplicateSerial, NotOffered, UnknownOrder
from yiqiao.region.appointments.appointment import PAID, REFUNDED
from yiqiao.region.appointments.asking import ask_again
from yiqiao.region.appointments.push import PushTo, opened, sealed
from yiqiao.region.appointments.saga import KIND
from yiqiao.region.appointments.states import ACTING, STATES, State
from yiqiao.storage import Database, Write, appointments, ordinary
from yiqiao.storage.appointments import AppointmentRow, EventRow, PushRow

ASKED_AT_ONCE = frozenset(
    {State.ORDERED, State.BOOKED, State.PAYING, State.REGISTERED, State.STUCK, State.VISITED, State.PAST}
)
"""States in which the hospital is asked how the order stands: it stands there, or its money may have to go back."""
LOOKS_AGAIN = ACTING - ASKED_AT_ONCE - {State.LOCKING, State.RELEASING, State.CHECKING}
"""States whose step is under way: its run turns out to be void, is made again on what is there now, and asks first."""
WORDS = {
    Happened.CANCELLED: "医院通知：订单已取消",
    Happened.REFUNDED: "医院通知：已退费",
    Happened.PRINTED: "医院通知：已取号",
    Happened.PAID: "医院通知：已在医院支付",
}


@dataclass(frozen=True)
class OrderNews:
    """`OrderDesk`: the desk at which notices on single orders arrive. `push_to` None: there is no way to patients."""

    database: Database
    keyring: Keyring
    clock: Clock
    push_to: PushTo | None = None

    def order_changed(self, order: OrderNumbers, happened: Happened, reason: str | None) -> Write[Known]:
        """Have the hospital asked how the order stands. Raises UnknownOrder."""
        now = self.clock.now_ms()
        told = f"{WORDS[happened]}（{reason}）" if reason else WORDS[happened]

        def work(connection: Connection) -> Known:
            row = _mine(connection, order, for_update=True)
            if row.state in ASKED_AT_ONCE:
                ask_again(connection, row, "hospital", told, now)
            elif row.state in LOOKS_AGAIN:
                _look_again(connection, row, told, now)
            return _known(row)

        return ordinary(work)

    async def refund(self, order: OrderNumbers) -> Refund:
        """How the refund of an order stands. Raises UnknownOrder."""
        row = await self.database.read(lambda connection: _mine(connection, order))
        state = _refunding(row)
        refund_no = f"{row.trade_no}R" if row.trade_no and state is not Refunding.NOT else None
        amount = None if state is Refunding.NOT else row.fee
        return Refund(row.order_id, row.order_no, state, amount, refund_no, row.refunded_at)

    def push(self, pushed: Pushed) -> Write[Known]:
        """Tell the patient of an order, once under its serial. Raises UnknownOrder, DuplicateSerial, NotOffered."""
        push_to, now = self.push_to, self.clock.now_ms()
        if push_to is None:
            raise NotOffered("平台没有开通短信，消息没有送出")

        def work(connection: Connection) -> Known:
            row = _mine(connection, pushed.order)
            key_id, text = sealed(self.keyring, row.hospital_id, pushed.serial, pushed.text)
            new = PushRow(row.hospital_id, pushed.serial, row.person_id, row.order_id, key_id, text, now)
            if appointments.add_push(connection, new):
                push_to(connection, new, now)
                return _known(row)
            first = appointments.find_push(connection, row.hospital_id, pushed.serial)
            if first is None or (first.order_id, opened(self.keyring, first)) != (row.order_id, pushed.text):
                raise DuplicateSerial("该流水号已用于另一条消息，请使用新的流水号")
            return _known(row)

        return ordinary(work)


def _mine(connection: Connection, order: OrderNumbers, *, for_update: bool = False) -> AppointmentRow:
    """The order that a hospital means, if it is one of its own. Raises UnknownOrder."""
    row = appointments.of_hospital(connection, *order, for_update=for_update)
    if row is None:
        raise UnknownOrder("平台没有贵院的这个订单，请核对平台订单号与医院订单号")
    return row


def _known(row: AppointmentRow) -> Known:
    return Known(row.order_id, STATES[State(row.state)].title)


def _refunding(row: AppointmentRow) -> Refunding:
    if row.paid == REFUNDED:
        return Refunding.DONE
    if row.state == State.REFUNDING:
        return Refunding.UNDER_WAY
    return Refunding.BY_HAND if row.state == State.STUCK and row.paid == PAID else Refunding.NOT


def _look_again(connection: Connection, row: AppointmentRow, told: str, now: int) -> None:
    """Write the notice down, which makes a run void that is under way."""
    following = row._replace(next_at=now, version=row.version + 1, changed_at=now)
    key = (row.person_id, row.order_id, following.version)
    appointments.change(
        connection, following, EventRow(*key, now, row.state, row.state, "hospital", row.tries, told[:300])
    )
    revive(connection, now, KIND, row.order_id)
