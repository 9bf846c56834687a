"""Ciphers, digests and signatures behind one small face: SM2, SM3, SM4 and the MD5, AES, DES of older partners.

Everything here is synchronous, pure and quick (microseconds; an SM2 signature a fifth of a millisecond) and knows
nothing of messages, partners or stores.
"""

from yiqiao.crypto.cipher import (
    DecryptionFailed,
    aes_ecb_decrypt,
    aes_ecb_encrypt,
    des_ecb_decrypt,
    des_ecb_encrypt,
    sm4_cbc_decrypt,
    sm4_cbc_encrypt,
    sm4_ctr,
    sm4_ecb_decrypt,
    sm4_ecb_encrypt,
)
from yiqiao.crypto.digest import HmacSm3, RunningSm3, hmac_sm3, md5, sm3
from yiqiao.crypto.gcm import aes_gcm_decrypt, aes_gcm_encrypt
from yiqiao.crypto.rsa import RsaKeyUnusable, RsaPrivateKey, RsaPublicKey, generate_rsa_key
from yiqiao.crypto.seal import SealingKey, seal, unseal
from yiqiao.crypto.sm2 import (
    DEFAULT_USER_ID,
    der_to_raw,
    generate_private_key,
    is_public_key,
    private_key_from,
    public_key,
    raw_to_der,
    sign,
    verify,
)

__all__ = [
    "DEFAULT_USER_ID",
    "DecryptionFailed",
    "HmacSm3",
    "RsaKeyUnusable",
    "RsaPrivateKey",
    "RsaPublicKey",
    "RunningSm3",
    "SealingKey",
    "aes_ecb_decrypt",
    "aes_ecb_encrypt",
    "aes_gcm_decrypt",
    "aes_gcm_encrypt",
    "der_to_raw",
    "des_ecb_decrypt",
    "des_ecb_encrypt",
    "generate_private_key",
    "generate_rsa_key",
    "hmac_sm3",
    "is_public_key",
    "md5",
    "private_key_from",
    "public_key",
    "raw_to_der",
    "seal",
    "sign",
    "sm3",
    "sm4_cbc_decrypt",
    "sm4_cbc_encrypt",
    "sm4_ctr",
    "sm4_ecb_decrypt",
    "sm4_ecb_encrypt",
    "unseal",
    "verify",
]
