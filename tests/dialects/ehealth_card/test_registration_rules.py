"""The standard's rules on registering and on codes, each by its id; and what profiles add to them."""

import base64
import json
import re

import orjson
import pytest
from sqlalchemy import Connection

from tests.dialects.ehealth_card.test_consent_methods import asking
from tests.dialects.ehealth_card.test_gateway import send, signed
from tests.support.hub import Hub, alteration, closing, refused, registration, showing
from yiqiao.partners import store
from yiqiao.region.identity.identifiers import IdentityKeys, open_card_id
from yiqiao.spec import Invalid, load, profiles

REGISTER = "ehc.ehealthcard.register"
QUERYWITHREG = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"
SPEC = load("ehealth_card")
CHILD = {"id_type": "08", "id_no": "Z987654321", "user_name": "测试童"}
FATHER = {
    "guardian_name": "测试父",
    "guardian_id_type": "01",
    "guardian_id_no": "110198199001010014",
    "guardian_phone": "15400000009",
    "guardian_relation": "父亲",
}


async def speak(hub: Hub, profile: str) -> None:
    """From now on the hub hears the demo partner in this profile."""
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.set_profile(c, now, "ehealth_card", "demo-hospital", profile))


async def rows(hub: Hub, sql: str) -> list[tuple[object, ...]]:
    return await hub.runtime.database.read(lambda c: [tuple(row) for row in c.exec_driver_sql(sql)])


# how and by what somebody registers


@pytest.mark.parametrize("mode", SPEC.codes["certificate_mode"].rows)
@pytest.mark.parametrize("method", [REGISTER, QUERYWITHREG])
async def test_rule_querywithreg_certificate_the_mode_is_kept_with_the_card(hub: Hub, method: str, mode: str) -> None:
    """querywithreg.swipe, register.swipe: an identity card or a social security card was swiped"""
    async with hub.client() as caller:
        answer = await caller.call(method, registration(hub.serial(), certificate_mode=mode))
    kept = await rows(
        hub, f"SELECT certificate_mode FROM health_card WHERE ehealth_card_id = '{answer['ehealth_card_id']}'"
    )
    assert kept == [(mode,)]


@pytest.mark.parametrize("apply", SPEC.codes["apply_method"].rows)
async def test_rule_querywithreg_apply_the_way_of_applying_is_kept_with_the_card(hub: Hub, apply: str) -> None:
    async with hub.client() as caller:
        answer = await caller.register(**registration(hub.serial(), apply_method=apply))
        code = (await caller.querywithreg(**registration(hub.serial(), apply_method=apply)))["ehealth_code"]
        assert await caller.verify(**showing(hub.serial(), code)), "a card made beforehand is in force like any other"
    kept = await rows(
        hub, f"SELECT apply_method FROM health_card WHERE ehealth_card_id = '{answer['ehealth_card_id']}'"
    )
    assert kept == [(apply,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("certificate_mode", "03"),
        ("apply_method", "0"),
        ("pub_flag", "y"),
        ("QRprint", "1"),
        ("generate_type", "STATIC"),
    ],
)
async def test_rule_querywithreg_flags_what_is_no_code_of_its_table_is_told(hub: Hub, field: str, value: str) -> None:
    async with hub.client() as caller:
        with pytest.raises(Invalid, match=field):
            await caller.querywithreg(**registration(hub.serial(), **{field: value}))


@pytest.mark.parametrize("flag", ["Y", "N"])
async def test_rule_querywithreg_flags_printing_changes_nothing_in_the_answer(hub: Hub, flag: str) -> None:
    async with hub.client() as caller:
        plain = await caller.querywithreg(**registration(hub.serial()))
        assert await caller.querywithreg(**registration(hub.serial(), QRprint=flag)) == plain


