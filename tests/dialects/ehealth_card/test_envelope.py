"""The envelope by its rules: who is heard, what is refused under which name, and the worked example to the digit."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from yiqiao import crypto
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.envelope import Scheme
from yiqiao.errors import DomainError
from yiqiao.spec import load, profiles

SECRET = "0123456789abcdeffedcba9876543210"
OTHER = "fedcba98765432100123456789abcdef"
PARAMS = {
    "app_id": "demo-hospital",
    "method": "ehc.ehealthcode.verify",
    "term_id": "35020010001",
    "timestamp": "20180516000058",
    "version": "X.M.0.1",
}
BIZ = {
    "ehealth_code": "206CB2B57E8E905C5EF59A063515F655D8A17XCD312DD76A:1:::00000001001",
    "treatment_code": "010105",
}
CIPHER_TEXT = (
    "7fbc51ebadec59e5522e86cb9fddfcacccf60bba274f31a3b1d7b3c8cebeb6588eb24256b32b45260030c98a6077917b02f83bd82e3f7e04"
    "bba7ae05fe043f96b163f5367bf5f4cca7533f12ba5f3e9c09d44906ed6a5b66a852865bd1c4adf77b3c71ab531e4b2edb501730aa2c5c30"
)
DIGEST = "fbb99dd5c8ae2c9d6cd07caf7fa9350aa671a170845885dfbbbf255aa26915db"
STANDARD = Scheme()


def sealed(scheme: Scheme = STANDARD, **params: str) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(envelope.seal_request({**PARAMS, **params}, BIZ, SECRET, scheme))
    return body


def opened(body: object, scheme: Scheme = STANDARD, *secrets: str) -> envelope.Opened:
    return envelope.open_request(envelope.peek(orjson.dumps(body)), secrets or [SECRET], scheme)


def test_the_worked_example_is_reproduced_to_the_digit() -> None:
    body = sealed()
    assert body["biz_content"] == CIPHER_TEXT
    assert body["sign"] == DIGEST
    text = envelope.string_to_sign(body, SECRET, STANDARD)
    assert text.decode() == (
        f"app_id=demo-hospital&biz_content={CIPHER_TEXT}&enc_type=SM4&method=ehc.ehealthcode.verify&sign_type=SM3"
        f"&term_id=35020010001&timestamp=20180516000058&version=X.M.0.1{SECRET}"
    )
    assert opened(body).biz == BIZ


@pytest.mark.parametrize(
    ("scheme", "tail"),
    [
        (Scheme(tail="&app_secret={secret}"), f"&app_secret={SECRET}"),
        (Scheme(tail="&key={secret}"), f"&key={SECRET}"),
        (STANDARD, SECRET),
    ],
)
def test_the_tail_follows_the_parameters_directly(scheme: Scheme, tail: str) -> None:
    text = envelope.string_to_sign(PARAMS, SECRET, scheme).decode()
    assert text.endswith(f"version=X.M.0.1{tail}")


def test_a_variant_that_signs_the_plain_content_enciphers_afterwards() -> None:
    scheme = Scheme(signed="plain")
    body = sealed(scheme)
    assert body["biz_content"] == CIPHER_TEXT
    plain = {**body, "biz_content": orjson.dumps(BIZ).decode()}
    assert body["sign"] == crypto.sm3(envelope.string_to_sign(plain, SECRET, scheme)).hex() != DIGEST
    assert opened(body, scheme).biz == BIZ
    with pytest.raises(envelope.SignatureMismatch):
        opened(body, STANDARD)


def test_a_variant_that_signs_plain_content_says_no_more_for_a_broken_cipher_text_than_for_a_wrong_digest() -> None:
    scheme = Scheme(signed="plain")
    told = set()
    for change in ({"biz_content": CIPHER_TEXT[:-2] + "00"}, {"sign": "0" * 64}, {"biz_content": "zz"}):
        with pytest.raises(envelope.SignatureMismatch) as fault:
            opened({**sealed(scheme), **change}, scheme)
        told.add(fault.value.message)
    assert len(told) == 1


def test_a_variant_may_name_its_fields_digest_and_digest_type() -> None:
    scheme = Scheme(sign_field="digest", sign_type_field="digest_type")
    body = sealed(scheme, sign_type="MD5")
    assert "sign" not in body
    assert "sign_type" not in body
    assert body["digest_type"] == "MD5"
    assert len(body["digest"]) == 32
    assert opened(body, scheme).claim.sign_type == "MD5"


def test_a_variant_may_sign_without_enciphering() -> None:
    scheme = Scheme(enc_types=("",))
    body = sealed(scheme)
    assert orjson.loads(body["biz_content"]) == BIZ
    assert opened(body, scheme).biz == BIZ
    as_object = {**body, "biz_content": BIZ}
    assert opened(as_object, scheme).biz == BIZ
    with pytest.raises(envelope.CipherNotAllowed, match="必须加密"):
        opened(body, STANDARD)


def test_the_documents_own_sample_carries_content_as_an_object_whatever_the_cipher_says() -> None:
    scheme = Scheme(biz_object=True, sign_types=("MD5", "SM3"), enc_types=("AES", "DES", "SM4"))
    body = sealed(scheme, key="1" * 32)
    assert body["biz_content"] == BIZ
    assert opened(body, scheme).biz == BIZ
    with pytest.raises(envelope.UnreadableMessage, match="biz_content 应为 AES 加密后的字符串"):
        opened(body, STANDARD)


def test_an_object_is_signed_as_it_was_written_or_without_its_blanks() -> None:
    scheme = Scheme(enc_types=("",))
    for written in (json.dumps(BIZ, indent=2), json.dumps(BIZ), json.dumps(BIZ, separators=(",", ":"))):
        for signed in (written, json.dumps(BIZ, separators=(",", ":"))):
            params = {**PARAMS, "sign_type": "SM3", "biz_content": signed}
            sign = crypto.sm3(envelope.string_to_sign(params, SECRET, scheme)).hex()
            outer = json.dumps({**PARAMS, "sign_type": "SM3", "sign": sign})
            body = f'{outer[:-1]}, "biz_content": {written}}}'.encode()
            assert envelope.open_request(envelope.peek(body), [SECRET], scheme).biz == BIZ


@pytest.mark.parametrize(
    ("enc_type", "cipher_text"),
    [
        ("AES", lambda plain: crypto.aes_ecb_encrypt(SECRET.encode(), plain)),
        ("DES", lambda plain: crypto.des_ecb_encrypt(SECRET[:8].encode(), plain)),
    ],
)
def test_aes_and_des_take_their_keys_from_the_secrets_characters_and_are_written_in_base64(
    enc_type: str, cipher_text: Any
) -> None:
    body = sealed(enc_type=enc_type)
    assert base64.b64decode(body["biz_content"]) == cipher_text(orjson.dumps(BIZ))
    assert opened(body).biz == BIZ


def test_base64_may_come_wrapped_and_hex_and_digest_in_capitals() -> None:
    body = sealed(enc_type="AES")
    body["biz_content"] = "\r\n".join(body["biz_content"][i : i + 76] for i in range(0, 400, 76))
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, SECRET, STANDARD)).hex().upper()
    assert opened(body).biz == BIZ
    body = {**sealed(), "biz_content": CIPHER_TEXT.upper()}
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, SECRET, STANDARD)).hex()
    assert opened(body).biz == BIZ


def test_empty_and_absent_parameters_take_no_part_in_the_signature() -> None:
    body = sealed()
    assert opened({**body, "key": "", "trace": None}).biz == BIZ


def test_every_other_parameter_takes_part_in_the_signature() -> None:
    with pytest.raises(envelope.SignatureMismatch):
        opened({**sealed(), "key": "x"})
    assert opened(sealed(key="x", operator="张")).claim.params["operator"] == "张"


def test_either_key_is_accepted_while_a_key_is_changed_and_the_one_that_fitted_is_told() -> None:
    assert opened(sealed(), STANDARD, OTHER, SECRET).secret == SECRET
    with pytest.raises(envelope.SignatureMismatch):
        opened(sealed(), STANDARD, OTHER)
    with pytest.raises(envelope.SignatureMismatch):
        envelope.open_request(envelope.peek(orjson.dumps(sealed())), [], STANDARD)


@pytest.mark.parametrize(
    ("change", "scheme", "fault", "said"),
    [
        ({"sign_type": "SHA256"}, STANDARD, envelope.UnknownSignatureType, "SHA256"),
        ({"sign_type": "sm3"}, STANDARD, envelope.UnknownSignatureType, "SM3"),
        ({"sign_type": ""}, STANDARD, envelope.UnknownSignatureType, "sign_type 为空"),
        ({}, Scheme(sign_types=("MD5",)), envelope.SignatureTypeNotAllowed, "可用：MD5"),
        ({"enc_type": "RC4"}, STANDARD, envelope.UnknownCipher, "RC4"),
        ({"enc_type": ""}, STANDARD, envelope.CipherNotAllowed, "为空"),
        ({}, Scheme(enc_types=("AES",)), envelope.CipherNotAllowed, "SM4"),
        ({"version": ""}, STANDARD, envelope.UnsupportedVersion, "为空"),
        ({"version": "9"}, Scheme(versions=("X.M.0.1",)), envelope.UnsupportedVersion, "X.M.0.1"),
        ({"sign": ""}, STANDARD, envelope.SignatureMismatch, "缺少签名"),
        ({"sign": "0" * 64}, STANDARD, envelope.SignatureMismatch, "签名与报文不符"),
        ({"sign": "签名"}, STANDARD, envelope.SignatureMismatch, "签名与报文不符"),
    ],
)
def test_a_refusal_has_its_own_name_and_says_what_would_be_right(
    change: dict[str, str], scheme: Scheme, fault: type[Exception], said: str
) -> None:
    with pytest.raises(fault, match=said):
        opened({**sealed(), **change}, scheme)


def _resigned(**change: str) -> dict[str, Any]:
    body = {**sealed(), **change}
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, SECRET, STANDARD)).hex()
    return body


@pytest.mark.parametrize(
    ("content", "said"),
    [("xyz", "十六进制"), ("00", "无法按 SM4 解密"), (CIPHER_TEXT[:-2] + "ff", "无法按 SM4 解密"), ("a b", "十六进制")],
)
def test_a_cipher_text_that_does_not_open_is_a_named_fault_and_no_stack_trace(content: str, said: str) -> None:
    with pytest.raises(envelope.DecryptionFailed, match=said):
        opened(_resigned(biz_content=content))


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        (b'{"a":1,"a":2}', "biz_content 明文第 1 行第 8 列（字节偏移 7）：同一对象里重复出现名称“a”"),
        (b'{"a":1,}', "多了一个逗号"),
        ('{"a":"王"}'.encode("gbk"), "看来是 GBK"),
        (b"[1]", "应是 JSON 对象"),
        (b'{"a":NaN}', "NaN"),
    ],
)
def test_content_is_read_as_strictly_as_the_message(plain: bytes, said: str) -> None:
    content = crypto.sm4_ecb_encrypt(bytes.fromhex(SECRET), plain).hex()
    with pytest.raises(envelope.UnreadableMessage) as fault:
        opened(_resigned(biz_content=content))
    assert said in fault.value.message


def test_empty_content_is_an_empty_object() -> None:
    assert opened(_resigned(biz_content="")).biz == {}


def test_a_key_that_does_not_suit_the_cipher_is_told_at_configuration_and_named_at_a_message() -> None:
    for secret in ("short", "0" * 31, "g" * 32, " " + "0" * 31, "", "０" * 32):
        with pytest.raises(ValueError, match="secret"):
            STANDARD.check_secret(secret)
    STANDARD.check_secret(SECRET)
    Scheme(enc_types=("DES", "")).check_secret("12345678")
    body = sealed()
    body["sign"] = crypto.sm3(envelope.string_to_sign(body, "g" * 32, STANDARD)).hex()
    with pytest.raises(envelope.SigningFailed, match="SM4"):
        opened(body, STANDARD, "g" * 32)
    with pytest.raises(envelope.EncryptionFailed):
        envelope.seal_request(PARAMS, BIZ, "short", STANDARD)


@pytest.mark.parametrize(
    ("body", "fault", "said"),
    [
        (b"", envelope.EmptyMessage, "为空"),
        (b" \r\n", envelope.EmptyMessage, "为空"),
        (b"\xef\xbb\xbf", envelope.EmptyMessage, "为空"),
        (b"[]", envelope.UnreadableMessage, "JSON 对象"),
        (b'"x"', envelope.UnreadableMessage, "JSON 对象"),
        (b"{}", envelope.MissingAppId, "app_id"),
        (b'{"app_id":"a"}', envelope.MissingTerminal, "term_id"),
        (b'{"app_id":"a","term_id":"t"}', envelope.MissingMethod, "method"),
        (b'{"app_id":null}', envelope.MissingAppId, "app_id"),
        (b'{"app_id":1}', envelope.UnreadableMessage, "app_id 应为字符串，收到的是数字"),
        (b'{"app_id":true}', envelope.UnreadableMessage, "布尔值"),
        (b'{"app_id":[]}', envelope.UnreadableMessage, "数组"),
        (b'{"app_id":{}}', envelope.UnreadableMessage, "对象"),
        (b'{"biz_content":[]}', envelope.UnreadableMessage, "biz_content 应为字符串"),
        (b'{"app_id":"a","app_id":"b"}', envelope.UnreadableMessage, "重复出现名称“app_id”"),
        ('{"app_id":"市医院"}'.encode("gbk"), envelope.UnreadableMessage, "GBK"),
        (b'{"app_id":"a"', envelope.UnreadableMessage, "不完整"),
    ],
)
def test_what_is_no_request_is_refused_at_the_door(body: bytes, fault: type[Exception], said: str) -> None:
    with pytest.raises(fault, match=said):
        envelope.peek(body)


def test_a_byte_order_mark_in_front_is_let_pass() -> None:
    assert envelope.peek(b"\xef\xbb\xbf" + orjson.dumps(sealed())).app_id == "demo-hospital"


FORM = "application/x-www-form-urlencoded; charset=utf-8"


def test_a_form_is_read_like_json_and_a_blank_in_base64_was_a_plus() -> None:
    for enc_type in ("SM4", "AES", "DES"):
        body = sealed(enc_type=enc_type)
        claim = envelope.peek(urlencode(body).encode(), FORM)
        assert envelope.open_request(claim, [SECRET], STANDARD).biz == BIZ
        unescaped = "&".join(f"{name}={value}" for name, value in body.items())
        claim = envelope.peek(unescaped.encode(), FORM)
        assert envelope.open_request(claim, [SECRET], STANDARD).biz == BIZ


def test_json_that_is_sent_under_a_forms_name_is_still_json() -> None:
    assert envelope.peek(orjson.dumps(sealed()), FORM).method == "ehc.ehealthcode.verify"


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"a=1&a=2", "重复"), (b"a", "表单"), (b"a=%D6%D0", "UTF-8"), (b"a=\xd6\xd0", "UTF-8"), (b"a=1&" * 200, "表单")],
)
def test_a_form_is_read_strictly(body: bytes, said: str) -> None:
    with pytest.raises(envelope.UnreadableMessage, match=said):
        envelope.peek(body, FORM)


def test_an_answer_uses_the_algorithms_of_the_request_and_repeats_who_asked_what() -> None:
    claim = envelope.peek(orjson.dumps(sealed(sign_type="MD5", enc_type="DES")))
    body = envelope.seal_response(claim, "0000", "操作成功", {"user_name": "甲"}, SECRET, STANDARD, "20261121010203")
    answer = envelope.open_response(body, [OTHER, SECRET], STANDARD)
    assert (answer.ret_code, answer.ret_msg, answer.biz, answer.signed) == (
        "0000",
        "操作成功",
        {"user_name": "甲"},
        True,
    )
    told = {name: answer.params[name] for name in ("app_id", "method", "version", "sign_type", "enc_type", "timestamp")}
    assert told == {
        "app_id": "demo-hospital",
        "method": "ehc.ehealthcode.verify",
        "version": "X.M.0.1",
        "sign_type": "MD5",
        "enc_type": "DES",
        "timestamp": "20261121010203",
    }


def test_an_answer_to_a_request_in_unknown_algorithms_uses_the_profiles_own() -> None:
    claim = envelope.peek(orjson.dumps({**sealed(), "sign_type": "SHA1", "enc_type": "RC4"}))
    body = envelope.seal_response(claim, "1007", "未知签名类型", None, SECRET, STANDARD, "20261121010203")
    answer = envelope.open_response(body, [SECRET], STANDARD)
    assert (answer.signed, answer.params["sign_type"], answer.biz) == (True, "SM3", None)


def test_a_refusal_to_a_stranger_is_unsigned_and_still_understood() -> None:
    body = envelope.seal_response(None, "1008", "应用不存在", None, None, STANDARD, "20261121010203")
    answer = envelope.open_response(body, [SECRET], STANDARD)
    assert (answer.ret_code, answer.signed, answer.biz) == ("1008", False, None)


def test_a_refusal_can_be_sealed_even_under_a_key_that_the_cipher_cannot_use() -> None:
    claim = envelope.peek(orjson.dumps(sealed()))
    body = envelope.seal_response(claim, "9003", "验签失败", None, "short", STANDARD, "20261121010203")
    assert envelope.open_response(body, ["short"], STANDARD).signed


def test_a_success_without_a_signature_is_not_believed() -> None:
    body = envelope.seal_response(None, "0000", "操作成功", {"a": "b"}, None, STANDARD, "20261121010203")
    with pytest.raises(envelope.UnknownSignatureType):
        envelope.open_response(body, [SECRET], STANDARD)
    unsigned = {**orjson.loads(body), "sign_type": "SM3", "enc_type": "SM4"}
    with pytest.raises(envelope.SignatureMismatch):
        envelope.open_response(orjson.dumps(unsigned), [SECRET], STANDARD)


@pytest.mark.parametrize("code", ["0", "00", "000", "00000"])
def test_a_code_that_only_looks_like_a_success_is_no_refusal_either(code: str) -> None:
    for secret in (None, SECRET):
        body = envelope.seal_response(None, code, "操作成功", None, secret, STANDARD, "20261121010203")
        with pytest.raises(envelope.UnreadableMessage, match="ret_code 不合法"):
            envelope.open_response(body, [SECRET], STANDARD)


def test_an_object_is_answered_with_an_object() -> None:
    scheme = Scheme(biz_object=True)
    claim = envelope.peek(envelope.seal_request(PARAMS, BIZ, SECRET, scheme))
    body = envelope.seal_response(claim, "0000", "操作成功", {"a": "b"}, SECRET, scheme, "20261121010203")
    assert orjson.loads(body)["biz_content"] == {"a": "b"}
    assert envelope.open_response(body, [SECRET], scheme).biz == {"a": "b"}


@pytest.mark.parametrize(
    ("body", "fault"), [(b"", "EmptyAnswer"), (b"<html>", "UnreadableMessage"), (b"{}", "UnreadableMessage")]
)
def test_an_answer_that_is_none_is_named(body: bytes, fault: str) -> None:
    with pytest.raises(DomainError) as raised:
        envelope.open_response(body, [SECRET], STANDARD)
    assert raised.value.name == fault


def test_content_that_is_no_text_cannot_be_sealed_and_is_named() -> None:
    for biz in ({"a": "\ud800"}, {"a": object()}):
        with pytest.raises(envelope.EncryptionFailed):
            envelope.seal_request(PARAMS, biz, SECRET, STANDARD)
    with pytest.raises(envelope.SigningFailed):
        envelope.seal_request({**PARAMS, "term_id": "\ud800"}, BIZ, SECRET, STANDARD)
    with pytest.raises(envelope.CipherNotAllowed):
        envelope.seal_request({**PARAMS, "enc_type": "AES"}, BIZ, SECRET, Scheme(enc_types=("SM4",)))


def test_no_secret_and_no_content_stands_in_any_repr() -> None:
    claim = envelope.peek(orjson.dumps(sealed(key=SECRET)))
    found = envelope.open_request(claim, [SECRET], STANDARD)
    answer = envelope.open_response(
        envelope.seal_response(claim, "0000", "好", BIZ, SECRET, STANDARD, "20261121010203"), [SECRET], STANDARD
    )
    shown = repr(claim) + repr(found) + repr(answer)
    assert SECRET not in shown
    assert BIZ["ehealth_code"] not in shown


@pytest.mark.parametrize(
    "security",
    [
        {"signed": "both"},
        {"tail": "no secret"},
        {"tail": "{secret}{secret}"},
        {"sign_types": []},
        {"sign_types": ["SM2"]},
        {"sign_types": "SM3"},
        {"enc_types": ["RC4"]},
        {"enc_types": [1]},
        {"sign_field": ""},
    ],
)
def test_a_security_section_that_cannot_be_meant_is_refused(security: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="security"):
        envelope.scheme(security)


def test_every_shipped_profile_has_a_scheme_and_seals_and_opens() -> None:
    names = profiles("ehealth_card")
    assert {"standard", "signed-plain", "tail-key", "tail-app-secret", "digest-names", "unencrypted"} <= set(names)
    for name in names:
        scheme = envelope.scheme(load("ehealth_card", name).security)
        body = envelope.seal_request(PARAMS, BIZ, SECRET, scheme)
        assert envelope.open_request(envelope.peek(body), [SECRET], scheme).biz == BIZ
