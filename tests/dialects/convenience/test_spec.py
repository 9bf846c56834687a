"""The specification of the convenience platform, in every profile."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.named_rules import unnamed
from yiqiao.dialects.convenience.functions import by_code, by_method, told
from yiqiao.spec import Invalid, Spec, SpecError, Table, check, load, profiles
from yiqiao.spec.build import build
from yiqiao.spec.loader import document

PROFILES = profiles("convenience")
STANDARD = load("convenience")
JKT = load("convenience", "jkt")
TESTS = Path(__file__).parents[2]
FOLDERS = [TESTS / "dialects" / "convenience", TESTS / "hospital", TESTS / "region" / "appointments"]
FOR_PEOPLE = {"daily"}
"""How often a platform asks for departments and doctors is for those to say who run it; a hospital answers whenever."""


def broken(spec: Spec, operation: str, values: dict[str, object]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        spec.operations[operation].validate(values)
    return {fault.path: fault.rule for fault in refused.value.faults}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_specification_agrees_with_itself(profile: str) -> None:
    assert check(build(document("convenience", profile), profile)) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_code_of_an_answer_can_be_written_by_its_profile(profile: str) -> None:
    spec = load("convenience", profile)
    sides = [operation.answers for operation in spec.operations.values()]
    for table in (spec.codes[field.codes] for side in sides for field in side.printed if field.codes):
        for code in table.rows:
            said = table.told_as.get(code, code)
            assert not table.wire or said in table.wire.values(), (table.name, code)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(3))
def test_the_sample_of_every_field_is_valid(profile: str, seed: int) -> None:
    spec = load("convenience", profile)
    tables = [table for operation in spec.operations.values() for table in (operation.asks, operation.answers)]
    tables += [
        Table("envelope.request", spec.envelope_request, spec.codes),
        Table("envelope.response", spec.envelope_response, spec.codes),
    ]
    for table in tables:
        table.validate(table.sample(seed))


def test_every_rule_has_a_test_that_names_it() -> None:
    assert unnamed(STANDARD, FOLDERS, FOR_PEOPLE) == []


def test_there_are_47_functions_77_code_tables_and_14_unified_return_codes() -> None:
    assert len(STANDARD.operations) == 47
    assert sum(not table.ours for table in STANDARD.codes.values()) == 77
    assert len(STANDARD.return_codes) == 14
    assert (STANDARD.success.code, STANDARD.fallback_code) == ("0", "99")


def test_every_unified_code_is_reached_by_an_error() -> None:
    reached = set(STANDARD.errors.values())
    assert reached | {"0"} == set(STANDARD.return_codes)


def test_every_code_of_a_function_is_reached_or_excused() -> None:
    """codes: unified ones, and the function's own"""
    for operation in STANDARD.operations.values():
        repeat = {operation.repeat.code} if operation.repeat else set()
        assert set(operation.returns) - set(operation.errors.values()) - repeat == set(operation.excused)
        assert all(code.cause and code.remedy for code in operation.returns.values())


@pytest.mark.parametrize(
    ("operation", "error", "code"),
    [
        ("LockReg", "SoldOut", "200505"), ("LockReg", "SlotTaken", "200506"), ("LockReg", "UnknownSchedule", "200501"),
        ("LockReg", "DuplicateSerial", "200504"), ("UnLockReg", "UnknownLock", "200601"),
        ("OrderReg", "SoldOut", "200709"), ("OrderReg", "SlotTaken", "200710"), ("OrderReg", "RuleViolated", "200701"),
        ("OrderReg", "DepartmentRuleViolated", "200702"), ("OrderReg", "SeveralArchives", "200704"),
        ("OrderReg", "IdentityMismatch", "200711"), ("OrderReg", "CardMismatch", "200712"),
        ("CreatePat", "SeveralArchives", "100202"), ("GetPatientInfo", "SeveralArchives", "-2"),
        ("GetPatientInfo", "NoSuchRecord", "1010001"), ("CancelReg", "OrderPaid", "200902"),
        ("GetYyNo", "SoldOut", "1001"), ("BackNo", "UnknownOrder", "0001"), ("opPay", "DuplicateSerial", "10"),
        ("queryCheckListMaster", "NoSuchRecord", "12"), ("GetDeptInfo", "NoSuchRecord", "200101"),
        ("NetTest", "Invalid", "1"), ("NetTest", "UnreadableMessage", "2"), ("NetTest", "PermissionMissing", "3"),
        ("NetTest", "UnknownPartner", "4"), ("NetTest", "UnknownMethod", "5"), ("NetTest", "KeyMismatch", "6"),
        ("NetTest", "SignatureMismatch", "7"), ("NetTest", "UnknownSignatureType", "8"),
        ("NetTest", "DecryptionFailed", "9"), ("NetTest", "EmptyContent", "11"), ("NetTest", "NobodyMappedThis", "99"),
    ],
)  # fmt: skip
def test_an_error_has_this_return_code(operation: str, error: str, code: str) -> None:
    assert STANDARD.code_for(error, operation).code == code


