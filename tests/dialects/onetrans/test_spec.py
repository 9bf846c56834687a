"""The specification of the unified library, in every profile; its rules, each with a test that names it."""

from pathlib import Path

import pytest

from tests.dialects.onetrans.desk import query, recharge
from tests.support.named_rules import unnamed
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.region.payments.states import Result
from yiqiao.spec import Invalid, Spec, Table, check, load, profiles
from yiqiao.spec.build import build
from yiqiao.spec.loader import document

PROFILES = profiles("onetrans")
STANDARD = load("onetrans")
OPERATIONS = STANDARD.operations
TESTS = Path(__file__).parents[2]
FOLDERS = [TESTS / "dialects" / "onetrans", TESTS / "native" / "test_onetrans.py", TESTS / "region" / "payments"]
"""Where its rules are shown: at the wire, in the library that a HIS calls, and in the payment hub."""


def broken(values: dict[str, object], operation: str = "hop.trade.recharge", spec: Spec = STANDARD) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        spec.operations[operation].validate(values)
    return {fault.path: fault.rule for fault in refused.value.faults}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_specification_agrees_with_itself(profile: str) -> None:
    assert check(build(document("onetrans", profile), profile)) == []
    assert scheme_of(profile).sign_types


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(4))
def test_the_sample_of_every_field_is_valid(profile: str, seed: int) -> None:
    spec = load("onetrans", profile)
    tables = [table for operation in spec.operations.values() for table in (operation.asks, operation.answers)]
    tables += [
        Table("envelope.request", spec.envelope_request, spec.codes),
        Table("envelope.response", spec.envelope_response, spec.codes),
    ]
    for table in tables:
        sample = table.sample(seed)
        assert set(sample) == {field.spelled for field in table.fields if not field.parent}
        table.validate(sample)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_rule_has_a_test_that_names_it(profile: str) -> None:
    assert unnamed(load("onetrans", profile), FOLDERS) == []


def test_there_are_ten_operations_of_which_one_is_the_library_s_function() -> None:
    assert len(OPERATIONS) == 10
    assert [name for name, one in OPERATIONS.items() if one.transport == "library"] == ["OneTrans"]
    assert set(STANDARD.codes["trans_type"].rows) == set(OPERATIONS) - {"OneTrans"}


def test_there_are_34_code_tables_with_787_rows() -> None:
    assert len(STANDARD.codes) == 34
    assert sum(len(table.rows) for table in STANDARD.codes.values()) == 787
    sizes = {name: len(table.rows) for name, table in STANDARD.codes.items()}
    expected = {"admdvs": 420, "treatment_code": 132, "naty": 56, "business_type": 26, "psn_cert_type": 19}
    assert {name: sizes[name] for name in expected} == expected


def test_the_two_meanings_of_card_type_stay_apart() -> None:
    third = {(field.parent, field.name): field.codes for field in OPERATIONS["hos.user.third.get"].response}
    assert third["", "card_type"] == "cardType"
    assert third["ehcinfo", "card_type"] == "ehc_card_type"
    assert STANDARD.codes["cardType"].rows["02"].title != STANDARD.codes["ehc_card_type"].rows["02"].title


def test_the_two_meanings_of_the_means_of_identification_stay_apart() -> None:
    reading = OPERATIONS["hos.user.get"]
    asked = next(field for field in reading.request if field.name == "mdtrt_cert_type")
    told = next(field for field in reading.response if field.name == "mdtrt_cert_type")
    assert (asked.codes, told.codes) == ("read_mdtrt_cert_type", "mdtrt_cert_type")
    assert set(STANDARD.codes["read_mdtrt_cert_type"].rows) == {"01", "02", "03", "09"}


def test_business_type_is_keyed_by_the_joined_code() -> None:
    rows = STANDARD.codes["business_type"].rows
    assert rows["01101"].title == "挂号"
    assert {code for code in rows if len(code) == 2} == {"01", "02", "03", "05"}
    assert all(code[:2] in rows for code in rows)


def test_a_stage_of_care_may_be_of_any_level() -> None:
    good = OPERATIONS["hos.user.third.get"].sample()
    for code in ("01010", "010101", "0101011", "02060299"):
        assert OPERATIONS["hos.user.third.get"].validate({**good, "treatment_code": code})
    assert broken({**good, "treatment_code": "99"}, "hos.user.third.get") == {"treatment_code": "code"}