@pytest.mark.parametrize("method", [REGISTER, QUERYWITHREG])
async def test_rule_register_flag_the_follow_code_comes_on_request_where_the_region_has_one(
    hub: Hub, method: str
) -> None:
    async with hub.client() as caller:
        assert "pub_qrcode" not in await caller.call(method, registration(hub.serial(), pub_flag="Y"))
        await speak(hub, "city-ids")
        answers = [
            await caller.call(method, registration(hub.serial(), **flag))
            for flag in ({"pub_flag": "Y"}, {"pub_flag": "N"}, {})
        ]
    assert [answer.get("pub_qrcode") for answer in answers] == ["https://ehc.example/follow", None, None]


def test_rule_register_flag_a_profiles_follow_code_fits_its_field() -> None:
    told = [str(load("ehealth_card", name).settings.get("pub_qrcode", "")) for name in profiles("ehealth_card")]
    assert any(told)
    assert all(len(text) <= 128 for text in told)


async def test_rule_register_key_may_be_there_and_is_not_asked_for(hub: Hub) -> None:
    async with hub.client() as caller:
        message = caller.message(REGISTER, registration(hub.serial()))
    assert b'"key"' not in message
    assert (await hub.http.post("/ehcService/gateway.do", content=message)).json()["ret_code"] == "0000"


def jpeg(text_length: int) -> str:
    """A photo whose Base64 text has exactly so many characters (a multiple of four)."""
    size = text_length // 4 * 3
    return base64.b64encode(b"\xff\xd8\xff\xe0" + b"p" * (size - 6) + b"\xff\xd9").decode()


async def test_a_photo_may_have_2048_characters_and_not_one_more(hub: Hub) -> None:
    most = jpeg(2048)
    assert len(most) == 2048
    async with hub.client() as caller:
        assert await caller.register(**registration(hub.serial(), photo_fomat="JPGBASE64", photo_info=most))
        for longer in (most + "\n", jpeg(2052)):
            with pytest.raises(Invalid, match="2048"):
                await caller.register(**registration(hub.serial(), photo_info=longer))


# codes


async def test_rule_code_static_is_the_same_every_time_and_dynamic_is_fresh(hub: Hub) -> None:
    async with hub.client() as caller:
        static = {str((await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]) for _ in range(3)}
        wish = {"generate_type": "dynamic", "time_expire": "300"}
        fresh = {
            str((await caller.querywithreg(**registration(hub.serial(), **wish)))["ehealth_code"]) for _ in range(3)
        }
    assert len(static) == 1
    assert len(fresh) == 3


async def test_rule_querywithreg_kind_a_static_code_outlives_any_time(hub: Hub) -> None:
    async with hub.client() as caller:
        wish = registration(hub.serial(), generate_type="static", time_expire="1")
        code = (await caller.querywithreg(**wish))["ehealth_code"]
        hub.clock.advance(400 * 86_400)
        assert await caller.verify(**showing(hub.serial(), code))


async def test_rule_code_dynamic_static_codes_are_refused_at_core_stages_where_the_profile_says_so(hub: Hub) -> None:
    async with hub.client() as caller:
        static = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        wish = registration(hub.serial(), generate_type="dynamic", time_expire="60")
        fresh = (await caller.querywithreg(**wish))["ehealth_code"]
        assert await caller.verify(**showing(hub.serial(), static, treatment_code="010105"))
        await speak(hub, "dynamic-only")
        serial = hub.serial()
        refusal = await refused(hub, VERIFY, showing(serial, static, treatment_code="010105"))
        assert refusal.code == "2002"
        assert "动态码" in refusal.told
        # The refusal did not use up the serial; reception still takes the static code.
        assert await caller.verify(**showing(serial, fresh, treatment_code="010105"))
        assert await caller.verify(**showing(hub.serial(), static, treatment_code="010101"))


def test_rule_code_dynamic_a_profile_names_stages_of_the_dictionary() -> None:
    stages = SPEC.codes["treatment_code"].rows
    named = [load("ehealth_card", name).settings.get("dynamic_only", []) for name in profiles("ehealth_card")]
    assert any(named)
    assert all(isinstance(codes, list) and set(codes) <= set(stages) for codes in named)


