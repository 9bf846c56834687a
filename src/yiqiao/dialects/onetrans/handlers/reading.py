"""Reading cards and codes (3.1.3.1, 3.1.3.2), and consent to use a health card (3.1.3.8, 3.1.3.9)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

import orjson

from yiqiao.clock import beijing
from yiqiao.dialects.onetrans.handlers import handlers
from yiqiao.dialects.onetrans.services import OneTransServices
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.ports.card_platform import CardCaller, CardHolder, Consent, ConsentWish
from yiqiao.ports.card_reader import Media
from yiqiao.ports.hospital_cards import HospitalCard
from yiqiao.ports.insurance_centre import Identity, Insurance
from yiqiao.region.reading.choices import AwaitingChoice, Choice
from yiqiao.region.reading.reading import CardCall, Proof, Question, Reading
from yiqiao.region.reading.service import Readings
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

MEDIA: Mapping[str, Media] = {"01": Media.CODE, "02": Media.IDENTITY_CARD, "03": Media.SOCIAL_SECURITY_CARD}
"""read_mdtrt_cert_type; 09 is the patient's choice."""
USED: Mapping[Proof, str] = {
    Proof.VOUCHER: "01",
    Proof.IDENTITY_CARD: "02",
    Proof.SOCIAL_SECURITY_CARD: "03",
    Proof.TERMINAL_CODE: "04",
    Proof.TERMINAL_FACE: "05",
    Proof.HEALTH_CARD: "07",
    Proof.HOSPITAL_CARD: "08",
}
"""mdtrt_cert_type of the answer."""
VOUCHERS = frozenset({Proof.VOUCHER, Proof.TERMINAL_CODE, Proof.TERMINAL_FACE})
PHYSICAL = frozenset({Proof.IDENTITY_CARD, Proof.SOCIAL_SECURITY_CARD})
ELECTRONIC = frozenset({Proof.HEALTH_CARD, Proof.HOSPITAL_CARD})
INSURANCE_CARD = "01"
CARD_TYPES: Mapping[Proof, str] = {
    Proof.SOCIAL_SECURITY_CARD: INSURANCE_CARD,
    Proof.HEALTH_CARD: "11",
    Proof.HOSPITAL_CARD: "03",
}
"""cardType of hos.user.third.get; a voucher is none of that table."""
TENTH = Decimal("0.1")
CENT = Decimal("0.01")


@handlers.handles("hos.user.get")
async def user_get(request: Request, call: Call, services: OneTransServices) -> Act[None]:
    """读卡"""
    readings, question = services.reading, _question(request, call)
    media = MEDIA.get(request.text("mdtrt_cert_type"))
    if media is not None:
        return _read(await readings.read(media, question), call, _card)
    return await _chosen(request, call, readings, question)


@handlers.handles("hos.user.third.get")
async def user_third_get(request: Request, call: Call, services: OneTransServices) -> Act[None]:
    """统一解码"""
    return _read(await services.reading.read(Media.CODE, _question(request, call)), call, _decoded)


@handlers.handles("ehc.ehealthcard.authurl")
async def authurl(request: Request, call: Call, services: OneTransServices) -> Act[None]:
    """生成用户用卡授权连接（主扫方式）"""
    number = request.text("out_authorize_no")
    wish = ConsentWish(
        number=number,
        at=request.text("out_authorize_time"),
        treatment_code=request.text("treatment_code"),
        operator_id=request.maybe("operator_id") or call.parameters["opter"],
        operator_name=request.maybe("operator_name") or call.parameters["opter_name"],
        office_code=request.maybe("office_code") or "",
    )
    link = await services.reading.platform.ask_consent(_caller(request), wish)
    return Act(NOTHING, lambda _: {"ehealth_authurl": link}, _trace(number))