def test_no_field_is_bound_to_the_insurance_areas() -> None:
    fields = [field for one in OPERATIONS.values() for field in (*one.request, *one.response)]
    assert not [field.name for field in fields if field.codes == "admdvs"]
    assert {field.codes for field in fields} >= STANDARD.codes.keys() - {
        "admdvs",
        "error_code",
        "opter_type",
        "signtype",
        "trans_type",
    }


@pytest.mark.parametrize("text", ["20220301", "20220301093000", "2022-03-01", "2022-03-01 09:30:00"])
def test_begntime_is_read_in_four_forms(text: str) -> None:
    values = {"mdtrt_cert_type": "02", "business_type": "01101", "begntime": text}
    assert OPERATIONS["hos.user.get"].validate(values)["begntime"] == text


def test_rule_time_is_fourteen_figures_where_a_field_has_no_form_of_its_own() -> None:
    consent = OPERATIONS["ehc.ehealthcard.authurl"]
    good = consent.sample()
    assert consent.validate({**good, "out_authorize_time": "20260131093000"})
    for wrong in ("2026-01-31 09:30:00", "20260131", "20260131093000123", "20261331093000"):
        found = broken({**good, "out_authorize_time": wrong}, "ehc.ehealthcard.authurl")
        assert found == {"out_authorize_time": "format"}, wrong
    fields = [field for one in OPERATIONS.values() for field in (*one.request, *one.response)]
    forms = {field.name: field.format for field in fields if field.name.lower().endswith("time")}
    own = {"begntime", "endtime"}
    assert {name for name, form in forms.items() if form != "yyyyMMddHHmmss"} <= own


def test_rule_keys_are_no_parameter_of_any_business() -> None:
    fields = {field.name for one in OPERATIONS.values() for field in (*one.request, *one.response)}
    assert {"app_id", "app_key"} <= {field.name for field in STANDARD.envelope_request}
    assert not {"app_id", "app_key"} & fields


def test_the_payment_hub_knows_the_seven_states() -> None:
    """query.states"""
    assert set(STANDARD.codes["result"].rows) == {str(one) for one in Result}
    assert len(Result) == 7


def test_one_number_of_two_is_needed_and_either_will_do() -> None:
    """query.number, refund.number"""
    both = query()
    without = {name: value for name, value in both.items() if name not in ("traceNo", "outTradeNo")}
    assert broken(without, "hop.trade.query") == {"outTradeNo": "conditional"}
    for name in ("traceNo", "outTradeNo"):
        assert OPERATIONS["hop.trade.query"].validate({**without, name: both[name]})
    refund = OPERATIONS["hop.trade.refund"].sample()
    without = {name: value for name, value in refund.items() if name not in ("traceNo", "outChargeNo")}
    assert broken(without, "hop.trade.refund") == {"outChargeNo": "conditional"}


def test_an_insured_payment_needs_token_and_settlement() -> None:
    """recharge.one_bar, recharge.medical"""
    assert broken(recharge(depositType="CHS_ONE_BAR")) == {"extra": "conditional"}
    found = broken(recharge(depositType="CHS_ONE_BAR", extra={"subject": "x", "medicalContent": '{"ecCode": "1"}'}))
    parts = ("bizTraceNo", "feeSumamt", "fundPay", "psnAcctPay", "ownPayAmt")
    assert found == {
        "extra.ecToken": "conditional",
        **{f"extra.medicalContent.{name}": "conditional" for name in parts},
    }
    assert OPERATIONS["hop.trade.recharge"].validate(recharge()), "the cashier needs none of it"


def test_the_block_of_a_credit_visit_is_due_where_it_is_begun() -> None:
    """recharge.credit, recharge.credit.trans, recharge.credit.agreement"""
    found = broken(recharge(extra={"empiUserId": "E1"}))
    assert set(found) == {"extra.payType", "extra.agreementNo", "extra.businessInfo", "extra.payInfo"}
    found = broken(recharge(extra={"payType": "2"}))
    assert set(found) == {"extra.transId"}
    outside = {"empiUserId": "E1", "outAgreementNo": "A1", "payType": "1"}
    info = {
        "businessInfo": {"sceneType": "1", "sourceType": "1"},
        "payInfo": {"totalPayAmt": "1.00", "insuPayAmt": "0"},
    }
    assert set(broken(recharge(extra={**outside, **info}))) == {"extra.agreementType", "extra.payInfo.yjjPayAmt"}


