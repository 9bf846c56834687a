"""Records of patients, who they are to the insurer, and what they owe (3.1.2, 3.1.4): their rules, over the wire."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.dialects.convenience.handlers.calling import Platform
from tests.dialects.convenience.handlers.test_booking import IDENTITY, SLOT, group, order, twin
from tests.hospital.billing.till import CAREFULLY_INSURED, INSURED, Till
from tests.hospital.booking.clinic import HOSPITAL
from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.sandbox.people import Person
from yiqiao.storage.tables.booking import insured_identity
from yiqiao.storage.tables.patients import patient, patient_card, patient_password

OWN_ID = "359851198503120134"
SOMEBODY = {"NAME": "柳成荫", "SEX": "1", "BIRTHDAY": "1985-03-12", "MOBILE": "15498510001"}
CHILD = {"NAME": "柳小满", "SEX": "1", "BIRTHDAY": "2022-05-06", "MOBILE": "15498510001"}
GUARDIAN = {"PARENT_ID_TYPE": "1", "PARENT_ID_CARD": OWN_ID, "PARENT_NAME": "柳成荫"}
ON_ADMISSION = {"BKC031": "YS1", "BKC032": "陶文静", "BKC033": "BQ1", "AKE196": "一病区"}


async def filed(platform: Platform, **values: Any) -> Any:
    return await platform.call("CreatePat", HOSPITAL_ID=HOSPITAL, **values)


async def found(platform: Platform, made: dict[str, Any]) -> dict[str, Any]:
    """The record of somebody, by the card that was told when they were filed."""
    card = {"CARD_TYPE": made["CARD_TYPE"], "CARD_NO": made["CARD_NO"]}
    return (await platform.call("GetPatientInfo", HOSPITAL_ID=HOSPITAL, **card)).values


def stated(who: Person) -> dict[str, str]:
    """Somebody insured, as they are registered."""
    number = who.id_no
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    return {"NAME": who.name, "SEX": "1" if int(number[16]) % 2 else "2", "BIRTHDAY": born, "MOBILE": "15498510002"}


async def insured(platform: Platform, who: Person) -> str:
    """The hospital's id of somebody insured."""
    return str((await filed(platform, **stated(who), ID_TYPE="1", ID_NO=who.id_no)).values["HOSP_PATIENT_ID"])


async def authenticated(platform: Platform, patient_id: str, **more: str) -> Any:
    return await platform.call("Authenticate", HOSPITAL_ID=HOSPITAL, APP_PATIENT_ID=patient_id, **more)


# records


@pytest.mark.parametrize("missing", [None, *GUARDIAN])
async def test_rule_person_child_without_a_certificate_the_guardian_is_stated_in_full(
    platform: Platform, missing: str | None
) -> None:
    answer = await filed(platform, **CHILD, **{name: value for name, value in GUARDIAN.items() if name != missing})
    assert answer.code == ("0" if missing is None else "1")


async def test_rule_person_guardian_the_certificate_of_a_child_without_one_is_the_guardians(platform: Platform) -> None:
    """person, person.guardian"""
    child = (await filed(platform, **CHILD, **GUARDIAN)).values
    grown = (await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID)).values
    records = [await found(platform, made) for made in (child, grown)]
    names = ("PATIENT_TYPE", "ID_TYPE", "ID_NO", "NAME")
    assert [tuple(record[name] for name in names) for record in records] == [
        ("0", "1", OWN_ID, "柳小满"),
        ("1", "1", OWN_ID, "柳成荫"),
    ]


@pytest.mark.parametrize(("said", "kept"), [({}, "120134"), ({"PASSWORD": "a word"}, "a word")])
async def test_rule_person_password_is_the_end_of_the_certificates_number_where_none_is_said(
    platform: Platform, said: dict[str, str], kept: str
) -> None:
    made = (await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID, **said)).values["HOSP_PATIENT_ID"]
    (digest,) = await platform.clinic.database.read(
        lambda c: c.execute(select(patient_password.c.digest)).scalars().all()
    )
    assert digest == platform.hub.runtime.keyring.blind("patient password", f"{HOSPITAL}|{made}|{kept}")


async def test_rule_person_id_is_of_one_patient_alone(platform: Platform) -> None:
    people = [
        {**SOMEBODY, "ID_TYPE": "1", "ID_NO": OWN_ID},
        {**CHILD, **GUARDIAN},
        {**CHILD, **GUARDIAN, "NAME": "柳大满"},
        {**stated(INSURED), "ID_TYPE": "1", "ID_NO": INSURED.id_no},
    ]
    first = [(await filed(platform, **one)).values["HOSP_PATIENT_ID"] for one in people]
    assert len(set(first)) == len(people)
    assert [(await filed(platform, **one)).values["HOSP_PATIENT_ID"] for one in people] == first


async def test_rule_person_balance_and_visits_are_nothing_unless_there_was_something(platform: Platform) -> None:
    """person.balance, person.visits"""
    made = (await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID)).values
    before = await found(platform, made)
    assert (before["BALANCE"], before["True"]) == ("0", "0")
    seen = patient.update().values(visited_at=platform.clinic.clock.now_ms())
    await platform.clinic.database.write(lambda c: c.execute(seen))
    assert (await found(platform, made))["True"] == "1"


async def test_create_pat_says_why_nobody_was_filed(platform: Platform) -> None:
    made = (await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID)).values
    unfit: tuple[dict[str, Any], ...] = (
        {"NAME": "柳成林", "ID_NO": OWN_ID},
        {"ID_NO": OWN_ID[:-2]},
        {"BIRTHDAY": "1985-03-13", "ID_NO": "359851198503120142"},
        {"ID_NO": "359851198503120142", "CARD_TYPE": "7", "CARD_NO": "0"},
    )
    for one in unfit:
        refused = await filed(platform, **{**SOMEBODY, "ID_TYPE": "1", **one})
        assert (refused.code, bool(refused.message)) == ("100201", True)
    await platform.clinic.database.write(lambda c: c.execute(twin(patient, made["HOSP_PATIENT_ID"])))
    refused = await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID)
    assert (refused.code, refused.message) == ("100202", "院内有多份用户档案，请携带证件到医院窗口合并后再办理")