def test_cancelling_twice_succeeds_so_200905_is_excused() -> None:
    cancel = STANDARD.operations["CancelReg"]
    assert cancel.repeat is not None
    assert cancel.repeat.policy == "replay"
    assert set(cancel.excused) == {"200905"}


def test_every_write_is_held_to_a_serial() -> None:
    writes = {name: one.repeat for name, one in STANDARD.operations.items() if one.effect == "write"}
    assert {name: one.code for name, one in writes.items() if one and one.policy == "refuse"} == {
        "LockReg": "200504", "UnLockReg": "200601", "OrderReg": "200708", "OpAppRegist": "10", "BackNo": "0005",
        "opPay": "10", "HospitalPrefeePay": "10",
    }  # fmt: skip
    assert all(writes.values())


def test_two_functions_tell_how_they_ended_inside_a_success() -> None:
    inside = {name for name, one in STANDARD.operations.items() if one.outcome}
    assert inside == {"GetYyNo", "BackNo"}


def test_the_two_styles_differ_in_their_roots() -> None:
    """roots, charges.root, pay.root"""
    roots = {name: (one.request_root, one.response_root) for name, one in STANDARD.operations.items()}
    assert roots.pop("queryAppPayInfo") == ("Request", "Response")
    assert roots.pop("opPay") == ("Request", "res")
    assert set(roots.values()) == {("REQ", "RES")}


def test_only_the_notice_of_changed_schedules_goes_from_the_hospital_to_the_platform() -> None:
    """direction: the platform calls the hospital"""
    assert [name for name, one in STANDARD.operations.items() if one.caller == "hospital"] == ["NotifyHospInfo"]


def test_a_function_is_found_by_profile_direction_and_number() -> None:
    def name(*asked: str) -> str | None:
        found = by_code(*asked)
        return found.name if found else None

    assert name("standard", "1010") == name("jkt", "1003") == "GetPatientInfo"
    assert name("standard", "2008") == "OpAppRegist"
    assert name("jkt", "2008") == "PayReg"
    assert name("standard", "2035", "platform") == "NotifyHospInfo"
    for asked in (("standard", "2035"), ("standard", "9999"), ("jkt", "2014"), ("standard", "")):
        assert name(*asked) is None


def test_a_method_is_named_after_its_function_but_for_the_dispatcher_s_own_name() -> None:
    found = by_method("standard", "QueryPhysicalExamDept")
    assert found is not None
    assert found.code == "", "it has no number"
    assert by_method("standard", "funmain") is None
    assert by_method("standard", "PubService") is None
    assert by_method("jkt", "GetYyNo") is None


@pytest.mark.parametrize("value", ["+1", "１", "1.0", "1_0", " 1x", "1e1"])
def test_an_int_is_ascii_digits(value: str) -> None:
    sample = STANDARD.operations["GetDeptInfo"].sample()
    assert broken(STANDARD, "GetDeptInfo", sample | {"PAGE_CURRENT": value}) == {"PAGE_CURRENT": "number"}


def test_part_of_day_minus_one_is_for_the_query_of_slots_alone() -> None:
    slots, lock = STANDARD.operations["GetTimeRegInfo"], STANDARD.operations["LockReg"]
    assert slots.validate(slots.sample() | {"TIME_FLAG": "-1"})["TIME_FLAG"] == -1
    assert broken(STANDARD, "LockReg", lock.sample() | {"TIME_FLAG": "-1"}) == {"TIME_FLAG": "code"}


def test_what_a_table_requires_and_a_hospital_does_not_have_goes_out_empty() -> None:
    report = STANDARD.operations["queryCheckListMaster"]
    row = {"PATIENT_ID": "P1", "TEST_NO": "J1", "ITEM_NAME": "血常规", "LAB_SOURCE": "0"}
    sent = report.shape({"TIME_REG_LIST": [row]})["TIME_REG_LIST"]
    assert isinstance(sent, list)
    assert (sent[0]["BED_NO"], sent[0]["TEST_NO"]) == ("", "J1")
    with pytest.raises(SpecError, match="TEST_NO is missing"):
        report.shape({"TIME_REG_LIST": [{**row, "TEST_NO": None}]})


