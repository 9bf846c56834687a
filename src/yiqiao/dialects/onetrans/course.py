"""What a caller does until a trade is settled, as steps without I/O: ask, pause, ask again; never another serial.

A course yields what is to be done next and is told the reply (or is thrown `Unanswered`, `Refused` or
`ConnectionFailed`); it returns the last reply. The synchronous and the asynchronous client follow the same ones.

Once something was sent, only an answer about the trade itself ends a course: a later message that did not leave, or
that the platform turned away for reasons of its own (6xxxxx), tells nothing of what an earlier one began.
"""

import json
from collections.abc import Callable, Generator, Mapping
from typing import NamedTuple

from yiqiao.dialects.onetrans.reply import (
    ConnectionFailed,
    NotDone,
    PlatformFailed,
    Refused,
    Reply,
    Standing,
    Unanswered,
)

POLL_S = 2.0
"""Between two askings."""
QUERY, RECHARGE, REFUND = "hop.trade.query", "hop.trade.recharge", "hop.trade.refund"
CHARGE, CANCEL = "fsi.outpatient.charge", "chs.common.outpatient.settle.cancel"
FRESH_MSGIDS = 3
_REUSED = "600012"
_UNKNOWN_TRADE = "700105"
_OF_THE_MESSAGE = "6"
"""How return codes begin that speak of a message, not of a trade."""
_IN_DOUBT = frozenset({"610009", "610010"})
"""Failures of the platform itself (its storage, and what nobody foresaw): the trade may have been begun before them."""
_DESK = ("payAppId", "payAppSecret", "termNo", "cardType", "cardNo", "accountType", "idNo")
"""What a query says of the merchant and the patient, as the trade did."""


class Ask(NamedTuple):
    """A request to be sent."""

    trans_type: str
    values: Mapping[str, object]


class Pause(NamedTuple):
    """Some time to wait."""

    seconds: float


Course = Generator[Ask | Pause, Reply | None, Reply]
Known = tuple[Reply | None, Unanswered | None]
"""The last reply, or why there was none that could be believed."""


def once(trans_type: str, values: Mapping[str, object]) -> Course:
    """One call, whatever comes of it."""
    return (yield from _told(Ask(trans_type, values)))


def recharge(
    values: Mapping[str, object], on_cashier: Callable[[str], object] | None, wait_s: float, poll_s: float
) -> Course:
    """Ask under the same outChargeNo until it is paid or failed, or the time is over."""
    return (yield from _until(Ask(RECHARGE, values), on_cashier, wait_s, poll_s))


def charge(
    values: Mapping[str, object], on_cashier: Callable[[str], object] | None, wait_s: float, poll_s: float
) -> Course:
    """Ask until the bill is settled or is not to be, or the time is over; from the first answer on by the settlement's
    own number.
    """

    def by_its_number(reply: Reply) -> Ask:
        return Ask(CHARGE, _of_settlement(values, reply.text("extra", "settlementNo")))

    return (yield from _until(Ask(CHARGE, values), on_cashier, wait_s, poll_s, by_its_number))


def _of_settlement(values: Mapping[str, object], number: str) -> dict[str, object]:
    """The same question about the settlement of a number; `extra` needs the card's number beside it."""
    extra = values.get("extra")
    if isinstance(extra, str):
        extra = json.loads(extra or "{}")
    kept = dict(extra) if isinstance(extra, Mapping) else {"cardno": values.get("cardno")}
    return {**values, "extra": {**kept, "settlementNo": number}} if number else dict(values)


def cancel(values: Mapping[str, object], wait_s: float, poll_s: float) -> Course:
    """Ask until the settlement is taken back or is not to be, or the time is over."""
    return (yield from _until(Ask(CANCEL, values), None, wait_s, poll_s))


def _until(
    ask: Ask,
    on_cashier: Callable[[str], object] | None,
    wait_s: float,
    poll_s: float,
    then: Callable[[Reply], Ask] | None = None,
) -> Course:
    """Ask until it is settled, or the time is over. `on_cashier` is told the first cashier's address; `then` says what
    is asked after a reply, where that is something else.
    """
    left_s, opened = wait_s, False
    known: Known | None = None
    while True:
        reply, lost = known = yield from _tried(ask, known)
        if reply is not None and reply.standing is not Standing.PENDING:
            return _settled(reply)
        if reply is not None and then is not None:
            ask = then(reply)
        address = reply.text("extra", "cashierUrl") if reply is not None else ""
        if address and not opened and on_cashier is not None:
            opened = True
            on_cashier(address)
        if left_s <= 0:
            return _last(reply, lost)
        yield Pause(min(poll_s, left_s))
        left_s -= poll_s


def refund(values: Mapping[str, object], wait_s: float, poll_s: float) -> Course:
    """Send it once; then query until it is given back or failed, or the time is over. A refund that the platform never
    heard of is sent again, under the same outRefundNo.
    """
    left_s = wait_s
    reply, lost = yield from _tried(Ask(REFUND, values), None)
    while True:
        if reply is not None and reply.standing is not Standing.PENDING:
            return _settled(reply)
        if left_s <= 0:
            return _last(reply, lost)
        yield Pause(min(poll_s, left_s))
        left_s -= poll_s
        reply, lost = yield from _refund_found(values, (reply, lost))


def _refund_found(values: Mapping[str, object], known: Known) -> Generator[Ask | Pause, Reply | None, Known]:
    """How the refund stands by a query; where the platform does not know it, by sending it again."""
    number = {"outTradeNo": values.get("outRefundNo"), "tradeType": REFUND, "isRefund": "1"}
    desk = {name: values[name] for name in _DESK if name in values}
    try:
        reply, lost = yield from _tried(Ask(QUERY, {**desk, **number}), known)
    except Refused as refusal:
        if refusal.code != _UNKNOWN_TRADE:
            raise
        return (yield from _tried(Ask(REFUND, values), known))
    if reply is not None and reply.text("result") == "notfound":
        return (yield from _tried(Ask(REFUND, values), known))
    return reply, lost


def _tried(ask: Ask, known: Known | None) -> Generator[Ask | Pause, Reply | None, Known]:
    """What came of asking; `known` from before (None: nothing was sent yet) stands where this message was not taken."""
    try:
        return (yield from _told(ask)), None
    except Unanswered as lost:
        return None, lost
    except ConnectionFailed:
        if known is None:
            raise
    except Refused as refusal:
        if known is None and refusal.code in _IN_DOUBT:
            return None, PlatformFailed(refusal)
        if known is None or not refusal.code.startswith(_OF_THE_MESSAGE):
            raise
    return known


def _told(ask: Ask) -> Generator[Ask | Pause, Reply | None, Reply]:
    """The reply to a request; under a fresh msgid again where another desk has made the same one in this second."""
    for _ in range(FRESH_MSGIDS - 1):
        try:
            return _said((yield ask))
        except Refused as refusal:
            if refusal.code != _REUSED:
                raise
    return _said((yield ask))


def _said(reply: Reply | None) -> Reply:
    if reply is None:
        raise TypeError("a course asked, and was told nothing")
    return reply


def _settled(reply: Reply) -> Reply:
    if reply.standing is Standing.FAILED:
        raise NotDone(reply)
    return reply


def _last(reply: Reply | None, lost: Unanswered | None) -> Reply:
    if reply is not None:
        return reply
    raise lost or Unanswered("没有收到应答，请用原流水号重试或查询")
