"""What the platform answers to hospitals (3.1.3.14), and what one member of the family lets them tell beside (5001 to
7001 of the profile `jkt`). What is done to an order or a payment is never believed: it has the hospital asked.
"""

from yiqiao.clock import readable
from yiqiao.dialects.convenience.notices import ACCEPTED, change_of, stop_of
from yiqiao.exchange.dialect import Act, Call, Handlers, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.ports.hospital.notices import (
    Desks,
    Happened,
    Known,
    OrderNumbers,
    Pushed,
    Refund,
    Refunding,
    ScheduleChange,
)
from yiqiao.storage import NOTHING

handlers: Handlers[Desks] = Handlers()
"""Served beside those of the hospital's side, under an address of their own."""
REFUND_FLAG = {Refunding.NOT: "0", Refunding.UNDER_WAY: "1", Refunding.DONE: "2", Refunding.BY_HAND: "3"}


@handlers.handles("NotifyHospInfo")
async def notify_hosp_info(request: Request, call: Call, desks: Desks) -> Act[int]:
    """平台排班信息变更"""
    change = change_of(request)
    return Act(
        desks.schedules.schedule_changed(change),
        lambda _: {"RESULTCODE": ACCEPTED, "RESULTMSG": "成功"},
        lambda _: _of_session(change),
    )


@handlers.handles("StopReg")
async def stop_reg(request: Request, call: Call, desks: Desks) -> Act[int]:
    """停诊通知"""
    change = stop_of(request)
    return Act(
        desks.schedules.schedule_changed(change), lambda number: {"COUNT": number}, lambda _: _of_session(change)
    )


@handlers.handles("CancelRegByHis")
async def cancel_reg_by_his(request: Request, call: Call, desks: Desks) -> Act[Known]:
    """医院取消挂号通知"""
    return _changed(request, desks, Happened.CANCELLED)


@handlers.handles("RefundByHis")
async def refund_by_his(request: Request, call: Call, desks: Desks) -> Act[Known]:
    """医院退费通知"""
    return _changed(request, desks, Happened.REFUNDED)


@handlers.handles("PrintRegByHis")
async def print_reg_by_his(request: Request, call: Call, desks: Desks) -> Act[Known]:
    """医院取号通知"""
    return _changed(request, desks, Happened.PRINTED)


@handlers.handles("PayRegByHis")
async def pay_reg_by_his(request: Request, call: Call, desks: Desks) -> Act[Known]:
    """医院收费通知"""
    return _changed(request, desks, Happened.PAID)


@handlers.handles("QueryRegRefund")
async def query_reg_refund(request: Request, call: Call, desks: Desks) -> Act[None]:
    """挂号退款查询"""
    found = await desks.orders.refund(_order(request))
    return Act(NOTHING, lambda _: _refund(found), lambda _: Keys(trace=found.order_id))


@handlers.handles("RefundPay")
async def refund_pay(request: Request, call: Call, desks: Desks) -> Act[Known]:
    """缴费退款通知"""
    order = _order(request)
    return Act(desks.charges.charge_refunded(order, request.maybe("REASON")), _known, lambda _: _of_order(order))


@handlers.handles("QueryPayRefund")
async def query_pay_refund(request: Request, call: Call, desks: Desks) -> Act[None]:
    """缴费退款查询"""
    found = await desks.charges.refund(_order(request))
    return Act(NOTHING, lambda _: _refund(found), lambda _: Keys(trace=found.order_id))


@handlers.handles("PushInfo")
async def push_info(request: Request, call: Call, desks: Desks) -> Act[Known]:
    """消息推送"""
    pushed = Pushed(_order(request), request.text("SERIAL_NUM"), request.text("CONTENT"))
    return Act(desks.orders.push(pushed), _known, lambda _: Keys(trace=pushed.serial))


def _changed(request: Request, desks: Desks, happened: Happened) -> Act[Known]:
    order = _order(request)
    return Act(desks.orders.order_changed(order, happened, request.maybe("REASON")), _known, lambda _: _of_order(order))


def _order(request: Request) -> OrderNumbers:
    return OrderNumbers(request.text("HOSPITAL_ID"), request.maybe("ORDER_ID"), request.maybe("HOSP_ORDER_ID"))


def _known(known: Known) -> Values:
    return {"ORDER_ID": known.order_id, "ORDER_STATUS": known.standing}


def _refund(found: Refund) -> Values:
    day, _, time = readable(found.at).partition(" ") if found.at is not None else ("", "", "")
    return {
        "ORDER_ID": found.order_id,
        "HOSP_ORDER_ID": found.order_no,
        "REFUND_FLAG": REFUND_FLAG[found.state],
        "REFUND_FEE": found.amount,
        "REFUND_ID": found.refund_no,
        "REFUND_DATE": day,
        "REFUND_TIME": time,
    }


def _of_session(change: ScheduleChange) -> Keys:
    return Keys(trace=f"{change.hospital_id}|{change.doctor_id}|{change.day}")


def _of_order(order: OrderNumbers) -> Keys:
    return Keys(trace=order.order_id or order.order_no)
