"""What is done to a health card after it was issued: looking it up, changing what is on file, closing it.

Chapters 修改电子健康卡信息 and 注销电子健康卡, and the methods 查询（注册）电子健康卡信息 and 更换绑定关联实体卡,
of which the standard has the names alone. Like registering, each act is a `Write` for the gathered writer. Persons are
locked before they are read, so that no change is built on what another process is changing in the same moment.
"""

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock, compact, readable
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.region.cards.acts import (
    CardClosed,
    DuplicateSerial,
    HeldCard,
    IdentityConflict,
    NoSuchRecord,
    Serial,
    duplicate,
    held_card,
    is_active,
)
from yiqiao.region.identity import certificates
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.identifiers import CardRef, IdentityKeys, open_card_id, person_id
from yiqiao.region.identity.person import (
    BoundCard,
    Guardian,
    Person,
    bound,
    reseal_person,
    seal_photo,
    unseal_person,
    unseal_photo,
)
from yiqiao.storage import Lane, StorageFailed, Write
from yiqiao.storage import card_changes as changes
from yiqiao.storage import cards as store
from yiqiao.storage.card_changes import ChangeRow, ClosingRow
from yiqiao.storage.cards import CardRow, Holding, PersonRow, PhotoRow


@dataclass(frozen=True)
class NewData:
    """What is to be changed of a person; None leaves a value as it is. `photo` is a JPEG."""

    sex: str | None = None
    mobile_phone: str | None = None
    nation: str | None = None
    birthday: str | None = None
    address: str | None = None
    work_unit: str | None = None
    guardian: Guardian | None = None
    xman_id: str | None = None
    smk_id: str | None = None
    photo: bytes | None = None


class Enquiry(NamedTuple):
    """Whom to look up: by card, or by certificate and name. What is given must all agree."""

    ehealth_card_id: str | None = None
    certificate: Certificate | None = None
    name: str | None = None


class Found(NamedTuple):
    """Somebody on file with the card asked for (else their newest), in force or closed."""

    card: HeldCard
    live: bool


class Altered(NamedTuple):
    """A change that was made. `alter_no` is the platform's own serial of it (30 characters)."""

    card: HeldCard
    alter_no: str


class _Change(NamedTuple):
    """A change to be made to whoever holds the card."""

    serial: Serial
    ref: CardRef | None
    alter_no: str
    kind: str
    edit: Callable[[Person], Person]
    photo: bytes | None = None


class _Closing(NamedTuple):
    """A card to be closed."""

    serial: Serial
    ref: CardRef | None