def test_parameters_of_any_name_are_let_through_in_extra_only() -> None:
    values = recharge(extra={"wardNo": {"floor": 3}}, wardNo="3")
    assert OPERATIONS["hop.trade.recharge"].validate(values)["extra"] == {"wardNo": {"floor": 3}}
    assert OPERATIONS["hop.trade.recharge"].unknown(values) == ("wardNo",)
    charge = OPERATIONS["fsi.outpatient.charge"]
    values = {**charge.sample(), "extra": {"cardno": "1", "hisExtra": {"eventNo": "D1"}, "deptCode": "1"}}
    assert charge.unknown(values) == ("extra.deptCode",)


@pytest.mark.parametrize(("amount", "good"), [("1.00", True), ("1", False), ("1.0", False), ("1.000", False)])
def test_rule_refund_amount_has_two_decimals(amount: str, good: bool) -> None:
    values = {**OPERATIONS["hop.trade.refund"].sample(), "amount": amount}
    if good:
        assert OPERATIONS["hop.trade.refund"].validate(values)
    else:
        assert broken(values, "hop.trade.refund") == {"amount": "format"}


def test_the_amount_of_a_recharge_needs_no_decimals() -> None:
    for amount in ("1", "1.5", "0.01"):
        assert OPERATIONS["hop.trade.recharge"].validate(recharge(amount=amount))
    assert broken(recharge(amount="1.001")) == {"amount": "format"}


def test_rule_refund_mode_has_no_six() -> None:
    assert set(STANDARD.codes["withdrawMode"].rows) == set("0123457")


def test_trades_and_refunds_tell_how_they_stand_when_they_are_asked_again() -> None:
    policies = {name: one.repeat.policy for name, one in OPERATIONS.items() if one.repeat}
    assert policies["hop.trade.recharge"] == policies["hop.trade.refund"] == "standing"
    assert policies["ehc.ehealthcard.authurl"] == "refuse"


def test_what_is_ours_is_marked_and_explained() -> None:
    ours = {
        f"{name}.{side}.{field.parent}/{field.name}"
        for name, one in OPERATIONS.items()
        for side, fields in (("request", one.request), ("response", one.response))
        for field in fields
        if field.ours
    }
    explained = {one.where for one in STANDARD.deviations}
    below = {where for where in ours if where.endswith(("extra/readerUrl", "extra/choiceNo"))}
    assert ours - below <= explained
    assert {where.partition(".request")[0] for where in ours if where.endswith("/code_text")} == {
        "hos.user.get",
        "hos.user.third.get",
    }


def test_secrets_and_persons_are_marked() -> None:
    fields = {field.name: field for one in OPERATIONS.values() for field in (*one.request, *one.response)}
    assert {name for name, field in fields.items() if field.secret} == {"payAppSecret", "ehc_app_secret"}
    for name in ("psn_name", "certno", "idNo", "cardNo", "phone", "address", "ecToken", "code_text", "BankCardNo"):
        assert fields[name].personal, name


def test_the_document_s_profile_takes_bare_numbers() -> None:
    values = recharge(amount=100, accountType="01")
    assert broken(values) == {"amount": "type"}
    assert load("onetrans", "document").operations["hop.trade.recharge"].validate(values)


@pytest.mark.parametrize(
    ("profile", "sign_types"),
    [
        ("standard", ("SM3", "SM2")),
        ("sm3", ("SM3",)),
        ("sm2", ("SM2",)),
        ("insurance", ("SM2",)),
        ("document", ("SM3", "SM2")),
    ],
)
def test_profiles_differ_in_their_signatures(profile: str, sign_types: tuple[str, ...]) -> None:
    assert scheme_of(profile).sign_types == sign_types
    assert scheme_of(profile).key_may_travel is (profile == "document")
    assert set(PROFILES) == {"standard", "sm3", "sm2", "insurance", "document"}