async def test_get_patient_info_says_why_nobody_is_told(platform: Platform) -> None:
    made = (await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID)).values
    card = {"HOSPITAL_ID": HOSPITAL, "CARD_TYPE": made["CARD_TYPE"], "CARD_NO": made["CARD_NO"]}
    for wrong in ({"CARD_NO": "0"}, {"NAME": "柳成林"}, {"ID_NO": "359851198503120142"}):
        refused = await platform.call("GetPatientInfo", **{**card, **wrong})
        assert (refused.code, bool(refused.message)) == ("1010001", True)
    for table in (patient, patient_card):
        await platform.clinic.database.write(lambda c, t=table: c.execute(twin(t, made["HOSP_PATIENT_ID"])))  # type: ignore[misc]
    assert (await platform.call("GetPatientInfo", **card)).code == "-2"


async def test_hospital_prefee_tells_whom_there_is_nothing_to_pay_for(platform: Platform) -> None:
    asked = {"HOSPITAL_ID": HOSPITAL, "NAME": "柳成荫", "ID_NO": OWN_ID}
    assert (await platform.call("HospitalPrefee", **asked)).code == "400101", "nobody is filed"
    await filed(platform, **SOMEBODY, ID_TYPE="1", ID_NO=OWN_ID)
    refused = await platform.call("HospitalPrefee", **asked)
    assert (refused.code, refused.message) == ("400101", "该患者目前没有住院，请核对证件号与姓名")


# the insurer


async def test_rule_insured_settlement_the_hospital_keeps_the_number_that_it_tells(platform: Platform) -> None:
    who = await insured(platform, INSURED)
    told = (await authenticated(platform, who)).values["DKE005"]
    kept = select(insured_identity.c.patient_id, insured_identity.c.settlement_no)
    assert told
    assert await platform.clinic.database.read(lambda c: c.execute(kept).all()) == [(who, told)]


@pytest.mark.parametrize(("who", "due"), [(INSURED, "0"), (CAREFULLY_INSURED, "1")], ids=["no code", "a code"])
async def test_rule_insured_code_first_it_is_asked_and_then_orders_bring_the_code_or_not(
    platform: Platform, who: Person, due: str
) -> None:
    """insured, insured.first, insured.code"""
    patient_id = await insured(platform, who)
    person = {
        **stated(who),
        **SLOT,
        "TIME_ID": "FS1",
        "HOSP_PATIENT_ID": patient_id,
        "RULE_GROUP": group({**IDENTITY, "RULE_VALUE": who.id_no}),
    }
    assert (await authenticated(platform, patient_id)).values["DAE168"] == due
    assert (await order(platform, "DD1", **person)).code == ("200701" if due == "1" else "0")
    if due == "1":
        assert (await order(platform, "DD2", **person, DAE147="9851")).code == "0"


async def test_rule_insured_inpatient_who_is_admitted_comes_with_doctor_and_ward(platform: Platform) -> None:
    who = await insured(platform, INSURED)
    asked = spec_of("standard").operations["Authenticate"].request
    assert {one.name for one in asked if one.required == "conditional"} == set(ON_ADMISSION)
    for more in (ON_ADMISSION, {}):
        assert (await authenticated(platform, who, **more)).code == "0"


# what is owed


@pytest.fixture
def till(platform: Platform) -> Till:
    return Till(platform.clinic.database, platform.clinic.clock, platform.hub.runtime.keyring)


async def test_rule_charges_records_stand_in_their_list_and_mark_says_whose_they_are(
    platform: Platform, till: Till
) -> None:
    """charges.records, charges.mark"""
    who = await till.patient()
    await till.bill("CF1", who, "1.40", "30")
    answer = await platform.call("queryAppPayInfo", HOSPITAL_MARK=HOSPITAL, PATIENT_ID=who)
    records = answer.values["Result_Data"]["Record_List"]["Record_Info"]
    assert [record["PAY_COSTS"] for record in records] == ["1.40", "30.00"]
    assert (await platform.call("queryAppPayInfo", HOSPITAL_MARK="9859999", PATIENT_ID=who)).code == "1"
    rows = {one.name: one.parent for one in spec_of("standard").operations["queryAppPayInfo"].response}
    assert rows["Medical_Insurance"] == "Result_Data"


async def test_rule_presettle_where_it_says_so_a_payment_brings_a_code(platform: Platform, till: Till) -> None:
    who = await till.patient(CAREFULLY_INSURED.id_no)
    await till.bill("CF1", who, "100")
    settled = (await platform.call("PresettleClinic", HOSPITAL_ID=HOSPITAL, PATIENT_ID=who)).values
    assert (settled["DAE168"], settled["SELF_AMOUNT"]) == ("1", "50.00")
    paying = {
        "HOSPITAL_MARK": HOSPITAL,
        "PATIENT_ID": who,
        "SERIAL_NO": "LS1",
        "PRESC_NO": "CF1",
        "PAY_MODE": "2",
        "AMT": "50.00",
        "ACCOUNT_SUM": "100.00",
        "JSLX": "1",
    }
    assert (await platform.call("opPay", FLOW_NO="JF1", **paying, DAE147="")).code == "1"
    assert await till.states("CF1") == ["due"]
    assert (await platform.call("opPay", FLOW_NO="JF2", **paying, DAE147="9851")).code == "0"
