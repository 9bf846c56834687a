"""The envelope of the unified library, by hand-worked values and by every way in which it can be wrong."""

import base64
from decimal import Decimal

import pytest

from tests.dialects.onetrans.desk import KEY, parameters, query, spoiled
from yiqiao import crypto
from yiqiao.crypto import generate_private_key, hmac_sm3, public_key, raw_to_der, sm3
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.envelope import Keys
from yiqiao.dialects.onetrans.faults import (
    DecryptionFailed,
    EmptyAnswer,
    EmptyMessage,
    EncryptionFailed,
    KeyTravelled,
    MissingAppId,
    MissingTransType,
    PublicKeyMissing,
    SignatureMismatch,
    SignatureTypeNotAllowed,
    SigningFailed,
    UnknownCipher,
    UnknownSignatureType,
)
from yiqiao.dialects.onetrans.scheme import Scheme, content_key, scheme
from yiqiao.errors import DomainError
from yiqiao.exchange.strict_json import UnreadableMessage

STANDARD = scheme_of("standard")
KEYS = Keys((KEY,))
OURS, THEIRS = generate_private_key(), generate_private_key()


def sealed(scheme: Scheme = STANDARD, keys: Keys = KEYS, signtype: str = "SM3") -> bytes:
    return envelope.seal_request(parameters(signtype=signtype), query(), keys, scheme)


def opened(body: bytes, keys: Keys = KEYS, scheme: Scheme = STANDARD) -> envelope.Opened:
    return envelope.open_request(envelope.peek(body), keys, scheme)


def resigned(body: bytes, **changes: str) -> bytes:
    """A message with changed parameters under a signature that holds."""
    params = {name: value for name, value in envelope.read_parameters(body).items() if name != "sign"}
    return gbk.write(envelope.signed({**params, **changes}, KEYS, STANDARD))


def test_the_worked_example() -> None:
    """Every step by hand, as docs/onetrans-wire.md tells it, from a message made for this project."""
    plain = '{"tradeType":"hop.trade.recharge","notes":"测试"}'.encode("gbk")
    iv = bytes(range(16))
    data = base64.b64encode(iv + crypto.sm4_cbc_encrypt(sm3(KEY.encode())[:16], iv, plain)).decode()
    params = {**parameters(dept_name="收费处", prd_id=""), "data": data}
    joined = "&".join(f"{name}={params[name]}" for name in sorted(params))
    assert joined.startswith("app_id=demo-onetrans&data=AAECAwQFBgcICQoLDA0OD")
    params["sign"] = hmac_sm3(KEY.encode(), joined.encode("gbk")).hex()
    found = opened(gbk.write(params))
    assert found.values == {"tradeType": "hop.trade.recharge", "notes": "测试"}
    assert found.app_key == KEY


def test_the_key_of_the_content_is_the_first_half_of_the_digest() -> None:
    assert content_key(KEY) == sm3(KEY.encode())[:16]


def test_the_iv_is_fresh_every_time() -> None:
    first, second = (envelope.read_parameters(sealed())["data"] for _ in range(2))
    assert base64.b64decode(first)[:16] != base64.b64decode(second)[:16]


def test_the_signature_leaves_out_empty_parameters_the_key_and_itself() -> None:
    params = {"b": "2", "a": "1", "c": "", "sign": "x", "app_key": "k"}
    assert STANDARD.string_to_sign(params, KEY) == "a=1&b=2"


def test_the_national_string_has_six_members_in_their_order_and_the_key() -> None:
    insurance = scheme_of("insurance")
    params = {**parameters(signtype="SM2"), "data": "DATA"}
    at = params["timestamp"]
    told = f"appId=demo-onetrans&data=DATA&encType=SM4&signType=SM2&timestamp={at}&version=1.0.0&key={KEY}"
    assert insurance.string_to_sign(params, KEY) == told
    body = sealed(insurance, Keys((KEY,), None, OURS), signtype="SM2")
    assert opened(body, Keys((KEY,), public_key(OURS)), insurance).values == query()
    with pytest.raises(SignatureMismatch):
        opened(body, Keys(("another",), public_key(OURS)), insurance)


@pytest.mark.parametrize("form", ["hex", "HEX", "der", "der in base64"])
def test_sm2_signatures_are_read_in_every_form(form: str) -> None:
    body = sealed(keys=Keys((KEY,), None, OURS), signtype="SM2")
    raw = bytes.fromhex(envelope.read_parameters(body)["sign"])
    assert len(raw) == 64, "what is sent is r and s in hexadecimal"
    der = raw_to_der(raw)
    text = {
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "der": der.hex(),
        "der in base64": base64.b64encode(der).decode(),
    }
    message = spoiled(body, sign=text[form])
    for public in (public_key(OURS), b"\x04" + public_key(OURS)):
        assert opened(message, Keys((KEY,), public)).values == query()


