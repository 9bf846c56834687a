"""What holds for every message and every profile's scheme."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.content import written
from yiqiao.dialects.convenience.faults import KeyMismatch, SignatureMismatch
from yiqiao.dialects.convenience.scheme import Scheme
from yiqiao.errors import DomainError

CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
TEXT = st.text(CHARACTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
VALUES = st.dictionaries(st.sampled_from(["A", "B", "C_D"]), TEXT, min_size=1)
SECRETS = st.text("0123456789abcXYZ", min_size=16, max_size=16)
SCHEMES = [
    Scheme(cipher, signed, tail)
    for cipher, signed, tail in itertools.product(
        ("AES", "none"), ("pairs", "elements"), ("&KEY={secret}", "{secret}", "")
    )
]


@settings(max_examples=60)
@given(VALUES, SECRETS, TEXT)
def test_what_is_sealed_opens_in_every_scheme(values: dict[str, object], secret: str, user: str) -> None:
    for rule in SCHEMES:
        content = written("REQ", values, cdata=rule.cipher == "AES")
        claim = envelope.peek(envelope.seal_request("2005", user, content, secret, rule).encode())
        assert (claim.fun_code, claim.user_id) == ("2005", user)
        assert envelope.open_request(claim, [secret], rule).tree == values
        answer = envelope.seal_response("0", "成功", written("RES", values), secret, rule)
        assert envelope.open_response(answer, [secret], rule) == envelope.Answer("0", "成功", "RES", values)


@settings(max_examples=200)
@given(st.data(), st.sampled_from([rule for rule in SCHEMES if not rule.keyless]))
def test_a_message_with_any_bit_flipped_never_opens_as_another_message(data: st.DataObject, rule: Scheme) -> None:
    secret = "YQ0123456789TEST"
    values: dict[str, object] = {"LOCK_ID": "SH98", "NAME": "柳成荫"}
    body = bytearray(envelope.seal_request("2005", "demo", written("REQ", values), secret, rule).encode())
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        opened = envelope.open_request(envelope.peek(bytes(body)), [secret], rule)
    except DomainError:
        return
    assert (opened.claim.fun_code, opened.claim.user_id, opened.tree) == ("2005", "demo", values)


@given(SECRETS, SECRETS, VALUES)
def test_another_key_opens_nothing(one: str, other: str, values: dict[str, object]) -> None:
    sealed = envelope.seal_request("2005", "demo", written("REQ", values), one, Scheme())
    try:
        envelope.open_request(envelope.peek(sealed), [other], Scheme())
    except (SignatureMismatch, KeyMismatch):
        assert one != other
    else:
        assert one == other