async def test_rule_verify_stage_stage_and_office_are_kept_with_the_use(hub: Hub) -> None:
    async with hub.client() as caller:
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        await caller.verify(**showing(hub.serial(), code, treatment_code="010104", office_code="0300"))
    assert await rows(hub, "SELECT treatment_code, office_code FROM card_use") == [("010104", "0300")]


async def test_rule_card_id_and_mindex_are_ciphers_that_are_stable_over_both_ways_of_registering(hub: Hub) -> None:
    async with hub.client() as caller:
        one = await caller.register(**registration(hub.serial()))
        other = await caller.querywithreg(**registration(hub.serial()))
    identifiers = ("ehealth_card_id", "mindex_id")
    assert [one[name] for name in identifiers] == [other[name] for name in identifiers]
    assert all(re.fullmatch("[0-9A-F]{40,128}", str(one[name])) for name in identifiers)
    assert open_card_id(IdentityKeys.derive(hub.runtime.keyring.identity), str(one["ehealth_card_id"]))


@pytest.mark.parametrize("id_type", SPEC.codes["id_type"].rows)
async def test_somebody_registers_with_any_certificate_of_the_dictionary(hub: Hub, id_type: str) -> None:
    numbers = {
        "01": "110198199001010014", "06": "H12345678", "07": "12345678", "08": "Z987654321",
        "A1": "81019819900101001X", "A2": "830198199001010013", "A3": "ABC123456789012",
    }  # fmt: skip
    wish = registration(hub.serial(), id_type=id_type, id_no=numbers.get(id_type, "X0000001"))
    async with hub.client() as caller:
        assert (await caller.register(**wish))["id_type"] == id_type


# guardians, and a city's own numbers


async def test_a_child_without_a_certificate_of_its_own_kind_needs_a_guardian(hub: Hub) -> None:
    await speak(hub, "guardians")
    refusal = await refused(hub, REGISTER, registration(hub.serial(), **CHILD), profile="standard")
    assert refusal.code == "9001"
    for name in ("guardian_name", "guardian_id_type", "guardian_id_no", "guardian_phone"):
        assert name in refusal.told
    async with hub.client(profile="guardians") as caller:
        answer = await caller.register(**registration(hub.serial(), **CHILD, **FATHER))
        seen = await caller.regquery(ehealth_card_id=answer["ehealth_card_id"])
    assert {name: seen[name] for name in FATHER} == FATHER


async def test_a_guardian_is_kept_sealed_and_changed_with_history(hub: Hub) -> None:
    await speak(hub, "guardians")
    async with hub.client(profile="guardians") as caller:
        card = (await caller.register(**registration(hub.serial(), **CHILD, **FATHER)))["ehealth_card_id"]
        mother = {"guardian_name": "测试母", "guardian_phone": "15400000008"}
        await caller.alterinfo(**alteration(hub.serial(), card, **mother))
        seen = await caller.regquery(ehealth_card_id=card)
    assert (seen["guardian_name"], seen.get("guardian_id_no")) == ("测试母", None)
    for table in ("person", "person_change"):
        for (sealed,) in await rows(hub, f"SELECT sealed FROM {table}"):
            assert isinstance(sealed, bytes)
            assert "测试父".encode() not in sealed
            assert b"110198199001010014" not in sealed


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        ({**FATHER, "guardian_id_no": "110198199001010017"}, "校验码"),
        ({"guardian_phone": "15400000009"}, "guardian_name"),
        ({"guardian_name": "测试父", "guardian_id_type": "01"}, "guardian_id_no"),
        ({**FATHER, "guardian_id_type": "03", "guardian_id_no": "E00000001"}, "监护人不能是本人"),
    ],
)
async def test_a_guardian_who_cannot_be_is_told(hub: Hub, stated: dict[str, object], named: str) -> None:
    await speak(hub, "guardians")
    refusal = await refused(hub, REGISTER, registration(hub.serial(), **stated), profile="guardians")
    assert refusal.code == "9001"
    assert named in refusal.told
    assert "110198" not in refusal.told


