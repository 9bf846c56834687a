"""What a form is filled with before anybody has typed: a request that this sandbox answers with success as it stands.

Serials and times are fresh, codes and cards are live ones, whoever is to be registered is not registered yet. Each
operation takes another person where it would get in another's way: a card that is closed must not be the one whose code
the start page shows.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock, compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.region.cards.service import Cards
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.identifiers import CardRef, IdentityKeys, person_id
from yiqiao.region.identity.person import unseal_person
from yiqiao.sandbox import people as synthetic
from yiqiao.spec import Field, Operation
from yiqiao.storage import Database
from yiqiao.storage import cards as store

CODE_LIFE_S = 900
"""Time enough to read a form before it is sent."""
ASKED = 400
"""People among whom somebody without a card is looked for."""
OF_AGE_BY = "20081121"
NEW_ADDRESS = "云桥县柳溪镇梧桐路 12 号"
NEW_PHONE = "15498510001"


class _Resident(NamedTuple):
    """Somebody of the sandbox; `ref` is None without a live card. `cards` are those bound on file."""

    made: synthetic.Person
    ref: CardRef | None
    ehealth_card_id: str
    cards: Sequence[tuple[str, str]]


class Filled:
    """Fills in requests."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, cards: Cards) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._cards = cards
        self._keys = IdentityKeys.derive(keyring.identity)

    async def values(self, operation: Operation) -> dict[str, str]:
        """A text for every field of the request, by canonical names; a node's is JSON. Empty: best left out."""
        residents = await self._database.read(self._residents)
        now = self._clock.now_ms()
        sample = operation.asks.sample(now % 1000)
        known = self._known(operation.name, residents)
        return {
            field.name: known.get(field.name) or _made(field, sample, now)
            for field in operation.request
            if not field.parent
        }

    def _known(self, operation: str, residents: Sequence[_Resident]) -> Mapping[str, str]:
        """What the sandbox itself knows; whom it is about depends on the operation."""
        holders = [resident for resident in residents if resident.ref is not None]
        if operation in _NEWCOMERS:
            newcomer = next((one for one in residents if one.ref is None and one.made.birthday < OF_AGE_BY), None)
            return _registered(newcomer) if newcomer else {}
        if not holders:
            return {}
        holder = _WHO.get(operation, _first)(holders)
        known = {"ehealth_card_id": holder.ehealth_card_id, **_ALSO.get(operation, {})}
        if holder.ref is not None:
            known["ehealth_code"] = self._cards.dynamic_code(holder.ref, CODE_LIFE_S)
        if holder.cards and operation == RELINK:
            known |= zip(("card_type", "card_no"), holder.cards[0], strict=True)
        return known

    def _residents(self, connection: Connection) -> list[_Resident]:
        made = synthetic.people(ASKED)
        ids = [person_id(self._keys, Certificate(person.id_type, person.id_no)) for person in made]
        held = store.holdings(connection, ids)
        return [self._resident(person, held.get(id_)) for person, id_ in zip(made, ids, strict=True)]

    def _resident(self, made: synthetic.Person, holding: store.Holding | None) -> _Resident:
        live = next((card for card in holding.cards if card.state == "active"), None) if holding else None
        if holding is None or live is None:
            return _Resident(made, None, "", ())
        cards = [(card.card_type, card.card_no) for card in unseal_person(self._keyring, holding.person).cards]
        return _Resident(made, CardRef(live.person_id, live.issue_no), live.ehealth_card_id, cards)


RELINK = "ehc.ehealthcard.alterlink"
_NEWCOMERS = frozenset({"ehc.ehealthcard.querywithreg", "ehc.ehealthcard.register"})


def _first(holders: Sequence[_Resident]) -> _Resident:
    return holders[0]


def _last(holders: Sequence[_Resident]) -> _Resident:
    return holders[-1]


def _with_cards(holders: Sequence[_Resident]) -> _Resident:
    return next((one for one in holders[1:] if one.cards), holders[0])


_WHO: Mapping[str, Callable[[Sequence[_Resident]], _Resident]] = {
    "ehc.ehealthcard.close": _last,
    RELINK: _with_cards,
}
_ALSO: Mapping[str, Mapping[str, str]] = {
    "ehc.ehealthcard.alterinfo": {"mobile_phone": NEW_PHONE, "address": NEW_ADDRESS},
}


def _registered(newcomer: _Resident) -> Mapping[str, str]:
    person = newcomer.made
    cards = [{"card_type": card.card_type, "card_no": card.card_no} for card in person.cards]
    return {
        "id_type": person.id_type,
        "id_no": person.id_no,
        "user_name": person.name,
        "user_sex": person.sex,
        "mobile_phone": person.mobile_phone,
        "birthday": person.birthday,
        "nation": person.nation or "",
        "address": person.address,
        "work_unit": person.work_unit or "",
        "card_list": orjson.dumps(cards).decode() if cards else "",
        "certificate_mode": "01",
        "apply_method": "3",
        "generate_type": "dynamic",
        "time_expire": "300",
    }


def _made(field: Field, sample: Mapping[str, object], now_ms: int) -> str:
    """A serial or a time is made; else the specification's sample, where the field must be filled."""
    if field.name.startswith("out_") and field.name.endswith("_no"):
        return f"{compact(now_ms)}-{secrets.token_hex(4)}"
    if field.format == "yyyyMMddHHmmss":
        return compact(now_ms)
    value = sample.get(field.spelled)
    return value if field.required is True and isinstance(value, str) else ""
