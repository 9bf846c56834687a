"""The identifiers of a person and of a card: stable, derived with keyed SM algorithms, of no use without the key.

The standard (术语: 主索引 ID, 电子健康卡 ID) says that the main index ID marks a person, and that the card ID is the
cipher of certificate type and number. Here:

- `person_id` (32 hex digits, internal) and `mindex_id` (64 hex digits) are HMAC-SM3 of the certificate;
- `ehealth_card_id` is SM4 of (issue number, certificate type, number) under a synthetic IV, so that it is the same
  every time, can be opened by the hub alone, and a changed digit shows (RFC 5297's construction, with SM3 and SM4).

A number longer than 32 bytes takes part as its SM3, which keeps every identifier within the standard's 128 characters.
"""

import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from yiqiao.crypto import HmacSm3, hmac_sm3, sm3, sm4_ctr
from yiqiao.region.identity.certificates import Certificate

_TAG = 16
_LONGEST_PLAIN_NUMBER = 32


class CardRef(NamedTuple):
    """Which card: whose, and the how many-eth issued to that person."""

    person_id: str
    issue_no: int


@dataclass(frozen=True)
class IdentityKeys:
    """The keys that identifiers and codes are derived with, each from the hub's one identity key."""

    person: HmacSm3 = field(repr=False)
    mindex: HmacSm3 = field(repr=False)
    card_mac: HmacSm3 = field(repr=False)
    card_cipher: bytes = field(repr=False)
    code_mac: HmacSm3 = field(repr=False)
    code_cipher: bytes = field(repr=False)

    @classmethod
    def derive(cls, identity: bytes) -> "IdentityKeys":
        """From the hub's identity key (32 bytes)."""

        def key(purpose: str, length: int = 32) -> bytes:
            return hmac_sm3(identity, purpose.encode())[:length]

        return cls(
            person=HmacSm3(key("person")),
            mindex=HmacSm3(key("mindex")),
            card_mac=HmacSm3(key("card mac")),
            card_cipher=key("card cipher", 16),
            code_mac=HmacSm3(key("code mac")),
            code_cipher=key("code cipher", 16),
        )


def person_id(keys: IdentityKeys, certificate: Certificate) -> str:
    """The internal key of a person, 32 hex digits."""
    return _person_id(keys, _subject(certificate))


def mindex_id(keys: IdentityKeys, certificate: Certificate) -> str:
    """主索引 ID, 64 upper-case hex digits."""
    return keys.mindex(_subject(certificate)).hex().upper()


def ehealth_card_id(keys: IdentityKeys, certificate: Certificate, issue_no: int) -> str:
    """电子健康卡 ID, 76 upper-case hex digits for an identity card, at most 106."""
    plain = issue_no.to_bytes(2, "big") + _subject(certificate)
    tag = keys.card_mac(plain)[:_TAG]
    return (tag + sm4_ctr(keys.card_cipher, tag, plain)).hex().upper()


def open_card_id(keys: IdentityKeys, text: str) -> CardRef | None:
    """Which card an 电子健康卡 ID names; None where it was not made here, or was altered."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    if len(data) <= _TAG + 4:
        return None
    tag, sealed = data[:_TAG], data[_TAG:]
    plain = sm4_ctr(keys.card_cipher, tag, sealed)
    if not hmac.compare_digest(keys.card_mac(plain)[:_TAG], tag):
        return None
    return CardRef(_person_id(keys, plain[2:]), int.from_bytes(plain[:2], "big"))


def _person_id(keys: IdentityKeys, subject: bytes) -> str:
    return keys.person(subject)[:16].hex()


def _subject(certificate: Certificate) -> bytes:
    number = certificate.id_no.encode()
    if len(number) > _LONGEST_PLAIN_NUMBER:
        number = b"\x00" + sm3(number)
    return certificate.id_type.encode().ljust(2)[:2] + number