async def test_under_the_standard_profile_nothing_is_known_of_guardians(hub: Hub) -> None:
    async with hub.client(profile="guardians") as caller:
        answer = await caller.register(**registration(hub.serial(), **CHILD, **FATHER))
        seen = await caller.regquery(ehealth_card_id=answer["ehealth_card_id"])
    assert not [name for name in seen if name.startswith("guardian")]


async def test_a_citys_own_numbers_are_carried_where_the_region_has_them(hub: Hub) -> None:
    numbers = {"xman_id": "x" * 36, "smk_id": "s" * 32}
    await speak(hub, "city-ids")
    async with hub.client(profile="city-ids") as caller:
        opened = await caller.querywithreg(**registration(hub.serial(), **numbers))
        seen = await caller.verify(**showing(hub.serial(), opened["ehealth_code"]))
        await caller.alterinfo(**alteration(hub.serial(), opened["ehealth_card_id"], smk_id="S2"))
        found = await caller.regquery(ehealth_card_id=opened["ehealth_card_id"])
    for answer in (opened, seen):
        assert {name: answer[name] for name in numbers} == numbers
    assert (found["xman_id"], found["smk_id"]) == ("x" * 36, "S2")


async def test_a_person_filed_before_there_were_guardians_is_still_read(hub: Hub) -> None:
    """Rows keep the form in which they were sealed."""
    keyring = hub.runtime.keyring
    async with hub.client() as caller:
        card = (await caller.register(**registration(hub.serial())))["ehealth_card_id"]
    ref = open_card_id(IdentityKeys.derive(keyring.identity), str(card))
    assert ref is not None

    def as_it_was(connection: Connection) -> None:
        sql = f"SELECT key_id, sealed FROM person WHERE person_id = '{ref.person_id}'"
        key_id, sealed = connection.exec_driver_sql(sql).one()
        context = f"person|{ref.person_id}".encode()
        kept = orjson.loads(keyring.unseal(key_id, bytes(sealed), context))
        for name in ("guardian", "xman_id", "smk_id"):
            del kept[name]
        _, older = keyring.seal(orjson.dumps(kept), context)
        mark = "$1" if connection.dialect.name == "postgresql" else "?"
        connection.exec_driver_sql(f"UPDATE person SET sealed = {mark} WHERE person_id = '{ref.person_id}'", (older,))

    await hub.runtime.database.write(as_it_was)
    async with hub.client() as caller:
        assert (await caller.regquery(ehealth_card_id=card))["user_name"] == "测试甲"


# how the messages are made


@pytest.mark.parametrize(
    ("rule", "sign_type", "enc_type"),
    [
        ("querywithreg.security", "SM3", "SM4"),
        ("register.security", "SM3", "SM4"),
        ("verify.security", "SM3", "DES"),
        ("alterinfo.security", "MD5", "DES"),
        ("close.security", "SM3", "DES"),
        ("authurl.security", "SM3", "DES"),
        ("auth.query.security", "SM3", "DES"),
    ],
)
async def test_rule_security_each_method_is_answered_in_the_algorithms_of_its_sample_column(
    hub: Hub, rule: str, sign_type: str, enc_type: str
) -> None:
    """querywithreg.security, register.security, verify.security, alterinfo.security, close.security, authurl.security,
    auth.query.security"""
    async with hub.client() as caller:
        opened = await caller.querywithreg(**registration(hub.serial()))
        await caller.authurl(**asking("q1"))
    card = opened["ehealth_card_id"]
    calls: dict[str, tuple[str, dict[str, object]]] = {
        "querywithreg": (QUERYWITHREG, registration(hub.serial())),
        "register": (REGISTER, registration(hub.serial())),
        "verify": (VERIFY, showing(hub.serial(), opened["ehealth_code"])),
        "alterinfo": ("ehc.ehealthcard.alterinfo", alteration(hub.serial(), card, address="样例路 1 号")),
        "close": ("ehc.ehealthcard.close", closing(hub.serial(), card)),
        "authurl": ("ehc.ehealthcard.authurl", asking("another")),
        "auth.query": ("ehc.ehealthcard.auth.query", {"out_authorize_no": "q1"}),
    }
    method, values = calls[rule.removesuffix(".security")]
    async with hub.client(sign_type=sign_type, enc_type=enc_type) as caller:
        message = caller.message(method, values)
        answer = (await hub.http.post("/ehcService/gateway.do", content=message)).json()
    assert (answer["ret_code"], answer["sign_type"], answer["enc_type"]) == ("0000", sign_type, enc_type)
    assert str(card) not in str(answer["biz_content"]), "the content is enciphered"


