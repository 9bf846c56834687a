"""Whom citizens book for: kept sealed, each account's own, told to hospitals in their codes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support.hub import Hub, open_hub, registration
from tests.support.race import at_the_same_moment
from yiqiao.crypto.keyring import SealingUnavailable
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.values import Sex
from yiqiao.ports.login import Citizen
from yiqiao.region.family.member import ID_TYPES, ME, OTHER, Member, MemberUnfit, checked, document, opened
from yiqiao.region.family.service import MOST, Family, KnownMember, TooManyMembers, UnknownMember
from yiqiao.region.identity.certificates import Certificate
from yiqiao.spec import load
from yiqiao.storage import family as store
from yiqiao.storage import turns
from yiqiao.storage.tables.family import family_member

TODAY = date(2026, 11, 18)
CITIZEN = Citizen("01", "359851198503120134", "柳成荫")
OTHER_CITIZEN = Citizen("01", "359851199207280242", "欧阳晚晴")
FOREIGNER = Citizen("03", "E98000001", "Anna Berg")
MOTHER = Member("方秋兰", Sex.FEMALE, "", "154 9851 0002", Certificate("01", "359851194605080040"))
BABY = Member(
    "柳小叶",
    Sex.FEMALE,
    "2026-03-01",
    "15498510001",
    guardian=Certificate("01", "359851198503120134"),
    guardian_name="柳成荫",
)


@pytest.fixture
async def hub(tmp_path: Path, database_url: str) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path, database_url) as found:
        yield found


@pytest.fixture
def family(hub: Hub) -> Family:
    return hub.runtime.family


async def test_members_are_kept_in_order_and_sealed(hub: Hub, family: Family) -> None:
    first = await family.add(CITIZEN, MOTHER)
    hub.clock.advance(1)
    second = await family.add(CITIZEN, BABY)
    found = await family.members(CITIZEN)
    assert [one.member_id for one in found] == [first, second]
    assert (found[0].sex, found[0].birthday, found[0].mobile) == (Sex.FEMALE, "1946-05-08", "15498510002")
    assert replace(found[1], member_id="") == BABY
    kept = await hub.runtime.database.read(lambda c: c.execute(select(family_member)).all())
    text = repr(kept) + repr(found)
    for value in ("方秋兰", "359851194605080040", "15498510002", "柳小叶"):
        assert value not in text
        assert value.encode() not in b"".join(bytes(row.sealed) for row in kept)


async def test_account_sees_its_own_alone_and_a_row_opens_nowhere_else(hub: Hub, family: Family) -> None:
    member = await family.add(CITIZEN, MOTHER)
    assert await family.members(OTHER_CITIZEN) == ()
    with pytest.raises(UnknownMember):
        await family.find(OTHER_CITIZEN, member)
    with pytest.raises(UnknownMember):
        await family.remove(OTHER_CITIZEN, member)
    mine, other = family.person_id(CITIZEN), family.person_id(OTHER_CITIZEN)
    row = (await hub.runtime.database.read(lambda c: store.of_person(c, mine)))[0]
    with pytest.raises(SealingUnavailable):
        opened(hub.runtime.keyring, row._replace(person_id=other))
    await family.remove(CITIZEN, member)
    assert await family.members(CITIZEN) == ()


async def test_hospital_is_told_of_them_in_its_own_codes(family: Family) -> None:
    visitor = (await family.find(CITIZEN, await family.add(CITIZEN, MOTHER))).visitor()
    assert visitor.certificate == Document(1, "359851194605080040")
    child = (await family.find(CITIZEN, await family.add(CITIZEN, BABY))).visitor()
    assert (child.certificate, child.guardian, child.guardian_name) == (
        None,
        Document(1, "359851198503120134"),
        "柳成荫",
    )


def test_every_kind_of_certificate_has_a_code_that_hospitals_know() -> None:
    hospitals = load("convenience").codes["ID_TYPE"].rows
    for code in load("ehealth_card").codes["id_type"].rows:
        found = document(Certificate(code, "1"))
        assert found is not None
        assert str(found.kind) in hospitals
    assert str(OTHER) in hospitals
    assert {code: hospitals[str(kind)].title for code, kind in ID_TYPES.items()} == {
        "01": "身份证",
        "03": "护照",
        "04": "军官证",
        "06": "港澳居民来往内地通行证",
        "07": "台湾居民来往大陆通行证",
        "08": "出生证",
    }


async def test_nobody_twice_and_no_more_than_there_is_room_for(family: Family) -> None:
    await family.add(CITIZEN, MOTHER)
    for again in (MOTHER, replace(MOTHER, certificate=Certificate("01", CITIZEN.id_no))):
        with pytest.raises(KnownMember):
            await family.add(CITIZEN, again)
    for n in range(MOST - 1):
        await family.add(CITIZEN, replace(BABY, name=f"孩子{n}"))
    with pytest.raises(TooManyMembers):
        await family.add(CITIZEN, BABY)
    await family.add(OTHER_CITIZEN, MOTHER)  # another account may book for the same person


async def one_too_many(hub: Hub, patch: pytest.MonkeyPatch) -> tuple[bool, list[object], int]:
    """The last place on the list is asked for twice at the same moment."""
    family = hub.runtime.family
    for n in range(MOST - 1):
        await family.add(CITIZEN, replace(BABY, name=f"孩子{n}"))
    acts = [lambda: family.add(CITIZEN, MOTHER), lambda: family.add(CITIZEN, BABY)]
    waited, outcomes = await at_the_same_moment(patch, (store, "of_person"), acts)
    return waited, outcomes, len(await family.members(CITIZEN))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_the_last_place_is_taken_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    waited, outcomes, members = await one_too_many(hub, monkeypatch)
    assert (waited, members) == (True, MOST)
    assert isinstance(outcomes[1], TooManyMembers)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_control_without_turns_the_last_place_is_taken_twice(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "one_at_a_time", lambda *_: None)
    waited, _, members = await one_too_many(hub, monkeypatch)
    assert (waited, members) == (False, MOST + 1)


async def test_citizen_is_known_by_their_card_and_by_what_they_tell(hub: Hub, family: Family) -> None:
    assert await family.oneself(CITIZEN) is None
    with pytest.raises(UnknownMember):
        await family.find(CITIZEN, ME)
    wish = registration(hub.serial(), id_type="01", id_no=CITIZEN.id_no, user_name=CITIZEN.name)
    async with hub.client() as caller:
        await caller.call("ehc.ehealthcard.querywithreg", wish)
    me = await family.find(CITIZEN, ME)
    assert (me.name, me.sex, me.birthday, me.mobile) == (CITIZEN.name, Sex.MALE, "1985-03-12", "15400000001")
    assert me.certificate == Certificate("01", CITIZEN.id_no)
    await family.tell(CITIZEN, "15498510009")
    me = await family.find(CITIZEN, ME)
    assert (me.name, me.birthday, me.mobile) == (CITIZEN.name, "1985-03-12", "15498510009")
    assert await family.members(CITIZEN) == ()


async def test_citizen_whose_number_tells_nothing_has_to_say_more(family: Family) -> None:
    with pytest.raises(MemberUnfit):
        await family.tell(FOREIGNER, "15498510009", Sex.FEMALE)
    await family.tell(FOREIGNER, "15498510009", Sex.FEMALE, "1990-05-06")
    me = await family.find(FOREIGNER, ME)
    assert (me.sex, me.birthday, me.visitor().certificate) == (Sex.FEMALE, "1990-05-06", Document(5, "E98000001"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "\u200b"}, "name"),
        ({"name": "柳" * 51}, "name"),
        ({"certificate": None}, "id_no"),
        ({"certificate": Certificate("01", "359851194605080041")}, "id_no"),
        ({"mobile": "1549851000"}, "mobile"),
        ({"mobile": "１５４９８５１０００２"}, "mobile"),
        ({"certificate": Certificate("03", "E98000001"), "birthday": "1849-12-31"}, "birthday"),
        ({"certificate": Certificate("03", "E98000001"), "birthday": "2026-11-19"}, "birthday"),
        ({"certificate": None, "guardian": Certificate("01", "1")}, "guardian_no"),
        ({"certificate": None, "guardian": Certificate("01", "359851198503120134")}, "guardian_name"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(MemberUnfit) as caught:
        checked(replace(MOTHER, **wrong), TODAY)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_age_is_counted_on_the_day_of_the_visit() -> None:
    assert BABY.age_on("2027-02-28") == 0
    assert BABY.age_on("2027-03-01") == 1
