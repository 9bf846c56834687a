"""What the hospital's word on an order (2012) means for an appointment: the one place where both sides are compared.

Used wherever an outcome is unknown, a session was called off, a day was reconciled, or a person asks.
"""

from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.records import Record
from yiqiao.region.appointments.appointment import PAID, REFUNDED, UNPAID, Appointment
from yiqiao.region.appointments.move import Move, Run
from yiqiao.region.appointments.states import Ending, State

ASKED_BEFORE_REPEATED = 2
"""An order that is not there may still be on its way: it is asked for so often before it is made again."""
ASK_AGAIN_S = 5
REPEATS = 3
STANDING = frozenset({OrderState.BOOKED, OrderState.REGISTERED, OrderState.FETCHED})


def following(one: Appointment, record: Record | None, run: Run) -> Move:
    """The move that brings our side in line with the hospital's."""
    if record is None:
        return _nothing_there(one)
    if record.state in STANDING:
        return _stands(one, record, run)
    if record.state is OrderState.VISITED:
        return _known(one, record, Move(State.VISITED, "医院记录：已就诊", {"order_open": 0}))
    if record.state is OrderState.STOPPED:
        return _over(one, record, State.STOPPED, Ending.STOPPED, "医院停诊，预约已关闭")
    return _over(one, record, State.CANCELLED, Ending.HOSPITAL, "医院记录：预约已取消")


def _nothing_there(one: Appointment) -> Move:
    """The hospital knows no such order."""
    row = one.row
    if row.order_no is not None:
        if row.paid == PAID:
            return Move(State.STUCK, "医院查无此订单，而费用已支付，请人工核对")
        if row.paid == UNPAID and row.trade_no:  # nobody may pay for it any more
            gone = Move(State.CLOSING, "医院查无此订单，关闭未支付的交易", {"order_open": 0})
            return gone if row.ending else gone.because(Ending.HOSPITAL, "医院查无此订单，预约已取消")
        return Move(State.CANCELLED, "医院查无此订单", {"order_open": 0})
    if row.tries + 1 < ASKED_BEFORE_REPEATED:
        return Move.again("医院暂无此订单，稍后再查", ASK_AGAIN_S)
    if row.ending or row.version > REPEATS * (ASKED_BEFORE_REPEATED + 2):
        reason = row.reason or "医院没有确认预约，请重新选择"
        return Move(State.RELEASING, "医院没有此订单", ending=Ending(row.ending or Ending.SILENT), reason=reason)
    return Move(State.ORDERING, "医院没有此订单，重新提交")


def _stands(one: Appointment, record: Record, run: Run) -> Move:
    """The hospital expects the patient."""
    row = one.row
    if row.day < run.day:
        return _known(one, record, Move(State.PAST, "就诊日已过", {"order_open": 0}))
    if record.paid is Paid.REFUNDED:
        return _over(one, record, State.CANCELLED, Ending.HOSPITAL, "医院已退费")
    if record.paid is Paid.PAID:
        if row.paid == REFUNDED:
            return Move(State.STUCK, "医院记录已支付，而费用已退，请人工核对")
        if row.ending == Ending.CITIZEN and row.paid == PAID:
            return _known(one, record, Move(State.RETURNING, "医院尚未退号，再次提交"))
        told = "医院记录：已支付" if row.paid == PAID else "已在医院支付"
        return _known(one, record, Move(State.REGISTERED, told).because(Ending.NOT, ""))
    if row.ending and row.paid == UNPAID and row.trade_no:
        return _known(one, record, Move(State.CLOSING, "医院仍有此预约，先关闭未支付的交易"))
    if row.paid == REFUNDED or (row.ending and row.paid != PAID):
        return _known(one, record, Move(State.CANCELLING, "医院仍有此预约，取消"))
    if row.paid == PAID:
        if row.ending:
            return _known(one, record, Move(State.REFUNDING, "医院未登记支付，退款"))
        return _known(one, record, Move(State.REGISTERING, "医院未登记支付，再次提交"))
    to_pay = State.PAYING if row.trade_no else State.ORDERED
    return _known(one, record, Move(to_pay if row.pays_here and row.fee else State.BOOKED, "医院记录：已预约"))


def _over(one: Appointment, record: Record, final: State, ending: Ending, told: str) -> Move:
    """The hospital has ended it: money that we hold goes back."""
    row = one.row
    why = Ending(row.ending) if row.ending else ending
    move = _known(one, record, Move(final, told)).because(why, row.reason if row.ending else told)
    move = Move(move.after, told, {**move.changes, "order_open": 0}, move.slip, move.ending, move.reason)
    if row.paid == PAID:
        return move.into(State.REFUNDING)
    if row.paid == UNPAID and row.trade_no:  # nobody may pay for it any more
        return move.into(State.CLOSING)
    return move.into(ended(row.paid, why)) if row.paid == REFUNDED else move


def ended(paid: str, ending: str) -> State:
    """The end of an appointment whose order is no more, by its money and by why it was ended."""
    if ending == Ending.STOPPED:
        return State.STOPPED
    return State.REFUNDED if paid == REFUNDED else State.CANCELLED


def _known(one: Appointment, record: Record, move: Move) -> Move:
    """The move with what the record tells: the order's number, and the place and time to which it was moved."""
    row = one.row
    changes: dict[str, object] = {"order_no": record.order_no, "number": record.number or row.number}
    if record.state in STANDING:
        changes["order_open"] = 1
        now = {
            "day": record.day or row.day,
            "session": int(record.session),
            "doctor_id": record.doctor_id or row.doctor_id,
            "doctor_name": record.doctor_name or row.doctor_name,
            "begins": record.begins or row.begins,
            "ends": record.ends or row.ends,
        }
        changes |= {name: value for name, value in now.items() if value != getattr(row, name)}
    slip = {"patient_id": record.patient_id, "check_no": record.check_no, "address": record.place}
    moved = "day" in changes or "session" in changes or "doctor_id" in changes
    told = f"{move.told}；医院已改为 {record.day} {record.doctor_name}" if moved else move.told
    return Move(move.after, told, {**changes, **move.changes}, slip, move.ending, move.reason, move.wait_s)
