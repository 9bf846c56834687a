"""One short function an operation: the standard's words → the region's rules → the standard's words."""

import re

from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.server import HOME, cookie
from yiqiao.exchange.dialect import Act, Call, Handlers, Values
from yiqiao.exchange.message import Headers
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.region.launches.launch import Coded, Doctor, Launch, Opened, Patient, Visit
from yiqiao.region.launches.service import Launches
from yiqiao.spec import Fault, Invalid
from yiqiao.spec.formats import known_format

handlers: Handlers[Launches] = Handlers()

CLIENT_PAGE = f"{HOME}/client"
_TABLES = {"zzbz": "mtbz"}
"""The code tables that are not called as their field is."""
_FULL, _WITHOUT_ID = 5, 4
_DATE = known_format("yyyy-MM-dd")


@handlers.handles("launch.insured")
async def insured(request: Request, call: Call, launches: Launches) -> Act[Opened]:
    """医保患者入参"""
    return _opened(request, call, launches, id_no=request.text("sfzh"), birthday=None)


@handlers.handles("launch.selfpay")
async def selfpay(request: Request, call: Call, launches: Launches) -> Act[Opened]:
    """自费患者入参"""
    id_no, birthday = _visit_number(request, call)
    return _opened(request, call, launches, id_no=request.maybe("sfzh") or id_no, birthday=birthday)


def _opened(request: Request, call: Call, launches: Launches, id_no: str | None, birthday: str | None) -> Act[Opened]:
    settings = call.spec.settings
    # An installed client that calls by itself is there already: it gets the page.
    by_client = settings.get("open") == "client" and call.terminal is None
    launch = Launch(
        app_id=call.partner.app_id,
        mark=request.text("sign").lower(),
        patient=_patient(request, call, id_no, birthday),
        doctor=Doctor(request.text("ysbm"), request.text("ysmc")),
        visit=_visit(request, call),
        target=call.terminal or min(call.partner.terminals, default=""),
        idle_s=60 * int(str(settings.get("idle_minutes", "30"))),
        scheme=str(settings.get("scheme", "")) if by_client else "",
    )

    def answer(_: Opened) -> Values:
        return {"way": "client", "location": CLIENT_PAGE} if by_client else {"way": "web", "location": HOME}

    def headers(opened: Opened) -> Headers:
        location = CLIENT_PAGE if by_client else HOME
        return (b"location", location.encode()), cookie(opened.token)

    def keys(opened: Opened | None) -> Keys:
        return Keys(person=opened.patient_key if opened else None, trace=request.text("sign"))

    return Act(launches.open(launch), answer, keys, headers)


def _patient(request: Request, call: Call, id_no: str | None, birthday: str | None) -> Patient:
    return Patient(
        name=request.text("xm"),
        sex=_coded(request, call, "xb"),
        age=request.number("nl"),
        insured=request.text("hzlx") == envelope.INSURED,
        id_no=id_no,
        birthday=birthday,
        insurance=_coded(request, call, "xz"),
        insured_no=request.maybe("aac001"),
        card_no=request.maybe("kh"),
    )


def _visit(request: Request, call: Call) -> Visit:
    return Visit(
        hospital_code=request.text("yybm"),
        hospital_name=request.text("yymc"),
        department=request.maybe("ksmc"),
        registered_at=request.maybe("djsj"),
        registration_no=request.maybe("jzsxh"),
        disease=_coded(request, call, "mtbz"),
        referral_disease=_coded(request, call, "zzbz"),
        capitation=_coded(request, call, "rtbz"),
        capitation_group=_coded(request, call, "rtbm"),
        community=request.maybe("sqbm"),
    )


def _coded(request: Request, call: Call, name: str) -> Coded | None:
    code = request.maybe(name)
    return Coded(code, call.spec.codes[_TABLES.get(name, name)].rows[code].title) if code is not None else None


def _visit_number(request: Request, call: Call) -> tuple[str | None, str | None]:
    """The identity number and the birth date in a self-pay patient's visit number. Raises Invalid."""
    parts = request.text("mzsxh").split("@")
    if len(parts) == _WITHOUT_ID:
        parts.insert(3, "")
    faults = []
    if len(parts) != _FULL:
        faults.append(f"应为 姓名@性别@年龄@身份证号@出生日期 五段，实际 {len(parts)} 段")
    else:
        _, sex, age, _, birthday = parts
        if sex not in call.spec.codes["xb"].rows:
            faults.append("第二段性别应为 1 或 2")
        if not re.fullmatch("[0-9]{1,4}", age):
            faults.append("第三段年龄应为数字")
        if birthday and not (_DATE and re.fullmatch(_DATE.pattern, birthday)):
            faults.append("第五段出生日期应为 yyyy-MM-dd 格式的真实日期")
    if faults:
        raise Invalid((Fault("mzsxh", "format", f"（门诊顺序号）{'；'.join(faults)}"),))
    return parts[3] or None, parts[4] or None
