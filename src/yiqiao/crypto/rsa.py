"""RSA signatures as payment platforms use them: PKCS#1 v1.5 with SHA-256 (theirs: RSA2, SHA256-RSA2048).

Keys come as these platforms hand them out: PEM, a certificate in PEM, or the bare Base64 of the DER. A signature costs
less than a millisecond.
"""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LEAST_BITS = 2048


class RsaKeyUnusable(ValueError):
    """What was given is no RSA key of at least 2048 bits; says nothing of what it was."""


class RsaPrivateKey:
    """A key to sign with."""

    def __init__(self, text: str) -> None:
        """`text` is PEM or bare Base64, PKCS#8 or PKCS#1, without a password. Raises RsaKeyUnusable."""
        try:
            key = serialization.load_der_private_key(_der(text), password=None)
        except (ValueError, TypeError):
            raise RsaKeyUnusable("no RSA private key") from None
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
            raise RsaKeyUnusable("no RSA private key of at least 2048 bits")
        self._key = key

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`."""
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def public(self) -> "RsaPublicKey":
        """The key to verify with."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        der = self._key.public_key().public_bytes(serialization.Encoding.DER, form)
        return RsaPublicKey(base64.b64encode(der).decode())


class RsaPublicKey:
    """A key to verify with."""

    def __init__(self, text: str) -> None:
        """`text` is a public key or a certificate, PEM or bare Base64. Raises RsaKeyUnusable."""
        try:
            der = _der(text)
            key = (
                x509.load_der_x509_certificate(der).public_key()
                if "CERTIFICATE" in text
                else serialization.load_der_public_key(der)
            )
        except ValueError:
            raise RsaKeyUnusable("no RSA public key") from None
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
            raise RsaKeyUnusable("no RSA public key of at least 2048 bits")
        self._key = key

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over `data`."""
        try:
            self._key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def generate_rsa_key(bits: int = LEAST_BITS) -> str:
    """A fresh private key in PEM (PKCS#8), for simulators."""
    return (
        rsa.generate_private_key(65537, bits)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def _der(text: str) -> bytes:
    """The bytes inside PEM, or of bare Base64. Raises ValueError."""
    lines = [line.strip() for line in text.strip().splitlines()]
    inner = "".join(line for line in lines if not line.startswith("-----"))
    try:
        return base64.b64decode(inner, validate=True)
    except binascii.Error:
        raise ValueError("no Base64") from None
