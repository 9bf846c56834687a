"""SM2 signatures: both forms, both kinds of key, and nothing that a partner sends makes it raise."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.needs import need
from yiqiao.crypto import (
    DEFAULT_USER_ID,
    der_to_raw,
    generate_private_key,
    is_public_key,
    public_key,
    raw_to_der,
    sign,
    sm3,
    verify,
)
from yiqiao.crypto.curve import A, B, G, N, P, lies_on_curve, multiple_of_base

PRIVATE = bytes.fromhex("2b1e7f0c5d9a4866b3a1f2e0c4d7986501122334455667788990aabbccddeeff")
PUBLIC = public_key(PRIVATE)
MESSAGE = "appId=demo&data=处方&timestamp=20261120093000".encode()
SIGNATURE = sign(PRIVATE, MESSAGE)

pytestmark = pytest.mark.usefixtures("sm2_library")
once_per_library = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def pair(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_a_signature_has_64_bytes_and_is_valid() -> None:
    signature = sign(PRIVATE, MESSAGE)
    assert len(signature) == 64
    assert verify(PUBLIC, MESSAGE, signature)


def test_a_signature_by_one_library_is_valid_for_the_other() -> None:
    assert verify(PUBLIC, MESSAGE, SIGNATURE)  # made before either was chosen for the test


def test_no_two_signatures_share_a_nonce() -> None:
    assert len({sign(PRIVATE, MESSAGE)[:32] for _ in range(5)}) == 5


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 1 << 20])
def test_messages_of_any_length_can_be_signed(size: int) -> None:
    message = b"\xa5" * size
    signature = sign(PRIVATE, message)
    assert verify(PUBLIC, message, signature)
    assert not verify(PUBLIC, message + b"\xa5", signature)


def test_der_is_accepted_like_r_and_s() -> None:
    assert verify(PUBLIC, MESSAGE, raw_to_der(SIGNATURE))


def test_the_leading_04_of_a_public_key_may_be_there_or_not() -> None:
    assert verify(b"\x04" + PUBLIC, MESSAGE, SIGNATURE)


def test_public_keys_that_begin_with_digits_0_and_4_stay_whole() -> None:
    private = next(key for key in (n.to_bytes(32, "big") for n in range(1, 2000)) if public_key(key)[0] == 0x04)
    signature = sign(private, MESSAGE)
    assert verify(public_key(private), MESSAGE, signature)
    assert verify(b"\x04" + public_key(private), MESSAGE, signature)


def test_the_user_id_is_the_usual_one_unless_told() -> None:
    assert verify(PUBLIC, MESSAGE, sign(PRIVATE, MESSAGE, b"1234567812345678"))
    assert DEFAULT_USER_ID == b"1234567812345678"


def test_another_user_id_makes_another_signature() -> None:
    signature = sign(PRIVATE, MESSAGE, b"hospital-1")
    assert verify(PUBLIC, MESSAGE, signature, b"hospital-1")
    assert not verify(PUBLIC, MESSAGE, signature)
    assert not verify(PUBLIC, MESSAGE, signature, b"hospital-2")


def test_a_user_id_of_more_than_8191_bytes_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="user id"):
        sign(PRIVATE, MESSAGE, b"x" * 8192)


def test_a_changed_message_is_refused() -> None:
    assert not verify(PUBLIC, MESSAGE + b"0", SIGNATURE)


def test_another_key_is_refused() -> None:
    assert not verify(public_key(generate_private_key()), MESSAGE, SIGNATURE)


@once_per_library
@given(bit=st.integers(0, 511))
def test_every_changed_bit_of_a_signature_is_refused(bit: int) -> None:
    changed = int.from_bytes(SIGNATURE, "big") ^ (1 << bit)
    assert not verify(PUBLIC, MESSAGE, changed.to_bytes(64, "big"))


@once_per_library
@given(bit=st.integers(0, 511))
def test_every_changed_bit_of_a_key_is_refused(bit: int) -> None:
    changed = int.from_bytes(PUBLIC, "big") ^ (1 << bit)
    assert not verify(changed.to_bytes(64, "big"), MESSAGE, SIGNATURE)


R, S = int.from_bytes(SIGNATURE[:32], "big"), int.from_bytes(SIGNATURE[32:], "big")
GARBAGE = {
    "nothing": b"",
    "63 bytes": SIGNATURE[:63],
    "65 bytes": SIGNATURE + b"\0",
    "hex text": SIGNATURE.hex().encode(),
    "r is 0": pair(0, S),
    "s is 0": pair(R, 0),
    "r is n": pair(N, S),
    "s is n": pair(R, N),
    "r and s beyond n": pair((1 << 256) - 1, (1 << 256) - 1),
    "r + s is n": pair(R, N - R),
    "DER cut short": raw_to_der(SIGNATURE)[:-1],
    "DER with a tail": raw_to_der(SIGNATURE) + b"\0",
    "DER of one number": bytes.fromhex("3003020101"),
    "DER of a negative number": bytes.fromhex("30060201ff020101"),
    "DER with a number of 0": bytes.fromhex("3006020100020101"),
    "DER with a number of 40 bytes": bytes.fromhex("302d0228" + "11" * 40 + "020101"),
    "DER of other things": bytes.fromhex("30060c01410c0142"),
}


@pytest.mark.parametrize("signature", GARBAGE.values(), ids=GARBAGE.keys())
def test_what_is_no_signature_is_refused(signature: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify(PUBLIC, MESSAGE, signature) is False
    assert capfd.readouterr().err == ""  # what is malformed never reaches a library that talks to stderr


def test_r_and_s_in_the_wrong_order_are_refused() -> None:
    assert not verify(PUBLIC, MESSAGE, pair(S, R))


@once_per_library
@given(signature=st.binary(max_size=80))
def test_no_bytes_make_verification_raise(signature: bytes) -> None:
    assert verify(PUBLIC, MESSAGE, signature) is False


def test_a_signature_made_to_meet_at_infinity_is_refused() -> None:
    za = sm3((8 * len(DEFAULT_USER_ID)).to_bytes(2, "big") + DEFAULT_USER_ID + pair(A, B) + pair(*G) + PUBLIC)
    r = int.from_bytes(sm3(za + MESSAGE), "big") % N
    d = int.from_bytes(PRIVATE, "big")
    assert verify(PUBLIC, MESSAGE, pair(r, -r * d * pow(1 + d, -1, N) % N)) is False


NO_KEYS = {
    "nothing": b"",
    "63 bytes": PUBLIC[:63],
    "another prefix": b"\x03" + PUBLIC,
    "66 bytes": b"\x04\x04" + PUBLIC,
    "zeros": bytes(64),
    "off the curve": PUBLIC[:63] + bytes([PUBLIC[63] ^ 1]),
    "coordinates beyond p": pair(int.from_bytes(PUBLIC[:32], "big"), (1 << 256) - 1),
}


@pytest.mark.parametrize("public", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_what_is_no_public_key_verifies_nothing(public: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert not is_public_key(public)
    assert verify(public, MESSAGE, SIGNATURE) is False
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("number", [0, N - 1, N, (1 << 256) - 1])
def test_a_private_key_is_between_1_and_n_minus_2(number: int) -> None:
    private = number.to_bytes(32, "big")
    with pytest.raises(ValueError, match="private key"):
        public_key(private)
    with pytest.raises(ValueError, match="private key"):
        sign(private, MESSAGE)


@pytest.mark.parametrize("private", [b"", PRIVATE[:31], b"\0" + PRIVATE])
def test_a_private_key_has_32_bytes(private: bytes) -> None:
    with pytest.raises(ValueError, match="private key"):
        sign(private, MESSAGE)


@pytest.mark.parametrize("number", [1, 2, 3, N - 2])
def test_keys_at_the_edges_sign_too(number: int) -> None:
    private = number.to_bytes(32, "big")
    assert verify(public_key(private), MESSAGE, sign(private, MESSAGE))


def test_generated_keys_differ_and_sign() -> None:
    keys = {generate_private_key() for _ in range(5)}
    assert len(keys) == 5
    for private in keys:
        assert len(private) == 32
        assert is_public_key(public_key(private))
        assert is_public_key(b"\x04" + public_key(private))
    assert verify(public_key(private), MESSAGE, sign(private, MESSAGE))


@given(r=st.integers(0, (1 << 256) - 1), s=st.integers(0, 1 << 128))
def test_der_and_r_s_are_two_writings_of_one_thing(r: int, s: int) -> None:
    assert der_to_raw(raw_to_der(pair(r, s))) == pair(r, s)


@pytest.mark.parametrize("name", [name for name in GARBAGE if name.startswith("DER") and "number of 0" not in name])
def test_what_is_no_der_signature_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        der_to_raw(GARBAGE[name])


@pytest.mark.parametrize("size", [0, 63, 65])
def test_r_s_of_another_length_is_a_value_error(size: int) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        raw_to_der(b"\x01" * size)


def test_the_base_point_lies_on_the_curve_and_its_multiples_do() -> None:
    assert all(lies_on_curve(multiple_of_base(factor)) for factor in (1, 2, 3, 7, N - 2, N - 1))
    assert multiple_of_base(N - 1) == (G[0], P - G[1])  # the base point's opposite


def test_zero_times_the_base_point_is_no_point() -> None:
    with pytest.raises(ValueError, match="no point"):
        multiple_of_base(0)


class TestBesideOpenSsl:
    """The program's own SM2, as a second opinion both ways."""

    public_info = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004") + PUBLIC
    private_info = bytes.fromhex("30310201010420") + PRIVATE + bytes.fromhex("a00a06082a811ccf5501822d")
    options = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")

    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        (tmp_path / "public.der").write_bytes(self.public_info)
        (tmp_path / "private.der").write_bytes(self.private_info)
        (tmp_path / "message").write_bytes(MESSAGE)
        (tmp_path / "signature").write_bytes(raw_to_der(sign(PRIVATE, MESSAGE)))
        return tmp_path

    def test_it_accepts_our_signature(self, files: Path, openssl: Callable[..., bytes]) -> None:
        key = ("-pubin", "-inkey", str(files / "public.der"), "-keyform", "DER")
        paths = ("-in", str(files / "message"), "-sigfile", str(files / "signature"))
        assert b"Verified Successfully" in openssl("pkeyutl", "-verify", *key, *paths, *self.options)

    def test_we_accept_its_signature(self, files: Path, openssl: Callable[..., bytes]) -> None:
        key = ("-inkey", str(files / "private.der"), "-keyform", "DER")
        signature = openssl("pkeyutl", "-sign", *key, "-in", str(files / "message"), *self.options)
        assert verify(PUBLIC, MESSAGE, signature)


