"""People whom the insurance centre does not know."""

import pytest

from tests.support.keys import KEYRING
from yiqiao.ports.card_platform import CardHolder
from yiqiao.ports.card_reader import Media, Presented
from yiqiao.ports.hospital_cards import CardOwner
from yiqiao.region.reading import persons

HOLDER = CardHolder("M1", "E1", "01", "310198199001010019", "甲某", "1", {"birthday": "19900101"})


def test_an_identity_card_tells_who_somebody_is() -> None:
    read = Presented(
        Media.IDENTITY_CARD,
        certificate_no="310198199001010019",
        name="甲某",
        sex="1",
        nation="01",
        birthday="1990-01-01",
    )
    person = persons.of_document(KEYRING, read)
    assert (person.certificate_type, person.certificate_no) == ("01", "310198199001010019")
    assert (person.name, person.sex, person.nation, person.birthday) == ("甲某", "1", "01", "1990-01-01")
    assert person.insurances == ()


def test_a_health_card_tells_a_birthday_without_dashes() -> None:
    person = persons.of_holder(KEYRING, HOLDER)
    assert (person.birthday, person.nation, person.sex) == ("1990-01-01", None, "1")


def test_a_sex_that_nobody_states_is_told_as_unstated() -> None:
    assert persons.of_owner(KEYRING, CardOwner("01", "N1", "甲某", "", "1990-01-01")).sex == "9"


def test_the_number_of_an_uninsured_person_stays_and_does_not_tell_the_certificate() -> None:
    number = persons.number_of(KEYRING, "01", "31019819900101001x")
    assert number == persons.number_of(KEYRING, "01", "31019819900101001X")
    assert number.startswith("ZF")
    assert len(number) == 22
    assert number[2:].isdigit()
    assert "19900101" not in number
    assert number != persons.number_of(KEYRING, "99", "31019819900101001X")


@pytest.mark.parametrize(
    ("id_type", "id_no", "kind"),
    [
        ("01", "1", "01"),
        ("02", "1", "01"),
        ("03", "1", "99"),
        ("04", "1", "02"),
        ("05", "1", "99"),
        ("06", "H99000001", "04"),
        ("06", "M99000001", "05"),
        ("07", "1", "06"),
        ("08", "1", "99"),
        ("99", "1", "99"),
        ("A1", "1", "17"),
        ("A3", "1", "07"),
    ],
)
def test_certificates_of_the_card_platform_are_told_as_those_of_the_insurance(
    id_type: str, id_no: str, kind: str
) -> None:
    assert persons.certificate_type_of(id_type, id_no) == kind
