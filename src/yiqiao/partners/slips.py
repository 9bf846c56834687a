"""The slip that a new partner gets: who they are here, where to call, and a link that shows the secret once.

A secret in a mail or a chat stays there for years; a link that opens once does not, and if somebody else was first, the
partner notices. The functions run inside the caller's transaction.
"""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.partners import store
from yiqiao.partners.audit import NOBODY, audit
from yiqiao.partners.partner import PartnerFile
from yiqiao.storage import slips as filed
from yiqiao.storage.slips import SlipRow

PATH = "/slip"
VALID_S = 3 * 86_400
LONGEST_S = 30 * 86_400


class SlipGone(DomainError):
    """The link was opened before, has expired, or never was."""

    def __init__(self) -> None:
        super().__init__("该链接已经打开过、已过期或不存在；如未拿到密钥，请联系平台重新发送")


class SlipUnfit(DomainError):
    """A link that cannot be."""


@dataclass(frozen=True)
class Credentials:
    """What the link shows."""

    dialect: str
    app_id: str
    name: str
    secret: str = field(repr=False)


def issue(connection: Connection, now_ms: int, dialect: str, app_id: str, valid_s: int = VALID_S) -> tuple[str, int]:
    """Make a one-time link for a partner's newest secret; answers its token, and until when (epoch ms) it is good.

    Links to the same partner that nobody has opened yet are good for nothing from now on. Raises UnknownPartner,
    SlipUnfit.
    """
    if not 60 <= valid_s <= LONGEST_S:
        raise SlipUnfit(f"链接的有效时间应在 60 至 {LONGEST_S} 秒（30 天）之间")
    store.show(connection, dialect, app_id)
    token, ends = secrets.token_urlsafe(32), now_ms + valid_s * 1000
    filed.add_slip(connection, SlipRow(dialect, app_id, sm3(token.encode()), now_ms, ends))
    return token, ends


def fresh(connection: Connection, now_ms: int, token: str) -> PartnerFile:
    """Whose link it is, without using it up. Raises SlipGone."""
    row = filed.find_slip(connection, sm3(token.encode(errors="replace")))
    if row is None or row.opened_at is not None or row.expires_at <= now_ms:
        raise SlipGone
    return store.show(connection, row.dialect, row.app_id)


def open_(connection: Connection, keyring: Keyring, now_ms: int, token: str, address: str) -> Credentials:
    """The partner's newest secret; the link is used up, and from which address is audited. Raises SlipGone."""
    row = filed.open_slip(connection, sm3(token.encode(errors="replace")), now_ms)
    if row is None:
        raise SlipGone
    file = store.show(connection, row.dialect, row.app_id)
    key = next((key for key in reversed(file.keys) if key.live(now_ms)), None)
    if key is None:
        raise SlipGone
    context = store.key_context(file.dialect, file.app_id, key.key_no)
    audit(connection, now_ms, NOBODY, "partner.slip_opened", f"{file.dialect}/{file.app_id}", {"from": address})
    secret = keyring.unseal(key.key_id, key.sealed, context).decode()
    return Credentials(file.dialect, file.app_id, file.name, secret)
