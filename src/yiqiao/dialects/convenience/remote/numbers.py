"""Numbers of appointment platforms (3.1.3.18): the wish in the standard's words, and what came of it."""

from collections.abc import Mapping

from yiqiao.clock import readable
from yiqiao.dialects.convenience.remote.calls import needed
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import IDENTITY_CARD, person_values
from yiqiao.dialects.convenience.wording import CHANNEL_VIA, VIA_CHANNEL, WORK_TYPE_OF
from yiqiao.money import yuan
from yiqiao.ports.hospital.booking import Document, Existing, NumberWish, Ordered
from yiqiao.spec import Spec

Values = Mapping[str, object]
EXISTS = "1002"
NOT_PAID, PAID = 0, 1
"""PAYTYPE."""
BOOKING, REFERRAL, REFERRED_EXAM, LABORATORY = 0, 1, 13, 5
"""REGTYPE."""
ITEM = "EXAMITEM"
OWN_PAYER = 0  # SICKINSURETYPE


def number_values(spec: Spec, wish: NumberWish) -> Values:
    """GetYyNo. The fee is stated as one sum; a certificate that is no identity card stands under both of its names."""
    visitor = wish.visitor
    certificate = visitor.certificate or visitor.guardian or Document(IDENTITY_CARD, "")
    foreign = certificate.kind != IDENTITY_CARD
    items = [{"NAME": text} for name, text in wish.details if name == ITEM]
    via = wish.origin.via or CHANNEL_VIA.get(wish.origin.channel, "")
    kind = spec.codes["ID_TYPE"].rows.get(str(certificate.kind))
    person = person_values(visitor)
    return {
        **person,
        "PATIENT_NAME": visitor.name,
        "REG_ID": wish.serial.number or None,
        "DEPT_ID": wish.dept_id,
        "DOCTOR_ID": wish.doctor_id,
        "IS_EXPERT": "1" if wish.doctor_id else "0",
        "SICKINSURETYPE": wish.insurance if wish.insurance is not None else OWN_PAYER,
        "SEEDOCTORDATE": wish.day,
        "WORKTYPE": WORK_TYPE_OF[wish.session],
        "BEGINTIME": wish.begins,
        "REGISTRYFEE": None if wish.fee is None else yuan(wish.fee),
        "CARDNO": certificate.number,
        "OTHERIDNO": certificate.number if foreign else None,
        "CARDTYPE": kind.title if kind is not None else "其它",
        "REGTYPE": _kind(referral=wish.referral, laboratory=bool(items)),
        "REGVIA": via if via in VIA_CHANNEL else "窗口",
        "REGVIAVENDOR": wish.origin.vendor,
        "REGOPERATOR": wish.origin.operator or None,
        "PAYTYPE": PAID if wish.paid else NOT_PAID,
        "CREATEDATE": readable(wish.serial.at),
        **{name: text for name, text in wish.details if name != ITEM},
        "EXAMAPPLY": {"EXAMITEM": items} if items else None,
    }


def number_given(told: Told) -> Ordered | Existing:
    """What came of it: the hospital tells its serial, the number and the password, nothing else. Raises Unreadable."""
    if told.text("RESULTCODE") == EXISTS:
        return Existing(needed(told, "REG_ID"))
    return Ordered(
        order_no="",
        order_id=told.text("REG_ID"),
        patient_id="",
        number=told.text("RESERVENO"),
        check_no=told.text("CHECKNO"),
        medical_no="",
        fetch_time=None,
        address=None,
        remark=None,
        card=None,
        concession=None,
    )


def _kind(*, referral: bool, laboratory: bool) -> int:
    if referral:
        return REFERRED_EXAM if laboratory else REFERRAL
    return LABORATORY if laboratory else BOOKING
