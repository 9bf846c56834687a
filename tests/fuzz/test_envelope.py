"""Whatever bytes arrive, the envelope answers with one of its documented faults, and a diagnosis with a report."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.diagnosis import EhealthCardDiagnostics
from yiqiao.dialects.ehealth_card.envelope import Claim, Scheme
from yiqiao.errors import DomainError

SECRET = "0123456789abcdeffedcba9876543210"
SCHEMES = {
    "standard": Scheme(),
    "signed-plain": Scheme(signed="plain"),
    "object": Scheme(biz_object=True, enc_types=("", "SM4", "AES", "DES")),
    "digest": Scheme(sign_field="digest", sign_type_field="digest_type"),
}
AT_THE_DOOR = (
    envelope.EmptyMessage,
    envelope.UnreadableMessage,
    envelope.MissingAppId,
    envelope.MissingTerminal,
    envelope.MissingMethod,
)
INSIDE = (
    envelope.UnsupportedVersion,
    envelope.UnknownSignatureType,
    envelope.SignatureTypeNotAllowed,
    envelope.UnknownCipher,
    envelope.CipherNotAllowed,
    envelope.SignatureMismatch,
    envelope.SigningFailed,
    envelope.DecryptionFailed,
    envelope.UnreadableMessage,
)
PARAMS = {"app_id": "app", "term_id": "t1", "method": "ehc.ehealthcode.verify", "version": "X.M.0.1"}
VALID = [
    envelope.seal_request({**PARAMS, "enc_type": enc_type, "sign_type": sign_type}, {"名": "值"}, SECRET, scheme)
    for scheme in SCHEMES.values()
    for enc_type in scheme.enc_types
    for sign_type in scheme.sign_types
]
FRAGMENTS = [
    b'"',
    b"{",
    b"}",
    b"[",
    b":",
    b",",
    b"\\u003a",
    b"\\ud800",
    b"\xff",
    b"\xd6\xd0",
    b"NaN",
    b"1e999",
    b"\0",
    b"=",
    b"&",
]
NAMES = [
    "app_id",
    "term_id",
    "method",
    "version",
    "timestamp",
    "sign_type",
    "sign",
    "digest",
    "enc_type",
    "biz_content",
    "key",
]
VALUES = (
    st.text(max_size=30)
    | st.sampled_from(["SM3", "MD5", "SM4", "AES", "DES", "", "X.M.0.1", "0" * 32, "{}", "AAAA"])
    | st.integers()
    | st.none()
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
)
CONTENT_TYPES = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "text/plain; charset=gbk", ""]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid message, cut, doubled, or with foreign pieces in it."""
    body = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(body)))
        match draw(st.integers(0, 3)):
            case 0:
                del body[place:]
            case 1:
                body[place:place] = draw(st.sampled_from(FRAGMENTS))
            case 2:
                body[place : place + draw(st.integers(1, 40))] = draw(st.binary(max_size=8))
            case _:
                body[place:place] = body[: draw(st.integers(0, 200))]
    return bytes(body)


@st.composite
def made_up(draw: st.DrawFn) -> bytes:
    """JSON with the right names and any values."""
    params = draw(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), VALUES, max_size=11))
    return json.dumps(params, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


BODIES = mutated() | made_up() | st.binary(max_size=200)


@settings(max_examples=500)
@given(BODIES, CONTENT_TYPES, st.sampled_from(sorted(SCHEMES)), st.sampled_from([SECRET, "short", ""]))
def test_a_request_meets_documented_faults_only(body: bytes, content_type: str, name: str, secret: str) -> None:
    claim: Claim | None = None
    refusal: DomainError | None = None
    try:
        claim = envelope.peek(body, content_type)
    except AT_THE_DOOR as fault:
        refusal = fault
    if claim is not None:
        try:
            envelope.open_request(claim, [secret], SCHEMES[name])
        except INSIDE as fault:
            refusal = fault
    if refusal is not None:
        assert 0 < len(refusal.message) <= 200
        assert SECRET not in refusal.message
    answer = envelope.seal_response(claim, "9999", "未知错误", None, secret or None, SCHEMES[name], "20261121010203")
    assert envelope.open_response(answer, [secret], SCHEMES[name]).ret_code == "9999"


@settings(max_examples=300)
@given(BODIES, st.sampled_from(sorted(SCHEMES)))
def test_an_answer_meets_documented_faults_only(body: bytes, name: str) -> None:
    try:
        told = envelope.open_response(body, [SECRET], SCHEMES[name]).ret_code
    except (envelope.EmptyAnswer, *INSIDE) as fault:
        told = fault.message
    assert told


@settings(max_examples=150)
@given(BODIES, st.sampled_from(sorted(SCHEMES)), st.sampled_from([SECRET, "short"]))
def test_a_diagnosis_always_comes_to_an_end_with_a_report(body: bytes, name: str, secret: str) -> None:
    expert = EhealthCardDiagnostics(lambda: tuple(SCHEMES), SCHEMES.__getitem__)
    report = expert.explain(body, secret, name)
    assert report.layers
    assert report.findings or report.fine
    assert secret not in report.layers[0].text or secret == "short"
