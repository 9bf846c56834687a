"""What became of bookings and registrations (3.1.3.11, 3.1.3.12, 3.1.3.15). Each answer by the tables of its own."""

from collections.abc import Iterable, Mapping
from datetime import date

from yiqiao.clock import parse_compact
from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import (
    CHANNEL_VIA,
    EMERGENCY,
    EXPERT,
    LEVEL_NAME,
    ORDER_STATUS,
    PATIENT_SEX,
    REGT_YPE,
    SCHEDUL_TYPE,
    SPECIAL_NEEDS,
    WORK_TYPE_OF,
    moment,
)
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.money import yuan
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import Document, OrderState, Paid
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish, Record
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.values import Paging, Session
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

MOST_ORDERS, LARGEST_PAGE = 100, 1000
NO_NUMBERS = OrderNumbers(None, None)
OTHER_KIND, EVENING_KIND = "4", "5"
EMERGENCY_SCHEDULE = "4"
REGVIA_CODE: Mapping[str, str] = {"诊间": "2", "社区转诊": "3", "APP": "0", "窗口": "0", "自助机": "0"}
OF_12320, OF_THIRD_PARTY, OTHER_WAY = "1", "4", "5"


@handlers.handles("GetGhInfo")
async def get_gh_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询预约信息"""
    one, day = request.part("ONE_REG_INFO"), request.part("BAT_REG_INFO")
    if one is not None and day is None:
        found = await hospitals.of(one.text("HOSPITAL_ID")).records.by_numbers(_either(one.text("REG_ID")))
        hospital_id = one.text("HOSPITAL_ID")
    elif day is not None and one is None:
        hospital_id = day.text("HOSPITAL_ID")
        found = await hospitals.of(hospital_id).records.booked_for(day.text("QUEYDATE"))
    else:
        raise Invalid((Fault("ONE_REG_INFO", "required", "与 BAT_REG_INFO 须填且只填一项"),))
    found = tuple({record.order_no: record for record in found}.values())
    return _list(found, len(found), "REG_INFO_LIST", [_booking(hospital_id, record) for record in found])


@handlers.handles("GetGhRecord")
async def get_gh_record(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """医院所有挂号记录"""
    hospital_id = request.text("HOSPITAL_ID")
    found = await hospitals.of(hospital_id).records.registered_between(
        _moment(request, "BEGINTIME"), _moment(request, "ENDTIME") + 999, request.maybe("IDCARD"), request.maybe("OPNO")
    )
    return _list(found, len(found), "REC_ITEM_LIST", [_registration(hospital_id, record) for record in found])


@handlers.handles("QueryRegRecord")
async def query_reg_record(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """挂号订单查询"""
    asked, days = _asked(request), _days(request)
    if not asked and days is None:
        raise Invalid((Fault("QUERY_ORDER", "required", "QUERY_ORDER 与 QUERY_DATE 至少须有一个"),))
    if len(asked) > MOST_ORDERS:
        raise Invalid((Fault("QUERY_ORDER", "most", f"按订单查询一次最多 {MOST_ORDERS} 个，收到 {len(asked)} 个"),))
    records = hospitals.of(request.text("HOSPITAL_ID")).records
    found: dict[str, Record] = {}
    if asked:
        found = {record.order_no: record for record in await records.by_numbers(asked)}
    total = len(found)
    if days is not None:
        page = await records.by_day(
            days.text("BEGIN_DATE"),
            days.text("END_DATE"),
            Choice(days.maybe_number("QUERY_TYPE") or Choice.ALL),
            _patient(days.part("PATIENT_INFO")),
            Paging(days.maybe_number("PAGE_CURRENT") or 1, days.maybe_number("PAGE_SIZE") or LARGEST_PAGE),
        )
        total += page.total - sum(record.order_no in found for record in page.rows)
        found |= {record.order_no: record for record in page.rows}
    return _list(found.values(), total, "ORDER_LIST", [_order(record) for record in found.values()])


def _list(found: Iterable[Record], total: int, name: str, rows: list[Values]) -> Act[None]:
    """The answer to a reading. Raises NoSuchRecord where there is nothing to tell."""
    if not rows:
        raise NoSuchRecord
    return Act(NOTHING, lambda _: {"COUNT": total, name: rows})


def _either(number: str) -> list[OrderNumbers]:
    """An order by a number that may be either side's."""
    return [OrderNumbers(number, None), OrderNumbers(None, number)]


