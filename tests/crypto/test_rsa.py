"""RSA as payment platforms use it: keys in each form in which they are handed out, and signatures of others."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from yiqiao.crypto import (
    DecryptionFailed,
    RsaKeyUnusable,
    RsaPrivateKey,
    RsaPublicKey,
    aes_gcm_decrypt,
    aes_gcm_encrypt,
    generate_rsa_key,
)

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
NONE = serialization.NoEncryption()
PRIVATE = rsa.generate_private_key(65537, 2048)


def private(encoding: serialization.Encoding, form: serialization.PrivateFormat) -> str:
    """The private key in a form."""
    raw = PRIVATE.private_bytes(encoding, form, NONE)
    return raw.decode() if encoding is PEM else base64.b64encode(raw).decode()


def certificate() -> str:
    """A certificate for the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, PRIVATE.public_key(), 7, begins, begins + timedelta(days=1))
    return built.sign(PRIVATE, hashes.SHA256()).public_bytes(PEM).decode()


@pytest.mark.parametrize("encoding", [PEM, DER])
@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_private_keys_come_in_four_forms(encoding: serialization.Encoding, form: serialization.PrivateFormat) -> None:
    signature = RsaPrivateKey(private(encoding, form)).sign("签名".encode())
    PRIVATE.public_key().verify(signature, "签名".encode(), padding.PKCS1v15(), hashes.SHA256())


def test_public_keys_come_as_pem_as_base64_and_in_certificates() -> None:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = PRIVATE.public_key().public_bytes(PEM, form).decode()
    bare = base64.b64encode(PRIVATE.public_key().public_bytes(DER, form)).decode()
    signature = PRIVATE.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
    for text in (pem, bare, certificate(), f"\n{pem}\n"):
        assert RsaPublicKey(text).verify(b"x", signature)
        assert not RsaPublicKey(text).verify(b"y", signature)
    assert not RsaPublicKey(bare).verify(b"x", b"")
    assert RsaPrivateKey(private(PEM, serialization.PrivateFormat.PKCS8)).public().verify(b"x", signature)


def test_another_digest_or_padding_is_no_signature() -> None:
    public = RsaPrivateKey(private(PEM, serialization.PrivateFormat.PKCS8)).public()
    assert not public.verify(b"x", PRIVATE.sign(b"x", padding.PKCS1v15(), hashes.SHA1()))  # noqa: S303
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    assert not public.verify(b"x", PRIVATE.sign(b"x", pss, hashes.SHA256()))


def test_short_keys_and_other_kinds_are_not_taken() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    for other in (curve, small):
        with pytest.raises(RsaKeyUnusable):
            RsaPrivateKey(other.private_bytes(PEM, serialization.PrivateFormat.PKCS8, NONE).decode())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        with pytest.raises(RsaKeyUnusable):
            RsaPublicKey(other.public_key().public_bytes(PEM, form).decode())


def test_a_key_that_cannot_be_read_is_not_repeated() -> None:
    text = private(PEM, serialization.PrivateFormat.PKCS8).replace("A", "!", 3)
    with pytest.raises(RsaKeyUnusable) as caught:
        RsaPrivateKey(text)
    assert text[40:60] not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_generated_key_can_be_used() -> None:
    key = RsaPrivateKey(generate_rsa_key())
    assert key.public().verify(b"x", key.sign(b"x"))


def test_gcm_opens_what_it_sealed_and_nothing_else() -> None:
    key, nonce = b"k" * 32, b"n" * 12
    sealed = aes_gcm_encrypt(key, nonce, b"plain", b"beside")
    assert aes_gcm_decrypt(key, nonce, sealed, b"beside") == b"plain"
    spoilt = bytes([sealed[0] ^ 1]) + sealed[1:]
    for data, beside, with_key in ((spoilt, b"beside", key), (sealed, b"other", key), (sealed, b"beside", b"j" * 32)):
        with pytest.raises(DecryptionFailed):
            aes_gcm_decrypt(with_key, nonce, data, beside)
    for short in (b"", b"short"):
        with pytest.raises(DecryptionFailed):
            aes_gcm_decrypt(key, nonce, short, b"beside")
