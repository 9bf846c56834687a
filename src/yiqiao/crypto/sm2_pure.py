"""SM2 signatures over a digest by `gmssl`, in Python alone: for machines that have no wheel of `gmssl_pyx`.

Some milliseconds a signature, ten a verification. Three of its habits are kept at bay here: its own nonces come from a
random generator that can be foreseen, its constructor eats leading digits 0 and 4 of a public key, and the point at
infinity makes it stumble.
"""

import secrets

from gmssl.sm2 import CryptSM2

from yiqiao.crypto.curve import N


def sign_digest(private: bytes, digest: bytes) -> tuple[int, int]:
    """(r, s) for a 32-byte digest e; the private key is known to be in range."""
    signer = CryptSM2(private_key=private.hex(), public_key="")
    signature: str | None = None
    while signature is None:  # None stands for the nonces that the standard says to draw again
        nonce = 1 + secrets.randbelow(N - 1)
        signature = signer.sign(digest, f"{nonce:064x}")
    return int(signature[:64], 16), int(signature[64:], 16)


def verify_digest(public: bytes, digest: bytes, r: int, s: int) -> bool:
    """Whether (r, s) fits; the point is known to lie on the curve, r and s to be in range."""
    verifier = CryptSM2(private_key="", public_key="")
    verifier.public_key = public.hex()
    try:
        return bool(verifier.verify(f"{r:064x}{s:064x}", digest))
    except TypeError:  # the sum is the point at infinity, which has no coordinates
        return False