class Upkeep:
    """Looking up, changing and closing health cards."""

    def __init__(self, keyring: Keyring, keys: IdentityKeys, clock: Clock) -> None:
        self._keyring = keyring
        self._keys = keys
        self._clock = clock
        self._finding = Lane("cards.find", self._find_all)
        self._changing = Lane("cards.change", self._change_all)
        self._closing = Lane("cards.close", self._close_all)

    def find(self, enquiry: Enquiry) -> Write[Found]:
        """Look somebody up; nothing is written. Refused with NoSuchRecord."""
        return Write(self._finding, enquiry)

    def alter(self, serial: Serial, card_id: str, new: NewData) -> Write[Altered]:
        """Change what is given of a card holder's data. Refused with DuplicateSerial, NoSuchRecord, CardClosed,
        and IdentityConflict where birthday or sex contradict the certificate's number."""
        given = {name: value for name, value in new.__dict__.items() if value is not None and name != "photo"}

        def edit(person: Person) -> Person:
            wrong = certificates.disagreements(person.certificate, new.birthday, new.sex)
            if wrong:
                raise IdentityConflict("；".join(found.message for found in wrong))
            return replace(person, **given)

        return Write(self._changing, self._change(serial, card_id, "info", edit, new.photo))

    def relink(self, serial: Serial, card_id: str, old: BoundCard, new: BoundCard) -> Write[Altered]:
        """Put one bound card in the place of another (the default card stays the default).

        Refused with DuplicateSerial, CardClosed, and NoSuchRecord where `old` is not bound.
        """

        def edit(person: Person) -> Person:
            if old not in person.cards:
                raise NoSuchRecord("该电子健康卡未绑定所指的原卡，请核对原卡类型与卡号")
            return replace(person, cards=bound(new if card == old else card for card in person.cards))

        return Write(self._changing, self._change(serial, card_id, "link", edit, None))

    def close(self, serial: Serial, card_id: str) -> Write[HeldCard]:
        """Close a card for good. Refused with DuplicateSerial, NoSuchRecord, CardClosed."""
        return Write(self._closing, _Closing(serial, open_card_id(self._keys, card_id)))

    def _change(
        self, serial: Serial, card_id: str, kind: str, edit: Callable[[Person], Person], photo: bytes | None
    ) -> _Change:
        alter_no = compact(self._clock.now_ms()) + secrets.token_hex(8).upper()
        return _Change(serial, open_card_id(self._keys, card_id), alter_no, kind, edit, photo)

    # looking up

    def _find_all(self, connection: Connection, enquiries: Sequence[Enquiry]) -> list[Found | DomainError]:
        refs = [self._sought(enquiry) for enquiry in enquiries]
        held = store.holdings(connection, [ref.person_id for ref in refs if ref])
        return [self._found(enquiry, ref, held) for enquiry, ref in zip(enquiries, refs, strict=True)]

    def _sought(self, enquiry: Enquiry) -> CardRef | None:
        """Which card is asked for; issue number 0 stands for the newest."""
        if enquiry.ehealth_card_id is not None:
            return open_card_id(self._keys, enquiry.ehealth_card_id)
        return CardRef(person_id(self._keys, enquiry.certificate), 0) if enquiry.certificate else None

    def _found(self, enquiry: Enquiry, ref: CardRef | None, held: dict[str, Holding]) -> Found | DomainError:
        holding = held.get(ref.person_id) if ref else None
        cards = [card for card in holding.cards if ref and ref.issue_no in (0, card.issue_no)] if holding else []
        if holding is None or not cards:
            return _nobody()
        found = self._held(holding, cards[-1])
        if enquiry.name not in (None, found.person.name):
            return _nobody()
        if enquiry.certificate not in (None, found.person.certificate):
            return _nobody()
        return Found(found, is_active(cards[-1:]))

    # changing

    def _change_all(self, connection: Connection, wanted: Sequence[_Change]) -> list[Altered | DomainError]:
        held = self._locked(connection, wanted)
        taken = changes.change_fingerprints(connection, _numbers(wanted))
        photos = store.photos(connection, [w.ref.person_id for w in wanted if w.ref and w.photo is not None])
        outcomes: list[Altered | DomainError] = []
        rows: list[ChangeRow] = []
        changed: dict[str, PersonRow] = {}
        new_photos: dict[str, PhotoRow] = {}
        now = self._clock.now_ms()
        for change in wanted:
            try:
                holding, card = _in_force(held, change, taken)
                before = unseal_person(self._keyring, holding.person)
                after = change.edit(before)
            except DomainError as refusal:
                outcomes.append(refusal)
                continue
            id_ = card.person_id
            story = _story(before, after)
            if change.photo is not None:
                old = unseal_photo(self._keyring, photos[id_]) if id_ in photos else None
                story["photo"] = [_base64(old), _base64(change.photo)]
                photos[id_] = new_photos[id_] = seal_photo(self._keyring, id_, change.photo, now)
            if after != before:
                changed[id_] = reseal_person(self._keyring, holding.person, after, now)
                holding = held[id_] = Holding(changed[id_], holding.cards)
            taken[change.serial.app_id, change.serial.number] = change.serial.fingerprint
            rows.append(self._change_row(change, card, story, now))
            outcomes.append(Altered(self._held(holding, card), change.alter_no))
        if not changes.add_changes(connection, rows):
            return [_lost(wanted, changes.change_fingerprints(connection, _numbers(wanted)))]
        store.change_persons(connection, changed.values())
        store.replace_photos(connection, list(new_photos.values()))
        return outcomes

    def _change_row(self, change: _Change, card: CardRow, story: dict[str, list[object]], now_ms: int) -> ChangeRow:
        serial = change.serial
        context = change_context(serial.app_id, serial.number)
        key_id, sealed = self._keyring.seal(orjson.dumps(story), context)
        return ChangeRow(
            app_id=serial.app_id,
            out_alter_no=serial.number,
            fingerprint=serial.fingerprint,
            person_id=card.person_id,
            issue_no=card.issue_no,
            alter_no=change.alter_no,
            kind=change.kind,
            key_id=key_id,
            sealed=sealed,
            at=now_ms,
        )

    # closing

    def _close_all(self, connection: Connection, wanted: Sequence[_Closing]) -> list[HeldCard | DomainError]:
        held = self._locked(connection, wanted)
        taken = changes.closing_fingerprints(connection, _numbers(wanted))
        outcomes: list[HeldCard | DomainError] = []
        rows: list[ClosingRow] = []
        now = self._clock.now_ms()
        for closing in wanted:
            try:
                holding, card = _in_force(held, closing, taken)
            except DomainError as refusal:
                outcomes.append(refusal)
                continue
            serial = closing.serial
            taken[serial.app_id, serial.number] = serial.fingerprint
            closed = card._replace(state="closed", closed_at=now)
            held[card.person_id] = Holding(holding.person, [closed if c == card else c for c in holding.cards])
            rows.append(ClosingRow(*serial[:2], serial.fingerprint, card.person_id, card.issue_no, now))
            outcomes.append(self._held(holding, card))
        if not changes.add_closings(connection, rows):
            return [_lost(wanted, changes.closing_fingerprints(connection, _numbers(wanted)))]
        changes.close_cards(connection, rows)
        return outcomes

    def _locked(self, connection: Connection, wanted: Sequence[_Change] | Sequence[_Closing]) -> dict[str, Holding]:
        """Those whose cards are meant, theirs alone to change until the transaction ends."""
        ids = sorted({act.ref.person_id for act in wanted if act.ref})
        store.lock_persons(connection, ids)
        return store.holdings(connection, ids)

    def _held(self, holding: Holding, card: CardRow) -> HeldCard:
        return held_card(self._keyring, holding, card)


