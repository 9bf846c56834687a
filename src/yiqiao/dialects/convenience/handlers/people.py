"""The hospital's records of patients, and who they are to the insurer (3.1.2)."""

from yiqiao.clock import readable
from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import moment
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.booking import Document, Serial, Visitor
from yiqiao.ports.hospital.patients import Filed, NewPatient, PatientRecord, Stated
from yiqiao.ports.hospital.values import Sex
from yiqiao.ports.insured import InsuredIdentity
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

LONGEST_NUMBER = 18
"""Characters of a certificate's number in answers."""


@handlers.handles("CreatePat")
async def create_pat(request: Request, call: Call, hospitals: Hospitals) -> Act[Filed]:
    """用户信息注册接口"""
    certificate = _document(request, "ID_TYPE", "ID_NO")
    guardian = _document(request, "PARENT_ID_TYPE", "PARENT_ID_CARD")
    if certificate is None and (guardian is None or request.maybe("PARENT_NAME") is None):
        raise Invalid((Fault("ID_NO", "conditional", "没有证件的小孩，监护人的证件类型、号码与姓名必填"),))
    stated = certificate or guardian
    visitor = Visitor(
        name=request.text("NAME"),
        sex=Sex(request.number("SEX")),
        birthday=request.text("BIRTHDAY"),
        mobile=request.text("MOBILE"),
        certificate=certificate,
        guardian=guardian,
        guardian_name=request.maybe("PARENT_NAME"),
        card=_document(request, "CARD_TYPE", "CARD_NO"),
        address=request.maybe("ADDRESS"),
    )
    number = f"{stated.kind}|{stated.number}" if stated else ""
    serial = Serial(call.partner.app_id, number, call.fingerprint, call.at)
    patients = hospitals.of(request.text("HOSPITAL_ID")).patients
    write = await patients.create(NewPatient(serial, visitor, request.maybe("PASSWORD")))

    def answer(filed: Filed) -> Values:
        return {
            "HOSP_PATIENT_ID": filed.patient_id,
            "CARD_NO": filed.card.number,
            "ID_NO": filed.certificate.number[:LONGEST_NUMBER],
            "NAME": filed.name,
            "CARD_TYPE": str(filed.card.kind),
        }

    return Act(write, answer, lambda filed: Keys(person=filed.patient_id if filed else None))


@handlers.handles("GetPatientInfo")
async def get_patient_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """用户信息查询接口"""
    patients = hospitals.of(request.text("HOSPITAL_ID")).patients
    card = Document(request.number("CARD_TYPE"), request.text("CARD_NO"))
    stated = Stated(request.maybe("HOSP_PATIENT_ID"), request.maybe("NAME"), request.maybe("ID_NO"))
    found = await patients.find(card, stated)
    return Act(NOTHING, lambda _: _record(found), lambda _: Keys(person=found.patient_id))


@handlers.handles("Authenticate")
async def authenticate(request: Request, call: Call, hospitals: Hospitals) -> Act[InsuredIdentity]:
    """医保用户身份认证接口"""
    patient_id = request.text("APP_PATIENT_ID")
    write = await hospitals.of(request.text("HOSPITAL_ID")).patients.authenticate(patient_id)
    return Act(write, _identity, lambda _: Keys(person=patient_id))


def _document(request: Request, kind: str, number: str) -> Document | None:
    """A certificate or card, where both its type and its number are given. Raises Invalid where only one of them is."""
    given, told = request.maybe_number(kind), request.maybe(number)
    if (given is None) != (told is None):
        missing = number if told is None else kind
        raise Invalid((Fault(missing, "conditional", f"{kind} 与 {number} 须同时填写"),))
    return None if given is None or told is None else Document(given, told)


def _record(found: PatientRecord) -> Values:
    return {
        "CREATE_TIME": readable(found.created_at),
        "HOSP_PATIENT_ID": found.patient_id,
        "BALANCE": 0,  # the hospital has no cards that money is kept on
        "CARD_STATUS": str(found.card_state),
        "CARD_TIME": readable(found.card_issued_at),
        "LAST_TIME": moment(found.card_used_at),
        "PATIENT_TYPE": str(int(found.certified)),
        "ID_TYPE": str(found.certificate.kind),
        "ID_NO": found.certificate.number[:LONGEST_NUMBER],
        "NAME": found.name,
        "SEX": str(int(found.sex)),
        "BIRTHDAY": found.birthday,
        "MOBILE": found.mobile,
        "ADDRESS": found.address,
        "True": str(int(found.visited)),
        "CARD_TYPE": str(found.card.kind),
        "CARD_NO": found.card.number,
    }


def _identity(found: InsuredIdentity) -> Values:
    relief = found.relief or ("", "")
    return {
        "DKE005": found.settlement_no,
        "AKE556": found.fee_nature[0],
        "AKE556_C": found.fee_nature[1],
        "AKE186": found.visit_kind[0],
        "AKE186_C": found.visit_kind[1],
        "AKE162": list(found.visit_reason),
        "DAC001": found.insurance_no,
        "DKC003": found.nature[0],
        "DKC003_C": found.nature[1],
        "DKC002": found.kind[0],
        "DKC002_C": found.kind[1],
        "DKC021": relief[0],
        "DKC021_C": relief[1],
        "DAE168": str(int(found.code_due)),
    }