def test_a_cancellation_needs_the_order_numbers_only() -> None:
    asked = {"HOSPITAL_ID": "1", "ORDER_ID": "2", "HOSP_ORDER_ID": "3", "CANCEL_DATE": "2026-11-21 08:00:00"}
    assert STANDARD.operations["CancelReg"].validate(asked) == asked
    assert set(broken(STANDARD, "CancelReg", {})) == set(asked)


def test_the_standard_s_other_spellings_are_read() -> None:
    change = STANDARD.operations["UpdateOrderInfo"]
    sample = change.sample()
    other = {{"HOSPITALID": "HOSPITAL_ID", "REGID": "REG_ID"}.get(name, name): value for name, value in sample.items()}
    assert change.validate(other) == change.validate(sample)
    assert change.unknown(other) == ()


def test_fees_are_whole_fen_where_the_standard_says_so_and_decimal_yuan_where_its_samples_do() -> None:
    """fen"""
    order, inpatient = STANDARD.operations["OrderReg"], STANDARD.operations["HospitalPrefee"]
    assert broken(STANDARD, "OrderReg", order.sample() | {"REG_FEE": "12.50"}) == {"REG_FEE": "number"}
    balance = inpatient.answers.validate(inpatient.sample_response() | {"BALANCE": "12.45"})["BALANCE"]
    assert str(balance) == "12.45"


def test_a_second_region_is_a_profile_alone() -> None:
    more = set(JKT.operations) - set(STANDARD.operations)
    assert {name for name in more if JKT.operations[name].callee == "hospital"} == {
        "PayReg", "Refund", "GetRegNum", "PayOrder",
    }  # fmt: skip
    assert len({name for name in more if JKT.operations[name].callee == "platform"}) == 9
    lock = JKT.operations["LockReg"]
    names = {field.spelled for field in lock.request}
    assert "HOS_ID" in names
    assert not names & {"HOSPITAL_ID", "REG_ROLE", "TIME_ID", "CLINIC_NO", "SERVICE_FEE"}
    assert lock.validate(lock.sample())["HOSPITAL_ID"]
    assert not set(JKT.codes) & {"REG_ROLE", "RULE_TYPE", "DEPART_WORK_TYPE_NAME"}, "tables go with their functions"


@pytest.mark.parametrize(("wire", "ours"), [("0", 2), ("1", 1), ("2", 3), ("3", 4)])
def test_the_second_region_s_sexes_are_translated_and_never_passed_through(wire: str, ours: int) -> None:
    order = JKT.operations["OrderReg"]
    assert order.validate(order.sample() | {"SEX": wire})["SEX"] == ours
    assert broken(JKT, "OrderReg", order.sample() | {"SEX": "4"}) == {"SEX": "code"}


def test_the_second_region_s_codes_are_written_as_it_reads_them() -> None:
    doctors = JKT.operations["GetDoctorInfo"]
    row = {"DEPT_ID": "D", "DOCTOR_ID": "Y", "NAME": "陶文静", "STATUS": 1, "SEX": 2, "IS_FAMOUS": 0}
    sent = doctors.shape({"HOSPITAL_ID": "1", "DOCTOR_LIST": [row]})
    assert sent["HOS_ID"] == "1"
    assert isinstance(sent["DOCTOR_LIST"], list)
    assert sent["DOCTOR_LIST"][0]["SEX"] == "0"


def test_the_second_region_refuses_by_13_and_takes_no_six_digit_code() -> None:
    sold_out = JKT.code_for("SoldOut", "LockReg")
    assert told(JKT, sold_out, "号源已满") == ("13", "号源已满（200505）")
    assert told(JKT, sold_out, "满" * 500)[1] == "满" * 120 + "（200505）"
    assert told(JKT, JKT.code_for("Invalid", "LockReg"), "参数有误") == ("1", "参数有误")
    assert told(JKT, JKT.code_for("RuleViolated", "LockReg"), "限挂一次") == ("13", "限挂一次")
    assert told(STANDARD, sold_out, "号源已满") == ("200505", "号源已满")


def test_a_deviation_says_why_and_so_does_a_reading() -> None:
    assert all(one.why for one in STANDARD.deviations)
    assert all(one.why for one in STANDARD.readings)


@given(st.data())
def test_whatever_arrives_is_passed_or_refused_with_its_faults(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(list(STANDARD.operations.values())))
    names = st.sampled_from([field.name for field in operation.request])
    values = st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2) | st.dictionaries(names, st.text())
    message = {**operation.sample(), **data.draw(st.dictionaries(names, values, max_size=4))}
    try:
        valid = operation.validate(message)
    except Invalid as refused:
        valid, faults = {}, refused.faults
    else:
        faults = ()
    assert bool(faults) or set(valid) <= {field.name for field in operation.request}
