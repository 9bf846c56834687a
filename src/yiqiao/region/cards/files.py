"""What the platform's operators see of somebody: who they are, their cards, what was changed, masked or in full.

Somebody is found by what they can name: certificate number, phone, name, a card's or the main index's ID. All of these
are found by derived keys and blind indexes; nothing personal is compared in the clear.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.region.cards.acts import NoSuchRecord
from yiqiao.region.cards.upkeep import change_context
from yiqiao.region.identity.certificates import Certificate, IdentityNumberInvalid, parse
from yiqiao.region.identity.identifiers import IdentityKeys, open_card_id, person_id
from yiqiao.region.identity.person import BoundCard, Guardian, Person, unseal_person
from yiqiao.spec.masking import mask
from yiqiao.storage import Database
from yiqiao.storage import card_files as store
from yiqiao.storage.card_changes import ChangeRow
from yiqiao.storage.cards import CardRow, PersonRow, holdings, photos

MOST_FOUND = 50
"""People that a search shows: whoever shares a name with more is found by a number."""
MOST_CHANGES = 100
LONGEST = 128

MASKED: Mapping[str, str] = {
    "name": "name",
    "mobile_phone": "phone",
    "telephone": "phone",
    "birthday": "date",
    "address": "text",
    "work_unit": "text",
    "xman_id": "number",
    "smk_id": "number",
}
"""How each of a person's data is masked."""
PLAIN = frozenset({"sex", "nation"})
"""What says nothing of who somebody is; whatever is in neither table is hidden altogether."""


@dataclass(frozen=True)
class Found:
    """Somebody as a list of findings shows them, masked. `live`: holds a card in force."""

    person_id: str
    name: str
    id_type: str
    id_no: str
    mobile_phone: str
    birthday: str
    cards: int
    live: bool
    registered_at: int


@dataclass(frozen=True)
class Changed:
    """One thing that was changed: a name of `Person`, or photo; its value before and after, empty for none."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A change of what is on file. `readable` is False where it cannot be unsealed any more."""

    at: int
    app_id: str
    serial: str
    alter_no: str
    kind: str
    changed: tuple[Changed, ...]
    readable: bool = True


@dataclass(frozen=True)
class IssuedCard:
    """A health card of somebody's; its ID by its ends only unless shown in full, since it makes a static code."""

    issue_no: int
    ehealth_card_id: str
    state: str
    issued_at: int
    issued_by: str
    apply_method: str
    certificate_mode: str
    closed_at: int | None


@dataclass(frozen=True)
class PersonFile:
    """Everything on file about somebody. `full` says that nothing is masked; `photo`, that there is one."""

    person_id: str
    mindex_id: str
    person: Person = field(repr=False)
    health_cards: tuple[IssuedCard, ...]  # oldest first
    changes: tuple[Change, ...] = field(repr=False)
    photo: bool
    registered_at: int
    changed_at: int
    full: bool


