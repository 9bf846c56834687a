"""A HIS's money over JSON calls, on the line that `callback` has too: docs/payment-his.md says what goes over it.

Only what a HIS says by one of four codes counts. Anything else, and what cannot be read, is no answer: the hub asks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from yiqiao.adapters.callback.line import IN_HAND, NOTHING_DONE, OK, Content, Line
from yiqiao.adapters.lines import NoAnswer, NotConnected
from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisEntry,
    HisFound,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
    Patient,
    PendingCharge,
    RechargeNotice,
    RefundOrder,
)
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.spec.masking import mask, mask_stray

REFUSED = "Refused"
"""The code by which a HIS will not do something, for good; `message` says why."""
PERSONAL: Mapping[str, str] = {"name": "name", "id_no": "number", "card_no": "number"}
"""What of a patient is hidden in the HIS's words, and how."""
NO_REASON = "医院系统拒绝了本次办理，未说明原因，请联系医院"
T = TypeVar("T")


@dataclass(frozen=True)
class RemoteHisBilling:
    """`HisBilling` of a HIS at the other end of a line."""

    line: Line

    async def notify_recharge(self, notice: RechargeNotice) -> HisReceipt:
        """Money was paid in."""
        return await self._ask("notify_recharge", recharge_content(notice), receipt)

    async def refund(self, order: RefundOrder) -> HisReceipt:
        """Take a refund off the account."""
        return await self._ask("refund", refund_content(order), receipt)

    async def prepare_refund(self, order: RefundOrder) -> HisReceipt:
        """Set a refund aside."""
        return await self._ask("prepare_refund", refund_content(order), receipt)

    async def confirm_refund(self, order: RefundOrder) -> HisReceipt:
        """Make a prepared refund final."""
        return await self._ask("confirm_refund", refund_content(order), receipt)

    async def cancel_refund(self, order: RefundOrder) -> HisReceipt:
        """Undo a refund or what was set aside for one."""
        return await self._ask("cancel_refund", refund_content(order), receipt)

    async def query(self, merchant_id: str, number: str) -> HisFound:
        """How a recharge or refund stands."""
        return await self._ask("query", {"merchant_id": merchant_id, "number": number}, found)

    async def balance(self, merchant_id: str, patient: Patient) -> int | None:
        """What is on a patient's account, 分; None where the HIS does not tell."""
        return await self._ask("balance", whose(merchant_id, patient), balance)

    async def pending_charges(
        self, merchant_id: str, patient: Patient, extra: Mapping[str, object] | None = None
    ) -> Sequence[PendingCharge]:
        """What a patient still owes."""
        content = {**whose(merchant_id, patient), "extra": dict(extra or {})}
        return await self._ask("pending_charges", content, charges)

    async def confirm_charge(self, notice: ChargeNotice) -> HisReceipt:
        """Charges were settled and paid under this number."""
        return await self._ask("confirm_charge", charge_content(notice), receipt)

    async def cancel_charge(self, notice: ChargeNotice) -> HisReceipt:
        """What was settled under this number is owed again."""
        return await self._ask("cancel_charge", charge_content(notice), receipt)

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        """The movements of a day in the HIS's own books."""
        return await self._ask("entries", {"merchant_id": merchant_id, "day": day}, entries)

    async def _ask(self, act: str, content: Content, read: Callable[[Content], T]) -> T:
        """Raises HisUnreachable, HisSilent, HisRefused."""
        try:
            answer = await self.line.ask(act, content)
            if answer.code == OK:
                return read(answer.data)
        except NotConnected:
            raise HisUnreachable from None
        except (NoAnswer, KeyError, TypeError, ValueError):
            raise HisSilent from None
        if answer.code == REFUSED:
            raise HisRefused(discreet(answer.message, content)[:200] or NO_REASON)
        if answer.code == NOTHING_DONE:
            raise HisUnreachable("医院系统暂未办理，稍后自动重试")
        raise HisSilent if answer.code == IN_HAND else HisSilent("医院系统的应答无法识别，结果待核对")


def discreet(message: str, content: Content) -> str:
    """The HIS's words without whom they are about: its reasons are kept and told on, and many name the patient."""
    patient = content.get("patient")
    if isinstance(patient, Mapping):
        for name, kind in PERSONAL.items():
            value = patient.get(name)
            if isinstance(value, str) and len(value) > 1:
                message = message.replace(value, mask(value, kind))
    return mask_stray(message)


def whose(merchant_id: str, patient: Patient) -> Content:
    """Whose account an act is about."""
    return {"merchant_id": merchant_id, "patient": asdict(patient)}


