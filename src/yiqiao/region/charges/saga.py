"""The course of a charge: a job a row, one step a run, each written down together with the job's own end.

The money is taken first, since the hospital writes down what was paid (3002, 4002). What it refuses after that goes
back to its payer; what it does not answer is asked for (3004, 4003) before it is told again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Backoff, Done, Job, Outcome
from yiqiao.jobs.job import Writes
from yiqiao.ports.cashier import (
    Cashier,
    CashierRefused,
    CashierSilent,
    CashierUnreachable,
    RefundState,
    RefundWish,
    Trade,
    TradeState,
    TradeWish,
)
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.inpatient import DepositQuestion, DepositWish
from yiqiao.ports.hospital.outpatient import PaymentQuestion, PaymentState, PaymentWish
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    NoSuchRecord,
    OutcomeUnknown,
)
from yiqiao.region.appointments.move import POLLS_S, WAITS_S
from yiqiao.region.appointments.saga import Moved
from yiqiao.region.appointments.steps import APP_ID, AWAY, Perform
from yiqiao.region.charges.charge import Charge, Kind, opened
from yiqiao.region.charges.states import FINAL, State, may_follow
from yiqiao.storage import Database, charges
from yiqiao.storage.charges import ChargeEventRow, ChargeRow

KIND = "charge"
BACKOFF = Backoff(waits_s=(0.2, 1, 5, 30, 60), attempts=10_000)
PAY_S = 1800
STUCK_S = 86_400
TELL_TRIES = 40
"""Some half a day at the waits' end: then the money goes back."""
ASKED_BEFORE_REFUNDED = 2
"""A payment that is not there any more is asked for so often before its money goes back."""
NOT_TOLD = "医院通知已退费，但不提供缴费查询，平台无法核对；如未收到退款，请联系医院"
"""Why a charge stays settled of which a hospital told that it gave it back, and cannot be asked."""
OPERATOR = "platform"
"""Who put a deposit down, as the hospital's books call it."""


@dataclass(frozen=True)
class Move:
    """What has come of a step. `after` None: the same step again, in `wait_s` or after the table's wait."""

    after: State | None
    told: str
    changes: Mapping[str, object] = field(default_factory=dict)
    wait_s: float | None = None


@dataclass(frozen=True)
class Saga:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    clock: Clock
    hospitals: Hospitals
    cashier: Cashier
    perform: Perform

    async def __call__(self, job: Job) -> Outcome:
        """Take the step that is due. Raises Moved, StorageUnreachable, StorageFailed."""
        person_id, charge_id = str(job.data["person_id"]), str(job.data["charge_id"])
        row = await self.database.read(lambda c: charges.find(c, person_id, charge_id))
        if row is None or row.state in FINAL:
            return Done()
        now = self.clock.now_ms()
        if now < row.next_at:
            return Again(row.next_at, writes=_unchanged(row))
        steps: Mapping[State, Callable[[Charge, int, bool], Awaitable[Move]]] = {
            State.PAYING: self._pay,
            State.CLOSING: self._close,
            State.SETTLING: self._tell,
            State.CHECKING: self._check,
            State.REFUNDING: self._refund,
            State.STUCK: self._try_again,
        }
        one = opened(self.keyring, row)
        move = await steps[one.state](one, now, job.attempts > 1)
        following, event = moved(row, move, "saga", self.clock.now_ms())
        writes = _writing(following, event)
        return Done(writes) if following.state in FINAL else Again(following.next_at, writes=writes)

    async def _pay(self, one: Charge, now: int, again: bool) -> Move:
        row = one.row
        if now >= row.deadline:
            return Move(State.CLOSING, "支付超时", {"reason": "30 分钟内没有支付，已关闭"})
        try:
            trade = await self.cashier.find(row.charge_id) or await self.cashier.open(_wish(one))
        except (CashierUnreachable, CashierSilent) as away:
            return Move(None, away.message)
        except CashierRefused as refusal:
            return Move(State.CLOSED, refusal.message, {"reason": refusal.message})
        if trade.state is TradeState.PAID:
            return _paid(trade)
        if trade.state is TradeState.OPEN:
            return Move(None, "等待支付", wait_s=POLLS_S[min(row.tries, len(POLLS_S) - 1)])
        told = trade.told or "支付没有成功"
        return Move(State.CLOSING, told, {"reason": told})

    async def _close(self, one: Charge, now: int, again: bool) -> Move:
        try:
            trade = await self.cashier.close(one.row.charge_id)
        except (CashierUnreachable, CashierSilent, CashierRefused) as away:
            return Move(None, away.message)
        return _paid(trade) if trade.state is TradeState.PAID else Move(State.CLOSED, "未支付的交易已关闭")

    async def _tell(self, one: Charge, now: int, again: bool) -> Move:
        row = one.row
        if again:
            return Move(State.CHECKING, "上次提交没有结果，先向医院核对")
        try:
            receipt_no = await self._written_down(one, now)
        except (DuplicateSerial, OutcomeUnknown) as unknown:
            return Move(State.CHECKING, unknown.message)
        except AWAY as away:
            if row.tries + 1 < TELL_TRIES:
                return Move(None, away.message)
            return Move(State.REFUNDING, away.message, {"reason": "医院一直没有应答，费用原路退回"})
        except DomainError as refusal:
            return Move(State.REFUNDING, refusal.message, {"reason": refusal.message})
        return Move(State.SETTLED, f"医院收据 {receipt_no}", {"receipt_no": receipt_no, "reason": ""})

    async def _written_down(self, one: Charge, now: int) -> str:
        row, due = one.row, one.due
        hospital = self.hospitals.of(row.hospital_id)
        serial = Serial(APP_ID, row.charge_id, sm3(f"{row.hospital_id}|{row.charge_id}".encode()), now)
        channel = row.pay_channel or 0
        if due.kind is Kind.DEPOSIT:
            wish = DepositWish(serial, due.inpatient_no, row.amount, channel, OPERATOR, due.certificate_no, due.name)
            done: Any = await self.perform(await hospital.inpatient.put_down(wish))
        else:
            bills = PaymentWish(
                serial,
                due.patient_id,
                due.serial_no,
                due.presc_nos,
                str(channel),
                row.amount,
                row.amount,
                insured=False,
            )
            done = await self.perform(await hospital.outpatient.pay(bills))
        return str(done.receipt_no)

    async def _check(self, one: Charge, now: int, again: bool) -> Move:
        row = one.row
        try:
            hospital = self.hospitals.of(row.hospital_id)
            if one.due.kind is Kind.DEPOSIT:
                deposits = await hospital.inpatient.deposits(DepositQuestion(trade_no=row.charge_id))
                known = next((found.receipt_no for found in deposits if found.trade_no == row.charge_id), None)
            else:
                payments = await hospital.outpatient.payments(PaymentQuestion(trade_no=row.charge_id))
                mine = [payment for payment in payments if payment.trade_no == row.charge_id]
                if any(payment.state is PaymentState.REFUNDED for payment in mine):
                    return Move(State.REFUNDING, "医院记录：已退费", {"reason": "医院已退费，费用原路退回"})
                known = mine[0].receipt_no if mine else None
        except NoSuchRecord:
            known = None
        except (*AWAY, OutcomeUnknown) as away:
            return Move(None, away.message)
        except DomainError as refusal:
            if row.receipt_no is not None:
                return Move(State.SETTLED, refusal.message, {"reason": NOT_TOLD})
            return Move(None, refusal.message)
        if known is None and row.receipt_no is not None:
            return _gone(row)
        if known is None:
            return Move(State.SETTLING, "医院没有这笔缴费，再次提交")
        return Move(State.SETTLED, f"医院收据 {known}", {"receipt_no": known, "reason": ""})

    async def _refund(self, one: Charge, now: int, again: bool) -> Move:
        row = one.row
        try:
            wish = RefundWish(f"{row.charge_id}R", row.charge_id, row.amount, row.reason[:60])
            refunded = await self.cashier.refund(wish)
        except (CashierUnreachable, CashierSilent) as away:
            return Move(None, away.message)
        except CashierRefused as refusal:
            return Move(State.STUCK, refusal.message)
        if refunded.state is RefundState.PENDING:
            return Move(None, refunded.told or "退款处理中", wait_s=POLLS_S[min(row.tries, len(POLLS_S) - 1)])
        if refunded.state is RefundState.FAILED:
            return Move(State.STUCK, refunded.told or "退款没有成功，请人工处理")
        return Move(State.REFUNDED, "已退款", {"paid": "refunded", "refunded_at": now})

    async def _try_again(self, one: Charge, now: int, again: bool) -> Move:
        return Move(State.REFUNDING, "再试一次退款")


