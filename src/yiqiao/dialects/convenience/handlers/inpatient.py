"""Inpatients: deposit, charges, daily list (3.1.5)."""

from decimal import Decimal

from yiqiao.clock import readable
from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import stated_fen
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.money import yuan
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.inpatient import DailyList, Deposit, DepositQuestion, DepositWish, Stay
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

DONE = "1"
"""PREPAY_STATUS: only what was put down is on record."""


@handlers.handles("HospitalPrefee")
async def hospital_prefee(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询病人住院费用信息接口"""
    hospital_id = request.text("HOSPITAL_ID")
    stay = await hospitals.of(hospital_id).inpatient.stay(*_who(request))
    return Act(NOTHING, lambda _: _stay(hospital_id, stay), lambda _: Keys(person=stay.patient_id))


@handlers.handles("HospitalPrefeePay")
async def hospital_prefee_pay(request: Request, call: Call, hospitals: Hospitals) -> Act[Deposit]:
    """住院费用预交金充值写入处理接口"""
    hospital_id, trade_no = request.text("HOSPITAL_ID"), request.text("OUT_TRADE_NO")
    wish = DepositWish(
        serial=Serial(call.partner.app_id, trade_no, call.fingerprint, call.at),
        inpatient_no=request.text("INPATIENT_NO"),
        amount=stated_fen("DEPO_AMOUNT", str(request.decimal("DEPO_AMOUNT"))),
        pay_mode=request.number("PAY_MODE"),
        operator=request.maybe("HIS_OPERATOR") or "",
        certificate_no=request.text("ID_NO"),
        name=request.text("PATIENT_NAME"),
    )
    if wish.amount <= 0:
        raise Invalid((Fault("DEPO_AMOUNT", "least", "应大于 0"),))
    write = await hospitals.of(hospital_id).inpatient.put_down(wish)

    def answer(made: Deposit) -> Values:
        return {
            "HOSPITAL_ID": hospital_id,
            "INPATIENT_NO": made.inpatient_no,
            "PATIENT_ID": made.patient_id,
            "PATIENT_NAME": made.name,
            "RECEIPT_NO": made.receipt_no,
            "DEPO_DATE": readable(made.at),
            "DEPO_AMOUNT": [Decimal(yuan(made.amount)), Decimal(yuan(made.total))],
            "BALANCE": Decimal(yuan(made.balance)),
        }

    return Act(write, answer, lambda made: Keys(made.patient_id if made else None, order=trade_no, trace=trade_no))


@handlers.handles("HospitalPrefeeRecords")
async def hospital_prefee_records(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """住院预交金充值记录核查接口"""
    hospital_id = request.text("HOSPITAL_ID")
    asked = DepositQuestion(
        receipt_no=request.maybe("RECEIPT_NO"),
        trade_no=request.maybe("OUT_TRADE_NO"),
        inpatient_no=request.maybe("INPATIENT_NO"),
        certificate_no=request.maybe("ID_NO"),
        first_day=request.maybe("BeginDate"),
        last_day=request.maybe("EndDate"),
    )
    if asked == DepositQuestion():
        raise Invalid((Fault("OUT_TRADE_NO", "required", "票据号、订单号、住院号、身份证号与日期至少填一项"),))
    rows = [_made(hospital_id, one) for one in await hospitals.of(hospital_id).inpatient.deposits(asked)]
    return Act(NOTHING, lambda _: {**rows[0], "COUNT": len(rows), "DEPT_LIST": rows})


@handlers.handles("Hospitallist")
async def hospital_list(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询病人住院日清单接口"""
    hospital_id = request.text("HOSPITAL_ID")
    daily = await hospitals.of(hospital_id).inpatient.daily(*_who(request))
    return Act(NOTHING, lambda _: _daily(hospital_id, daily))


def _who(request: Request) -> tuple[str | None, str | None]:
    """Certificate number and name, at least one of them. Raises Invalid."""
    who = request.maybe("ID_NO"), request.maybe("NAME")
    if who == (None, None):
        raise Invalid((Fault("ID_NO", "required", "ID_NO 与 NAME 至少填一项"),))
    return who


def _stay(hospital_id: str, stay: Stay) -> Values:
    return {
        "HOSPITAL_ID": hospital_id,
        "INPATIENT_NO": stay.inpatient_no,
        "PATIENT_ID": stay.patient_id,
        "PATIENT_NAME": stay.name,
        "ID_NO": stay.certificate_no,
        "PHONE_NUMBER": stay.mobile,
        "AGE": stay.age,
        "SEX": str(int(stay.sex)),
        "ADMISS_DATE": readable(stay.admitted_at),
        "ADMISS_TIMES": stay.times,
        "SF_NAME": str(stay.fee_class),
        "BALANCE": Decimal(yuan(stay.balance)),
        "CHARGE_AMOUNT": Decimal(yuan(stay.charged)),
        "DEPO_AMOUNT": Decimal(yuan(stay.deposit)),
        "WARD_NAME": stay.ward,
        "BED_NO": stay.bed,
    }


def _made(hospital_id: str, one: Deposit) -> dict[str, object]:
    return {
        "HOSPITAL_ID": hospital_id,
        "INPATIENT_NO": one.inpatient_no,
        "PATIENT_ID": one.patient_id,
        "PATIENT_NAME": one.name,
        "OUT_TRADE_NO": one.trade_no,
        "ID_NO": one.certificate_no,
        "RECEIPT_NO": one.receipt_no,
        "DEPO_DATE": readable(one.at),
        "DEPO_AMOUNT": Decimal(yuan(one.amount)),
        "STATUS": DONE,
    }


def _daily(hospital_id: str, daily: DailyList) -> Values:
    return {
        "HOSPITAL_ID": hospital_id,
        "INPATIENT_NO": daily.inpatient_no,
        "PATIENT_NAME": daily.name,
        "DAY_LIST": [
            {
                "CHARGE_DATE": day.day,
                "DAY_COSTS": Decimal(yuan(day.amount)),
                "ITEM_LIST": [
                    {
                        "ITEM_CLASS": item.item_class,
                        "ITEM_NAME": item.name,
                        "ITEM_SPEC": item.spec,
                        "UNITS": item.unit,
                        "PRICE": item.price,
                        "QUANTITY": item.quantity,
                        "COSTS": Decimal(yuan(item.amount)),
                    }
                    for item in day.items
                ],
            }
            for day in daily.days
        ],
    }
