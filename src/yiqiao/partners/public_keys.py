"""Partners' SM2 public keys: what their signatures are held against. They are no secret, and stand in the settings."""

from sqlalchemy import Connection

from yiqiao.crypto import is_public_key
from yiqiao.errors import DomainError
from yiqiao.partners import store
from yiqiao.partners.partner import Partner

SETTING = "sm2_public_key"
_POINT = 64


class PublicKeyUnfit(DomainError):
    """No point of the SM2 curve in hexadecimal."""

    def __init__(self) -> None:
        super().__init__("SM2 公钥不可用：应为曲线上一点的十六进制坐标，128 位，或以 04 开头的 130 位")


def normal(text: str) -> str:
    """A public key as it is filed: 128 lower-case hexadecimal digits. Raises PublicKeyUnfit."""
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        raise PublicKeyUnfit from None
    if not is_public_key(key):
        raise PublicKeyUnfit
    return key[-_POINT:].hex()


def set_public_key(connection: Connection, now_ms: int, dialect: str, app_id: str, text: str) -> None:
    """File a partner's public key in place of the one before. Raises PublicKeyUnfit, UnknownPartner."""
    key = normal(text)
    filed = store.show(connection, dialect, app_id)
    store.set_settings(connection, now_ms, dialect, app_id, {**filed.settings, SETTING: key})


def public_key_of(partner: Partner) -> bytes | None:
    """The partner's public key, 64 bytes; None where none is on file."""
    text = partner.settings.get(SETTING)
    return bytes.fromhex(normal(text)) if isinstance(text, str) and text else None
