"""One short function an operation: the standard's words → the region's rules → the standard's words."""

from yiqiao.dialects.cmc import envelope, visit_number
from yiqiao.dialects.cmc.server import HOME, cookie
from yiqiao.exchange.dialect import Act, Call, Handlers, Values
from yiqiao.exchange.message import Headers
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.region.launches.launch import Coded, Doctor, Launch, Opened, Patient, Visit
from yiqiao.region.launches.service import Launches

handlers: Handlers[Launches] = Handlers()

CLIENT_PAGE = f"{HOME}/client"
_TABLES = {"zzbz": "mtbz"}
"""The code tables that are not called as their field is."""


@handlers.handles("launch.insured")
async def insured(request: Request, call: Call, launches: Launches) -> Act[Opened]:
    """医保患者入参"""
    return _opened(request, call, launches, id_no=request.text("sfzh"), birthday=None)


@handlers.handles("launch.selfpay")
async def selfpay(request: Request, call: Call, launches: Launches) -> Act[Opened]:
    """自费患者入参"""
    told = visit_number.read(request.text("mzsxh"), call.spec)
    return _opened(request, call, launches, id_no=request.maybe("sfzh") or told.id_no, birthday=told.birthday)


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