def recharge_content(notice: RechargeNotice) -> Content:
    """What a HIS is told of money that was paid in."""
    return {
        **whose(notice.merchant_id, notice.patient),
        "number": notice.number,
        "out_charge_no": notice.out_charge_no,
        "amount": notice.amount,
        "channel": notice.channel,
        "external_no": notice.external_no,
        "paid_at": notice.paid_at,
        "his_order_no": notice.his_order_no,
        "extra": dict(notice.extra),
    }


def refund_content(order: RefundOrder) -> Content:
    """What a HIS is told of money that is to go back; the same in each act on it."""
    return {
        **whose(order.merchant_id, order.patient),
        "number": order.number,
        "trace_no": order.trace_no,
        "out_charge_no": order.out_charge_no,
        "amount": order.amount,
        "withdraw_mode": order.withdraw_mode,
    }


def charge_content(notice: ChargeNotice) -> Content:
    """What a HIS is told of charges that were settled; the same when that is taken back."""
    return {
        **whose(notice.merchant_id, notice.patient),
        "number": notice.number,
        "charge_nos": list(notice.charge_nos),
        "total": notice.total,
        "funds": notice.funds,
        "account": notice.account,
        "cash": notice.cash,
        "settled_at": notice.settled_at,
        "visit_id": notice.visit_id,
        "settlement_id": notice.settlement_id,
        "trace_no": notice.trace_no,
        "channel": notice.channel,
        "extra": dict(notice.extra),
    }


def receipt(data: Content) -> HisReceipt:
    """Raises KeyError, TypeError, ValueError; so do the others."""
    return HisReceipt(_text(data, "callsn"), balance(data))


def found(data: Content) -> HisFound:
    """How an act stands, with its receipt where it was done."""
    state = HisState(_text(data, "state"))
    return HisFound(state, None if state is HisState.NONE else receipt(data))


def charges(data: Content) -> Sequence[PendingCharge]:
    """What is owed, with its lines where the HIS tells them: they add up, or it is no answer."""
    return [_charge(row) for row in _rows(data, "charges")]


def _charge(row: Content) -> PendingCharge:
    charge_no, amount = _text(row, "charge_no"), _sum(row)
    lines = tuple(_line(one, charge_no) for one in _rows(row, "lines")) if row.get("lines") is not None else ()
    if lines and sum(one.amount for one in lines) != amount:
        raise ValueError("lines that do not add up")
    return PendingCharge(charge_no, _text(row, "title"), amount, lines)


def _line(row: Content, charge_no: str) -> FeeLine:
    return FeeLine(
        line_no=_text(row, "line_no"),
        charge_no=charge_no,
        code=_text(row, "code"),
        name=_text(row, "name"),
        level=_text(row, "level"),
        price=_decimal(row, "price"),
        quantity=_decimal(row, "quantity"),
        amount=_sum(row),
    )


def _decimal(row: Content, name: str) -> Decimal:
    """A number above nothing, written as text: what passes through floating point is not exact."""
    try:
        value = Decimal(_text(row, name))
    except InvalidOperation:
        raise ValueError(f"{name} is no number") from None
    if not value.is_finite() or value <= 0:
        raise ValueError(f"{name} is not above nothing")
    return value


def entries(data: Content) -> Sequence[HisEntry]:
    """The books of a day."""
    return [_entry(row) for row in _rows(data, "entries")]


def _entry(row: Content) -> HisEntry:
    kind, at = _text(row, "kind"), row["at"]
    if kind not in ("recharge", "refund") or not isinstance(at, int) or isinstance(at, bool):
        raise ValueError("no entry")
    return HisEntry(kind, _text(row, "number"), _sum(row), at, str(row.get("callsn") or ""))


def _rows(data: Content, name: str) -> Sequence[Content]:
    rows = data[name]
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise TypeError("no list of objects")
    return rows


def _text(data: Content, name: str) -> str:
    value = data[name]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name} is no text")
    return value


def _sum(row: Content) -> int:
    """An amount above nothing, 分."""
    amount = row["amount"]
    if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        raise ValueError("no amount")
    return amount


def balance(data: Content) -> int | None:
    """What is on an account, 分; None where the HIS does not tell."""
    value = data.get("balance")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no balance")
    return value


READERS: Mapping[str, Callable[[Content], object]] = {
    **dict.fromkeys(
        (
            "notify_recharge",
            "refund",
            "prepare_refund",
            "confirm_refund",
            "cancel_refund",
            "confirm_charge",
            "cancel_charge",
        ),
        receipt,
    ),
    "query": found,
    "balance": balance,
    "pending_charges": charges,
    "entries": entries,
}
"""What reads the data of each act's answer."""
