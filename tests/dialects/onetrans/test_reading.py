"""hos.user.get and hos.user.third.get through a hub: each means, and each rule of when a field has a value."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.dialects.onetrans.desk import Desk
from tests.support.hub import NOW_MS, Hub, open_hub
from yiqiao.clock import compact
from yiqiao.dialects.onetrans.envelope import Answer
from yiqiao.dialects.onetrans.handlers.reading import age
from yiqiao.ports.card_reader import Media, Presented
from yiqiao.sandbox.insurance import Cover, covers, residents_by_number
from yiqiao.sandbox.insurance_centre import SandboxCentre
from yiqiao.sandbox.reader import ABSENT, UNREADABLE, SandboxReader
from yiqiao.sandbox.residents import card_no, residents
from yiqiao.storage.sandbox_payments import ACCOUNTS, AccountRow
from yiqiao.storage.shelves import DatabaseStore

GET, THIRD = "hos.user.get", "hos.user.third.get"
PLACE = "ZZJ-98-01"


def reader(hub: Hub) -> SandboxReader:
    found = hub.runtime.readings.reader
    assert isinstance(found, SandboxReader)
    return found


def centre(hub: Hub) -> SandboxCentre:
    found = hub.runtime.readings.centre
    assert isinstance(found, SandboxCentre)
    return found


def somebody(**wanted: bool) -> Cover:
    """The first insured person about whom the centre answers, who has these things."""
    return next(
        one
        for one in covers().values()
        if not one.silent and all(bool(getattr(one, name)) is has for name, has in wanted.items())
    )


def get(means: str, **more: object) -> dict[str, object]:
    return {"mdtrt_cert_type": means, "business_type": "01101", **more}


def platform(hub: Hub, **more: object) -> dict[str, object]:
    """The five fields by which a health card is decoded."""
    return {
        "ehc_app_id": "demo-hospital",
        "ehc_app_secret": hub.secret,
        "term_id": "10000000001",
        "out_verify_time": compact(NOW_MS),
        "treatment_code": "0101055",
        **more,
    }


async def read(desk: Desk, values: dict[str, object], operation: str = GET) -> dict[str, Any]:
    answer = await desk.ask(operation, values, dev_no=PLACE)
    assert answer.code == "000000", answer.err_msg
    assert answer.values is not None
    return dict(answer.values)


async def refused(desk: Desk, values: dict[str, object], operation: str = GET) -> Answer:
    answer = await desk.ask(operation, values, dev_no=PLACE)
    assert answer.code != "000000"
    return answer


def live_code(hub: Hub) -> str:
    assert hub.runtime.demo is not None
    return hub.runtime.demo.live_code().text


# who somebody is


async def test_an_identity_card_tells_a_person_as_the_centre_knows_them(desk: Desk) -> None:
    one = somebody()
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    found = await read(desk, get("02"))
    base = found["baseinfo"]
    assert (base["psn_no"], base["psn_cert_type"], base["certno"]) == (one.psn_no, "01", one.who.id_no)
    assert (base["psn_name"], base["gend"], base["naty"]) == (one.who.name, one.who.sex, one.who.nation)
    assert base["brdy"] == one.birthday
    assert Decimal(str(base["age"])) == age(one.birthday, NOW_MS)
    assert found["mdtrt_cert_type"] == "02"


async def test_rule_user_get_insured_who_is_not_insured_has_no_insuinfo_and_a_number_all_the_same(desk: Desk) -> None:
    stranger = next(number for number in residents_by_number() if number not in covers())
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, stranger)
    found = await read(desk, get("02"))
    assert "insuinfo" not in found
    assert found["baseinfo"]["psn_no"].startswith("ZF")
    assert found["baseinfo"]["certno"] == stranger


async def test_rule_user_get_insured_who_is_insured_has_insuinfo(desk: Desk) -> None:
    one = somebody()
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    told = (await read(desk, get("02")))["insuinfo"]
    assert Decimal(str(told["balc"])) == Decimal(one.balance) / 100
    assert (told["insutype"], told["psn_type"], told["psn_insu_stas"]) == one.present[1:4]
    assert told["insuplc_admdvs"] == one.present.area
    assert told["cvlserv_flag"] == ("1" if one.present.civil_servant else "0")
    assert told["psn_insu_date"] == one.present.since


async def test_special_standings_are_told_with_their_level_and_time(desk: Desk) -> None:
    one = somebody(identities=True)
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    (told,) = (await read(desk, get("02")))["idetinfo"]
    assert (told["psn_idet_type"], told["psn_type_lv"]) == ("03", one.identities[0].level)
    assert told["begntime"] == "20150301000000"


@pytest.mark.parametrize("since", ["20000101", "20000101083000", "2000-01-01", "2000-01-01 08:30:00"])
async def test_rule_user_get_history_former_insurances_come_with_begntime_in_any_form(desk: Desk, since: str) -> None:
    one = somebody(former=True)
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    told = await read(desk, get("02", begntime=since))
    (former,) = orjson.loads(told["baseinfo"]["exp_content"])["insuinfo_his"]
    assert (former["insutype"], former["psn_insu_stas"]) == ("390", "4")
    assert former["paus_insu_date"] == one.former[0].paused
    assert told["insuinfo"]["insutype"] == one.present.kind
    assert "exp_content" not in (await read(desk, get("02")))["baseinfo"]


# by what they were recognised


async def test_rule_user_get_physical_a_social_security_card_tells_number_and_code(desk: Desk) -> None:
    one = somebody(card_no=True)
    await reader(desk.hub).put(PLACE, Media.SOCIAL_SECURITY_CARD, one.who.id_no)
    found = await read(desk, get("03"))
    assert (found["card_no"], found["card_code"]) == (one.card_no, one.card_code)
    assert found["mdtrt_cert_type"] == "03"
    assert found["baseinfo"]["psn_no"] == one.psn_no
    assert not {"ecToken", "insuOrg", "phone", "ehcinfo", "cardinfo"} & found.keys()


async def test_rule_user_get_insurance_card_its_type_and_issuer_come_with_it_alone(desk: Desk) -> None:
    one = somebody(card_no=True)
    await reader(desk.hub).put(PLACE, Media.SOCIAL_SECURITY_CARD, one.who.id_no)
    found = await read(desk, get("03"))
    assert (found["card_type"], found["issuedeptid"]) == ("01", "9801")
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    assert not {"card_type", "issuedeptid"} & (await read(desk, get("02"))).keys()


async def test_rule_user_get_physical_an_identity_card_is_one_too(desk: Desk) -> None:
    one = somebody()
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    found = await read(desk, get("02"))
    assert found["card_no"] == one.who.id_no
    assert "card_code" not in found, "an identity card tells none"


@pytest.mark.parametrize("scanned", [True, False], ids=["by the desk", "by the reader"])
async def test_rule_user_get_voucher_token_and_area_come_with_one(desk: Desk, scanned: bool) -> None:
    one = somebody()
    issued = await centre(desk.hub).issue_voucher(one.who.id_no)
    if not scanned:
        await reader(desk.hub).show(PLACE, issued.code)
    found = await read(desk, get("01", **({"code_text": issued.code} if scanned else {})))
    assert (found["ecToken"], found["insuOrg"]) == (issued.ec_token, one.present.area)
    assert found["mdtrt_cert_type"] == "01"
    assert not {"card_no", "card_code", "phone", "ehcinfo", "cardinfo"} & found.keys()


async def test_rule_user_get_health_a_card_tells_its_holder_and_phone(desk: Desk) -> None:
    found = await read(desk, get("01", code_text=live_code(desk.hub), **platform(desk.hub)))
    told = found["ehcinfo"]
    assert found["mdtrt_cert_type"] == "07"
    assert found["phone"] == told["phone"] == told["mobile_phone"]
    assert told["ehealth_card_id"]
    assert told["mindex_id"]
    assert (told["user_name"], told["id_no"]) == (found["baseinfo"]["psn_name"], found["baseinfo"]["certno"])
    assert not {"ecToken", "insuOrg", "card_no", "card_code"} & found.keys()


async def test_rule_user_get_card_without_the_five_fields_a_health_card_is_not_decoded(desk: Desk) -> None:
    answer = await refused(desk, get("01", code_text=live_code(desk.hub)))
    assert answer.code == "800103"
    assert "应用编号" in answer.err_msg


async def test_rule_user_get_card_the_five_fields_belong_together(desk: Desk) -> None:
    answer = await refused(desk, get("01", code_text=live_code(desk.hub), **platform(desk.hub, treatment_code="")))
    assert answer.code == "610007"
    assert "treatment_code" in answer.err_msg


async def test_rule_user_get_hospital_cards_are_told_where_an_electronic_card_was_read(tmp_path: Path) -> None:
    async with open_hub(tmp_path, sandbox_hospitals=True) as hub:
        desk, one = Desk(hub), residents()[0]
        store = DatabaseStore(hub.runtime.database)
        await store.write(lambda book: book.add(ACCOUNTS, AccountRow("M1", "01", one.patient_id, 12345)))
        found = await read(desk, get("01", code_text=card_no(one.number)))
        assert found["mdtrt_cert_type"] == "08"
        assert found["baseinfo"]["certno"] == one.id_no
        (told,) = found["cardinfo"]
        assert (told["card_type"], told["card_no"]) == ("03", card_no(one.number))
        assert Decimal(str(told["balc"])) == Decimal("123.45")
        await reader(hub).put(PLACE, Media.IDENTITY_CARD, one.id_no)
        assert "cardinfo" not in await read(desk, get("02"))


# 统一解码


async def test_rule_third_get_voucher_token_and_area_come_with_one(desk: Desk) -> None:
    one = somebody()
    issued = await centre(desk.hub).issue_voucher(one.who.id_no)
    values = {"business_type": "01101", "code_text": issued.code, **platform(desk.hub)}
    found = await read(desk, values, THIRD)
    assert (found["ecToken"], found["insuOrg"]) == (issued.ec_token, one.present.area)
    assert not {"card_type", "card_no", "ehcinfo", "phone"} & found.keys()


async def test_a_health_card_tells_holder_phone_type_and_number(desk: Desk) -> None:
    """third.get.health, third.get.number"""
    values = {"business_type": "01101", "code_text": live_code(desk.hub), **platform(desk.hub)}
    found = await read(desk, values, THIRD)
    assert found["card_type"] == "11"
    assert found.get("card_no") == found["ehcinfo"].get("card_no")
    assert found["phone"]
    assert found["mdtrt_cert_type"] == "07"


async def test_rule_third_get_where_only_with_the_credentials_of_the_card_platform(desk: Desk) -> None:
    issued = await centre(desk.hub).issue_voucher(somebody().who.id_no)
    plain: dict[str, object] = {"business_type": "01101", "code_text": issued.code}
    answer = await refused(desk, plain, THIRD)
    assert (answer.code, "ehc_app_id" in answer.err_msg) == ("610007", True)
    assert (await read(desk, get("01", **plain)))["ecToken"], "the other operation needs none"


async def test_without_a_code_it_reads_what_the_device_scans(desk: Desk) -> None:
    await reader(desk.hub).show(PLACE, live_code(desk.hub))
    found = await read(desk, {"business_type": "01101", **platform(desk.hub)}, THIRD)
    assert found["mdtrt_cert_type"] == "07"


async def test_insurances_are_told_as_in_the_other_operation(desk: Desk) -> None:
    """third.get.insured, third.get.history"""
    one = somebody(former=True)
    issued = await centre(desk.hub).issue_voucher(one.who.id_no)
    values = {"business_type": "01101", "code_text": issued.code, "begntime": "2000-01-01", **platform(desk.hub)}
    found = await read(desk, values, THIRD)
    assert found["insuinfo"]["insutype"] == one.present.kind
    assert orjson.loads(found["baseinfo"]["exp_content"])["insuinfo_his"]


async def test_rule_third_get_number_a_hospital_card_tells_its_own(tmp_path: Path) -> None:
    async with open_hub(tmp_path, sandbox_hospitals=True) as hub:
        values = {"business_type": "01101", "code_text": card_no(residents()[0].number), **platform(hub)}
        found = await read(Desk(hub), values, THIRD)
    assert (found["card_type"], found["card_no"], found["mdtrt_cert_type"]) == ("03", values["code_text"], "08")


# what can go wrong


async def test_each_failure_has_its_code(desk: Desk) -> None:
    devices, one = reader(desk.hub), somebody()
    assert (await refused(desk, get("02"))).code == "800102"
    await devices.set_state(PLACE, Media.IDENTITY_CARD, ABSENT)
    assert (await refused(desk, get("02"))).code == "800101"
    await devices.set_state(PLACE, Media.IDENTITY_CARD, UNREADABLE)
    assert (await refused(desk, get("02"))).code == "800103"
    assert (await refused(desk, get("01", code_text="不是码"))).code == "800103"
    assert (await refused(desk, get("01", code_text="0" * 28))).code == "800106"
    await devices.put(PLACE, Media.IDENTITY_CARD, one.who.id_no)
    await centre(desk.hub).behave(reachable=False)
    assert (await refused(desk, get("02"))).code == "800104"
    wrong = platform(desk.hub, ehc_app_secret="0" * 32)
    answer = await refused(desk, get("01", code_text=live_code(desk.hub), **wrong))
    assert (answer.code, "秘钥" in answer.err_msg) == ("800108", True)


async def test_somebody_about_whom_the_centre_does_not_answer_is_not_taken_for_uninsured(desk: Desk) -> None:
    silent = next(cover for cover in covers().values() if cover.silent)
    await reader(desk.hub).put(PLACE, Media.IDENTITY_CARD, silent.who.id_no)
    assert (await refused(desk, get("02"))).code == "800104"


async def test_a_social_security_card_that_the_centre_has_not_issued_is_nobodys(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_elsewhere(*_: object) -> Presented:
        return Presented(Media.SOCIAL_SECURITY_CARD, card_no="SB9800000000", card_code="0" * 32, issuer="9802")

    monkeypatch.setattr(SandboxReader, "read", read_elsewhere)
    assert (await refused(desk, get("03"))).code == "800105"


async def test_rule_user_get_business_the_use_of_a_voucher_must_be_named(desk: Desk) -> None:
    issued = await centre(desk.hub).issue_voucher(somebody().who.id_no)
    for wrong in ("", "99999"):
        answer = await refused(desk, get("01", code_text=issued.code, business_type=wrong))
        assert answer.code == "610007"
        assert "business_type" in answer.err_msg


async def test_rule_device_a_pc_without_a_number_reads_at_its_operators_devices(desk: Desk) -> None:
    one = somebody()
    await reader(desk.hub).put("S8101", Media.IDENTITY_CARD, one.who.id_no)
    answer = await desk.ask(GET, get("02"))
    assert answer.code == "000000"


@pytest.mark.parametrize(
    ("birthday", "years"),
    [
        ("1990-11-18", "36.0"),
        ("1990-11-19", "35.9"),
        ("2026-11-01", "0.0"),
        ("2026-06-18", "0.4"),
        ("2026-06-19", "0.3"),
        ("1925-01-01", "101.8"),
        (None, "0.0"),
    ],
)
def test_an_age_has_one_decimal_and_is_never_rounded_up(birthday: str | None, years: str) -> None:
    assert age(birthday, NOW_MS) == Decimal(years)