def _moment(request: Request, name: str) -> int:
    text = request.text(name)
    return parse_compact("".join(character for character in text if character.isdecimal()))


def _asked(request: Request) -> list[OrderNumbers]:
    """The orders that are asked for by number; some profiles have room for one, in the request itself. Raises Invalid
    for one without any number.
    """
    numbers = [OrderNumbers(one.maybe("ORDER_ID"), one.maybe("HOSP_ORDER_ID")) for one in request.rows("QUERY_ORDER")]
    if NO_NUMBERS in numbers:
        raise Invalid((Fault("QUERY_ORDER", "required", "ORDER_ID 与 HOSP_ORDER_ID 至少填一项"),))
    alone = OrderNumbers(request.maybe("ORDER_ID"), request.maybe("HOSP_ORDER_ID"))
    return numbers if alone == NO_NUMBERS else [alone, *numbers]


def _days(request: Request) -> Request | None:
    """Where the days stand that are asked about; in some profiles, in the request itself."""
    alone = request.maybe("BEGIN_DATE") and request.maybe("END_DATE")
    return request.part("QUERY_DATE") or (request if alone else None)


def _patient(stated: Request | None) -> PatientWish | None:
    """Whose orders are asked for. Raises Invalid where nothing says who."""
    if stated is None:
        return None
    patient_id, number = stated.maybe("HOSP_PATIENT_ID"), stated.maybe("ID_NO")
    if patient_id is None and number is None:
        raise Invalid((Fault("QUERY_DATE.PATIENT_INFO.ID_NO", "required", "HOSP_PATIENT_ID 与 ID_NO 至少填一项"),))
    return PatientWish(patient_id, Document(stated.maybe_number("ID_TYPE") or 1, number) if number else None)


def _via(record: Record) -> str:
    """预约来源 in words."""
    return record.via or CHANNEL_VIA.get(record.channel, "窗口")


def _booking(hospital_id: str, record: Record) -> Values:
    settled = record.paid == Paid.PAID
    return {
        "DESCRIPTION": None,
        "HOSPITAL_ID": hospital_id,
        "REG_ID": record.serial,
        "DEPART_ID": record.dept_id,
        "DOCTOR_ID": record.doctor_id or None,
        "WORK_TYPE": WORK_TYPE_OF[record.session],
        "BEGINTIME": record.begins,
        "ENDTIME": record.ends,
        "REGCAT": LEVEL_NAME.get(record.level, "普通"),
        "CLINICLOC": record.place,
        "CLINICNO": record.number,
        "CHECKNO": record.check_no,
        "SELFMONEY": yuan(record.payable - record.insured_part),
        "INSUREMONEY": yuan(record.insured_part),
        "MONEY": yuan(record.payable),
        "CARDTYPE": record.insurance,
        "REGDATE": moment(record.ordered_at),
        "GETNODATE": moment(record.fetched_at),
        "IS_GET": "1" if record.fetched_at is None else "0",
        "IS_QUIT": "0" if record.cancelled_at is None else "1",
        "QUITDATE": moment(record.cancelled_at),
        "IS_PAY": "1" if settled else "0",
        "PAYDATE": moment(record.paid_at),
        "NOTPAY": "0" if settled else yuan(record.payable),
        "REGVIA": _via(record),
        "REGVIAVENDOR": record.vendor,
    }