def test_under_sm2_an_older_app_key_may_have_enciphered_the_content() -> None:
    body = sealed(keys=Keys(("older-key",), None, OURS), signtype="SM2")
    found = opened(body, Keys((KEY, "older-key"), public_key(OURS)))
    assert (found.values, found.app_key) == (query(), "older-key")
    with pytest.raises(DecryptionFailed):
        opened(body, Keys((KEY,), public_key(OURS)))


def test_while_a_key_is_changed_both_are_good() -> None:
    assert opened(sealed(), Keys(("newer", KEY))).app_key == KEY


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", EmptyMessage),
        (b" \r\n", EmptyMessage),
        (b"[]", UnreadableMessage),
        (b'{"app_id": "x", "app_id": "y"}', UnreadableMessage),
        (b'{"app_id": true}', UnreadableMessage),
        (b'{"app_id": 1.5}', UnreadableMessage),
        (b'{"app_id": "x", "data": {"tradeType": "x"}}', UnreadableMessage),
        (b'{"trans_type": "hop.trade.query"}', MissingAppId),
        (b'{"app_id": "x"}', MissingTransType),
        ('{"app_id": "收"}'.encode() + b"\xff", UnreadableMessage),
        (b"\xef\xbb\xbf{}", UnreadableMessage),
    ],
)
def test_what_is_no_message_is_refused_by_name(body: bytes, fault: type[DomainError]) -> None:
    with pytest.raises(fault):
        envelope.peek(body)


def test_whole_numbers_among_the_public_parameters_are_their_digits() -> None:
    assert envelope.peek(b'{"app_id": 12, "trans_type": "x", "opter_type": 1}').params["opter_type"] == "1"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"signtype": ""}, UnknownSignatureType),
        ({"signtype": "MD5"}, UnknownSignatureType),
        ({"enc_type": ""}, UnknownCipher),
        ({"enc_type": "AES"}, UnknownCipher),
        ({"sign": ""}, SignatureMismatch),
        ({"sign": "zz"}, SignatureMismatch),
        ({"sign": "收"}, SignatureMismatch),
        ({"opter": "S9"}, SignatureMismatch),
        ({"data": "AAAA"}, SignatureMismatch),
        ({"stray": "x"}, SignatureMismatch),
        ({"signtype": "SM2"}, PublicKeyMissing),
        ({"app_key": KEY}, KeyTravelled),
    ],
)
def test_rule_sign_what_was_spoiled_is_refused_by_name(changes: dict[str, str], fault: type[DomainError]) -> None:
    with pytest.raises(fault):
        opened(spoiled(sealed(), **changes))


def test_a_profile_admits_what_it_says() -> None:
    with pytest.raises(SignatureTypeNotAllowed):
        opened(sealed(), KEYS, scheme_of("sm2"))
    assert opened(spoiled(sealed(), app_key=KEY), KEYS, scheme_of("document")).values == query()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("AAAA", DecryptionFailed),
        ("不是密文", DecryptionFailed),
        (base64.b64encode(bytes(16)).decode(), DecryptionFailed),
        (base64.b64encode(bytes(33)).decode(), DecryptionFailed),
        (base64.b64encode(bytes(48)).decode(), DecryptionFailed),
    ],
)
def test_data_that_is_no_cipher_text_is_refused(data: str, fault: type[DomainError]) -> None:
    with pytest.raises(fault):
        opened(resigned(sealed(), data=data))


@pytest.mark.parametrize(
    ("plain", "good"), [(b'"{\\"a\\": \\"1\\"}"', True), (b"[1]", False), (b"{", False), (b"", True)]
)
def test_data_holds_an_object_or_a_text_that_holds_one(plain: bytes, good: bool) -> None:
    iv = bytes(16)
    data = base64.b64encode(iv + crypto.sm4_cbc_encrypt(content_key(KEY), iv, plain)).decode()
    body = resigned(sealed(), data=data)
    if good:
        assert opened(body).values == ({"a": "1"} if plain else {})
    else:
        with pytest.raises(UnreadableMessage):
            opened(body)


def test_line_breaks_of_an_encoder_are_let_pass() -> None:
    data = envelope.read_parameters(sealed())["data"]
    broken = "\r\n".join(data[at : at + 76] for at in range(0, len(data), 76))
    assert opened(resigned(sealed(), data=broken)).values == query()


