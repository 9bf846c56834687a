"""Settling a bill and taking it back (3.1.3.6, 3.1.3.7): the library's words → the region's settlements → its words.

A bill that is sent again tells how its settlement stands, and so does a cancellation; so a caller who got no answer
simply asks again, and so does the library while the settlement's window is open.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from yiqiao.clock import BEIJING, beijing, compact
from yiqiao.dialects.onetrans.handlers import handlers
from yiqiao.dialects.onetrans.services import OneTransServices, SettlementDesk
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.ports.his_billing import Patient
from yiqiao.ports.insurance_settlement import Settlement, Visitor
from yiqiao.region.insurance.service import Cancellation, Standing, Wish
from yiqiao.region.insurance.settlement import Facts, NotCancellable
from yiqiao.region.insurance.states import STATES, State
from yiqiao.region.reading.persons import number_of

SELF_PAID, INSURED = "00", "01"
CENT = Decimal("0.01")
FUND_FIELDS: Mapping[str, tuple[str, ...]] = {
    "hifp_pay": ("310100", "390100"),
    "cvlserv_pay": ("320100",),
    "hifes_pay": ("370100",),
    "hifmi_pay": ("390200",),
    "hifob_pay": ("330100",),
    "maf_pay": ("610100",),
    "hifdm_pay": ("340100",),
}
"""Which funds stand in which field of setlinfo; all others in oth_pay."""
OTHER_FUNDS = "oth_pay"
AREAS = ("insuplc_admdvs", "mdtrtarea_admvs")
REVERSAL = "C"
"""Behind the number of a settlement that the centre was not asked for: the number of its reversal."""


class BillAwaitsPayment(DomainError):
    """Reckoned, and the personal part is not paid yet."""

    def __init__(self) -> None:
        super().__init__("等待支付个人部分；请打开结算收银台，付款后带 extra.settlementNo 再次调用询问")


class SettlementUnderWay(DomainError):
    """Begun, and not at an end: asking again tells more, and settles nothing twice."""

    def __init__(self, told: str) -> None:
        super().__init__(f"结算办理中（{told}），请稍后带 extra.settlementNo 再次调用询问，不要另行收费")


class SettlementFailed(DomainError):
    """The settlement came to nothing; money that was taken has gone back."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"结算未成：{reason}；处理后请重新调用")


class CancellationUnderWay(DomainError):
    """Taken in, and not at an end."""

    def __init__(self, told: str) -> None:
        super().__init__(f"撤销办理中（{told}），请稍后用原参数再次询问")


@handlers.commits("fsi.outpatient.charge")
async def charge(request: Request, call: Call, services: OneTransServices) -> Act[Standing]:
    """门诊收费结算接口"""
    desk = services.settlements
    wish = _wish(request, call, desk)

    def answer(found: Standing) -> Values:
        return _charged(found, desk)

    def keys(found: Standing | None) -> Keys:
        return Keys(trace=found.row.number if found else wish.number or request.maybe("mdtrt_id"))

    return Act(await desk.settlements.settle(wish), answer, keys, standing=_not_yet)


