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
}


@pytest.mark.parametrize("name", TABLES)
def test_every_code_that_is_taken_in_can_be_told(name: str) -> None:
    assert list(TABLES[name]) == list(load("convenience").codes[name].rows)
    assert len(set(TABLES[name].values())) == len(TABLES[name]), "a title stands for one code"
