"""What a settlement is beside its row: whose bill, what is on it, and what the centre has said of it, sealed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.his_billing import ChargeNotice, Patient
from yiqiao.ports.insurance_settlement import FeeLine, FundShare, Settlement, Visitor
from yiqiao.storage.insurance import SettlementRow


class UnknownSettlement(DomainError):
    """There is no such settlement of this institution and person."""

    def __init__(self, message: str = "没有这笔结算，请核对 setl_id、mdtrt_id、psn_no 与医疗机构") -> None:
        super().__init__(message)


class NothingDue(DomainError):
    """The patient owes nothing at this hospital."""

    def __init__(self) -> None:
        super().__init__("医院没有该患者的待缴费用，请核对卡号与就诊信息")


class LinesMissing(DomainError):
    """The HIS does not say what is on the bill, so the centre cannot reckon it."""

    def __init__(self, charge_no: str) -> None:
        super().__init__(f"医院没有提供费用 {charge_no} 的明细，不能医保结算；请联系医院信息科，或按自费办理")


class PaymentNotArranged(DomainError):
    """The patient has something to pay, and nobody was named who collects it."""

    def __init__(self, amount: str) -> None:
        super().__init__(f"个人需支付 {amount} 元，而请求没有传 payAppId 与 payAppSecret，不能收款")


class AnotherUnderWay(DomainError):
    """Somebody's bill is being settled in another way, or some of its charges are."""

    def __init__(self) -> None:
        super().__init__("该患者在本院有一笔结算正在办理，请先办完或放弃那一笔，再换方式办理")


class WrongMerchant(DomainError):
    """The merchant does not collect for this institution, or none is named and none is on file."""


class AreasMissing(DomainError):
    """An insured settlement is taken back at two areas' offices, and they were not stated."""

    def __init__(self) -> None:
        super().__init__("业务参数有误：医保结算的撤销须传 insuplc_admdvs 与 mdtrtarea_admvs")


class NotCancellable(DomainError):
    """The settlement cannot be taken back; the message says why."""


@dataclass(frozen=True)
class Facts:
    """What is known of a settlement and is personal, or the partner's own.

    `department` and `doctor` are for the registration, `visited_at` epoch ms. `expected` is the pre-settlement,
    `settled` what the centre has settled, `reversal` what it said when that was taken back. `his_extra` goes to the HIS
    as it came; `message_id` is the caller's (msgid), of the charge and of the cancellation.
    """

    who: Visitor = field(repr=False)
    patient: Patient = field(repr=False)
    charge_nos: tuple[str, ...]
    lines: tuple[FeeLine, ...] = field(repr=False)
    department: str = ""
    doctor: str = ""
    operator: str = ""
    term_no: str = ""
    visited_at: int = 0
    message_id: str = ""
    cancel_id: str = ""
    his_extra: Mapping[str, object] = field(default_factory=dict, repr=False)
    expected: Settlement | None = field(default=None, repr=False)
    settled: Settlement | None = field(default=None, repr=False)
    reversal: Settlement | None = field(default=None, repr=False)


def seal(keyring: Keyring, merchant_id: str, number: str, facts: Facts) -> dict[str, object]:
    """The columns that keep the facts of a settlement."""
    key_id, sealed = keyring.seal(
        orjson.dumps(asdict(facts), default=_written), f"settlement|{merchant_id}|{number}".encode()
    )
    return {"key_id": key_id, "sealed": sealed}


def facts_of(keyring: Keyring, row: SettlementRow) -> Facts:
    """What is sealed in a settlement. Raises SealingUnavailable."""
    context = f"settlement|{row.merchant_id}|{row.number}".encode()
    kept: dict[str, Any] = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), context))
    return Facts(
        **{
            **kept,
            "who": Visitor(**kept["who"]),
            "patient": Patient(**kept["patient"]),
            "charge_nos": tuple(kept["charge_nos"]),
            "lines": tuple(_line(one) for one in kept["lines"]),
            "expected": _settlement(kept["expected"]),
            "settled": _settlement(kept["settled"]),
            "reversal": _settlement(kept["reversal"]),
        }
    )


def negated(settled: Settlement, at: int) -> Settlement:
    """A reversal of which the centre has told no amounts: those of the settlement, negative."""
    amounts = {
        name: -getattr(settled, name)
        for name in (
            "total",
            "own_pay",
            "over_limit",
            "pre_pay",
            "in_scope",
            "deductible",
            "account",
            "cash",
            "family_account",
            "hospital_part",
        )
    }
    shares = tuple(one._replace(in_scope=-one.in_scope, paid=-one.paid) for one in settled.shares)
    return replace(settled, **amounts, shares=shares, settled_at=at)


def same_money(one: Settlement, other: Settlement) -> bool:
    """Whether two reckonings of a bill ask the same of everybody."""
    return (one.total, one.funds, one.account, one.cash) == (other.total, other.funds, other.account, other.cash)


def notice_of(row: SettlementRow, facts: Facts, channel: str = "") -> ChargeNotice:
    """What the HIS is told of a settlement; the same when it is taken back."""
    return ChargeNotice(
        merchant_id=row.merchant_id,
        number=row.number,
        charge_nos=facts.charge_nos,
        patient=facts.patient,
        total=row.total,
        funds=row.funds,
        account=row.account,
        cash=row.cash,
        settled_at=row.settled_at or row.changed_at,
        visit_id=row.visit_id,
        settlement_id=row.settlement_id,
        trace_no=row.trace_no,
        channel=channel,
        extra=facts.his_extra,
    )


def _written(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, FeeLine | FundShare):
        return value._asdict()
    raise TypeError(type(value).__name__)


def _line(kept: Mapping[str, Any]) -> FeeLine:
    return FeeLine(**{**kept, "price": Decimal(kept["price"]), "quantity": Decimal(kept["quantity"])})


def _settlement(kept: Mapping[str, Any] | None) -> Settlement | None:
    if kept is None:
        return None
    shares = tuple(FundShare(**one) for one in kept["shares"])
    return Settlement(**{**kept, "ratio": Decimal(kept["ratio"]), "shares": shares})
