"""WeChat Pay's trade bill (tradebill, ALL): lines of values with a grave accent before each, then a summary.

A payment is counted with what the order was (订单金额), a refund with what was asked for (申请退款金额): amounts as we
asked for them, before any coupon.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from yiqiao.adapters.channels.amounts import fen
from yiqiao.clock import BEIJING
from yiqiao.ports.payment_channel import StatementKind, StatementLine

AT, STATE, ORDER, REFUND = "交易时间", "交易状态", "商户订单号", "商户退款单号"
ORDER_AMOUNT, REFUND_AMOUNT, REFUND_STATE = "订单金额", "申请退款金额", "退款状态"
TRADE, BACK = "微信订单号", "微信退款单号"
SUMMARY = "总交易单数"
_NOT_BACK = ("FAIL", "CHANGE")


def lines(text: str) -> Iterator[StatementLine]:
    """The movements that a bill tells of. Raises ValueError where it is none."""
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    names = next(rows, [])
    if AT not in names or STATE not in names:
        raise ValueError("no bill")
    for row in rows:
        if row and row[0] == SUMMARY:
            return
        if row:
            yield from _line({name: value.lstrip("`") for name, value in zip(names, row, strict=True)})
    raise ValueError("no summary: the bill ends too early")


def _line(row: Mapping[str, str]) -> Iterator[StatementLine]:
    at = round(datetime.strptime(row[AT], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp() * 1000)
    order_no = row[ORDER]
    if row[STATE] == "SUCCESS":
        yield StatementLine(StatementKind.PAYMENT, order_no, order_no, fen(row[ORDER_AMOUNT]), at, row[TRADE])
    elif row[STATE] == "REVOKED":  # a scanned order taken back: it has no refund number
        yield StatementLine(StatementKind.REFUND, order_no, order_no, fen(row[REFUND_AMOUNT]), at, row[BACK])
    elif row[STATE] == "REFUND" and row[REFUND_STATE] not in _NOT_BACK:
        yield StatementLine(StatementKind.REFUND, row[REFUND], order_no, fen(row[REFUND_AMOUNT]), at, row[BACK])
