"""The citizens who have signed in, and whom they book for."""

import secrets
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.values import Sex
from yiqiao.ports.login import Citizen
from yiqiao.region.family.member import ME, Member, MemberUnfit, checked, checked_birthday, checked_mobile, opened, seal
from yiqiao.region.identity.certificates import Certificate, implied
from yiqiao.region.identity.identifiers import IdentityKeys, person_id
from yiqiao.region.identity.person import Person, unseal_person
from yiqiao.storage import Database, cards, turns
from yiqiao.storage import family as store

MOST = 10


class TooManyMembers(DomainError):
    """The account's list is full."""

    def __init__(self) -> None:
        super().__init__(f"最多添加 {MOST} 位就诊人，请先删除不再需要的")


class KnownMember(MemberUnfit):
    """Whoever has this certificate is on the list already, or is the citizen."""

    def __init__(self, new: Member) -> None:
        super().__init__("id_no" if new.certificate else "name", "这位就诊人已经在列表中，不用再添加")


class UnknownMember(DomainError):
    """Nobody of this id is on the citizen's list."""

    def __init__(self) -> None:
        super().__init__("没有找到这位就诊人，请重新选择")


class Family:
    """Whom citizens book for."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._keys = IdentityKeys.derive(keyring.identity)

    def person_id(self, citizen: Citizen) -> str:
        """Under which the region knows a citizen, with a health card or without."""
        return person_id(self._keys, _certificate(citizen))

    async def oneself(self, citizen: Citizen) -> Member | None:
        """The citizen as a patient; None where mobile number, sex or birthday have to be asked for first.

        What they have told on a page goes before what is on file with their card.
        """
        mine = self.person_id(citizen)

        def read(connection: Connection) -> tuple[Member | None, Person | None]:
            rows = [row for row in store.of_person(connection, mine) if row.member_id == ME]
            holding = cards.holdings(connection, [mine]).get(mine)
            told = opened(self._keyring, rows[0]) if rows else None
            return told, unseal_person(self._keyring, holding.person) if holding else None

        told, person = await self._database.read(read)
        if told is not None:
            return replace(told, name=citizen.name, certificate=_certificate(citizen))
        return _by_card(citizen, person) if person is not None else None

    async def tell(self, citizen: Citizen, mobile: str, sex: Sex | None = None, birthday: str = "") -> None:
        """Keep what a citizen tells of themselves; sex and birthday where their certificate does not. Raises
        MemberUnfit.
        """
        by_number = implied(_certificate(citizen))
        member = Member(
            name="",
            sex=Sex(int(by_number.sex)) if by_number.sex else sex or Sex.SECRET,
            birthday=by_number.birthday.isoformat() if by_number.birthday else birthday,
            mobile=checked_mobile(mobile),
            member_id=ME,
        )
        member = replace(member, birthday=checked_birthday(member.birthday, self._today()))
        row = seal(self._keyring, self.person_id(citizen), member, self._clock.now_ms())
        await self._database.write(lambda connection: store.put(connection, row))

    async def members(self, citizen: Citizen) -> tuple[Member, ...]:
        """The others on the citizen's list, in the order in which they were entered."""
        mine = self.person_id(citizen)
        rows = await self._database.read(lambda connection: store.of_person(connection, mine))
        return tuple(opened(self._keyring, row) for row in rows if row.member_id != ME)

    async def find(self, citizen: Citizen, member_id: str) -> Member:
        """Somebody on the list, or the citizen. Raises UnknownMember, also where something has to be asked first."""
        if member_id == ME:
            found = await self.oneself(citizen)
        else:
            found = next((one for one in await self.members(citizen) if one.member_id == member_id), None)
        if found is None:
            raise UnknownMember
        return found

    async def add(self, citizen: Citizen, member: Member) -> str:
        """Enter somebody; answers their id. Raises MemberUnfit, KnownMember, TooManyMembers."""
        mine, now = self.person_id(citizen), self._clock.now_ms()
        new = replace(checked(member, self._today()), member_id=secrets.token_hex(8))
        row = seal(self._keyring, mine, new, now)

        def write(connection: Connection) -> None:
            turns.one_at_a_time(connection, "family", mine)
            rows = store.of_person(connection, mine)
            known = [opened(self._keyring, one) for one in rows if one.member_id != ME]
            if len(known) >= MOST:
                raise TooManyMembers
            if new.certificate == _certificate(citizen) or any(_same(one, new) for one in known):
                raise KnownMember(new)
            store.put(connection, row)

        await self._database.write(write)
        return new.member_id

    async def remove(self, citizen: Citizen, member_id: str) -> None:
        """Take somebody off the list; appointments stay as they are. Raises UnknownMember."""
        await self.find(citizen, member_id)
        mine = self.person_id(citizen)
        await self._database.write(lambda connection: store.remove(connection, mine, member_id))

    def _today(self) -> date:
        return beijing(self._clock.now_ms()).date()


def _certificate(citizen: Citizen) -> Certificate:
    return Certificate(citizen.id_type, citizen.id_no)


def _same(one: Member, other: Member) -> bool:
    if one.certificate is not None or other.certificate is not None:
        return one.certificate == other.certificate
    return (one.guardian, one.name) == (other.guardian, other.name)


def _by_card(citizen: Citizen, person: Person) -> Member | None:
    """The citizen with what is on file with their card; None where that is not enough."""
    by_number = implied(_certificate(citizen))
    born = by_number.birthday.isoformat() if by_number.birthday else _dashed(person.birthday)
    sex = by_number.sex or person.sex
    if not born or not person.mobile_phone:
        return None
    known = Sex(int(sex)) if sex in ("1", "2") else Sex.SECRET
    return Member(citizen.name, known, born, person.mobile_phone, _certificate(citizen), member_id=ME)


def _dashed(day: str | None) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""
