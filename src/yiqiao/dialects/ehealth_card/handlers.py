"""One short function an operation: the standard's words → the region's rules → the standard's words."""

from collections.abc import Callable, Mapping

from yiqiao.clock import beijing
from yiqiao.dialects.ehealth_card import guardians
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call, Handlers, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.region.cards.acts import HeldCard, Registration, Serial, Use
from yiqiao.region.cards.consent import CONSENT_S, Asking, Standing
from yiqiao.region.cards.service import Cards
from yiqiao.region.cards.upkeep import Altered, Enquiry, Found, NewData
from yiqiao.region.identity import certificates, photo
from yiqiao.region.identity.person import MOST_CARDS, BoundCard, Person, bound
from yiqiao.spec import Fault, Invalid, Spec, SpecError
from yiqiao.storage import Write

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
    wish = _wish(request, call)
    registered = _registered(request, call)

    def answer(held: HeldCard) -> Values:
        code = cards.static_code(held) if lifetime_s is None else cards.dynamic_code(held.ref, lifetime_s)
        return {**registered(held), "ehealth_code": code}

    return Act(await cards.register(wish), answer, _keys(wish.serial))


@handlers.handles("ehc.ehealthcard.register")
async def register(request: Request, call: Call, cards: Cards) -> Act[HeldCard]:
    """实名注册电子健康卡"""
    wish = _wish(request, call)
    return Act(await cards.register(wish), _registered(request, call), _keys(wish.serial))


@handlers.handles("ehc.ehealthcard.regquery")
async def regquery(request: Request, call: Call, cards: Cards) -> Act[Found]:
    """查询（注册）电子健康卡信息"""

    def answer(found: Found) -> Values:
        person = found.card.person
        status = "1" if found.live else "2"
        return {**known(found.card), "reg_status": status, **_cards(person), **guardians.told(person.guardian)}

    def keys(found: Found | None) -> Keys:
        return Keys() if found is None else Keys(person=found.card.ref.person_id, card=found.card.ehealth_card_id)

    return Act(cards.upkeep.find(_enquiry(request, call)), answer, keys)


@handlers.handles("ehc.ehealthcard.alterinfo")
async def alterinfo(request: Request, call: Call, cards: Cards) -> Act[Altered]:
    """修改电子健康卡信息"""
    new = NewData(
        sex=request.maybe("user_sex"),
        mobile_phone=request.maybe("mobile_phone"),
        nation=request.maybe("nation"),
        birthday=request.maybe("birthday"),
        address=request.maybe("address"),
        work_unit=request.maybe("work_unit"),
        guardian=guardians.stated(request, call),
        xman_id=request.maybe("xman_id"),
        smk_id=request.maybe("smk_id"),
        photo=_photo(request),
    )
    serial = Serial(call.partner.app_id, request.text("out_alter_no"), call.fingerprint)
    return _altered(cards.upkeep.alter(serial, request.text("ehealth_card_id"), new), serial)


@handlers.handles("ehc.ehealthcard.alterlink")
async def alterlink(request: Request, call: Call, cards: Cards) -> Act[Altered]:
    """更换绑定关联实体卡"""
    old = BoundCard(request.text("card_type"), request.text("card_no"))
    new = BoundCard(request.maybe("new_card_type") or old.card_type, request.text("new_card_no"))
    serial = Serial(call.partner.app_id, request.text("out_alter_no"), call.fingerprint)
    return _altered(cards.upkeep.relink(serial, request.text("ehealth_card_id"), old, new), serial)


@handlers.handles("ehc.ehealthcard.close")
async def close(request: Request, call: Call, cards: Cards) -> Act[HeldCard]:
    """注销电子健康卡"""
    serial = Serial(call.partner.app_id, request.text("out_close_no"), call.fingerprint)
    return Act(cards.upkeep.close(serial, request.text("ehealth_card_id")), _identifiers, _keys(serial))


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
        operator_name=request.maybe("operator_name"),
        static_will_do=static_will_do(call.spec, request.text("treatment_code")),
    )
    return Act(cards.verify(use), known, _keys(use.serial))


@handlers.handles("ehc.ehealthcard.authurl")
async def authurl(request: Request, call: Call, cards: Cards) -> Act[str]:
    """生成用户用卡授权连接 (主扫)"""
    asking = Asking(
        serial=Serial(call.partner.app_id, request.text("out_authorize_no"), call.fingerprint),
        treatment_code=request.text("treatment_code"),
        office_code=request.text("office_code"),
        term_id=call.terminal or "",
        operator_id=request.text("operator_id"),
        operator_name=request.text("operator_name"),
        ip_addr=request.text("ip_addr"),
        lifetime_s=int(str(call.spec.settings.get("consent_seconds", CONSENT_S))),
    )
    return Act(cards.consents.ask(asking), lambda link: {"ehealth_authurl": link}, _trace(asking.serial.number))


@handlers.handles("ehc.ehealthcard.auth.query")
async def auth_query(request: Request, call: Call, cards: Cards) -> Act[Standing]:
    """查询用户用卡授权结果"""
    number = request.text("out_authorize_no")

    def answer(standing: Standing) -> Values:
        return {"auth_status": str(standing.state), **(known(standing.card) if standing.card else {})}

    def keys(standing: Standing | None) -> Keys:
        card = standing.card if standing else None
        return Keys(card.ref.person_id, card.ehealth_card_id, trace=number) if card else Keys(trace=number)

    return Act(cards.consents.find(call.partner.app_id, number), answer, keys)