@pytest.mark.parametrize(
    ("missing", "steps_in", "package"),
    [
        ((), "sm2_openssl", "cryptography"),
        (("yiqiao.crypto.sm2_openssl",), "sm2_native", "gmssl_pyx"),
        (("yiqiao.crypto.sm2_openssl", "gmssl_pyx"), "sm2_pure", "gmssl"),
    ],
)
def test_the_next_library_steps_in_where_one_is_missing(missing: tuple[str, ...], steps_in: str, package: str) -> None:
    need(find_spec(package) is not None, f"{package}, which can carry SM2, is not installed")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
        "from yiqiao.crypto import sm2, generate_private_key, public_key, sign, verify\n"
        "key = generate_private_key()\n"
        "assert verify(public_key(key), b'message', sign(key, b'message'))\n"
        "print(sm2.sign_digest.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == f"yiqiao.crypto.{steps_in}"


WITHOUT_SM2 = """
import ctypes
class Blunt(ctypes.CDLL):
    def __init__(self, name):
        super().__init__(name)
        self.EVP_PKEY_sign_init = lambda _: 0
ctypes.CDLL = Blunt
from yiqiao.crypto import sm2, generate_private_key, public_key, sign, verify
key = generate_private_key()
assert verify(public_key(key), b"message", sign(key, b"message"))
print(sm2.sign_digest.__module__)
"""


def test_an_openssl_that_was_built_without_sm2_is_passed_over() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_SM2], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() in ("yiqiao.crypto.sm2_native", "yiqiao.crypto.sm2_pure")
