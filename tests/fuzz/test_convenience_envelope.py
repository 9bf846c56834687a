"""Whatever bytes arrive, the envelope of the convenience platform answers with one of its documented faults."""

from hypothesis import given, settings
from hypothesis import strategies as st

from yiqiao.dialects.convenience import envelope, faults
from yiqiao.dialects.convenience.content import fitted, written
from yiqiao.dialects.convenience.scheme import Scheme
from yiqiao.exchange.strict_json import UnreadableMessage
from yiqiao.spec import Invalid, load

SECRET = "YQ0123456789TEST"
SCHEMES = {
    "field": Scheme(),
    "document": Scheme("none", "elements", ""),
    "keyed": Scheme("none", "elements", "{secret}"),
}
AT_THE_DOOR = (
    faults.EmptyMessage,
    UnreadableMessage,
    faults.MissingUser,
    faults.MissingFunction,
)
INSIDE = (
    faults.UnknownSignatureType,
    faults.SignatureMismatch,
    faults.KeyMismatch,
    faults.KeyUnfit,
    faults.DecryptionFailed,
    UnreadableMessage,
)
STANDARD = load("convenience")
VALID = [
    envelope.seal_request(
        "2005", "demo", written("REQ", STANDARD.operations["LockReg"].sample()), SECRET, rule
    ).encode()
    for rule in SCHEMES.values()
]
FRAGMENTS = [
    b"<", b">", b"</", b"/>", b"&", b"&lt;", b"&#0;", b"&#x10ffff;", b"&x;", b"<![CDATA[", b"]]>", b"<!--", b"-->",
    b"<?", b"?>", b"<!DOCTYPE a>", b'<!DOCTYPE a [<!ENTITY x "y">]>', b"<ROOT>", b"</ROOT>", b"<REQ_ENCRYPTED>",
    b"</REQ_ENCRYPTED>", b"<a>" * 40, b"<USER_ID>", b"xmlns:a='b'", b'<?xml version="1.0" encoding="GBK"?>', b"\xff",
    b"\xd6\xd0", b"\x00", b"\xef\xbb\xbf", b"\r\n",
]  # fmt: skip


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


BODIES = mutated() | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join) | st.binary(max_size=200)


@settings(max_examples=500)
@given(BODIES, st.sampled_from(sorted(SCHEMES)), st.sampled_from([SECRET, "short", ""]))
def test_a_request_meets_documented_faults_only(body: bytes, name: str, secret: str) -> None:
    refusal = None
    try:
        envelope.open_request(envelope.peek(body), [secret], SCHEMES[name])
    except (*AT_THE_DOOR, *INSIDE) as fault:
        refusal = fault
    if refusal is not None:
        assert 0 < len(refusal.message) <= 200
        assert SECRET not in refusal.message
    message = refusal.message if refusal else "成功"
    answer = envelope.seal_response("99", message, "", secret or None, SCHEMES[name])
    assert envelope.open_response(answer, [secret], SCHEMES[name]).code == "99"


@settings(max_examples=300)
@given(BODIES, st.sampled_from(sorted(SCHEMES)))
def test_an_answer_meets_documented_faults_only(body: bytes, name: str) -> None:
    body = body.replace(b"FUN_CODE", b"RETURN_CODE").replace(b"REQ_", b"RES_")
    try:
        told = envelope.open_response(body, [SECRET], SCHEMES[name]).code
    except (faults.EmptyAnswer, *INSIDE) as fault:
        told = fault.message
    assert told


@settings(max_examples=300)
@given(BODIES, st.sampled_from(sorted(STANDARD.operations)))
def test_content_is_fitted_and_validated_or_refused_with_its_faults(body: bytes, name: str) -> None:
    asks = STANDARD.operations[name].asks
    plain = body.replace(b"<REQ_ENCRYPTED>", b"").replace(b"</REQ_ENCRYPTED>", b"").decode(errors="replace")
    told: object
    try:
        sealed = envelope.seal_request("1", "u", plain, SECRET, SCHEMES["field"])
        tree = envelope.open_request(envelope.peek(sealed), [SECRET], SCHEMES["field"]).tree
        told = set(asks.validate(fitted(asks.branches, tree))) <= {field.name for field in asks.fields}
    except Invalid as refused:
        told = refused.faults
    except INSIDE as fault:
        told = fault.message
    assert told
