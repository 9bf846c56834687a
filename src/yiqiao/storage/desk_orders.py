"""The rows of money that a desk takes and gives back, and the shelves on which they stand."""

from typing import NamedTuple

from yiqiao.storage.shelves import Shelf
from yiqiao.storage.tables import desk_orders as tables


class DeskOrderRow(NamedTuple):
    """An order as stored, its columns in order. Amounts are 分."""

    order_no: str
    channel: str
    state: str
    amount: int
    refunded: int
    external_no: str
    card: str
    day: str
    at: int


class PayoutRow(NamedTuple):
    """Money that a desk has given back."""

    order_no: str
    channel: str
    refund_no: str
    amount: int
    day: str
    at: int


ORDERS = Shelf(tables.desk_order, DeskOrderRow._make)
PAYOUTS = Shelf(tables.desk_payout, PayoutRow._make)
