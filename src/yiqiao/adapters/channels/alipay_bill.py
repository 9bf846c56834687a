"""Alipay's trade bill: a zip file with a day's movements as CSV in GBK, between lines of remarks that begin with #.

Amounts are what the order was (订单金额); a refund's is negative there.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime

from yiqiao.adapters.channels.amounts import fen
from yiqiao.adapters.channels.http import LARGEST_ANSWER
from yiqiao.clock import BEIJING
from yiqiao.ports.payment_channel import StatementKind, StatementLine

TRADE, ORDER, KIND, AT = "支付宝交易号", "商户订单号", "业务类型", "完成时间"
AMOUNT, REFUND = "订单金额（元）", "退款批次号/请求号"
END = "列表结束"
KINDS: Mapping[str, StatementKind] = {"交易": StatementKind.PAYMENT, "退款": StatementKind.REFUND}


def lines(content: bytes) -> list[StatementLine]:
    """The movements that a bill tells of. Raises ValueError where it is none, or not whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in files) > LARGEST_ANSWER:
                raise ValueError("too large")
            texts = [archive.read(entry).decode("gb18030") for entry in files]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise ValueError("no zip file") from None
    details = [text for text in texts if TRADE in text and AMOUNT in text and KIND in text]
    if len(details) != 1:
        raise ValueError("no list of movements")
    return list(_lines(details[0]))


def _lines(text: str) -> Iterator[StatementLine]:
    names: list[str] = []
    for row in csv.reader(io.StringIO(text)):
        values = [value.strip() for value in row]
        if not values or values[0].startswith("#"):
            if values and END in values[0] and names:
                return
        elif not names:
            names = values
        else:
            yield _line(dict(zip(names, values, strict=False)))
    raise ValueError("no end: the bill ends too early")


def _line(row: Mapping[str, str]) -> StatementLine:
    try:
        kind = KINDS[row[KIND]]
        amount = abs(fen(row[AMOUNT]))
        at = datetime.strptime(row[AT], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
        number = row[ORDER] if kind is StatementKind.PAYMENT else row[REFUND]
    except KeyError:
        raise ValueError("a line that cannot be read") from None
    return StatementLine(kind, number, row[ORDER], amount, round(at.timestamp() * 1000), row[TRADE])
