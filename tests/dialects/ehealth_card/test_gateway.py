"""The slice as a hospital meets it: registering and verifying through the whole hub, on both databases."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.hub import PATH, Hub, open_hub, refused, registration, showing
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.partners import store
from yiqiao.spec import load

SCHEME = envelope.scheme(load("ehealth_card").security)


REGISTER = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"


@pytest.mark.parametrize("enc_type", ["SM4", "AES", "DES"])
@pytest.mark.parametrize("sign_type", ["SM3", "MD5"])
async def test_a_citizen_is_registered_and_their_code_verified(hub: Hub, sign_type: str, enc_type: str) -> None:
    async with hub.client(sign_type=sign_type, enc_type=enc_type) as caller:
        wish = registration(hub.serial(), generate_type="dynamic", time_expire="300", address="样例路 1 号")
        opened = await caller.querywithreg(**wish)
        seen = await caller.verify(**showing(hub.serial(), opened["ehealth_code"]))
    assert seen["user_name"] == opened["user_name"] == "测试甲"
    assert seen["ehealth_card_id"] == opened["ehealth_card_id"]
    assert seen["mindex_id"] == opened["mindex_id"]
    assert (seen["id_type"], seen["id_no"], seen["address"]) == ("03", "E00000001", "样例路 1 号")


async def test_rule_querywithreg_kind_the_default_is_a_static_code(hub: Hub) -> None:
    async with hub.client() as caller:
        opened = await caller.querywithreg(**registration(hub.serial()))
    assert str(opened["ehealth_code"]).split(":")[1] == "0"


async def test_rule_querywithreg_lifetime_a_dynamic_code_dies_after_its_seconds(hub: Hub) -> None:
    async with hub.client() as caller:
        wish = registration(hub.serial(), generate_type="dynamic", time_expire="60")
        code = (await caller.querywithreg(**wish))["ehealth_code"]
    hub.clock.advance(61)
    refusal = await refused(hub, VERIFY, showing(hub.serial(), code))
    assert refusal.code == "2001"
    assert "过期" in refusal.told


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"generate_type": "dynamic"}, "2003"),
        ({"generate_type": "dynamic", "time_expire": "0"}, "2004"),
        ({"generate_type": "dynamic", "time_expire": "86401"}, "2004"),
        ({"generate_type": "dynamic", "time_expire": "1_0"}, "2004"),
        ({"generate_type": "dynamic", "time_expire": "６０"}, "2004"),
    ],
)
async def test_rule_querywithreg_lifetime_must_be_given_and_possible(
    hub: Hub, more: dict[str, object], code: str
) -> None:
    assert (await refused(hub, REGISTER, registration(hub.serial(), **more))).code == code


async def test_rule_serial_takes_effect_once(hub: Hub) -> None:
    async with hub.client() as caller:
        wish = registration(hub.serial())
        opened = await caller.querywithreg(**wish)
        use = showing(hub.serial(), opened["ehealth_code"])
        await caller.verify(**use)
    again = await refused(hub, REGISTER, wish)
    assert again.code == "3002"
    assert "首次请求已生效" in again.told
    other = await refused(hub, VERIFY, {**use, "operator_id": "0008"})
    assert other.code == "3002"
    assert "不一致" in other.told


async def test_a_refused_act_does_not_use_up_its_serial(hub: Hub) -> None:
    async with hub.client() as caller:
        opened = await caller.querywithreg(**registration(hub.serial()))
        serial = hub.serial()
        assert (await refused(hub, VERIFY, showing(serial, "0" * 48 + ":1:::00000000001"))).code == "2002"
        assert await caller.verify(**showing(serial, opened["ehealth_code"]))


@pytest.mark.parametrize("field", ["birthday", "user_sex"])
async def test_rule_identity_birthday_and_sex_agree_with_the_number(hub: Hub, field: str) -> None:
    values = registration(hub.serial(), id_type="01", id_no="110198199001010014", birthday="19900101", user_sex="1")
    values[field] = {"birthday": "19900102", "user_sex": "2"}[field]
    refusal = await refused(hub, REGISTER, values)
    assert refusal.code == "9001"
    assert "证件号" in refusal.told
    assert "199001" not in refusal.told, "a personal number must not be repeated"


async def test_a_wrong_check_digit_is_named_without_the_number(hub: Hub) -> None:
    refusal = await refused(hub, REGISTER, registration(hub.serial(), id_type="01", id_no="110198199001010017"))
    assert refusal.code == "9001"
    assert "校验码" in refusal.told
    assert "110198" not in refusal.told


async def send(hub: Hub, body: bytes, content_type: str = "application/json") -> dict[str, str]:
    answer = await hub.http.post(PATH, content=body, headers={"content-type": content_type})
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    assert "Traceback" not in answer.text
    return found


def message(hub: Hub, **changes: object) -> dict[str, object]:
    """A good verification as a JSON object, to be spoiled."""
    values = showing(hub.serial(), "A" * 76 + ":0:::00000000001")
    good = json.loads(hub.client().message(VERIFY, values))
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", "8003", "空"),
        (b"   ", "8003", "空"),
        (b"{", "9008", "行"),
        (b"[1]", "9008", "对象"),
        (b'{"app_id":"demo-hospital","app_id":"x"}', "9008", "app_id"),
        (b'{"app_id":NaN}', "9008", ""),
        (b'{"app_id":"\xb2\xe2"}', "9008", "GBK"),
        (b"\x00\xff\xfe", "9008", ""),
        (b'{"a":' * 3000, "9008", ""),
        (b'{"app_id":"demo-hospital",}', "9008", ""),
        (b"{}", "1001", ""),
        (b'{"app_id":7}', "9008", "app_id"),
    ],
)
async def test_what_cannot_be_read_is_answered_with_its_code(hub: Hub, body: bytes, code: str, says: str) -> None:
    answer = await send(hub, body)
    assert answer["ret_code"] == code, answer
    assert says in answer["ret_msg"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"app_id": None}, "1001"),
        ({"app_id": "nobody"}, "1008"),
        ({"term_id": None}, "1002"),
        ({"term_id": "99999999999"}, "1009"),
        ({"method": None}, "1004"),
        ({"enc_type": "RC4"}, "1006"),
        ({"sign_type": "SHA1"}, "1007"),
        ({"sign": "0" * 64}, "9003"),
        ({"sign": None}, "9003"),
        ({"biz_content": "zz"}, "9003"),
    ],
)
async def test_common_parameters_that_cannot_be_have_their_codes(
    hub: Hub, changes: dict[str, object], code: str
) -> None:
    answer = await send(hub, json.dumps(message(hub, **changes)).encode())
    assert answer["ret_code"] == code, answer


def signed(hub: Hub, content: bytes | dict[str, object] | None = None, **changes: str) -> bytes:
    """A message that is signed after it was changed, so that only the change is wrong."""
    values = showing(hub.serial(), "A" * 76 + ":0:::00000000001") if content is None else content
    parameters = {str(k): str(v) for k, v in message(hub).items() if k not in {"sign", "biz_content"}} | changes
    assert isinstance(values, dict)
    return envelope.seal_request(parameters, values, hub.secret, SCHEME)


async def test_a_method_that_the_standard_does_not_have_is_1005(hub: Hub) -> None:
    answer = await send(hub, signed(hub, method="ehc.ehealthcard.sell"))
    assert answer["ret_code"] == "1005"


async def test_a_version_that_is_not_spoken_is_1003(hub: Hub) -> None:
    assert (await send(hub, signed(hub, version="Z.9")))["ret_code"] == "1003"


async def test_a_stale_clock_is_refused_and_both_clocks_are_named(hub: Hub) -> None:
    body = signed(hub)
    hub.clock.advance(601)
    answer = await send(hub, body)
    assert answer["ret_code"] == "9001"
    assert "请求时间" in answer["ret_msg"]
    assert "平台时间" in answer["ret_msg"]


async def test_epoch_milliseconds_are_a_timestamp_too(hub: Hub) -> None:
    answer = await send(hub, signed(hub, timestamp=str(hub.clock.ms)))
    assert answer["ret_code"] == "2002", "it got as far as the code"


@pytest.mark.parametrize("timestamp", ["2026-11-18 19:26:40", "20261350000000", "now"])
async def test_a_timestamp_of_another_form_is_named(hub: Hub, timestamp: str) -> None:
    answer = await send(hub, signed(hub, timestamp=timestamp))
    assert answer["ret_code"] == "9001"
    assert "timestamp" in answer["ret_msg"]


async def test_all_faults_of_a_message_are_told_at_once(hub: Hub) -> None:
    content: dict[str, object] = {**showing("x" * 33, "c"), "treatment_code": "999999", "operator_id": 7}
    del content["operator_name"]
    answer = await send(hub, signed(hub, content))
    assert answer["ret_code"] == "9001"
    for field in ("out_verify_no", "treatment_code", "operator_id", "operator_name"):
        assert field in answer["ret_msg"], answer["ret_msg"]


async def test_unknown_fields_are_journalled_and_ignored(hub: Hub) -> None:
    async with hub.client() as caller:
        opened = await caller.querywithreg(**registration(hub.serial()))
    content = {**showing(hub.serial(), opened["ehealth_code"]), "novelty": "x"}
    assert (await send(hub, signed(hub, content)))["ret_code"] == "0000"


async def test_an_operation_that_is_not_permitted_is_1010(hub: Hub) -> None:
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.grant(c, now, "ehealth_card", "demo-hospital", [VERIFY]))
    assert (await refused(hub, REGISTER, registration(hub.serial()))).code == "1010"


async def test_a_disabled_partner_is_refused(hub: Hub) -> None:
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.disable(c, now, "ehealth_card", "demo-hospital"))
    assert (await refused(hub, REGISTER, registration(hub.serial()))).code == "1008"


async def test_after_a_rotation_both_keys_fit_and_each_is_answered_with_its_own(hub: Hub) -> None:
    old, now, runtime = hub.secret, hub.clock.now_ms(), hub.runtime
    new = await runtime.directory.change(
        lambda c: store.rotate_key(c, runtime.keyring, now, "ehealth_card", "demo-hospital", 60)
    )
    for secret in (old, new):
        async with hub.client(secret=secret) as caller:
            assert await caller.querywithreg(**registration(hub.serial()))
    hub.clock.advance(61)
    async with hub.client(secret=new) as caller:
        assert await caller.querywithreg(**registration(hub.serial()))
    refusal = await refused(hub, REGISTER, registration(hub.serial()), secret=old)
    assert refusal.code == "9003"


async def test_a_message_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    async with open_hub(tmp_path, max_body=2000) as hub:
        answer = await send(hub, b'{"app_id":"' + b"x" * 3000 + b'"}')
        assert answer["ret_code"] == "9008"
        assert "2000" in answer["ret_msg"]


async def test_every_exchange_is_journalled_with_its_outcome(hub: Hub) -> None:
    async with hub.client() as caller:
        opened = await caller.querywithreg(**registration(hub.serial()))
        await caller.verify(**showing(hub.serial(), opened["ehealth_code"]))
    await send(hub, b"{")
    rows = await hub.runtime.database.read(
        lambda c: [tuple(row) for row in c.exec_driver_sql("SELECT operation, outcome FROM journal ORDER BY seq")]
    )
    assert rows == [(REGISTER, "0000"), (VERIFY, "0000"), ("?", "9008")]


@pytest.mark.parametrize("method", [VERIFY, "ehc.ehealthcard.register"])
@pytest.mark.parametrize("form", ["json", "form", "number", "cut off"])
async def test_the_secret_in_a_message_is_not_kept(hub: Hub, method: str, form: str) -> None:
    content = showing("1", "x") if method == VERIFY else registration("1", user_name="测试丁")
    with_key = {**json.loads(hub.client().message(method, content)), "key": "must-not-be-kept"}
    bodies = {
        "json": json.dumps(with_key).encode(),
        "form": urlencode(with_key).encode(),
        "number": json.dumps(with_key).replace('"must-not-be-kept"', "0must-not-be-kept").encode(),
        "cut off": json.dumps(with_key).encode()[:-2],
    }
    await send(hub, bodies[form], "application/x-www-form-urlencoded" if form == "form" else "application/json")
    from yiqiao.journal.entry import unpack
    from yiqiao.journal.recorder import bundle_context

    rows = await hub.runtime.database.read(
        lambda c: [tuple(row) for row in c.exec_driver_sql("SELECT chain, bundle, key_id, sealed FROM journal_bundle")]
    )
    assert rows
    for chain, bundle, key_id, sealed in rows:
        plain = hub.runtime.keyring.unseal(key_id, bytes(sealed), bundle_context(chain, bundle))
        assert unpack(plain)
        assert b"must-not-be-kept" not in plain


async def test_on_another_address_than_loopback_the_demo_partner_is_refused(tmp_path: Path) -> None:
    async with open_hub(tmp_path, host="0.0.0.0") as hub:
        refusal = await refused(hub, REGISTER, registration(hub.serial()))
        assert refusal.code == "1008"