def _wish(request: Request, call: Call, desk: SettlementDesk) -> Wish:
    extra = request.part("extra") or Request({})
    insured = _insured(request)
    certificate = request.text("psn_cert_type"), request.text("certno")
    psn_no = request.maybe("psn_no") or "" if insured else number_of(desk.settlements.keyring, *certificate)
    who = Visitor(
        psn_no=psn_no,
        certificate_type=certificate[0],
        certificate_no=certificate[1],
        name=request.text("psn_name"),
        kind=request.text("insutype") if insured else "",
        insured_area=request.text("insuplc_admdvs") if insured else "",
        visit_area=request.text("mdtrtarea_admvs"),
        institution=request.text("fixmedins_code"),
        institution_name=request.text("fixmedins_name"),
    )
    patient = Patient(
        account_type=request.text("account_type"),
        his_cust_id=extra.maybe("cardno") or request.text("cardno"),
        card_type=request.maybe("cardType") or "",
        card_no=request.text("cardno"),
        name=who.name,
        id_no=who.certificate_no,
    )
    passed_on = extra.part("hisExtra")
    facts = Facts(
        who=who,
        patient=patient,
        charge_nos=(),
        lines=(),
        department=call.parameters.get("dept_name", ""),
        doctor=call.parameters.get("opter_name", ""),
        operator=call.parameters.get("opter_name", ""),
        term_no=request.text("termNo"),
        visited_at=_moment(request.maybe("begntime")),
        message_id=call.parameters.get("msgid", ""),
        his_extra=dict(passed_on.all()) if passed_on else {},
    )
    return Wish(
        app_id=call.partner.app_id,
        merchant_id=request.maybe("payAppId") or "",
        merchant_secret=request.maybe("payAppSecret") or "",
        insured=insured,
        visit_id=request.maybe("mdtrt_id") or "",
        facts=facts,
        number=extra.maybe("settlementNo") or "",
    )


def _insured(request: Request) -> bool:
    """Whether the centre is asked: a person in care (02) is insured where the insurance is stated."""
    kind = request.text("patientType")
    if kind in (SELF_PAID, INSURED):
        return kind == INSURED
    return request.maybe("insutype") is not None and request.maybe("insuplc_admdvs") is not None


def _moment(text: str | None) -> int:
    """Epoch ms of yyyy-MM-dd HH:mm:ss in Beijing; 0 for nothing."""
    if text is None:
        return 0
    found = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    return round(found.timestamp() * 1000)


def _charged(found: Standing, desk: SettlementDesk) -> Values:
    row, trade = found.row, found.trade
    about = STATES[row.state]
    told: dict[str, object] = {"orderList": [row.number]}
    if trade is not None and trade.paid_at is not None:
        told |= {"chargeNo": trade.trace_no, "traceNo": trade.trace_no, "traceTime": compact(trade.paid_at)}
    told["callsn"] = row.callsn or None
    extra: dict[str, object] = {
        "settlementNo": row.number,
        "setl_id": row.settlement_id if row.insured else row.number,
        "mdtrt_id": row.visit_id if row.insured else row.number,
        "psn_no": found.facts.who.psn_no,
        "medfee_sumamt": _yuan(row.total),
        "resNote": "" if row.state == State.DONE else (row.reason or about.title)[:32],
    }
    if not row.insured or found.facts.expected is not None:
        parts = {"fund_pay_sumamt": row.funds, "acct_pay": row.account, "psn_cash_pay": row.cash}
        extra |= {name: _yuan(amount) for name, amount in parts.items()}
    if not about.final:
        extra |= {"cashierUrl": desk.desk_address(row), "qrcodeUrl": desk.payer_address(row)}
    return {**told, "extra": {name: value for name, value in extra.items() if value not in ("", None)}}


def _not_yet(found: Standing) -> DomainError | None:
    """Why a bill is not settled (yet)."""
    row = found.row
    about = STATES[row.state]
    if row.state == State.DONE:
        return None
    if about.final:
        return SettlementFailed(row.reason or about.title)
    return BillAwaitsPayment() if row.state == State.PAYING else SettlementUnderWay(about.title)


@handlers.commits("chs.common.outpatient.settle.cancel")
async def cancel(request: Request, call: Call, services: OneTransServices) -> Act[Standing]:
    """门诊收费撤销接口"""
    desk = services.settlements
    wanted = Cancellation(
        institution=request.text("fixmedins_code"),
        settlement_id=request.text("setl_id"),
        visit_id=request.text("mdtrt_id"),
        psn_no=request.text("psn_no"),
        message_id=call.parameters.get("msgid", ""),
        areas_stated=all(request.maybe(name) is not None for name in AREAS),
    )

    def answer(found: Standing) -> Values:
        return _cancelled(found, wanted.message_id)

    return Act(
        desk.settlements.cancel(wanted), answer, lambda _: Keys(trace=wanted.settlement_id), standing=_not_cancelled
    )


