"""The synthetic people: always the same ones, plausible in every field, and nobody who could exist."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import numdb

from yiqiao.region.identity.certificates import disagreements, implied, parse
from yiqiao.sandbox.people import BORN_BY, MOST, Person, people

PEOPLE = people()


def age(person: Person, today: date) -> int:
    born = date.fromisoformat(person.birthday)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def test_every_number_passes_the_checks_of_real_people() -> None:
    for person in PEOPLE:
        assert parse(person.id_type, person.id_no, BORN_BY).id_no == person.id_no


def test_birthday_and_sex_agree_with_the_number() -> None:
    told = 0
    for person in PEOPLE:
        certificate = parse(person.id_type, person.id_no, BORN_BY)
        assert disagreements(certificate, person.birthday, person.sex) == ()
        told += implied(certificate).birthday is not None
    assert told > 190


def test_no_identity_number_stands_under_a_listed_district() -> None:
    for person in PEOPLE:
        if len(person.id_no) == 18:
            listed = numdb.get("cn/loc").info(person.id_no[:6])
            assert not any("county" in properties for _, properties in listed)


@settings(max_examples=20)
@given(st.integers(), st.dates(date(2020, 1, 1), date(2060, 12, 31)))
def test_numbers_phones_and_cards_are_given_once_whatever_the_seed_and_the_day(seed: int, today: date) -> None:
    row = people(300, seed, today)
    cards = [card.card_no for person in row for card in person.cards]
    assert len({person.id_no for person in row}) == len({person.mobile_phone for person in row}) == 300
    assert len(set(cards)) == len(cards)
    assert all(0 <= age(person, today) <= 100 for person in row)


def test_a_sandbox_has_200_people() -> None:
    assert len(PEOPLE) == len({one.id_no for one in PEOPLE}) == 200


def test_the_same_seed_gives_the_same_people() -> None:
    assert people() == PEOPLE
    assert people(seed=7) == people(seed=7) != PEOPLE


def test_who_comes_first_does_not_depend_on_how_many_follow() -> None:
    assert people(30) == PEOPLE[:30]


def test_the_first_and_the_last_stay_who_they_are() -> None:
    """Sandboxes that were furnished by an earlier version hold them."""
    assert (PEOPLE[0].id_no, PEOPLE[-1].id_no) == ("319801197707230022", "349802199205162243")


def test_the_first_and_the_last_are_of_age_and_have_identity_cards() -> None:
    for person in (PEOPLE[0], PEOPLE[-1]):
        assert person.id_type == "01"
        assert age(person, BORN_BY) >= 18


def test_ages_form_a_plausible_pyramid() -> None:
    ages = [age(person, BORN_BY) for person in people(2000)]
    decades = Counter(years // 10 for years in ages)
    assert min(ages) == 0
    assert max(ages) == 100
    assert decades[8] < decades[7] < decades[6] < decades[3]
    assert 0.45 < sum(person.sex == "1" for person in people(2000)) / 2000 < 0.56


def test_a_newborn_has_a_birth_certificate() -> None:
    newborns = [person for person in PEOPLE if person.id_type == "08"]
    assert [age(person, BORN_BY) for person in newborns] == [0]


def test_names_bring_the_hard_characters_to_light() -> None:
    names = "".join(person.name for person in PEOPLE)
    assert any(ord(character) > 0xFFFF for character in names)
    assert any(0x3400 <= ord(character) <= 0x4DBF for character in names)
    assert "·" in names
    assert any(name.startswith(("欧阳", "尉迟", "东方", "上官")) for name in (person.name for person in PEOPLE))
    assert names.encode("gb18030").decode("gb18030") == names


def test_every_field_fits_the_standard() -> None:
    for person in PEOPLE:
        assert 1 <= len(person.name) <= 50
        assert len(person.mobile_phone) == 11
        assert person.mobile_phone.startswith("154")
        assert 1 <= len(person.address) <= 200
        assert person.nation is None or "01" <= person.nation <= "56"
        assert len({card.card_type for card in person.cards}) == len(person.cards)
        assert all(1 <= len(card.card_no) <= 32 for card in person.cards)


def test_all_kinds_of_cards_and_many_kinds_of_certificates_occur() -> None:
    assert {card.card_type for person in PEOPLE for card in person.cards} == {"01", "02", "03", "04", "05"}
    assert {"01", "03", "06", "07", "08", "A1", "A2", "A3", "99"} == {person.id_type for person in PEOPLE}
    assert sum(person.nation == "01" for person in PEOPLE) > 150


def test_work_units_are_for_those_of_an_age_to_have_one() -> None:
    assert all(6 <= age(person, BORN_BY) < 60 for person in PEOPLE if person.work_unit)
    assert any(person.work_unit for person in PEOPLE)


@pytest.mark.parametrize("count", [-1, MOST + 1])
def test_more_people_than_there_are_numbers_for_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="people can be made"):
        people(count)


def test_nobody_is_a_row_too() -> None:
    assert people(0) == ()