@handlers.handles("ehc.ehealthcard.auth.query")
async def auth_query(request: Request, call: Call, services: OneTransServices) -> Act[None]:
    """查询用户用卡授权结果"""
    number = request.text("out_authorize_no")
    state, holder = await services.reading.platform.consent(_caller(request), number)
    told = _holder(holder) if state is Consent.GIVEN and holder is not None else {}
    return Act(NOTHING, lambda _: {"auth_status": state.value, **told}, _trace(number))


async def _chosen(request: Request, call: Call, readings: Readings, question: Question) -> Act[None]:
    """By the way that the patient chooses: the reading where they have chosen, else where they can."""
    app_id, number = call.partner.app_id, request.maybe("choiceNo")
    choices = readings.choices
    choice = await (
        choices.find(app_id, number)
        if number is not None
        else choices.begin(app_id, call.parameters["msgid"], question.desk)
    )
    if choice.media is None:
        return _waiting(readings, choice)
    reading = await readings.read(choice.media, replace(question, desk=choice.desk), at_terminal=True)
    return Act(choices.finish(choice), lambda _: _card(reading, call.at), _keys(reading))


def _waiting(readings: Readings, choice: Choice) -> Act[None]:
    extra = {"readerUrl": readings.choices.url(choice), "choiceNo": choice.token}
    return Act(NOTHING, lambda _: {"extra": extra}, standing=lambda _: AwaitingChoice())


def _read(reading: Reading, call: Call, told: Callable[[Reading, int], Values]) -> Act[None]:
    return Act(NOTHING, lambda _: told(reading, call.at), _keys(reading))


def _trace(number: str) -> Callable[[object], Keys]:
    return lambda _: Keys(trace=number)


def _keys(reading: Reading) -> Callable[[object], Keys]:
    card = reading.holder.ehealth_card_id if reading.holder is not None else None
    return lambda _: Keys(card=card)


def _caller(request: Request) -> CardCaller:
    return CardCaller(request.text("ehc_app_id"), request.text("ehc_app_secret"), request.text("term_id"))


def _question(request: Request, call: Call) -> Question:
    """What is asked. A PC needs no device number: its devices are known by its terminal, else by its operator."""
    parameters = call.parameters
    return Question(
        desk=parameters.get("dev_no") or request.maybe("term_id") or parameters["opter"],
        business_type=request.text("business_type"),
        operator_id=parameters["opter"],
        operator_name=parameters["opter_name"],
        since=_since(request),
        scanned=request.maybe("code_text") or "",
        card_call=_card_call(request),
        ip_addr=call.peer,
    )


def _since(request: Request) -> str | None:
    """begntime's day as yyyy-MM-dd: each of its four forms begins with year, month and day."""
    text = (request.maybe("begntime") or "").replace("-", "")[:8]
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else None


def _card_call(request: Request) -> CardCall | None:
    """The credentials of the card platform, where the five are there; Invalid where only some of them are."""
    names = ("ehc_app_id", "ehc_app_secret", "term_id", "out_verify_time", "treatment_code")
    given = [name for name in names if request.maybe(name) is not None]
    if "ehc_app_id" not in given:
        return None
    missing = [name for name in names if name not in given]
    if missing:
        told = "解码电子健康卡时五项须一并填写，请补上"
        raise Invalid(tuple(Fault(name, "conditional", told) for name in missing))
    return CardCall(_caller(request), request.text("treatment_code"), request.text("out_verify_time"))


def _card(reading: Reading, now: int) -> Values:
    """The answer to hos.user.get."""
    presented = reading.presented if reading.proof in PHYSICAL else None
    insurance_card = reading.proof is Proof.SOCIAL_SECURITY_CARD
    return {
        **_common(reading, now),
        "cardinfo": [_hospital_card(card) for card in reading.cards] or None if reading.proof in ELECTRONIC else None,
        "card_code": presented.card_code if presented else None,
        "card_no": (presented.card_no or presented.certificate_no) if presented else None,
        "card_type": INSURANCE_CARD if insurance_card else None,
        "issuedeptid": presented.issuer if presented and insurance_card else None,
    }