def _not_cancelled(found: Standing) -> DomainError | None:
    row = found.row
    if row.state == State.CANCELLED:
        return None
    if row.state == State.DONE:
        return NotCancellable(f"撤销未成，结算照旧：{row.reason}")
    return CancellationUnderWay(STATES[row.state].title)


def _cancelled(found: Standing, message_id: str) -> Values:
    row, facts = found.row, found.facts
    extra = {"settlementNo": row.number}
    if row.state != State.CANCELLED:
        return {"extra": {**extra, "resNote": (row.reason or STATES[row.state].title)[:32]}}
    reversal = facts.reversal or _self_paid(found)
    info = _setlinfo(found, reversal, facts.cancel_id or message_id)
    return {"setlinfo": info, "setldetail": _setldetail(reversal), "extra": extra}


def _self_paid(found: Standing) -> Settlement:
    """The reversal of what the centre was not asked for, in the centre's terms: all of it was the patient's own."""
    row = found.row
    return Settlement(
        visit_id=row.number,
        settlement_id=f"{row.number}{REVERSAL}",
        psn_no=found.facts.who.psn_no,
        settled_at=row.ended_at or row.changed_at,
        total=-row.total,
        own_pay=-row.total,
        over_limit=0,
        pre_pay=0,
        in_scope=0,
        deductible=0,
        deductible_standard=0,
        ratio=Decimal(0),
        shares=(),
        account=0,
        cash=-row.cash,
    )


def _setlinfo(found: Standing, told: Settlement, message_id: str) -> Values:
    amounts = {
        "medfee_sumamt": told.total,
        "fulamt_ownpay_amt": told.own_pay,
        "overlmt_selfpay": told.over_limit,
        "preselfpay_amt": told.pre_pay,
        "inscp_scp_amt": told.in_scope,
        "act_pay_dedc": told.deductible,
        "crt_dedc": told.deductible_standard,
        "fund_pay_sumamt": told.funds,
        "psn_part_amt": told.total - told.funds,
        "acct_pay": told.account,
        "psn_cash_pay": told.cash,
        "hosp_part_amt": told.hospital_part,
        "balc": told.balance,
        "acct_mulaid_pay": told.family_account,
        **_funds(told),
    }
    row, facts = found.row, found.facts
    return {
        "mdtrt_id": told.visit_id or row.visit_id,
        "setl_id": told.settlement_id,
        "clr_optins": told.office or None,
        "setl_time": compact(told.settled_at),
        "pool_prop_selfpay": told.ratio.quantize(Decimal("0.0001")),
        "medins_setl_id": message_id,
        "psn_insu_rlts_id": told.relation_id or None,
        "insu_admdvs": told.insured_area or None,
        "begndate": f"{beijing(facts.visited_at or row.created_at):%Y-%m-%d}",
        "enddate": f"{beijing(row.settled_at or row.changed_at):%Y-%m-%d}",
        "mdtrt_cert_no": told.voucher_no or None,
        "setl_type": told.kind,
        **{name: _yuan(amount) for name, amount in amounts.items()},
    }


def _funds(told: Settlement) -> dict[str, int]:
    """What each fund pays, by the field that it stands in."""
    field_of = {fund: name for name, funds in FUND_FIELDS.items() for fund in funds}
    paid: Counter[str] = Counter(dict.fromkeys((*FUND_FIELDS, OTHER_FUNDS), 0))
    for share in told.shares:
        paid[field_of.get(share.kind, OTHER_FUNDS)] += share.paid
    return dict(paid)


def _setldetail(told: Settlement) -> list[Values]:
    return [
        {
            "fund_pay_type": share.kind,
            "inscp_scp_amt": _yuan(share.in_scope),
            "crt_payb_lmt_amt": _yuan(share.limit),
            "fund_payamt": _yuan(share.paid),
            "fund_pay_type_name": share.title or None,
            "setl_proc_info": share.course or None,
        }
        for share in told.shares
    ]


def _yuan(fen: int) -> Decimal:
    return (Decimal(fen) / 100).quantize(CENT)
