"""What is done with health cards, in the region's words: the acts, their serials, their results and their refusals."""

from collections.abc import Iterable
from typing import NamedTuple

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError, Repeated
from yiqiao.region.identity.identifiers import CardRef
from yiqiao.region.identity.person import Person, unseal_person
from yiqiao.storage.cards import CardRow, Holding


class DuplicateSerial(Repeated):
    """The caller has used this serial before; nothing was done again."""


class IdentityConflict(DomainError):
    """The certificate is on file, or in the register, under another name; or its number contradicts what is stated."""


class CardClosed(DomainError):
    """The card was closed for good."""


class NoSuchRecord(DomainError):
    """Nothing on file answers to what was asked for."""


class CodeSuperseded(DomainError):
    """The code belongs to an older card of a person who holds a newer one."""


class StaticCodeRefused(DomainError):
    """A static code at a stage of care for which the region asks for a dynamic one."""


class Serial(NamedTuple):
    """The caller's serial of an act, with a fingerprint of what was asked for under it."""

    app_id: str
    number: str
    fingerprint: bytes


class Registration(NamedTuple):
    """A wish to register somebody. `person.cards` are the cards to bind; `photo` is a JPEG."""

    serial: Serial
    person: Person
    apply_method: str
    certificate_mode: str
    photo: bytes | None = None


class Use(NamedTuple):
    """A code shown at a desk: what for, where, and by whom it was scanned; and whether a static one will do there."""

    serial: Serial
    code_text: str
    treatment_code: str
    office_code: str | None
    term_id: str
    operator_id: str
    ip_addr: str | None
    operator_name: str | None = None
    static_will_do: bool = True


class HeldCard(NamedTuple):
    """A person with a live card of theirs."""

    ref: CardRef
    ehealth_card_id: str
    mindex_id: str
    person: Person
    newly_issued: bool = False


def held_card(keyring: Keyring, holding: Holding, card: CardRow) -> HeldCard:
    """A card on file with its holder's data."""
    return HeldCard(
        ref=CardRef(card.person_id, card.issue_no),
        ehealth_card_id=card.ehealth_card_id,
        mindex_id=holding.person.mindex_id,
        person=unseal_person(keyring, holding.person),
    )


def duplicate(serial: Serial, first: dict[tuple[str, str], bytes]) -> DuplicateSerial:
    """The refusal of a serial that was used before; `first` has the fingerprints of what was done under it."""
    same = first.get((serial.app_id, serial.number)) == serial.fingerprint
    told = (
        "内容与首次请求一致，首次请求已生效，请按已成功处理；新业务请更换流水号"
        if same
        else "内容与首次请求不一致，请更换流水号"
    )
    return DuplicateSerial(f"流水号重复：{told}", identical=same)


def is_active(cards: Iterable[CardRow]) -> bool:
    """Whether one of the cards is in force."""
    return any(card.state == "active" for card in cards)
