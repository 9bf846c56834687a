"""What a partner's secret looks like in each dialect, as data.

The wire decides it: where the secret is a cipher's key, its length and alphabet are given (the electronic health card
decodes 32 hexadecimal digits to an SM4 key; the convenience service uses 16 characters as an AES key).
"""

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.errors import DomainError

LETTERS_AND_DIGITS = string.ascii_letters + string.digits


class SecretUnfit(DomainError):
    """A secret that the dialect's ciphers cannot use; it is not repeated in the message."""


@dataclass(frozen=True)
class SecretKind:
    """A form of secret: `length` characters of `alphabet`; `accepted` is what may be brought along instead."""

    title: str
    length: int
    alphabet: str
    accepted: re.Pattern[str]

    def generate(self) -> str:
        """A fresh random secret."""
        return "".join(secrets.choice(self.alphabet) for _ in range(self.length))

    def check(self, secret: str) -> str:
        """The secret as given, if it is one of this kind. Raises SecretUnfit."""
        if not self.accepted.fullmatch(secret):
            raise SecretUnfit(f"密钥格式不符：应为 {self.title}，实际 {len(secret)} 位")
        return secret


HEX_32 = SecretKind("32 位十六进制数", 32, "0123456789abcdef", re.compile(r"[0-9A-Fa-f]{32}"))
TEXT_16 = SecretKind("16 位字母或数字", 16, LETTERS_AND_DIGITS, re.compile(r"[!-~]{16}"))
TEXT_32 = SecretKind("8 至 64 位可见 ASCII 字符", 32, LETTERS_AND_DIGITS, re.compile(r"[!-~]{8,64}"))

KINDS: Mapping[str, SecretKind] = {
    "ehealth_card": HEX_32,
    "convenience": TEXT_16,
    "onetrans": HEX_32,
    "supervision": TEXT_32,
    "cmc": TEXT_32,
}


def kind_of(dialect: str) -> SecretKind:
    """The kind of secret partners of this dialect have. Raises KeyError for a dialect that is none."""
    return KINDS[dialect]
