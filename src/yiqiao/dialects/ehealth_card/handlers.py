"""One short function an operation: the standard's words → the region's rules → the standard's words."""

from collections.abc import Callable

from yiqiao.clock import beijing
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call, Handlers, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.region.cards.service import Cards, HeldCard, Registration, Serial, Use
from yiqiao.region.identity import certificates
from yiqiao.region.identity.person import Person
from yiqiao.spec import Fault, Invalid

handlers: Handlers[Cards] = Handlers()

LONGEST_LIFE_S = 86_400


class LifetimeMissing(DomainError):
    """A dynamic code was asked for, and not how long it shall live."""


class LifetimeInvalid(DomainError):
    """The life asked for is no number of seconds between 1 and a day."""


@handlers.handles("ehc.ehealthcard.querywithreg")
async def querywithreg(request: Request, call: Call, cards: Cards) -> Act[HeldCard]:
    """实名注册电子健康卡并获取二维码"""
    lifetime_s = _lifetime(request, call)
    wish = Registration(
        serial=Serial(call.partner.app_id, request.text("out_register_no"), call.fingerprint),
        person=_person(request, call),
        apply_method=request.text("apply_method"),
        certificate_mode=request.text("certificate_mode"),
    )

    def answer(held: HeldCard) -> Values:
        code = cards.static_code(held) if lifetime_s is None else cards.dynamic_code(held.ref, lifetime_s)
        person = held.person
        return {
            "ehealth_card_id": held.ehealth_card_id,
            "mindex_id": held.mindex_id,
            "id_type": person.certificate.id_type,
            "id_no": person.certificate.id_no,
            "user_name": person.name,
            **_default_card(person),
            "card_list": [card.__dict__ for card in person.cards] or None,
            "ehealth_code": code,
        }

    return Act(await cards.register(wish), answer, _keys(wish.serial))


@handlers.handles("ehc.ehealthcode.verify")
async def verify(request: Request, call: Call, cards: Cards) -> Act[HeldCard]:
    """验证电子健康卡二维码 (被扫)"""
    use = Use(
        serial=Serial(call.partner.app_id, request.text("out_verify_no"), call.fingerprint),
        code_text=request.text("ehealth_code"),
        treatment_code=request.text("treatment_code"),
        office_code=request.maybe("office_code"),
        term_id=call.terminal or "",
        operator_id=request.text("operator_id"),
        ip_addr=request.maybe("ip_addr"),
    )
    return Act(cards.verify(use), _known, _keys(use.serial))


def _known(held: HeldCard) -> Values:
    person = held.person
    return {
        "mindex_id": held.mindex_id,
        "ehealth_card_id": held.ehealth_card_id,
        "id_type": person.certificate.id_type,
        "id_no": person.certificate.id_no,
        "user_name": person.name,
        "user_sex": person.sex,
        "mobile_phone": person.mobile_phone,
        "birthday": person.birthday,
        "telephone": person.telephone,
        "address": person.address,
        "work_unit": person.work_unit,
        **_default_card(person),
    }


def _default_card(person: Person) -> Values:
    return person.cards[0].__dict__ if person.cards else {}


def _keys(serial: Serial) -> Callable[[HeldCard | None], Keys]:
    def keys(held: HeldCard | None) -> Keys:
        if held is None:
            return Keys(trace=serial.number)
        return Keys(person=held.ref.person_id, card=held.ehealth_card_id, trace=serial.number)

    return keys


def _person(request: Request, call: Call) -> Person:
    """Who is to be registered; birthday and sex must not contradict the number."""
    certificate = certificates.parse(request.text("id_type"), request.text("id_no"), beijing(call.at).date())
    birthday, sex = request.maybe("birthday"), request.text("user_sex")
    faults = [
        Fault("user_sex" if field == "sex" else field, "certificate", message)
        for field, message in certificates.disagreements(certificate, birthday, sex)
    ]
    if faults:
        raise Invalid(tuple(faults))
    return Person(
        certificate=certificate,
        name=request.text("user_name"),
        sex=sex,
        mobile_phone=request.text("mobile_phone"),
        birthday=birthday or _implied_birthday(certificate),
        nation=request.maybe("nation"),
        telephone=request.maybe("telephone"),
        address=request.maybe("address"),
        work_unit=request.maybe("work_unit"),
    )


def _implied_birthday(certificate: certificates.Certificate) -> str | None:
    day = certificates.implied(certificate).birthday
    return day.strftime("%Y%m%d") if day else None


def _lifetime(request: Request, call: Call) -> int | None:
    """Seconds a dynamic code shall live; None where a static one is wanted (the standard's default)."""
    if request.maybe("generate_type") != "dynamic":
        return None
    text = request.maybe("time_expire") or call.spec.settings.get("default_time_expire")
    if text is None:
        raise LifetimeMissing("申请动态码时 time_expire（动态码过期时间，秒）不能为空")
    text = str(text)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_LIFE_S):
        raise LifetimeInvalid(f"time_expire 不合法：应为 1 至 {LONGEST_LIFE_S} 的整数（秒）")
    return int(text)
