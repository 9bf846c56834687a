"""What can be presented at a sandbox's devices, and presenting it: whoever plays the patient picks one.

Cards and faces are named by the number of a resident's identity card; codes are made when they are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.errors import DomainError
from yiqiao.ports.card_reader import Media
from yiqiao.region.cards.service import Cards
from yiqiao.region.identity.certificates import Certificate
from yiqiao.sandbox.insurance import covers, residents_by_number
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.reader import STATES, NoSuchCard, SandboxReader
from yiqiao.sandbox.residents import card_no, residents
from yiqiao.storage import Database

SHOWN = 4
"""How many of a kind are offered; every resident may be named."""
CODE_LIFE_S = 60
IDENTITY_CARD = "01"


class Kind(StrEnum):
    """What somebody presents."""

    IDENTITY_CARD = "identity_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    VOUCHER = "voucher"
    HEALTH_CARD = "health_card"
    VISIT_CARD = "visit_card"
    FACE = "face"


MEDIA: Mapping[Kind, Media] = {
    Kind.IDENTITY_CARD: Media.IDENTITY_CARD,
    Kind.SOCIAL_SECURITY_CARD: Media.SOCIAL_SECURITY_CARD,
    Kind.VOUCHER: Media.CODE,
    Kind.HEALTH_CARD: Media.CODE,
    Kind.VISIT_CARD: Media.CODE,
    Kind.FACE: Media.FACE,
}


class Offer(NamedTuple):
    """Something to be presented: what, and whose."""

    kind: Kind
    certificate_no: str
    name: str


class NoSuchDevice(DomainError):
    """No kind, device or state is called so."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(f"没有这种设备、卡码或状态；可用的有 {'、'.join(known)}")


@cache
def offers() -> tuple[Offer, ...]:
    """Some of each kind, insured people about whom the centre answers first; the last identity card is uninsured."""
    known = [one.who for one in covers().values() if not one.silent]
    carded = [one.who for one in covers().values() if one.card_no and not one.silent]
    stranger = next(one for number, one in residents_by_number().items() if number not in covers())
    people = {
        Kind.IDENTITY_CARD: [*known[: SHOWN - 1], stranger],
        Kind.SOCIAL_SECURITY_CARD: carded[:SHOWN],
        Kind.VOUCHER: known[:SHOWN],
        Kind.HEALTH_CARD: known[:SHOWN],
        Kind.VISIT_CARD: known[:SHOWN],
        Kind.FACE: known[:SHOWN],
    }
    return tuple(Offer(kind, one.id_no, one.name) for kind, some in people.items() for one in some)


@dataclass(frozen=True)
class Presenting:
    """The hand that presents. `reader` and `centre` are the sandbox's."""

    database: Database
    cards: Cards
    reader: SandboxReader
    centre: SandboxCentre

    async def present(self, desk: str, kind: str, certificate_no: str) -> str:
        """Present somebody's card, code or face at a desk; answers the code's text, empty where it is none.

        Raises NoSuchDevice, NoSuchCard, UnknownInsured.
        """
        what = known_kind(kind)
        if MEDIA[what] is not Media.CODE:
            await self.reader.put(desk, MEDIA[what], certificate_no)
            return ""
        text = await self.code(kind, certificate_no)
        await self.reader.show(desk, text)
        return text

    async def code(self, kind: str, certificate_no: str) -> str:
        """The text of the code that somebody's phone or card shows now; a voucher's and a health card's live a minute.

        Raises NoSuchDevice, NoSuchCard, UnknownInsured.
        """
        match known_kind(kind):
            case Kind.VOUCHER:
                return (await self.centre.issue_voucher(certificate_no)).code
            case Kind.HEALTH_CARD:
                return await self._health_code(certificate_no)
            case Kind.VISIT_CARD:
                return _visit_card(certificate_no)
        raise NoSuchDevice([Kind.VOUCHER, Kind.HEALTH_CARD, Kind.VISIT_CARD])

    async def set_device(self, desk: str, media: str, state: str) -> None:
        """Let a device be empty, absent or unable to read. Raises NoSuchDevice."""
        ways = [state for state in STATES if state != "present"]
        if media not in set(Media) or state not in ways:
            raise NoSuchDevice([*Media, *ways])
        await self.reader.set_state(desk, Media(media), state)

    async def _health_code(self, certificate_no: str) -> str:
        def look(connection: Connection) -> str:
            held = self.cards.consents.card_of(connection, Certificate(IDENTITY_CARD, certificate_no))
            if held is None:
                raise NoSuchCard("这位居民没有电子健康卡")
            return self.cards.dynamic_code(held.ref, CODE_LIFE_S)

        return await self.database.read(look)


def known_kind(kind: str) -> Kind:
    """A kind by its name. Raises NoSuchDevice."""
    if kind not in set(Kind):
        raise NoSuchDevice(list(Kind))
    return Kind(kind)


def _visit_card(certificate_no: str) -> str:
    found = next((one for one in residents() if one.id_no == certificate_no), None)
    if found is None:
        raise NoSuchCard("合成居民中没有这个证件号码")
    return card_no(found.number)
