"""A person as the region knows them, and how that is kept: one sealed JSON text a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.region.identity.certificates import Certificate
from yiqiao.storage.cards import PersonRow, PhotoRow

T = TypeVar("T")
MOST_CARDS = 20
"""Cards that can be bound to one person."""


@dataclass(frozen=True)
class BoundCard:
    """A physical card that is linked to the person: 社保卡, 市民卡, …"""

    card_type: str
    card_no: str


@dataclass(frozen=True)
class Guardian:
    """Who answers for a child or for somebody else without a certificate of their own (监护人)."""

    name: str
    mobile_phone: str | None = None
    certificate: Certificate | None = None
    relation: str | None = None


@dataclass(frozen=True)
class Person:
    """Who somebody is. Dates are yyyyMMdd; `cards[0]` is the default card.

    `xman_id` (市民健康系统) and `smk_id` (市民卡) are what a city's own systems call the person, where there are such.
    """

    certificate: Certificate
    name: str
    sex: str
    mobile_phone: str
    birthday: str | None = None
    nation: str | None = None
    telephone: str | None = None
    address: str | None = None
    work_unit: str | None = None
    cards: tuple[BoundCard, ...] = ()
    guardian: Guardian | None = None
    xman_id: str | None = None
    smk_id: str | None = None


def seal_person(keyring: Keyring, person_id: str, mindex_id: str, person: Person, now_ms: int) -> PersonRow:
    """The row that keeps a person."""
    key_id, sealed = keyring.seal(orjson.dumps(person), _context(person_id))
    return PersonRow(
        person_id=person_id,
        mindex_id=mindex_id,
        key_id=key_id,
        sealed=sealed,
        name_index=keyring.blind("name", person.name),
        phone_index=keyring.blind("phone", person.mobile_phone),
        created_at=now_ms,
        changed_at=now_ms,
    )


def reseal_person(keyring: Keyring, row: PersonRow, person: Person, now_ms: int) -> PersonRow:
    """The row that keeps a person who has changed, blind indexes in step; nothing else of `row` is touched."""
    changed = seal_person(keyring, row.person_id, row.mindex_id, person, now_ms)
    return changed._replace(created_at=row.created_at)


def unseal_person(keyring: Keyring, row: PersonRow) -> Person:
    """The person in a row. Raises DecryptionFailed where the row was sealed for another or altered."""
    found = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), _context(row.person_id)))
    found["certificate"] = _made(Certificate, found["certificate"])
    found["cards"] = tuple([_made(BoundCard, card) for card in found["cards"]])
    if found.get("guardian"):
        found["guardian"] = _guardian(found["guardian"])
    return _made(Person, found)


def _guardian(found: dict[str, Any]) -> Guardian:
    if found["certificate"]:
        found["certificate"] = _made(Certificate, found["certificate"])
    return _made(Guardian, found)


def _made(kind: type[T], values: dict[str, Any]) -> T:
    """A frozen value from what was sealed of it: its own constructor takes three times as long, one a message.

    What was sealed before a field was there has the field's default, which stands in the class.
    """
    made = object.__new__(kind)
    made.__dict__.update(values)
    return made


def bound(cards: Iterable[BoundCard]) -> tuple[BoundCard, ...]:
    """The cards in their order, each once, as many as can be bound."""
    return tuple(dict.fromkeys(cards))[:MOST_CARDS]


def seal_photo(keyring: Keyring, person_id: str, jpeg: bytes, now_ms: int) -> PhotoRow:
    """The row that keeps a person's photo."""
    key_id, sealed = keyring.seal(jpeg, _photo_context(person_id))
    return PhotoRow(person_id, key_id, sealed, now_ms)


def unseal_photo(keyring: Keyring, row: PhotoRow) -> bytes:
    """The JPEG in a row. Raises DecryptionFailed where the row was sealed for another or altered."""
    return keyring.unseal(row.key_id, bytes(row.sealed), _photo_context(row.person_id))


def _photo_context(person_id: str) -> bytes:
    return f"photo|{person_id}".encode()


def _context(person_id: str) -> bytes:
    return f"person|{person_id}".encode()
