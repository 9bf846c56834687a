"""Numbers for an appointment platform (12320), which knows no schedules, and taking them back (3.1.3.18, 3.1.3.19).

Both succeed on the wire whatever comes of them: what came stands in RESULTCODE.
"""

from collections.abc import Iterator

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.handlers.booking import YES, keys_of, serial_of
from yiqiao.dialects.convenience.wording import COLLECTED, VIA_CHANNEL, WORK_TYPE, fen
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import Document, Existing, NumberWish, Ordered, Origin, Slip, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.spec import Fault, Invalid

GIVEN, EXISTS, TAKEN_BACK = "1000", "1002", "0000"
REFERRALS = frozenset({"1", "11", "12", "13"})
"""REGTYPE of a referral (社区转诊): such have units of their own."""
WITH_OPERATOR = frozenset({"电话", "诊间", "社区转诊", "自助机"})
"""REGVIA of those who book for somebody else."""
IDENTITY_CARD, PASSPORT, OTHER = 1, 5, 99
DETAILS = (
    "OPERID",
    "OUTHOSPITALID",
    "OUTHOSPITALNAME",
    "FROMDEPTID",
    "FROMDEPTNAME",
    "FROMDOCTORID",
    "FROMDOCTORNAME",
    "CHANGECLINIQUEREASON",
    "MEDICALRECORD",
    "PREDIAGNOSIS",
)


@handlers.handles("GetYyNo")
async def get_yy_no(request: Request, call: Call, hospitals: Hospitals) -> Act[Ordered | Existing]:
    """新增预约挂号信息（取号）"""
    kind, via = str(request.number("REGTYPE")), request.text("REGVIA")
    operator = request.maybe("REGOPERATOR") or ""
    if via in WITH_OPERATOR and not operator:
        raise Invalid((Fault("REGOPERATOR", "required", f"预约来源为{via}时须填操作人"),))
    serial = serial_of(call, request.maybe("REG_ID") or "")
    wish = NumberWish(
        serial=serial,
        dept_id=request.text("DEPT_ID"),
        doctor_id=request.text("DOCTOR_ID"),
        day=request.text("SEEDOCTORDATE"),
        session=WORK_TYPE[request.number("WORKTYPE")],
        begins=request.maybe("BEGINTIME"),
        referral=kind in REFERRALS,
        visitor=_visitor(request),
        origin=Origin(VIA_CHANNEL[via], via, request.maybe("REGVIAVENDOR") or "", operator),
        fee=_fee(request),
        paid=request.number("PAYTYPE") == YES,
        pay_channel=COLLECTED,
        insurance=request.number("SICKINSURETYPE"),
        details=tuple(_details(request, kind)),
    )
    write = await hospitals.of(request.text("HOSPITAL_ID")).booking.number(wish)
    return Act(write, _told, keys_of(serial))


@handlers.handles("BackNo")
async def back_no(request: Request, call: Call, hospitals: Hospitals) -> Act[Slip]:
    """取消预约挂号信息（退号）"""
    serial = serial_of(call, request.text("REG_ID"))
    write = await hospitals.of(request.text("HOSPITAL_ID")).booking.give_back(serial)
    return Act(write, lambda _: {"RESULTCODE": TAKEN_BACK, "RESULTMSG": "成功"}, keys_of(serial))


def _told(result: Ordered | Existing) -> Values:
    if isinstance(result, Existing):
        return {"RESULTCODE": EXISTS, "REG_ID": result.serial, "RESERVENO": None, "RESULTMSG": "已有同样的预约记录"}
    return {
        "RESULTCODE": GIVEN,
        "REG_ID": result.order_id,
        "RESERVENO": result.number,
        "CHECKNO": result.check_no,
        "RESULTMSG": "预约成功",
    }


def _visitor(request: Request) -> Visitor:
    """Who the number is for. A foreigner is known by the other certificate."""
    other, number = request.maybe("OTHERIDNO"), request.text("CARDNO")
    stated = request.text("CARDTYPE")
    if "护照" in stated and not other:
        raise Invalid((Fault("OTHERIDNO", "required", "外籍患者须填其他证件号"),))
    if "身份证" in stated or stated in ("1", "01"):
        certificate = Document(IDENTITY_CARD, number)
    else:
        certificate = Document(PASSPORT if "护照" in stated else OTHER, other or number)
    return Visitor(
        name=request.text("PATIENT_NAME"),
        sex=Sex(request.number("SEX")),
        birthday=request.text("BIRTHDAY"),
        mobile=request.text("MOBILE"),
        certificate=certificate,
    )


def _fee(request: Request) -> int | None:
    """The sum of the parts that are stated; None where none is."""
    parts = [fen(name, request.maybe(name)) for name in ("REGISTRYFEE", "CLINICFEE", "EXPERTSFEE")]
    stated = [part for part in parts if part is not None]
    return sum(stated) if stated else None


def _details(request: Request, kind: str) -> Iterator[tuple[str, str]]:
    """What goes with a referral (only there), and the items of a laboratory examination."""
    if kind in REFERRALS:
        for name in DETAILS:
            text = request.maybe(name)
            if text:
                yield name, text
    applied = request.part("EXAMAPPLY")
    for item in applied.rows("EXAMITEM") if applied else ():
        yield "EXAMITEM", item.text("NAME")