def test_a_request_needs_a_key_that_suits() -> None:
    for keys, signtype in ((Keys(()), "SM3"), (Keys(("",)), "SM3"), (KEYS, "SM2")):
        with pytest.raises(SigningFailed):
            sealed(keys=keys, signtype=signtype)
    with pytest.raises(SigningFailed):
        sealed(keys=Keys((KEY,), None, b"short"), signtype="SM2")


def test_an_answer_comes_in_the_algorithms_of_the_request() -> None:
    told = {"code": "000000", "err_msg": "成功"}
    for signtype, hub, his in (
        ("SM3", KEYS, KEYS),
        ("SM2", Keys((KEY,), None, THEIRS), Keys((KEY,), public_key(THEIRS))),
    ):
        claim = envelope.peek(sealed(keys=Keys((KEY,), None, OURS), signtype=signtype))
        body = envelope.seal_response(claim, told, {"balance": "1.00"}, hub, STANDARD)
        answer = envelope.open_response(body, his, STANDARD)
        assert (answer.code, answer.values, answer.params["signtype"]) == ("000000", {"balance": "1.00"}, signtype)


def test_rule_sign_a_success_without_one_is_not_believed_and_a_refusal_is_told_as_unsigned() -> None:
    success = envelope.seal_response(None, {"code": "000000"}, None, None, STANDARD)
    with pytest.raises(UnknownSignatureType):
        envelope.open_response(success, KEYS, STANDARD)
    refusal = envelope.seal_response(None, {"code": "610001"}, {"never": "sent"}, None, STANDARD)
    answer = envelope.open_response(refusal, KEYS, STANDARD)
    assert (answer.code, answer.signed, answer.values) == ("610001", False, None)


def test_an_answer_of_nothing_or_without_a_code_is_none() -> None:
    with pytest.raises(EmptyAnswer):
        envelope.open_response(b"", KEYS, STANDARD)
    with pytest.raises(UnreadableMessage, match="code"):
        envelope.open_response(b'{"err_msg": "?"}', KEYS, STANDARD)


def test_rule_text_characters_beyond_gbk_go_out_as_escapes_and_come_back() -> None:
    values = {"psn_name": "𠮷𫖮·㐂", "note": "€ 叶赫那拉"}
    body = gbk.write(values)
    assert b"\\ud842\\udfb7" in body
    assert "叶赫那拉".encode("gbk") in body
    assert gbk.read(body) == values
    assert gbk.read('{"psn_name": "𠮷"}'.encode("gb18030")) == {"psn_name": "𠮷"}


def test_a_lone_surrogate_is_named() -> None:
    for values in ({"a": "x\udc41"}, {"a": [{"\ud800": "x"}]}):
        with pytest.raises(EncryptionFailed, match=r"U\+(DC41|D800)"):
            gbk.write(values)
    with pytest.raises(EncryptionFailed, match=r"U\+D800"):
        gbk.signed_bytes("opter=\ud800")
    with pytest.raises(EncryptionFailed, match="JSON"):
        gbk.write({"a": object()})


def test_decimals_go_out_as_numbers_with_their_digits() -> None:
    assert gbk.write({"balc": Decimal("5000.00"), "age": Decimal("18.0")}) == b'{"balc":5000.00,"age":18.0}'


@pytest.mark.parametrize(
    ("body", "line", "column", "byte"),
    [
        ('{"收费": "处", }'.encode("gbk"), 1, 11, 13),
        ('{\n"名": 坏}'.encode("gbk"), 2, 6, 8),
        ('{"名": "'.encode("gbk") + b"\xff", 1, 8, 8),
    ],
)
def test_a_place_in_gbk_counts_gbk_s_bytes(body: bytes, line: int, column: int, byte: int) -> None:
    with pytest.raises(UnreadableMessage) as caught:
        gbk.read(body)
    place = caught.value.position
    assert place is not None
    assert (place.line, place.column, place.byte) == (line, column, byte)


@pytest.mark.parametrize("body", ['{"a": "中"}'.encode(), b"\xef\xbb\xbf{}"])
def test_rule_text_utf8_is_told_by_name(body: bytes) -> None:
    with pytest.raises(UnreadableMessage, match="UTF-8"):
        gbk.read(body)


@pytest.mark.parametrize(
    "security",
    [
        {"sign_types": []},
        {"sign_types": ["MD5"]},
        {"sign_types": "SM3"},
        {"enc_types": ["DES"]},
        {"string": "reversed"},
        {"string": "insurance"},
        {"version": "1.0.0"},
        {"string": "insurance", "version": "1.0.0", "sign_types": ["SM3"]},
    ],
)
def test_a_scheme_that_cannot_be_meant_is_refused(security: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"security|insurance"):
        scheme(security)