def _registration(hospital_id: str, record: Record) -> Values:
    quit_at = record.cancelled_at
    settled = record.paid == Paid.PAID
    kept = record.payable if quit_at is None else 0
    insured = record.insured_part if quit_at is None else 0
    visitor = record.visitor
    return {
        "DESCRIPTION": None,
        "HOSPITAL_ID": hospital_id,
        "CLINICSN": record.order_no,
        "REGT_YPE": EVENING_KIND if record.session == Session.EVENING else REGT_YPE.get(record.level, OTHER_KIND),
        "OPNO": record.patient_id,
        "PATIENT_ID": record.patient_id,
        "IDCARD": visitor.certificate.number if visitor.certificate else None,
        "PATIENTNAME": visitor.name,
        "PATIENT_TYPE": record.insurance or 0,
        "PATIENT_SEX": PATIENT_SEX.get(visitor.sex, "0"),  # the table has no third
        "PATIENT_AGE": f"{_years(visitor.birthday, record.day)}岁",
        "REGTIME": moment(record.registered_at),
        "CLINICDATE": record.day,
        "SCHEDUL_TYPE": EMERGENCY_SCHEDULE if record.level == EMERGENCY else SCHEDUL_TYPE[record.session],
        "CLINICNO": record.number,
        "DEPART_ID": record.dept_id,
        "DEPARTNAME": record.dept_name,
        "DOCTOR_ID": record.doctor_id or None,
        "DOCTORNAME": record.doctor_name,
        "VISITDOCTOR_ID": record.visit_doctor_id,
        "VISITDOCTORNAME": record.visit_doctor_name,
        "IS_EXTRA": int(record.extra),
        "VISITSTATUS": "1" if record.state == OrderState.VISITED else "0",
        "IS_QUIT": "0" if quit_at is None else "1",
        "QUITTIME": moment(quit_at),
        "CLINICFEE": yuan(record.treatment_fee),
        "EXPFEE": yuan(record.treatment_fee if record.level in (EXPERT, SPECIAL_NEEDS) else 0),
        "TOTALFEE": yuan(record.total),
        "SELFPAYFEE": yuan(kept - insured),
        "INSUREFEE": yuan(insured),
        "ACCOUNTFEE": yuan(0),
        "CASHFEE": yuan(kept - insured if settled else 0),
        "IS_PAYED": "1" if settled else "0",
        "OPER_ID": record.operator,
        "IS_REGISTER": int(record.booked),
        "REGISTERTIME": moment(record.ordered_at) if record.booked else None,
        "ESTBEGTIME": f"{record.day} {record.begins}:00" if record.booked and record.begins else None,
        "REGVIA": _via_code(record),
        "RegViaVendor": record.vendor,
        "Plat12320SN": record.serial if record.from_number else None,
    }


def _via_code(record: Record) -> str:
    """预约途径: by whom it came, then by which way."""
    if record.via in ("诊间", "社区转诊"):
        return REGVIA_CODE[record.via]
    if record.from_number:
        return OF_12320
    if record.order_id is not None:
        return OF_THIRD_PARTY
    return REGVIA_CODE.get(_via(record), OTHER_WAY)


def _years(birthday: str, day: str) -> int:
    born, then = date.fromisoformat(birthday), date.fromisoformat(day)
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def _order(record: Record) -> Values:
    visitor = record.visitor
    shown = visitor.certificate or visitor.guardian
    paid = record.paid != Paid.UNPAID
    return {
        "ORDER_ID": record.order_id,
        "HOSP_ORDER_ID": record.order_no,
        "HOSP_PATIENT_ID": record.patient_id,
        "CHANNEL_ID": record.channel,
        "REG_ID": record.schedule_id,
        "REG_LEVEL": record.level,
        "DEPT_ID": record.dept_id,
        "DEPT_NAME": record.dept_name,
        "DOCTOR_ID": record.doctor_id,
        "DOCTOR_NAME": record.doctor_name,
        "REG_DATE": record.day,
        "TIME_FLAG": int(record.session),
        "BEGIN_TIME": record.begins,
        "END_TIME": record.ends,
        "HOSP_SERIAL_NUM": record.number,
        "TOTAL_FEE": record.total,
        "PAYABLE_FEE": record.payable,
        "MEDICARE_FEE": record.insured_part,
        "ACTIVITY_FEE": 0,
        "REAL_FEE": record.payable - record.insured_part if paid else 0,
        "ID_TYPE": shown.kind if shown else None,
        "ID_NO": shown.number if shown else None,
        "CARD_TYPE": visitor.card.kind if visitor.card else None,
        "CARD_NO": visitor.card.number if visitor.card else None,
        "NAME": visitor.name,
        "SEX": int(visitor.sex),
        "BIRTHDAY": visitor.birthday,
        "ADDRESS": visitor.address,
        "MOBILE": visitor.mobile,
        "ORDER_STATUS": ORDER_STATUS[record.state],
        "IS_STOP": "0" if record.state == OrderState.STOPPED else "1",
        "ORDER_DATE": moment(record.ordered_at),
        "PAY_CHANNEL_ID": record.pay_channel,
        "PAY_DATE": moment(record.paid_at),
        "GET_REGNO_DATE": moment(record.fetched_at),
        "PAY_FLAG": record.pay_side,
        "RETURN_FLAG": record.refund_side,
        "CANCEL_DATE": moment(record.cancelled_at or record.refunded_at),
        "STOP_DATE": moment(record.stopped_at),
        "REMARK": None,
    }