def _trace(number: str) -> Callable[[object], Keys]:
    return lambda _: Keys(trace=number)


def _wish(request: Request, call: Call) -> Registration:
    return Registration(
        serial=Serial(call.partner.app_id, request.text("out_register_no"), call.fingerprint),
        person=_person(request, call),
        apply_method=request.text("apply_method"),
        certificate_mode=request.text("certificate_mode"),
        photo=_photo(request),
    )


def _identifiers(held: HeldCard) -> Values:
    return {"ehealth_card_id": held.ehealth_card_id, "mindex_id": held.mindex_id}


def _registered(request: Request, call: Call) -> Callable[[HeldCard], Values]:
    """公众号关注二维码 comes where it was asked for, and the region has one."""
    follow = call.spec.settings.get("pub_qrcode") if request.maybe("pub_flag") == "Y" else None

    def answer(held: HeldCard) -> Values:
        person = held.person
        return {
            **_identifiers(held),
            "id_type": person.certificate.id_type,
            "id_no": person.certificate.id_no,
            "user_name": person.name,
            "xman_id": person.xman_id,
            "smk_id": person.smk_id,
            "pub_qrcode": follow,
            **_cards(person),
        }

    return answer


def _altered(write: Write[Altered], serial: Serial) -> Act[Altered]:
    keys = _keys(serial)

    def answer(altered: Altered) -> Values:
        return {**_identifiers(altered.card), "out_alter_no": serial.number, "alter_no": altered.alter_no}

    return Act(write, answer, lambda altered: keys(altered.card if altered else None))


def known(held: HeldCard) -> Values:
    """What an answer tells of a card's holder."""
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
        "xman_id": person.xman_id,
        "smk_id": person.smk_id,
        **_default_card(person),
    }


def _cards(person: Person) -> Values:
    return {**_default_card(person), "card_list": [card.__dict__ for card in person.cards] or None}


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
        cards=_cards_to_bind(request),
        guardian=guardians.stated(request, call, certificate),
        xman_id=request.maybe("xman_id"),
        smk_id=request.maybe("smk_id"),
    )


def _cards_to_bind(request: Request) -> tuple[BoundCard, ...]:
    """绑定卡列表: the first is the default card; one that is named twice counts once."""
    rows = request.rows("card_list")
    faults = [
        Fault(f"card_list[{n}].{name}", "required", "不能为空：绑定卡要有卡类型与卡号，请补上")
        for n, row in enumerate(rows)
        for name in ("card_type", "card_no")
        if row.maybe(name) is None
    ]
    if not faults and len({(row.text("card_type"), row.text("card_no")) for row in rows}) > MOST_CARDS:
        faults.append(Fault("card_list", "length", f"最多绑定 {MOST_CARDS} 张卡，请删减"))
    if faults:
        raise Invalid(tuple(faults))
    return bound(BoundCard(row.text("card_type"), row.text("card_no")) for row in rows)


def _photo(request: Request) -> bytes | None:
    text = request.maybe("photo_info")
    return None if text is None else photo.jpeg(text)


def _enquiry(request: Request, call: Call) -> Enquiry:
    """Who is asked for: by card, or by certificate and name together."""
    card_id, name = request.maybe("ehealth_card_id"), request.maybe("user_name")
    id_type, id_no = request.maybe("id_type"), request.maybe("id_no")
    if card_id is None:
        given = {"id_type": id_type, "id_no": id_no, "user_name": name}
        faults = tuple(
            Fault(field, "conditional", "无 ehealth_card_id 时必填，请补上") for field in given if given[field] is None
        )
        if faults:
            raise Invalid(faults)
    certificate = certificates.parse(id_type, id_no, beijing(call.at).date()) if id_type and id_no else None
    return Enquiry(card_id, certificate, name)


def static_will_do(spec: Spec, treatment_code: str) -> bool:
    """Whether a static code will do at this stage of care, as a profile has it."""
    return treatment_code not in _texts(spec.settings, "dynamic_only")


def _texts(settings: Mapping[str, object], name: str) -> list[str]:
    """A list in a profile's settings; empty where the profile has none."""
    found = settings.get(name, [])
    if not (isinstance(found, list) and all(isinstance(text, str) for text in found)):
        raise SpecError(f"settings.{name} must be a list of texts")
    return found


def _implied_birthday(certificate: certificates.Certificate) -> str | None:
    day = certificates.implied(certificate).birthday
    return day.strftime("%Y%m%d") if day else None


def _lifetime(request: Request, call: Call) -> int | None:
    """Seconds a dynamic code shall live; None where a static one is wanted (the standard's default)."""
    if request.maybe("generate_type") != "dynamic":
        return None
    text = request.maybe("time_expire") or call.spec.settings.get("default_time_expire")
    if text is None:
        raise LifetimeMissing("申请动态码时 time_expire（动态码过期时间，秒）不能为空，请填写，例如 300")
    text = str(text)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LONGEST_LIFE_S):
        raise LifetimeInvalid(f"time_expire 不合法：应为 1 至 {LONGEST_LIFE_S} 的整数（秒）")
    return int(text)
