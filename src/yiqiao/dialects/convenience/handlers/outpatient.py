"""Outpatients' charges: pending, paid, given back, pre-settled (3.1.4)."""

from decimal import Decimal

from yiqiao.clock import readable
from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import PAYMENT_STATUS, WINDOWS, moment, plain, stated_fen
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.money import yuan
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.outpatient import (
    Bill,
    Payment,
    PaymentQuestion,
    PaymentWish,
    RefundWish,
)
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

DONE = "0000"
INSURED = "1"


def several(name: str, numbers: str) -> tuple[str, ...]:
    """Prescription numbers in one text: several are separated by commas. Raises Invalid where there is none."""
    found = tuple(dict.fromkeys(one.strip() for one in numbers.replace("，", ",").split(",") if one.strip()))
    if not found:
        raise Invalid((Fault(name, "format", "应为处方号，多个用半角逗号分隔"),))
    return found


@handlers.handles("queryAppPayInfo")
async def query_app_pay_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询门诊待缴费记录接口"""
    patient_id = request.text("PATIENT_ID")
    bills = await hospitals.of(request.text("HOSPITAL_MARK")).outpatient.due(patient_id)
    rows = [row for bill in bills for row in _charges(bill)]
    return Act(
        NOTHING,
        lambda _: {"Result_Code": DONE, "Error_Msg": "成功", "Result_Data": {"Record_List": {"Record_Info": rows}}},
        lambda _: Keys(person=patient_id),
    )


@handlers.handles("opPay")
async def op_pay(request: Request, call: Call, hospitals: Hospitals) -> Act[Payment]:
    """待缴费请求写入"""
    flow_no, patient_id = request.text("FLOW_NO"), request.text("PATIENT_ID")
    wish = PaymentWish(
        serial=Serial(call.partner.app_id, flow_no, call.fingerprint, call.at),
        patient_id=patient_id,
        serial_no=request.text("SERIAL_NO"),
        presc_nos=several("PRESC_NO", request.text("PRESC_NO")),
        pay_mode=request.text("PAY_MODE"),
        amount=stated_fen("AMT", request.text("AMT")),
        total=stated_fen("ACCOUNT_SUM", request.text("ACCOUNT_SUM")),
        insured=request.text("JSLX") == INSURED,
        code=request.maybe("DAE147"),
    )
    _more_than_nothing("ACCOUNT_SUM", wish.total)
    write = await hospitals.of(request.text("HOSPITAL_MARK")).outpatient.pay(wish)

    def answer(paid: Payment) -> Values:
        data = {"RECEIPT_NO": paid.receipt_no, "DRUG_WINDOWS": WINDOWS.join(paid.windows)}
        return {"Result_Code": DONE, "Error_Msg": "成功", "Result_Data": data}

    return Act(write, answer, lambda _: Keys(person=patient_id, order=flow_no, trace=flow_no))


@handlers.handles("PayOrder")
async def pay_order(request: Request, call: Call, hospitals: Hospitals) -> Act[Payment]:
    """门诊缴费接口 (of the profile jkt): names the bills alone, and what the insurer has paid of them."""
    order_id = request.text("ORDER_ID")
    wish = PaymentWish(
        serial=Serial(call.partner.app_id, order_id, call.fingerprint, call.at),
        patient_id=None,
        serial_no=request.text("SERIAL_NUM"),
        presc_nos=several("HOSP_SEQUENCE", request.text("HOSP_SEQUENCE")),
        pay_mode=str(request.number("PAY_CHANNEL_ID")),
        amount=request.number("PAY_ACTUAL_FEE"),
        total=request.number("PAY_TOTAL_FEE"),
        insured=request.number("PAY_MI_FEE") > 0,
    )
    _more_than_nothing("PAY_TOTAL_FEE", wish.total)
    write = await hospitals.of(request.text("HOSPITAL_ID")).outpatient.pay(wish)
    return Act(
        write,
        lambda paid: {"HOSP_ORDER_ID": paid.trade_no, "RECEIPT_ID": paid.receipt_no},
        lambda paid: Keys(person=paid.patient_id if paid else None, order=order_id, trace=order_id),
    )


@handlers.handles("PayMentRecords")
async def payment_records(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """门诊缴费记录核查接口"""
    hospital_id = request.text("HOSPITAL_ID")
    asked = PaymentQuestion(
        receipt_no=request.maybe("RECEIPT_NO"),
        trade_no=request.maybe("OUT_TRADE_NO"),
        presc_no=request.maybe("PRESC_ATTR"),
        card_no=request.maybe("CARD_NO"),
        first_day=request.maybe("BeginDate"),
        last_day=request.maybe("EndDate"),
    )
    if asked == PaymentQuestion():
        raise Invalid((Fault("OUT_TRADE_NO", "required", "票据号、订单号、处方号、卡号与日期至少填一项"),))
    rows = [_paid(hospital_id, one) for one in await hospitals.of(hospital_id).outpatient.payments(asked)]
    return Act(NOTHING, lambda _: {**rows[0], "COUNT": len(rows), "DEPT_LIST": rows})


@handlers.handles("CancelPayMent")
async def cancel_payment(request: Request, call: Call, hospitals: Hospitals) -> Act[Payment]:
    """门诊缴费退费处理"""
    trade_no = request.text("TRADE_NO")
    wish = RefundWish(
        serial=Serial(call.partner.app_id, trade_no, call.fingerprint, call.at),
        patient_id=request.maybe("PATIENT_ID"),
        presc_nos=several("PRESC_NO", named) if (named := request.maybe("PRESC_NO")) else (),
        serial_no=request.maybe("SERIAL_NO"),
        receipt_no=request.maybe("RECEIPT_NO"),
    )
    write = await hospitals.of(request.text("HOSPITAL_ID")).outpatient.refund(wish)

    def answer(back: Payment) -> Values:
        return {
            "PATIENT_ID": back.patient_id,
            "PRESC_NO": ",".join(back.presc_nos),
            "SERIAL_NO": back.serial_no,
            "TRADE_NO": back.trade_no,
        }

    return Act(write, answer, lambda _: Keys(order=trade_no, trace=trade_no))


@handlers.handles("PresettleClinic")
async def presettle_clinic(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """门诊待缴费医保预结算接口"""
    patient_id = request.text("PATIENT_ID")
    settled = await hospitals.of(request.text("HOSPITAL_ID")).outpatient.presettle(patient_id)
    return Act(
        NOTHING,
        lambda _: {
            "PATIENT_ID": patient_id,
            "AMOUNT": Decimal(yuan(settled.total)),
            "COMPEN_AMOUNT": Decimal(yuan(settled.insured_part)),
            "SELF_AMOUNT": Decimal(yuan(settled.own_part)),
            "DAE168": str(int(settled.code_due)),
        },
        lambda _: Keys(person=patient_id),
    )


def _more_than_nothing(name: str, amount: int) -> None:
    if amount <= 0:
        raise Invalid((Fault(name, "least", "应大于 0"),))


def _charges(bill: Bill) -> list[Values]:
    return [
        {
            "ITEM_NO": line.item_no,
            "PATIENT_ID": bill.patient_id,
            "VISIT_NO": bill.visit_no,
            "ITEM_NAME": line.name,
            "ITEM_CLASS": line.item_class,
            "PAY_COSTS": yuan(line.amount),
            "VISIT_DATE": bill.visit_day,
            "PRESC_NO": bill.presc_no,
            "SERIAL_NO": bill.serial_no,
            "UNITS": line.unit,
            "PRICE": plain(line.price),
            "AMOUNT": plain(line.quantity),
            "IITEM_SPEC": line.spec,
            "PERFORMED_BY": line.performed_by,
            "ORDERED_BY": bill.ordered_by,
            "ORDERED_TIME": moment(bill.ordered_at),
            "ACCOUNTS__MODE": str(int(bill.window_only)),
        }
        for line in bill.lines
    ]


def _paid(hospital_id: str, one: Payment) -> dict[str, object]:
    return {
        "HOSPITAL_ID": hospital_id,
        "RECEIPT_NO": one.receipt_no,
        "HIS_PAY_TIME": readable(one.paid_at),
        "OUT_TRADE_NO": one.trade_no,
        "PATIENT_ID": one.patient_id,
        "PATIENT_NAME": one.patient_name,
        "SERIAL_NO": one.serial_no,
        "PRESC_ATTR": ",".join(one.presc_nos),
        "DRUG_WINDOWS": WINDOWS.join(one.windows),
        "AMOUNT": Decimal(yuan(one.amount)),
        "STATUS": PAYMENT_STATUS[one.state],
    }
