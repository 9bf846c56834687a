"""What holds for every message, scheme and pair of algorithms."""

import itertools

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.envelope import Scheme
from yiqiao.errors import DomainError

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
BIZ = st.dictionaries(
    TEXT, TEXT | st.integers(-(2**53), 2**53) | st.booleans() | st.none() | st.lists(TEXT, max_size=3), max_size=6
)
SECRETS = st.text("0123456789abcdefABCDEF", min_size=32, max_size=32)
PARAMS = st.fixed_dictionaries(
    {
        name: st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
        for name in ("app_id", "term_id", "method", "version")
    }
)
SCHEMES = [
    Scheme(
        signed=signed, tail=tail, sign_field=field, sign_type_field=f"{field}_type", enc_types=("SM4", "AES", "DES", "")
    )
    for signed, tail, field in itertools.product(
        ("encrypted", "plain"), ("{secret}", "&key={secret}", "&app_secret={secret}"), ("sign", "digest")
    )
]
ALGORITHMS = list(itertools.product(("SM3", "MD5"), ("SM4", "AES", "DES", "")))


@settings(max_examples=25)
@given(PARAMS, BIZ, SECRETS)
def test_what_is_sealed_opens_in_every_scheme_and_pair_of_algorithms(
    params: dict[str, str], biz: dict[str, object], secret: str
) -> None:
    for scheme, (sign_type, enc_type) in itertools.product(SCHEMES, ALGORITHMS):
        chosen = {**params, "sign_type": sign_type, "enc_type": enc_type}
        body = envelope.seal_request(chosen, biz, secret, scheme)
        claim = envelope.peek(body)
        opened = envelope.open_request(claim, [secret], scheme)
        assert opened.biz == biz
        assert (claim.app_id, claim.method) == (params["app_id"], params["method"])
        answer = envelope.open_response(
            envelope.seal_response(claim, "0000", "操作成功", biz, secret, scheme, "20261121010203"), [secret], scheme
        )
        assert (answer.biz, answer.params["enc_type"], answer.signed) == (biz, enc_type, True)


@settings(max_examples=300)
@given(st.data(), st.sampled_from(SCHEMES), st.sampled_from(ALGORITHMS))
def test_a_message_with_any_bit_flipped_never_opens_as_another_message(
    data: st.DataObject, scheme: Scheme, algorithms: tuple[str, str]
) -> None:
    params = {"app_id": "app", "term_id": "t", "method": "m", "version": "X.M.0.1", "timestamp": "20261121010203"}
    params |= dict(zip(("sign_type", "enc_type"), algorithms, strict=True))
    secret = "0123456789abcdefFEDCBA9876543210"
    body = envelope.seal_request(params, {"a": "值", "b": "c"}, secret, scheme)
    place = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[place // 8] ^= 1 << (place % 8)
    try:
        opened = envelope.open_request(envelope.peek(bytes(flipped)), [secret], scheme)
    except DomainError:
        return
    # Only the case of a digit of the digest may differ (digests are compared ignoring case), and the name of a
    # parameter without a value, which is not signed.
    received, sent = _with_value(opened.claim.params), _with_value(orjson.loads(body))
    if scheme.signed == "plain":  # the cipher text may be written otherwise, what it says may not
        del received["biz_content"], sent["biz_content"]
    assert opened.biz == {"a": "值", "b": "c"}
    assert received.pop(scheme.sign_field).lower() == sent.pop(scheme.sign_field).lower()
    assert received == sent


def _with_value(params: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}


@given(st.sampled_from(SCHEMES), st.sampled_from(ALGORITHMS), SECRETS, SECRETS)
def test_another_key_never_opens(scheme: Scheme, algorithms: tuple[str, str], secret: str, other: str) -> None:
    params = {"app_id": "app", "term_id": "t", "method": "m", "version": "1"}
    params |= dict(zip(("sign_type", "enc_type"), algorithms, strict=True))
    body = envelope.seal_request(params, {"a": "b"}, secret, scheme)
    try:
        envelope.open_request(envelope.peek(body), [other], scheme)
    except DomainError:
        return
    assert other == secret


@settings(max_examples=200)
@given(st.data(), st.sampled_from(SCHEMES))
def test_an_answer_with_any_bit_flipped_is_never_taken_for_another_success(data: st.DataObject, scheme: Scheme) -> None:
    secret = "0123456789abcdefFEDCBA9876543210"
    body = envelope.seal_response(None, "0000", "操作成功", {"a": "值"}, secret, scheme, "20261121010203")
    place = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[place // 8] ^= 1 << (place % 8)
    try:
        answer = envelope.open_response(bytes(flipped), [secret], scheme)
    except DomainError:
        return
    assert not answer.signed or answer.biz == {"a": "值"}
    assert answer.signed or answer.ret_code != "0000"
