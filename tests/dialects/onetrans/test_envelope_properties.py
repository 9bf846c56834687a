"""What holds of every message of the unified library, whatever is in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dialects.onetrans.desk import KEY, parameters
from yiqiao.crypto import generate_private_key, public_key
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.envelope import Keys
from yiqiao.errors import DomainError

STANDARD = scheme_of("standard")
KEYS = Keys((KEY,))
PRIVATE = generate_private_key()
SM2 = Keys((KEY,), public_key(PRIVATE), PRIVATE)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
CONTENT = st.dictionaries(TEXT, JSON, max_size=6)
NAMES = st.sampled_from(["dept_name", "opter_name", "prd_id", "dev_no"])
SEALED = envelope.seal_request(parameters(), {"notes": "测试", "amount": "1.00"}, KEYS, STANDARD)


@given(CONTENT, st.dictionaries(NAMES, TEXT, max_size=4), st.sampled_from(["SM3", "SM2"]))
def test_what_is_sealed_is_opened(content: dict[str, object], more: dict[str, str], signtype: str) -> None:
    params = {**parameters(), **more, "signtype": signtype}
    claim = envelope.peek(envelope.seal_request(params, content, SM2, STANDARD))
    assert envelope.open_request(claim, SM2, STANDARD).values == content
    assert {name: claim.params.get(name, "") for name in more} == more


@given(CONTENT, TEXT)
def test_an_answer_is_opened_by_its_caller(content: dict[str, object], message: str) -> None:
    claim = envelope.peek(SEALED)
    body = envelope.seal_response(claim, {"code": "000000", "err_msg": message}, content, KEYS, STANDARD)
    answer = envelope.open_response(body, KEYS, STANDARD)
    assert (answer.values, answer.err_msg) == (content, message)


@given(CONTENT)
def test_every_text_can_be_written_in_gbk_and_read_again(content: dict[str, object]) -> None:
    body = gbk.write(content)
    assert gbk.read(body) == content
    body.decode("gbk")


@given(st.integers(0, len(SEALED) * 8 - 1))
@settings(max_examples=400)
def test_a_flipped_bit_is_never_believed(bit: int) -> None:
    """Refused by name; or it was a bit that carries nothing, such as the case of a hexadecimal digit."""
    body = bytearray(SEALED)
    body[bit // 8] ^= 1 << bit % 8
    try:
        claim = envelope.peek(bytes(body))
        opened = envelope.open_request(claim, KEYS, STANDARD)
    except DomainError:
        return
    assert opened.values == {"notes": "测试", "amount": "1.00"}
    signed = {name: value for name, value in claim.params.items() if name != "sign"}
    honest = {name: value for name, value in envelope.read_parameters(SEALED).items() if name != "sign"}
    assert STANDARD.string_to_sign(signed, KEY) == STANDARD.string_to_sign(honest, KEY)


@given(st.integers(0, len(SEALED) - 1))
def test_a_truncated_message_is_refused_by_name(length: int) -> None:
    try:
        envelope.open_request(envelope.peek(SEALED[:length]), KEYS, STANDARD)
    except DomainError:
        return
    raise AssertionError("half a message was believed")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_rule_keys_no_other_key_opens_it(key: str) -> None:
    claim = envelope.peek(SEALED)
    try:
        envelope.open_request(claim, Keys((key,)), STANDARD)
    except DomainError:
        return
    assert key == KEY


@given(st.binary(max_size=300))
@settings(max_examples=400)
def test_whatever_the_bytes_are_only_named_faults_are_raised(body: bytes) -> None:
    for read in (envelope.peek, lambda data: envelope.open_response(data, KEYS, STANDARD)):
        try:
            read(body)
        except DomainError:
            continue
