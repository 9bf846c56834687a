"""The code tables that a hospital's own data are held to are the standard's."""

import pytest

from yiqiao.ports.hospital import codes
from yiqiao.spec import load

TABLES = {
    "HOSPITAL_LEVEL": codes.HOSPITAL_LEVELS,
    "HOSPITAL_BELONG": codes.HOSPITAL_BELONGS,
    "HOSPITAL_TYPE": codes.HOSPITAL_TYPES,
    "HOSPITAL_CATEGORY": codes.HOSPITAL_CATEGORIES,
    "DEPART_TYPE": codes.DEPARTMENT_KINDS,
    "JOB_TITLE": codes.JOB_TITLES,
    "REG_LEVEL_2003": codes.REGISTRATION_LEVELS,
    "ID_TYPE": codes.CERTIFICATES,
    "CARD_TYPE": codes.CARDS,
    "DEPT_LEVEL": codes.DEPARTMENT_LEVELS,
    "DEPT_TYPE_2001": codes.DEPARTMENT_OFFERS,
    "EDUCATION": codes.EDUCATIONS,
    "CARD_STATUS": codes.CARD_STATES,
    "CHANNEL_ID": codes.CHANNELS,
    "REGVIA_NAME": codes.VIAS,
    "PAY_CHANNEL": codes.PAY_CHANNELS,
    "PAY_FLAG": codes.PAY_SIDES,
    "INSURE_TYPE": codes.INSURANCES,
    "FEE_CLASS": codes.FEE_CLASSES,
}
ELSEWHERE = {
    "ID_TYPE": codes.CERTIFICATES_ELSEWHERE,
    "CHANNEL_ID": codes.CHANNELS_ELSEWHERE,
    "PAY_CHANNEL": codes.PAY_CHANNELS_ELSEWHERE,
}


@pytest.mark.parametrize("name", TABLES)
def test_every_code_that_is_taken_in_can_be_told(name: str) -> None:
    assert list(TABLES[name]) == list(load("convenience").codes[name].rows)
    assert len(set(TABLES[name].values())) == len(TABLES[name]), "a title stands for one code"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_every_code_of_another_region_is_told_by_the_standard_as_one_of_its_own(name: str) -> None:
    assert list(ELSEWHERE[name]) == list(load("convenience").codes[name].told_as)
    rows = load("convenience", "jkt").codes[name].rows
    assert ELSEWHERE[name] == {code: rows[code].title for code in ELSEWHERE[name]}