async def test_rule_verify_library_a_message_like_the_printed_sample_is_understood(hub: Hub) -> None:
    async with hub.client() as caller:
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
    await speak(hub, "document")
    printed = {k: v for k, v in showing(hub.serial(), code).items() if k not in ("ip_addr", "office_code")}
    async with hub.client(profile="document", sign_type="MD5", enc_type="AES") as caller:
        assert (await caller.verify(**printed))["user_name"] == "测试甲"


async def test_rule_content_has_no_limit_of_its_own_and_holds_every_business_parameter(hub: Hub) -> None:
    long = signed(hub, {**registration(hub.serial()), "remark": "x" * 200_000}, method=REGISTER)
    assert (await send(hub, long))["ret_code"] == "0000"
    async with hub.client() as caller:
        message = json.loads(caller.message(REGISTER, {**registration(hub.serial())}))
    assert not set(message) & {field.name for field in SPEC.operations[REGISTER].request}


def test_rule_office_level_stands_beside_each_office() -> None:
    for code, row in SPEC.codes["office_code"].rows.items():
        assert row.note is not None
        assert row.note.startswith(("0", code[:2])), code


# whose card and code it is


async def test_rule_mindex_joins_all_cards_that_somebody_ever_had(hub: Hub) -> None:
    cards = [{"card_type": "01", "card_no": "K1"}]
    async with hub.client() as caller:
        first = await caller.register(**registration(hub.serial(), card_list=cards))
        await caller.close_card(**closing(hub.serial(), first["ehealth_card_id"]))
        second = await caller.register(**registration(hub.serial()))
        stranger = await caller.register(**registration(hub.serial(), id_no="E00000002"))
    assert first["mindex_id"] == second["mindex_id"] != stranger["mindex_id"]
    assert first["ehealth_card_id"] != second["ehealth_card_id"]
    assert second["card_list"] == cards


async def test_rule_code_kinds_both_are_texts_that_fit_their_field(hub: Hub) -> None:
    async with hub.client() as caller:
        codes = [
            str((await caller.querywithreg(**registration(hub.serial(), **wish)))["ehealth_code"])
            for wish in ({"generate_type": "static"}, {"generate_type": "dynamic", "time_expire": "60"})
        ]
    assert [code.split(":")[1] for code in codes] == ["0", "1"]
    assert all(len(code) <= 128 and code.isascii() for code in codes)


async def test_rule_verify_scan_the_text_is_taken_as_it_was_read(hub: Hub) -> None:
    async with hub.client() as caller:
        code = str((await caller.querywithreg(**registration(hub.serial())))["ehealth_code"])
        assert await caller.verify(**showing(hub.serial(), code))
    for misread in (code[1:], code.replace(":::", "::"), code.rstrip("1")):
        assert (await refused(hub, VERIFY, showing(hub.serial(), misread))).code == "2002"


async def test_rule_verify_result_the_persons_data_and_the_default_card_come_back(hub: Hub) -> None:
    stated = {"birthday": "19900101", "telephone": "0000-1", "address": "样例路 1 号", "work_unit": "样例厂"}
    cards = [{"card_type": "05", "card_no": "J1"}, {"card_type": "01", "card_no": "K1"}]
    async with hub.client() as caller:
        await caller.register(**registration(hub.serial(), **stated, card_list=cards))
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
        seen = await caller.verify(**showing(hub.serial(), code))
    assert {name: seen[name] for name in stated} == stated
    assert (seen["card_type"], seen["card_no"]) == ("05", "J1")
    assert {field.name for field in SPEC.operations[VERIFY].response if field.required} <= set(seen)
