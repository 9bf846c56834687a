"""The bill of WeChat Pay's simulator: a grave accent before each value, a summary behind the lines."""

from collections.abc import Mapping
from typing import Any

from yiqiao.clock import readable
from yiqiao.money import yuan

HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
Rows = Mapping[str, Mapping[str, Any]]


def bill(mchid: str, trades: Rows, refunds: Rows, day: str) -> bytes:
    """The bill of a day; empty where nothing moved on it."""
    rows = [
        _line(mchid, trade, trade["at"], {"交易状态": "SUCCESS", "订单金额": yuan(trade["total"])})
        for trade in trades.values()
        if "at" in trade and readable(trade["at"]).startswith(day)
    ]
    for refund in refunds.values():
        if readable(refund["at"]).startswith(day):
            told = {
                "交易状态": "REFUND",
                "微信退款单号": refund["refund_id"],
                "商户退款单号": refund["out_refund_no"],
                "退款状态": {"ABNORMAL": "FAIL", "CLOSED": "FAIL"}.get(refund["status"], refund["status"]),
                "申请退款金额": yuan(refund["amount"]["refund"]),
            }
            rows.append(_line(mchid, trades[refund["out_trade_no"]], refund["at"], told))
    if not rows:
        return b""
    lines = [HEAD, *rows, SUMMARY, f"`{len(rows)},`0.00,`0.00,`0.00,`0.00000,`0.00,`0.00"]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _line(mchid: str, trade: Mapping[str, Any], at: int, told: Mapping[str, str]) -> str:
    usual = {
        "交易时间": readable(at),
        "商户号": mchid,
        "微信订单号": trade.get("transaction_id", ""),
        "商户订单号": trade["out_trade_no"],
        "交易类型": trade["trade_type"],
        "商品名称": trade["description"].replace(",", " "),
        "订单金额": "0.00",
        "申请退款金额": "0.00",
    }
    values = {**usual, **told}
    return ",".join(f"`{values.get(name, '')}" for name in HEAD.split(","))
