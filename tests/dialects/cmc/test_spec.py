"""The standard as data: its tables, its rules each with a test that names it, its codes each with an error."""

import re
from pathlib import Path

import pytest

from tests.dialects.cmc.launching import INSURED, SELF_PAY, click, insured, selfpay
from tests.support.hub import Hub
from tests.support.named_rules import unnamed
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.server import COOKIE
from yiqiao.region.launches.sessions import Workstation
from yiqiao.spec import load, profiles

SPEC = load("cmc")
ROWS = {"hzlx": 2, "mtbz": 21, "rtbz": 1, "rtbm": 7, "xb": 2, "xz": 2}
TESTS = Path(__file__).parents[2]
FOLDERS = [TESTS / "dialects" / "cmc", TESTS / "cli", TESTS / "web"]
FOR_PEOPLE = {"scope", "qa.restart", "cs.installed"}
"""Rules that say what people do; there is nothing of ours to test."""


def test_the_code_tables_have_their_rows() -> None:
    assert {name: len(SPEC.codes[name].rows) for name in ROWS} == ROWS
    assert SPEC.codes["rtbm"].rows["RT007"].title == "糖尿病人头付费药店主体"
    assert SPEC.codes["mtbz"].rows["M07801"].title == "透析"


def test_both_kinds_of_patients_have_the_same_twenty_six_places() -> None:
    for name in ("launch.insured", "launch.selfpay"):
        assert len(SPEC.operations[name].request) == 26


def test_what_is_required_of_whom() -> None:
    def required(name: str) -> set[str]:
        return {field.name for field in SPEC.operations[name].request if field.required is True}

    assert required("launch.insured") - required("launch.selfpay") == {"aac001", "sfzh", "xz"}
    assert required("launch.selfpay") <= required("launch.insured")


@pytest.mark.parametrize("profile", profiles("cmc"))
def test_every_profile_loads_and_every_code_tells_a_status(profile: str) -> None:
    spec = load("cmc", profile)
    assert all(re.fullmatch("[2-5][0-9]{4}", code) for code in spec.return_codes)
    assert spec.settings["open"] in ("web", "client")


def test_every_rule_has_a_test_that_names_it() -> None:
    assert unnamed(SPEC, FOLDERS, FOR_PEOPLE) == []


@pytest.mark.parametrize("mtbz", ["", "01", "M08300"])
async def test_rule_mtbz_empty_and_01_are_ordinary_outpatients(mtbz: str, hub: Hub) -> None:
    assert (await click(hub, insured(hub, mtbz=mtbz))).code == "20000"


@pytest.mark.parametrize("age", ["0", "1", "104"])
async def test_rule_infant_an_age_of_one_stands_for_infants(age: str, hub: Hub) -> None:
    assert (await click(hub, insured(hub, nl=age))).code == "20000"


@pytest.mark.parametrize("sqbm", ["", "10010"])
async def test_rule_sqbm_a_community_is_named_where_there_is_one(sqbm: str, hub: Hub) -> None:
    answer = await click(hub, insured(hub, sqbm=sqbm))
    found = await Workstation(hub.runtime.database, hub.runtime.keyring, hub.clock).find(answer.http.cookies[COOKIE])
    assert found.launch.visit.community == (sqbm or None)


def test_rule_method_and_version_are_fixed(hub: Hub) -> None:
    values = insured(hub).values
    assert (values["version"], values["method"]) == ("1", "guahao.common.timestamp")


async def test_rule_insured_hzlx_and_selfpay_hzlx_tell_the_two_tables_apart(hub: Hub) -> None:
    assert insured(hub).values["hzlx"] == "1"
    assert selfpay(hub).values["hzlx"] == "0"


def test_rule_selfpay_hzlx_is_zero(hub: Hub) -> None:
    claim = envelope.peek(selfpay(hub).url("").partition("?")[2].encode())
    assert claim.operation == "launch.selfpay"


def test_rule_insured_serials_both_carry_the_registration(hub: Hub) -> None:
    values = insured(hub).values
    assert values["jzsxh"] == values["mzsxh"] == INSURED["jzsxh"]


def test_rule_selfpay_empty_what_belongs_to_insurance_keeps_its_place(hub: Hub) -> None:
    launch = selfpay(hub)
    places = launch.plain.split("&")
    for name in ("aac001", "mtbz", "xz"):
        assert places[envelope.PLACES.index(name)] == ""


def test_rule_selfpay_jzsxh_is_the_hospitals_registration_number(hub: Hub) -> None:
    assert selfpay(hub).values["jzsxh"] == SELF_PAY["jzsxh"]


def test_rule_steps_signed_first_then_joined_then_encoded(hub: Hub) -> None:
    launch = insured(hub)
    assert envelope.decoded(launch.parameter).decode() == launch.plain
    assert launch.plain.split("&")[22] == launch.values["sign"]