def change_context(app_id: str, out_alter_no: str) -> bytes:
    """What the history of a change is sealed to."""
    return f"person change|{app_id}|{out_alter_no}".encode()


def _in_force(
    held: dict[str, Holding], act: _Change | _Closing, taken: dict[tuple[str, str], bytes]
) -> tuple[Holding, CardRow]:
    """The card that an act means, where it may be done. Raises DuplicateSerial, NoSuchRecord, CardClosed."""
    if (act.serial.app_id, act.serial.number) in taken:
        raise duplicate(act.serial, taken)
    holding = held.get(act.ref.person_id) if act.ref else None
    card = next((c for c in holding.cards if act.ref and c.issue_no == act.ref.issue_no), None) if holding else None
    if holding is None or card is None:
        raise _nobody()
    if card.closed_at is not None:
        raise CardClosed(f"该电子健康卡已于 {readable(card.closed_at)} 注销，如需使用请重新申领")
    return holding, card


def _nobody() -> NoSuchRecord:
    return NoSuchRecord("未查到符合条件的电子健康卡，请核对查询条件，尚未注册的请先注册")


def _story(before: Person, after: Person) -> dict[str, list[object]]:
    """What was changed: name → [before, after]."""
    old, new = asdict(before), asdict(after)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _numbers(wanted: Sequence[_Change] | Sequence[_Closing]) -> list[tuple[str, str]]:
    return [(act.serial.app_id, act.serial.number) for act in wanted]


def _lost(wanted: Sequence[_Change] | Sequence[_Closing], taken: dict[tuple[str, str], bytes]) -> DuplicateSerial:
    """Another process took a serial in this moment: run again one by one, each sees for itself."""
    if len(wanted) > 1:
        raise StorageFailed
    return duplicate(wanted[0].serial, taken)
