"""The text in a QR code: what is made opens again, what is altered shows, what has expired says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.region.cards import codes
from yiqiao.region.cards.codes import CodeExpired, CodeInvalid, CodeKind, ForeignIssuer
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.identifiers import CardRef, IdentityKeys, ehealth_card_id, open_card_id, person_id

KEYS = IdentityKeys.derive(bytes(range(32)))
OTHERS = IdentityKeys.derive(bytes(32))
ISSUER = "00000000001"
NOW_MS = 1_795_000_000_000
SOMEBODY = Certificate("01", "990001195001010010")
CARD = CardRef(person_id(KEYS, SOMEBODY), 1)

certificates = st.builds(
    Certificate,
    st.sampled_from(["01", "03", "99", "A1"]),
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=32),
)


def fresh(lifetime_s: int = 60) -> str:
    return codes.dynamic_text(KEYS, CARD, ISSUER, NOW_MS // 1000 + lifetime_s)


def test_a_dynamic_code_names_its_card_while_it_lives() -> None:
    text = fresh()
    assert codes.read(KEYS, text, ISSUER, NOW_MS) == codes.Code(CodeKind.DYNAMIC, CARD)
    assert len(text.split(":")) == 5
    assert len(text) <= 128


def test_a_dynamic_code_is_fresh_each_time() -> None:
    assert len({fresh() for _ in range(50)}) > 45


def test_a_dynamic_code_lives_through_its_last_second_and_no_longer() -> None:
    text = fresh(60)
    assert codes.read(KEYS, text, ISSUER, NOW_MS + 60_000).card == CARD
    with pytest.raises(CodeExpired, match="过期"):
        codes.read(KEYS, text, ISSUER, NOW_MS + 61_000)


@given(certificates, st.integers(1, 60_000))
def test_a_static_code_names_its_card_for_any_certificate(certificate: Certificate, issue_no: int) -> None:
    """card.system: it is read without asking anybody"""
    text = codes.static_text(ehealth_card_id(KEYS, certificate, issue_no), ISSUER)
    assert len(text) <= 128, "the standard's field holds 128 characters"
    read = codes.read(KEYS, text, ISSUER, NOW_MS)
    assert read == codes.Code(CodeKind.STATIC, CardRef(person_id(KEYS, certificate), issue_no))


@given(certificates, certificates)
def test_different_certificates_are_different_people(one: Certificate, other: Certificate) -> None:
    assert (person_id(KEYS, one) == person_id(KEYS, other)) == (one == other)


def test_identifiers_are_stable_and_belong_to_their_key() -> None:
    assert ehealth_card_id(KEYS, SOMEBODY, 1) == ehealth_card_id(KEYS, SOMEBODY, 1)
    assert ehealth_card_id(KEYS, SOMEBODY, 1) != ehealth_card_id(KEYS, SOMEBODY, 2)
    assert ehealth_card_id(KEYS, SOMEBODY, 1) != ehealth_card_id(OTHERS, SOMEBODY, 1)
    assert SOMEBODY.id_no not in ehealth_card_id(KEYS, SOMEBODY, 1)
    assert open_card_id(OTHERS, ehealth_card_id(KEYS, SOMEBODY, 1)) is None


@pytest.mark.parametrize(
    "text", [fresh(), codes.static_text(ehealth_card_id(KEYS, SOMEBODY, 1), ISSUER)], ids=["dynamic", "static"]
)
def test_any_altered_digit_is_found_out(text: str) -> None:
    body = text.split(":")[0]
    for place in range(len(body)):
        altered = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
        with pytest.raises(CodeInvalid):
            codes.read(KEYS, altered, ISSUER, NOW_MS)


def test_a_static_body_cannot_pass_for_a_dynamic_one() -> None:
    with pytest.raises(CodeInvalid):
        codes.read(KEYS, ehealth_card_id(KEYS, SOMEBODY, 1) + f":1:::{ISSUER}", ISSUER, NOW_MS)
    with pytest.raises(CodeInvalid):
        codes.read(KEYS, fresh().replace(":1:", ":0:"), ISSUER, NOW_MS)


@pytest.mark.parametrize(
    "text",
    [
        fresh().replace(ISSUER, "00000000002"),
        "85:" + "AB" * 32 + ":1",
        "AB" * 32 + ":1::5100X0001",
        "CD" * 24 + ":1:::77777777777",
    ],
    ids=["other issuer", "other order", "other form of issuer", "other length"],
)
def test_a_code_of_somebody_else_is_told_apart(text: str) -> None:
    with pytest.raises(ForeignIssuer, match="非本平台签发"):
        codes.read(KEYS, text, ISSUER, NOW_MS)


@given(st.text(max_size=200))
def test_no_text_does_anything_but_being_refused(text: str) -> None:
    with pytest.raises((CodeInvalid, ForeignIssuer)):
        codes.read(KEYS, text, ISSUER, NOW_MS)


def test_a_code_of_another_key_is_invalid() -> None:
    with pytest.raises(CodeInvalid):
        codes.read(OTHERS, fresh(), ISSUER, NOW_MS)