class Files:
    """What is on file about people, to be looked at."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._keys = IdentityKeys.derive(keyring.identity)
        self._clock = clock

    async def find(self, text: str, id_types: Iterable[str]) -> tuple[Found, ...]:
        """Whom a certificate number (of one of `id_types`), name, phone, card ID or main index ID names.

        At most MOST_FOUND. Raises StorageUnreachable, StorageFailed.
        """
        text = text.strip()[:LONGEST]
        if not text or not text.isprintable():
            return ()
        wanted = (
            list(self._ids(text, id_types)),
            text.upper(),
            self._keyring.blind("name", text),
            self._keyring.blind("phone", text),
        )

        def work(connection: Connection) -> tuple[Found, ...]:
            rows = store.find_persons(connection, *wanted, limit=MOST_FOUND)
            held = holdings(connection, [row.person_id for row in rows])
            return tuple(self._found(row, held[row.person_id].cards) for row in rows if row.person_id in held)

        return await self._database.read(work)

    async def show(self, id_: str, *, full: bool = False) -> PersonFile:
        """Somebody's file, masked unless it is to be `full`. Raises NoSuchRecord, DecryptionFailed,
        StorageUnreachable, StorageFailed."""

        def work(connection: Connection) -> PersonFile:
            holding = holdings(connection, [id_]).get(id_)
            if holding is None:
                raise NoSuchRecord("未查到此人，档案可能在另一个数据库中")
            row, person = holding.person, unseal_person(self._keyring, holding.person)
            return PersonFile(
                person_id=id_,
                mindex_id=_ends(row.mindex_id, full),
                person=person if full else masked(person),
                health_cards=tuple(_issued(card, full) for card in holding.cards),
                changes=tuple(self._change(change, full) for change in store.changes_of(connection, id_, MOST_CHANGES)),
                photo=bool(photos(connection, [id_])),
                registered_at=row.created_at,
                changed_at=row.changed_at,
                full=full,
            )

        return await self._database.read(work)

    def _ids(self, text: str, id_types: Iterable[str]) -> Iterable[str]:
        card = open_card_id(self._keys, text)
        if card is not None:
            yield card.person_id
        today = beijing(self._clock.now_ms()).date()
        for id_type in id_types:
            try:
                yield person_id(self._keys, parse(id_type, text, today))
            except IdentityNumberInvalid:
                continue

    def _found(self, row: PersonRow, cards: list[CardRow]) -> Found:
        try:
            person = masked(unseal_person(self._keyring, row))
        except DecryptionFailed:  # one row that cannot be opened must not hide all others
            person = Person(Certificate("", ""), "", "", "")
        return Found(
            person_id=row.person_id,
            name=person.name,
            id_type=person.certificate.id_type,
            id_no=person.certificate.id_no,
            mobile_phone=person.mobile_phone,
            birthday=person.birthday or "",
            cards=len(cards),
            live=any(card.state == "active" for card in cards),
            registered_at=row.created_at,
        )

    def _change(self, row: ChangeRow, full: bool) -> Change:
        told = Change(row.at, row.app_id, row.out_alter_no, row.alter_no, row.kind, ())
        context = change_context(row.app_id, row.out_alter_no)
        try:
            story = orjson.loads(self._keyring.unseal(row.key_id, bytes(row.sealed), context))
        except DecryptionFailed:
            return replace(told, readable=False)
        return replace(told, changed=tuple(_changed(what, *sides, full=full) for what, sides in story.items()))


def masked(person: Person) -> Person:
    """The same person, told apart from others but not recognised."""
    data: dict[str, Any] = {
        name: mask(value, kind) for name, kind in MASKED.items() if (value := getattr(person, name))
    }
    certificate = replace(person.certificate, id_no=mask(person.certificate.id_no, "number"))
    cards = tuple(BoundCard(card.card_type, mask(card.card_no, "number")) for card in person.cards)
    guardian = _masked_guardian(person.guardian) if person.guardian else None
    return replace(person, certificate=certificate, cards=cards, guardian=guardian, **data)


def _masked_guardian(guardian: Guardian) -> Guardian:
    """The same of who answers for a person."""
    certificate, phone = guardian.certificate, guardian.mobile_phone
    return replace(
        guardian,
        name=mask(guardian.name, "name"),
        mobile_phone=mask(phone, "phone") if phone else None,
        certificate=replace(certificate, id_no=mask(certificate.id_no, "number")) if certificate else None,
    )


def _issued(card: CardRow, full: bool) -> IssuedCard:
    return IssuedCard(
        issue_no=card.issue_no,
        ehealth_card_id=_ends(card.ehealth_card_id, full),
        state=card.state,
        issued_at=card.issued_at,
        issued_by=card.issued_by,
        apply_method=card.apply_method,
        certificate_mode=card.certificate_mode,
        closed_at=card.closed_at,
    )


def _ends(id_: str, full: bool) -> str:
    return id_ if full else f"{id_[:12]}…{id_[-6:]}"


def _changed(what: str, before: object, after: object, *, full: bool) -> Changed:
    return Changed(what, _value(what, before, full), _value(what, after, full))


def _value(what: str, value: object, full: bool) -> str:
    if value is None or value == []:
        return ""
    if what == "photo":
        return "*"
    if isinstance(value, list):
        numbers = (str(card["card_no"]) for card in value)
        return " ".join(number if full else mask(number, "number") for number in numbers)
    return str(value) if full or what in PLAIN else mask(str(value), MASKED.get(what, "secret"))
