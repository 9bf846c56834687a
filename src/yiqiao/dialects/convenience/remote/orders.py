"""An order as a hospital tells it, by the tables of each function (3.1.3.11, 3.1.3.12, 3.1.3.15)."""

from collections.abc import Mapping
from dataclasses import replace

from yiqiao.dialects.convenience.remote.schedules import SESSIONS
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import IDENTITY_CARD, visitor_told
from yiqiao.dialects.convenience.wording import (
    EMERGENCY,
    LEVEL_NAME,
    NORMAL,
    ORDER_STATUS,
    PATIENT_SEX,
    REGT_YPE,
    SCHEDUL_TYPE,
    VIA_CHANNEL,
    WORK_TYPE_OF,
)
from yiqiao.ports.hospital.booking import Document, OrderState, Paid, Visitor
from yiqiao.ports.hospital.records import Record
from yiqiao.ports.hospital.values import Pool, Session, Sex

STATES: Mapping[str, OrderState] = {code: state for state, code in ORDER_STATUS.items()}
LEVELS: Mapping[str, int] = {name: level for level, name in LEVEL_NAME.items()}
LEVELS_BY_KIND: Mapping[str, int] = {code: level for level, code in REGT_YPE.items()}
WORK_TYPES: Mapping[str, Session] = {code: session for session, code in WORK_TYPE_OF.items()}
SCHEDULE_TYPES: Mapping[str, Session] = {code: session for session, code in SCHEDUL_TYPE.items()}
PATIENT_SEXES: Mapping[str, Sex] = {code: sex for sex, code in PATIENT_SEX.items()}
STOPPED = FETCHED = "0"
"""IS_STOP and IS_GET, where nought says yes."""
OTHER_CHANNEL = 98
OF_12320 = "1"
NOBODY = Visitor(name="", sex=Sex.SECRET, birthday="", mobile="")
BARE = Record(
    order_no="",
    order_id=None,
    serial="",
    from_number=False,
    patient_id="",
    channel=OTHER_CHANNEL,
    via="",
    vendor="",
    operator="",
    schedule_id="",
    pool=Pool.SHARED,
    level=NORMAL,
    dept_id="",
    dept_name="",
    doctor_id="",
    doctor_name="",
    day="",
    session=Session.WHOLE_DAY,
    begins=None,
    ends=None,
    number="",
    place=None,
    state=OrderState.BOOKED,
    paid=Paid.UNPAID,
    booked=True,
    extra=False,
    registration_fee=0,
    treatment_fee=0,
    other_fee=0,
    discount=0,
    insured_part=0,
    pay_channel=None,
    pay_side=None,
    refund_side=None,
    insurance=None,
    visitor=NOBODY,
    check_no="",
    ordered_at=0,
    registered_at=None,
    fetched_at=None,
    visited_at=None,
    visit_doctor_id=None,
    visit_doctor_name=None,
    cancelled_at=None,
    stopped_at=None,
    paid_at=None,
    refunded_at=None,
)
"""An order of which nothing was told."""


def order_told(told: Told) -> Record:
    """An order of QueryRegRecord. Its fee is told as a sum, and stands as the registration's. Whether it was booked or
    registered at once is not told: a registration counts as one that was made at once.
    """
    order_no, order_id = told.text("HOSP_ORDER_ID"), told.maybe("ORDER_ID")
    total, payable = told.count("TOTAL_FEE"), told.number("PAYABLE_FEE")
    refund_side, paid_at = told.number("RETURN_FLAG") or None, told.moment("PAY_DATE")
    ended_at, ordered_at = told.moment("CANCEL_DATE"), told.moment("ORDER_DATE") or 0
    stopped_at = told.moment("STOP_DATE")
    state = told.code("ORDER_STATUS", STATES, OrderState.BOOKED)
    if told.text("IS_STOP") == STOPPED and stopped_at is not None and state is not OrderState.CANCELLED:
        state = OrderState.STOPPED  # the flag alone says little: many read its nought as no
    paid = Paid.REFUNDED if refund_side else _paid(told, paid_at)
    registered = state is OrderState.REGISTERED
    return replace(
        BARE,
        order_no=order_no,
        order_id=order_id,
        serial=order_no,
        patient_id=told.text("HOSP_PATIENT_ID"),
        channel=told.number("CHANNEL_ID") or OTHER_CHANNEL,
        schedule_id=told.text("REG_ID"),
        level=told.number("REG_LEVEL") or NORMAL,
        dept_id=told.text("DEPT_ID"),
        dept_name=told.text("DEPT_NAME"),
        doctor_id=told.text("DOCTOR_ID"),
        doctor_name=told.text("DOCTOR_NAME"),
        day=told.day("REG_DATE"),
        session=told.code("TIME_FLAG", SESSIONS, Session.WHOLE_DAY),
        begins=told.clock("BEGIN_TIME"),
        ends=told.clock("END_TIME"),
        number=told.text("HOSP_SERIAL_NUM"),
        state=state,
        paid=paid,
        booked=not registered,
        registration_fee=total,
        discount=max(0, total - payable) if payable is not None else 0,
        insured_part=told.count("MEDICARE_FEE"),
        pay_channel=told.number("PAY_CHANNEL_ID"),
        pay_side=told.number("PAY_FLAG") or None,
        refund_side=refund_side,
        visitor=visitor_told(told),
        ordered_at=ordered_at,
        fetched_at=told.moment("GET_REGNO_DATE"),
        cancelled_at=ended_at if state is OrderState.CANCELLED else None,
        stopped_at=stopped_at,
        paid_at=paid_at,
        refunded_at=ended_at if paid is Paid.REFUNDED else None,
    )


