"""What a sandbox is furnished with: a demo partner with generated keys, three terminals, and people who hold cards.

Everything is done through the same doors that others use; nothing is put into tables behind the rules' back. Furnishing
again changes nothing: the secret stays, and who is registered stays registered.
"""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory, Terminal, store
from yiqiao.partners.particulars import PartnerExists
from yiqiao.region.cards.acts import HeldCard, Registration, Serial
from yiqiao.region.cards.service import Cards
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.identifiers import CardRef
from yiqiao.region.identity.person import BoundCard, Person
from yiqiao.sandbox import people as synthetic
from yiqiao.storage import Database
from yiqiao.storage.cards import holdings
from yiqiao.storage.database import Work

DIALECT = "ehealth_card"
APP_ID = "demo-hospital"
NAME = "演示医院"
TERMINALS = (
    Terminal("10000000001", "一楼挂号窗口"),
    Terminal("10000000002", "大厅自助机 1 号"),
    Terminal("10000000003", "内科门诊 3 诊室"),
)
WITH_CARDS = 150
"""Of the synthetic people, so many hold a card from the start; the others are there to be registered."""
LIVE_CODE_S = 60


@dataclass(frozen=True)
class LiveCode:
    """A code to be shown. `name` is masked; `expires_ms` epoch milliseconds."""

    name: str
    text: str
    expires_ms: int


@dataclass
class Holder:
    """Whose code is shown: the card that is live now."""

    name: str
    card: CardRef


@dataclass(frozen=True)
class Demo:
    """What a newcomer needs to call the sandbox."""

    app_id: str
    terminals: tuple[Terminal, ...]
    secret: str = field(repr=False)
    _cards: Cards = field(repr=False)
    _clock: Clock = field(repr=False)
    _database: Database = field(repr=False)
    _holder: Holder = field(repr=False)

    def live_code(self) -> LiveCode:
        """A fresh dynamic code of one of the synthetic people."""
        name = self._holder.name
        return LiveCode(
            name=name[0] + "*" * (len(name) - 1),
            text=self._cards.dynamic_code(self._holder.card, LIVE_CODE_S),
            expires_ms=(self._clock.now_ms() // 1000 + LIVE_CODE_S) * 1000,
        )

    async def renew(self) -> None:
        """The data was replaced: look which card is live now. Where none is, the last known one goes on being shown."""
        person_id = self._holder.card.person_id
        held = await self._database.read(lambda connection: holdings(connection, [person_id]))
        for card in held[person_id].cards if person_id in held else ():
            if card.state == "active":
                self._holder.card = CardRef(person_id, card.issue_no)


async def furnish(database: Database, keyring: Keyring, clock: Clock, directory: Directory, cards: Cards) -> Demo:
    """Furnish a sandbox, as far as it is not furnished yet."""
    if directory.find(DIALECT, APP_ID) is None:
        await directory.change(lambda connection: _add_partner(connection, keyring, clock.now_ms()))
    held = await database.write(await furnishing(cards, clock))
    partner = directory.find(DIALECT, APP_ID)
    if partner is None or not partner.secrets:
        raise RuntimeError("the demo partner has no key in force")
    holder = Holder(held.person.name, held.ref)
    return Demo(APP_ID, TERMINALS, partner.secrets[0], cards, clock, database, holder)


async def furnishing(cards: Cards, clock: Clock) -> Work[HeldCard]:
    """The work that gives the synthetic people their cards; answers whose code is shown."""
    wishes = [await cards.register(_wish(number, person)) for number, person in enumerate(_holders(), 1)]
    lane = wishes[0].lane
    first = _holders()[0]
    again = await cards.register(_wish(0, first, serial=f"sandbox-{secrets.token_hex(8)}"))

    def register(connection: Connection) -> HeldCard:
        # Under the same serials as the last time; the first registration stands, this one finds the holder again.
        lane.execute(connection, [wish.command for wish in wishes])
        return next(held for held in lane.execute(connection, [again.command]) if isinstance(held, HeldCard))

    return register


def _add_partner(connection: Connection, keyring: Keyring, now_ms: int) -> None:
    new = store.NewPartner(DIALECT, APP_ID, NAME, terminals=TERMINALS, settings={"demo": True})
    try:
        store.add(connection, keyring, now_ms, new)
    except PartnerExists:  # another worker was quicker
        return


def _holders() -> tuple[synthetic.Person, ...]:
    return synthetic.people()[:WITH_CARDS]


def _wish(number: int, person: synthetic.Person, serial: str = "") -> Registration:
    return Registration(
        serial=Serial(APP_ID, serial or f"sandbox-{number:04}", b"sandbox"),
        person=Person(
            certificate=Certificate(person.id_type, person.id_no),
            name=person.name,
            sex=person.sex,
            mobile_phone=person.mobile_phone,
            birthday=person.birthday,
            nation=person.nation,
            address=person.address,
            work_unit=person.work_unit,
            cards=tuple(BoundCard(card.card_type, card.card_no) for card in person.cards),
        ),
        apply_method="4",
        certificate_mode="01",
    )
