"""Locks, orders and what becomes of them (3.1.3.6 to 3.1.3.10, 3.1.3.13), and what the family's 3.3 document adds."""

from collections.abc import Callable, Iterator
from typing import Any

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import COLLECTED, IS_PAID, IS_REG, PAID_BY, whole_fen
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import (
    LOCK_S,
    Document,
    Lock,
    LockWish,
    NewVisitor,
    Ordered,
    OrderWish,
    Origin,
    Payment,
    Serial,
    Slip,
    Unit,
    Visitor,
)
from yiqiao.ports.hospital.values import Pool, Session, Sex
from yiqiao.storage import Write

YES = 1


@handlers.handles("LockReg")
async def lock_reg(request: Request, call: Call, hospitals: Hospitals) -> Act[Lock]:
    """号源锁定"""
    lock_id = request.text("LOCK_ID")
    lasts_s = int(str(call.spec.settings.get("lock_minutes", LOCK_S // 60))) * 60
    wish = LockWish(serial_of(call, lock_id), _unit(request), lasts_s)
    write = await hospitals.of(request.text("HOSPITAL_ID")).booking.lock(wish)
    return Act(write, lambda lock: {"HOSP_LOCK_ID": lock.hospital_lock_id}, keys_of(wish.serial))


@handlers.handles("UnLockReg")
async def un_lock_reg(request: Request, call: Call, hospitals: Hospitals) -> Act[Any]:
    """解除号源锁定"""
    serial = serial_of(call, request.text("LOCK_ID"))
    hospital = hospitals.of(request.text("HOSPITAL_ID"))
    return _done(await hospital.booking.unlock(serial, request.maybe("HOSP_LOCK_ID")), serial)


@handlers.handles("OrderReg")
async def order_reg(request: Request, call: Call, hospitals: Hospitals) -> Act[Ordered]:
    """预约和挂号"""
    serial = serial_of(call, request.text("ORDER_ID"))
    wish = OrderWish(
        serial=serial,
        unit=_unit(request),
        timing=IS_REG[request.number("IS_REG")],
        visitor=_visitor(request),
        origin=Origin(request.number("CHANNEL_ID"), operator=request.maybe("AGENT_ID") or ""),
        fee=request.number("REG_FEE"),
        paid=request.maybe_number("IS_PAY") == IS_PAID,
        pay_channel=PAID_BY.get(request.number("CHANNEL_ID"), COLLECTED),
        from_account=request.maybe_number("HOSP_IS_PAY") == IS_PAID,
        patient_id=request.maybe("HOSP_PATIENT_ID"),
        hospital_lock_id=request.maybe("HOSP_LOCK_ID"),
        insurance_code=request.maybe("DAE147"),
    )
    write = await hospitals.of(request.text("HOSPITAL_ID")).booking.order(wish)

    def keys(made: Ordered | None) -> Keys:
        return Keys(made.patient_id if made else None, order=made.order_no if made else None, trace=serial.number)

    return Act(write, _ordered, keys)


@handlers.handles("OpAppRegist")
async def op_app_regist(request: Request, call: Call, hospitals: Hospitals) -> Act[Any]:
    """预约转挂号"""
    serial = serial_of(call, request.text("FLOW_NO"))
    mode = request.text("PAY_MODE")
    channel = int(mode) if mode.isascii() and mode.isdecimal() and len(mode) < 3 else None
    payment = Payment(whole_fen("REG_FEE", request.text("REG_FEE")), channel, call.at)
    hospital = hospitals.of(request.text("APP_HOSPITAL_MAR"))
    return _done(await hospital.booking.transfer(serial, request.text("HIS_ORDER_NO"), payment), serial)


@handlers.handles("CancelReg")
async def cancel_reg(request: Request, call: Call, hospitals: Hospitals) -> Act[Any]:
    """挂号取消"""
    serial = serial_of(call, request.text("ORDER_ID"))
    hospital = hospitals.of(request.text("HOSPITAL_ID"))
    return _done(await hospital.booking.cancel(serial, request.maybe("HOSP_ORDER_ID")), serial)


@handlers.handles("UpdateOrderInfo")
async def update_order_info(request: Request, call: Call, hospitals: Hospitals) -> Act[Any]:
    """修改预约挂号信息"""
    serial = serial_of(call, request.text("REGID"))
    new = NewVisitor(
        name=request.text("NAME"),
        sex=Sex(request.number("SEX")),
        mobile=request.text("PHONE"),
        id_number=request.text("CARDNO"),
        insurance=int(request.text("CARDTYPE")),
        paid=request.number("PAYTYPE") == YES,
        pay_channel=COLLECTED,
    )
    return _done(await hospitals.of(request.text("HOSPITALID")).booking.update(serial, new), serial)


def serial_of(call: Call, number: str) -> Serial:
    """The caller's serial of an act."""
    return Serial(call.partner.app_id, number, call.fingerprint, call.at)


def keys_of(serial: Serial) -> Callable[[object], Keys]:
    """The keys by which the journal finds an act on an order again, whatever came of it."""
    found = Keys(order=serial.number or None, trace=serial.number or None)
    return lambda _: found


def _done(write: Write[Any], serial: Serial) -> Act[Any]:
    return Act(write, lambda _: {}, keys_of(serial))


def _unit(request: Request) -> Unit:
    """Which unit is asked for. Where a profile has no role of the unit (REG_ROLE), it is a shared one; where it has
    no TIME_ID, each time slot has a REG_ID of its own: the schedule's, a bar, the slot's.
    """
    flag = request.maybe_number("TIME_FLAG")
    schedule_id, _, time_id = request.text("REG_ID").partition("|")
    return Unit(
        schedule_id,
        Pool(int(request.maybe("REG_ROLE") or Pool.SHARED)),
        request.maybe("TIME_ID") or time_id or None,
        request.maybe("CLINIC_NO"),
        request.maybe("DEPT_ID"),
        request.maybe("DOCTOR_ID"),
        request.maybe("REG_DATE"),
        Session(flag) if flag else None,
    )


def _visitor(request: Request) -> Visitor:
    """Who the order is for. What the rule groups say goes before what stands beside them in other profiles, where who
    acts for a child without a certificate is its guardian.
    """
    rules = dict(_rules(request))
    value = {name: rule[1] for name, rule in rules.items()}
    certificate = _document(rules, "ID") or _flat(request, "ID_TYPE", "ID_NO")
    guardian, guardian_name = _document(rules, "parentID"), value.get("parentName")
    if guardian is None and certificate is None:
        guardian = _flat(request, "OPER_IDCARD_TYPE", "OPER_IDCARD_NO")
        guardian_name = request.maybe("OPER_NAME")
    return Visitor(
        name=request.text("NAME"),
        sex=Sex(request.number("SEX")),
        birthday=request.text("BIRTHDAY"),
        mobile=request.text("MOBILE"),
        certificate=certificate,
        guardian=guardian,
        guardian_name=guardian_name,
        card=_document(rules, "card") or _flat(request, "CARD_TYPE", "CARD_NO"),
        card_password=value.get("password"),
        address=value.get("address") or request.maybe("ADDRESS"),
        disease=value.get("disease"),
    )


def _rules(request: Request) -> Iterator[tuple[str, tuple[str | None, str]]]:
    """The rules of all groups, the last of a type: type, kind of document, value."""
    for group in request.rows("RULE_GROUP"):
        for rule in group.rows("RULE_INFO"):
            yield rule.text("RULE_TYPE"), (rule.maybe("TYPE_VALUE"), rule.text("RULE_VALUE"))


def _document(rules: dict[str, tuple[str | None, str]], kind: str) -> Document | None:
    """A certificate or a card among the rules. One without a type is an identity card (ID, parentID)."""
    found = rules.get(kind)
    if found is None:
        return None
    stated, number = found
    return Document(int(stated) if stated and stated.isascii() and stated.isdecimal() else 1, number)


def _flat(request: Request, kind: str, number: str) -> Document | None:
    value = request.maybe(number)
    return Document(request.maybe_number(kind) or 1, value) if value else None


def _ordered(made: Ordered) -> Values:
    """The answer to an order."""
    reduced = made.concession
    answer: dict[str, object] = {
        "HOSP_ORDER_ID": made.order_no,
        "HOSP_PATIENT_ID": made.patient_id,
        "HOSP_SERIAL_NUM": made.number,
        "HOSP_CLINIC_PWD": made.check_no,
        "HOSP_MEDICAL_NUM": made.medical_no,
        "HOSP_GETREG_DATE": made.fetch_time,
        "HOSP_SEE_DOCT_ADDR": made.address,
        "HOSP_REMARK": made.remark,
        "IS_CONCESSIONS": 1 if reduced else 0,
    }
    if made.card:
        answer |= {"HOSP_CARD_NO": made.card.number, "HOSP_CARD_TYPE": made.card.kind}
    if reduced:
        answer["CONCESSIONS"] = {
            "CONCESSIONS_FEE": reduced.off,
            "REAL_REG_FEE": reduced.registration,
            "REAL_TREAT_FEE": reduced.treatment,
            "REAL_TOTAL_FEE": reduced.total,
            "CONCESSIONS_TYPE": reduced.title,
        }
    return answer


@handlers.handles("PayReg")
async def pay_reg(request: Request, call: Call, hospitals: Hospitals) -> Act[Slip]:
    """挂号支付（3.3 版）"""
    serial = serial_of(call, request.text("ORDER_ID"))
    payment = Payment(request.number("PAY_FEE"), request.number("PAY_CHANNEL_ID"), call.at)
    hospital = hospitals.of(request.text("HOSPITAL_ID"))
    write = await hospital.booking.pay(serial, request.text("HOSP_ORDER_ID"), payment)

    def answer(slip: Slip) -> Values:
        return {"HOSP_PAY_ID": slip.order_no, "HOSP_SERIAL_NUM": slip.number, "HOSP_MEDICAL_NUM": slip.patient_id}

    return Act(write, answer, keys_of(serial))


@handlers.handles("Refund")
async def refund(request: Request, call: Call, hospitals: Hospitals) -> Act[Slip]:
    """退款（3.3 版）"""
    serial = serial_of(call, request.text("ORDER_ID"))
    hospital = hospitals.of(request.text("HOSPITAL_ID"))
    write = await hospital.booking.refund(serial, request.text("HOSP_ORDER_ID"), request.number("REFUND_FEE"))
    trace = Serial(serial.app_id, request.text("REFUND_ID"), serial.fingerprint, serial.at)
    return Act(write, lambda slip: {"HOSP_REFUND_ID": slip.order_no, "REFUND_FLAG": "1"}, keys_of(trace))


@handlers.handles("GetRegNum")
async def get_reg_num(request: Request, call: Call, hospitals: Hospitals) -> Act[Slip]:
    """取号（3.3 版）"""
    serial = serial_of(call, request.text("ORDER_ID"))
    write = await hospitals.of(request.text("HOSPITAL_ID")).booking.fetch(serial, None)
    return Act(write, lambda slip: {"HOSP_SERIAL_NUM": slip.number}, keys_of(serial))
