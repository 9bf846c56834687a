"""The states of an order, and the only ways between them.

A unit is locked before there is an order; with the order it is booked (预约) or registered (挂号) at once.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import OrderState
from yiqiao.ports.hospital.refusals import OrderClosed

BOOKED, REGISTERED, FETCHED = OrderState.BOOKED, OrderState.REGISTERED, OrderState.FETCHED
VISITED, CANCELLED, STOPPED = OrderState.VISITED, OrderState.CANCELLED, OrderState.STOPPED


class Event(StrEnum):
    """What can happen to an order."""

    TRANSFER = "transfer"  # 预约转挂号
    FETCH = "fetch"  # 取号
    VISIT = "visit"  # 就诊
    CANCEL = "cancel"
    STOP = "stop"  # 停诊


AFTER: Mapping[tuple[OrderState, Event], OrderState] = {
    (BOOKED, Event.TRANSFER): REGISTERED,
    (BOOKED, Event.FETCH): FETCHED,
    (REGISTERED, Event.FETCH): FETCHED,
    (REGISTERED, Event.VISIT): VISITED,
    (FETCHED, Event.VISIT): VISITED,
    (BOOKED, Event.CANCEL): CANCELLED,
    (REGISTERED, Event.CANCEL): CANCELLED,
    (CANCELLED, Event.CANCEL): CANCELLED,  # cancelling twice succeeds
    (STOPPED, Event.CANCEL): STOPPED,  # what the hospital has called off is over already
    (BOOKED, Event.STOP): STOPPED,
    (REGISTERED, Event.STOP): STOPPED,
    (FETCHED, Event.STOP): STOPPED,
}

STANDING = frozenset({BOOKED, REGISTERED, FETCHED})
"""The patient is still expected."""

_WHY_NOT: Mapping[OrderState, Callable[[], DomainError]] = {
    BOOKED: lambda: OrderClosed("该预约还没有转为挂号或取号"),
    REGISTERED: lambda: OrderClosed("该订单已经挂号"),
    FETCHED: lambda: OrderClosed("该订单已在医院取号，请到医院窗口办理"),
    VISITED: lambda: OrderClosed("该订单已就诊"),
    CANCELLED: lambda: OrderClosed("该订单已取消"),
    STOPPED: lambda: OrderClosed("该订单因停诊已关闭"),
}


def after(state: OrderState, event: Event) -> OrderState:
    """The state that follows. Raises OrderClosed where the event has no place."""
    following = AFTER.get((state, event))
    if following is None:
        raise _WHY_NOT[state]()
    return following
