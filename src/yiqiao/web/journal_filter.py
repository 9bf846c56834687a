"""What is asked of the journal, as the address of a page holds it.

An address ends up in histories and in other servers' logs, so it never holds what somebody is looked for by: a serial,
a card or a certificate stands there sealed. A person is looked for by the identifier that the hub derives from the
certificate (see journal/reader.py).
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from urllib.parse import urlencode

import orjson

from yiqiao.clock import BEIJING
from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.journal.reader import Cursor, Search
from yiqiao.region.identity import certificates
from yiqiao.region.identity.identifiers import IdentityKeys, person_id

CONTEXT = b"journal page: whom to look for"
TRACE, CARD, PERSON = "trace", "card", "person"


class SearchUnreadable(DomainError):
    """The sealed part of an address is not one of ours, or no longer."""

    def __init__(self) -> None:
        super().__init__("查询条件已失效，请回到交互记录重新查询")


@dataclass(frozen=True)
class Sought:
    """Whom or what is looked for: a serial (trace), a card, or a person by the hub's own identifier."""

    kind: str
    value: str = field(repr=False)

    def sealed(self, keyring: Keyring) -> str:
        """As an address may hold it."""
        key_id, data = keyring.seal(orjson.dumps([self.kind, self.value]), CONTEXT)
        return base64.urlsafe_b64encode(f"{key_id}:".encode() + data).decode().rstrip("=")

    @classmethod
    def unsealed(cls, text: str, keyring: Keyring) -> "Sought":
        """Back from an address. Raises SearchUnreadable."""
        try:
            key_id, _, data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).partition(b":")
            kind, value = orjson.loads(keyring.unseal(key_id.decode(), data, CONTEXT))
        except (DecryptionFailed, ValueError, binascii.Error):
            raise SearchUnreadable from None
        return cls(str(kind), str(value))

    @classmethod
    def of(cls, kind: str, text: str, keyring: Keyring, today: date) -> "Sought":
        """What a form asks for; `kind` is trace, card, or a certificate's type. Raises IdentityNumberInvalid."""
        if kind in (TRACE, CARD):
            return cls(kind, text.upper() if kind == CARD else text)
        certificate = certificates.parse(kind, text, today)
        return cls(PERSON, person_id(IdentityKeys.derive(keyring.identity), certificate))


@dataclass(frozen=True)
class Asked:
    """The filter bar, as texts; empty: does not matter. `key` is sealed; `after` says where a page goes on."""

    dialect: str = ""
    operation: str = ""
    app_id: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    key: str = ""
    after: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        """From an address or a form."""
        return cls(**{one.name: given.get(one.name, "").strip() for one in fields(cls)})

    @property
    def query(self) -> str:
        """As an address holds it, with its question mark; empty where nothing is asked."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        text = urlencode({name: value for name, value in given.items() if value})
        return f"?{text}" if text else ""

    @property
    def everywhere(self) -> "Asked":
        """The same question from the newest on."""
        return replace(self, after="")

    def sought(self, keyring: Keyring) -> Sought | None:
        """Whom it is about. Raises SearchUnreadable."""
        return Sought.unsealed(self.key, keyring) if self.key else None

    def search(self, keyring: Keyring) -> Search:
        """For the reader. Raises SearchUnreadable; ValueError for a time that is none."""
        sought = self.sought(keyring)
        keys = {sought.kind: sought.value} if sought else {}
        return Search(
            dialect=self.dialect or None,
            operation=self.operation or None,
            app_id=self.app_id or None,
            outcome=self.outcome or None,
            since=_moment(self.since),
            until=_moment(self.until),
            person=keys.get(PERSON),
            card=keys.get(CARD),
            trace=keys.get(TRACE),
        )

    def cursor(self) -> Cursor | None:
        """Where the page goes on. Raises ValueError."""
        return Cursor.parse(self.after) if self.after else None


def _moment(text: str) -> int | None:
    """Epoch ms of `2026-11-20T09:30` or `2026-11-20`, Beijing time. Raises ValueError."""
    return round(datetime.fromisoformat(text).replace(tzinfo=BEIJING).timestamp() * 1000) if text else None