def _paid(told: Told, paid_at: int | None) -> Paid:
    """Whether an order was paid: by whom and when have to be told then, but not every hospital does."""
    stated = told.count("PAY_FLAG") or paid_at or (told.count("REAL_FEE") and told.text("PAY_CHANNEL_ID"))
    return Paid.PAID if stated else Paid.UNPAID


def booking_told(told: Told, day: str) -> Record:
    """A booking of GetGhInfo, for a visit on `day`. Of an appointment platform's the number that is told is its own."""
    number, total = told.text("REG_ID"), told.yuan("MONEY")
    quit_at, fetched_at = told.moment("QUITDATE"), told.moment("GETNODATE")
    via = told.text("REGVIA")
    state = OrderState.BOOKED
    if told.yes("IS_QUIT"):
        state = OrderState.CANCELLED
    elif told.text("IS_GET") == FETCHED:
        state = OrderState.FETCHED
    return replace(
        BARE,
        order_no=number,
        serial=number,
        channel=VIA_CHANNEL.get(via, OTHER_CHANNEL),
        via=via,
        vendor=told.text("REGVIAVENDOR"),
        level=told.code("REGCAT", LEVELS, NORMAL),
        dept_id=told.text("DEPART_ID"),
        doctor_id=told.text("DOCTOR_ID"),
        day=day,
        session=told.code("WORK_TYPE", WORK_TYPES, Session.WHOLE_DAY),
        begins=told.clock("BEGINTIME"),
        ends=told.clock("ENDTIME"),
        number=told.text("CLINICNO"),
        place=told.maybe("CLINICLOC"),
        state=state,
        paid=Paid.PAID if told.yes("IS_PAY") else Paid.UNPAID,
        registration_fee=total,
        insured_part=told.yuan("INSUREMONEY"),
        insurance=told.number("CARDTYPE"),
        check_no=told.text("CHECKNO"),
        ordered_at=told.moment("REGDATE") or 0,
        fetched_at=fetched_at,
        cancelled_at=quit_at,
        paid_at=told.moment("PAYDATE"),
    )


def registration_told(told: Told) -> Record:
    """A registration of GetGhRecord."""
    order_no, plat = told.text("CLINICSN"), told.maybe("Plat12320SN")
    total, treatment = told.yuan("TOTALFEE"), told.yuan("CLINICFEE")
    emergency = told.text("SCHEDUL_TYPE") == "4"
    booked = told.yes("IS_REGISTER")
    registered_at = told.moment("REGTIME")
    state = OrderState.REGISTERED
    if told.yes("IS_QUIT"):
        state = OrderState.CANCELLED
    elif told.yes("VISITSTATUS"):
        state = OrderState.VISITED
    card = told.maybe("IDCARD")
    visitor = replace(
        NOBODY,
        name=told.text("PATIENTNAME"),
        sex=told.code("PATIENT_SEX", PATIENT_SEXES, Sex.SECRET),
        certificate=Document(IDENTITY_CARD, card) if card else None,
    )
    return replace(
        BARE,
        order_no=order_no,
        serial=plat or order_no,
        from_number=plat is not None or told.text("REGVIA") == OF_12320,
        patient_id=told.text("PATIENT_ID"),
        vendor=told.text("RegViaVendor"),
        operator=told.text("OPER_ID"),
        level=EMERGENCY if emergency else told.code("REGT_YPE", LEVELS_BY_KIND, NORMAL),
        dept_id=told.text("DEPART_ID"),
        dept_name=told.text("DEPARTNAME"),
        doctor_id=told.text("DOCTOR_ID"),
        doctor_name=told.text("DOCTORNAME"),
        day=told.day("CLINICDATE"),
        session=told.code("SCHEDUL_TYPE", SCHEDULE_TYPES, Session.WHOLE_DAY),
        begins=told.clock("ESTBEGTIME"),
        number=told.text("CLINICNO"),
        state=state,
        paid=Paid.PAID if told.yes("IS_PAYED") else Paid.UNPAID,
        booked=booked,
        extra=told.yes("IS_EXTRA"),
        registration_fee=max(0, total - treatment),
        treatment_fee=min(total, treatment),
        insured_part=told.yuan("INSUREFEE"),
        insurance=told.number("PATIENT_TYPE"),
        visitor=visitor,
        ordered_at=told.moment("REGISTERTIME") or registered_at or 0,
        registered_at=registered_at,
        visit_doctor_id=told.maybe("VISITDOCTOR_ID"),
        visit_doctor_name=told.maybe("VISITDOCTORNAME"),
        cancelled_at=told.moment("QUITTIME"),
    )