def _decoded(reading: Reading, now: int) -> Values:
    """The answer to hos.user.third.get."""
    number = reading.hospital_card_no or (reading.holder.values.get("card_no") if reading.holder else None)
    return {**_common(reading, now), "card_type": CARD_TYPES.get(reading.proof), "card_no": number}


def _common(reading: Reading, now: int) -> Values:
    present, voucher = reading.present, reading.proof in VOUCHERS
    return {
        "baseinfo": _base(reading, now),
        "insuinfo": _insurance(present) if present else None,
        "idetinfo": [_identity(one) for one in reading.person.identities] or None,
        "ehcinfo": {**_holder(reading.holder), "phone": _phone(reading.holder)} if reading.holder else None,
        "mdtrt_cert_type": USED[reading.proof],
        "ecToken": reading.person.ec_token if voucher else None,
        "insuOrg": present.area if present and voucher else None,
        "phone": _phone(reading.holder) if reading.holder else None,
    }


def _base(reading: Reading, now: int) -> Values:
    person, former = reading.person, reading.former
    return {
        "psn_no": person.psn_no,
        "psn_cert_type": person.certificate_type,
        "certno": person.certificate_no,
        "psn_name": person.name,
        "gend": person.sex,
        "naty": person.nation,
        "brdy": person.birthday,
        "age": age(person.birthday, now),
        "exp_content": _history(former) if former else None,
    }


def age(birthday: str | None, now: int) -> Decimal:
    """Years at this time (epoch ms), full months as tenths; 0.0 where no birthday is known."""
    if birthday is None:
        return Decimal("0.0")
    year, month, day = map(int, birthday.split("-"))
    today = beijing(now)
    months = (today.year - year) * 12 + today.month - month - (today.day < day)
    return (Decimal(max(0, months)) / 12).quantize(TENTH, ROUND_DOWN)


def _insurance(one: Insurance) -> dict[str, object]:
    return {
        "balc": one.balance.quantize(CENT),
        "insutype": one.kind,
        "psn_type": one.person_kind,
        "psn_insu_stas": one.status,
        "psn_insu_date": one.since,
        "paus_insu_date": one.paused,
        "cvlserv_flag": "1" if one.civil_servant else "0",
        "insuplc_admdvs": one.area,
        "emp_name": one.employer or None,
    }


def _history(former: tuple[Insurance, ...]) -> str:
    """Former insurances: insuinfo is one object and tells the present one, so these stand in the field for more."""
    rows = [{name: value for name, value in _insurance(one).items() if value is not None} for one in former]
    return orjson.dumps({"insuinfo_his": rows}, default=str).decode()


def _identity(one: Identity) -> Values:
    return {
        "psn_idet_type": one.kind,
        "psn_type_lv": one.level,
        "memo": one.memo or None,
        "begntime": _moment(one.since),
        "endtime": _moment(one.until) if one.until else None,
    }


def _moment(text: str) -> str:
    """yyyy-MM-dd HH:mm:ss as yyyyMMddHHmmss."""
    return "".join(figure for figure in text if figure.isdigit())


def _holder(holder: CardHolder) -> dict[str, object]:
    return {
        **holder.values,
        "mindex_id": holder.mindex_id,
        "ehealth_card_id": holder.ehealth_card_id,
        "id_type": holder.id_type,
        "id_no": holder.id_no,
        "user_name": holder.user_name,
        "user_sex": holder.user_sex or None,
    }


def _phone(holder: CardHolder) -> str | None:
    return holder.values.get("mobile_phone")


def _hospital_card(card: HospitalCard) -> Values:
    balance = None if card.balance is None else (Decimal(card.balance) / 100).quantize(CENT)
    return {"balc": balance, "card_type": card.kind, "card_no": card.card_no}