def moved(row: ChargeRow, move: Move, actor: str, now: int) -> tuple[ChargeRow, ChargeEventRow]:
    """The row after a move, and what is told of it. Raises ValueError for a move that the table does not have."""
    before, after = State(row.state), move.after or State(row.state)
    if not may_follow(before, after):
        raise ValueError(f"{before} may not become {after}")
    tries = row.tries + 1 if after is before else 0
    if move.after is None:
        wait_s = move.wait_s if move.wait_s is not None else WAITS_S[min(tries, len(WAITS_S)) - 1]
        next_at = now + round(wait_s * 1000)
        if after is State.PAYING:
            next_at = min(next_at, max(row.deadline, now))
    else:
        next_at = now + STUCK_S * 1000 if after is State.STUCK else now
    values: dict[str, Any] = {**move.changes, "state": after.value, "tries": tries, "next_at": next_at}
    following = row._replace(**values, version=row.version + 1, changed_at=now)
    key = (row.person_id, row.charge_id, following.version)
    return following, ChargeEventRow(*key, now, row.state, following.state, actor, tries, move.told[:300])


def _gone(row: ChargeRow) -> Move:
    """The hospital had written it down, has told that it gave it back, and does not know it any more."""
    if row.tries + 1 < ASKED_BEFORE_REFUNDED:
        return Move(None, "医院已查无此笔缴费，稍后再查")
    return Move(State.REFUNDING, "医院已查无此笔缴费", {"reason": "医院已退费，费用原路退回"})


def _wish(one: Charge) -> TradeWish:
    row = one.row
    subject = "住院预交金" if one.due.kind is Kind.DEPOSIT else "门诊缴费"
    return TradeWish(row.charge_id, row.amount, row.hospital_name, subject, row.deadline)


def _paid(trade: Trade) -> Move:
    return Move(
        State.SETTLING,
        "支付成功",
        {"paid": "paid", "pay_channel": trade.channel, "paid_at": trade.paid_at, "reason": ""},
    )


def _writing(row: ChargeRow, event: ChargeEventRow) -> Writes:
    def write(connection: Connection) -> None:
        if not charges.change(connection, row, event):
            raise Moved

    return write


def _unchanged(row: ChargeRow) -> Writes:
    def write(connection: Connection) -> None:
        found = charges.find(connection, row.person_id, row.charge_id)
        if found is None or found.version != row.version:
            raise Moved

    return write
