"""The worked values printed in the standards themselves."""

import pytest

from yiqiao.crypto import (
    SealingKey,
    aes_ecb_encrypt,
    des_ecb_encrypt,
    md5,
    public_key,
    raw_to_der,
    sm3,
    sm4_cbc_encrypt,
    sm4_ctr,
    sm4_ecb_decrypt,
    sm4_ecb_encrypt,
    unseal,
    verify,
)

SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
COUNTED_IV = bytes(range(16))


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_of_gbt_32905(text: bytes, digest: str) -> None:
    assert sm3(text).hex() == digest


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "d41d8cd98f00b204e9800998ecf8427e"),
        (b"a", "0cc175b9c0f1b6a831c399e269772661"),
        (b"abc", "900150983cd24fb0d6963f7d28e17f72"),
        (b"message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (b"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
        (b"1234567890" * 8, "57edf4a22be3c955ac49da2e2107b67a"),
    ],
)
def test_md5_of_rfc_1321(text: bytes, digest: str) -> None:
    assert md5(text).hex() == digest


def test_sm4_of_gbt_32907_once() -> None:
    sealed = sm4_ecb_encrypt(SM4_KEY, SM4_KEY)
    assert sealed[:16].hex() == "681edf34d206965e86b3e94f536e4246"
    assert sm4_ecb_decrypt(SM4_KEY, sealed) == SM4_KEY


def test_sm4_of_gbt_32907_a_million_times() -> None:
    # A chain over zeros feeds every result into the next encryption, which is what the standard's example does.
    chained = sm4_cbc_encrypt(SM4_KEY, SM4_KEY, bytes(16 * 1_000_000))
    assert chained[-32:-16].hex() == "595298c7c6fd271f0402f804c33d3f66"


def test_sm4_ctr_of_the_internet_draft() -> None:
    plain = bytes.fromhex("".join(digit * 16 for digit in "abcdefab"))
    assert sm4_ctr(SM4_KEY, COUNTED_IV, plain).hex() == (
        "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7"
        "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514"
    )


def test_sm4_cbc_of_the_internet_draft() -> None:
    plain = bytes.fromhex("".join(digit * 8 for digit in "abcdefab"))
    assert sm4_cbc_encrypt(SM4_KEY, COUNTED_IV, plain)[:32].hex() == (
        "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d"
    )


def test_sealing_opens_the_sm4_gcm_example_of_rfc_8998() -> None:
    nonce = bytes.fromhex("00001234567800000000abcd")
    data = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    tag = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex("".join(digit * 16 for digit in "abcdefea"))
    assert unseal(SealingKey("example", SM4_KEY), nonce + data + tag, aad) == plain


@pytest.mark.parametrize(
    ("key_size", "block"),
    [
        (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
        (32, "8ea2b7ca516745bfeafc49904b496089"),
    ],
)
def test_aes_of_fips_197(key_size: int, block: str) -> None:
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert aes_ecb_encrypt(bytes(range(key_size)), plain)[:16].hex() == block


def test_des_of_fips_81() -> None:
    sealed = des_ecb_encrypt(bytes.fromhex("0123456789abcdef"), b"Now is the time for all ")
    assert sealed[:24].hex() == "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53"


class TestSm2OfGbt32918:
    """Part 5, annex A: signature over "message digest" by the default user id."""

    private = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
    public = bytes.fromhex(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    message = b"message digest"
    signature = bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
    )

    def test_the_public_key_follows_from_the_private_one(self) -> None:
        assert public_key(self.private) == self.public

    def test_the_signature_is_valid_as_r_and_s(self, sm2_library: str) -> None:
        assert verify(self.public, self.message, self.signature)

    def test_the_signature_is_valid_as_der(self, sm2_library: str) -> None:
        assert verify(b"\x04" + self.public, self.message, raw_to_der(self.signature), b"1234567812345678")
