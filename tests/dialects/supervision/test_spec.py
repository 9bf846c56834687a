"""The specification of the supervision platform, in every profile; what is reconstructed stays in its own."""

from pathlib import Path
from typing import Any

import pytest

from tests.dialects.supervision.uploads import SPEC, row
from tests.support.named_rules import unnamed
from yiqiao.dialects.supervision.dialect import calling_order, depends, number, scheme_of
from yiqiao.spec import Invalid, Spec, check, load, profiles
from yiqiao.spec.build import build
from yiqiao.spec.loader import document

PROFILES = profiles("supervision")
TESTS = Path(__file__).parents[2]
FOLDERS = [TESTS / "dialects" / "supervision", TESTS / "region" / "supervision"]
STANDARD = load("supervision")
PRINTED = ("A0000", "A0001", "A1000", "A1001", "A1002", "A2000", "A2001", "A2010")
RECONSTRUCTED = ("A2020", "A2030", "A2031", "A2040")
UNLISTED = ("certificateType", "cardType", "sex", "techTitle", "channelType", "payType")
EITHER = ("A2000", "A2010", "A2020", "A2030", "A2040")


def broken(operation: str, values: dict[str, object], spec: Spec = SPEC) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        spec.operations[operation].validate(values)
    return {fault.path: fault.rule for fault in refused.value.faults}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_specification_agrees_with_itself(profile: str) -> None:
    assert check(build(document("supervision", profile), profile)) == []
    assert scheme_of(profile).rule in ("S1", "S2", "S3")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(4))
def test_the_sample_of_every_field_is_valid(profile: str, seed: int) -> None:
    for operation in load("supervision", profile).operations.values():
        sample = operation.sample(seed)
        assert set(sample) == {field.name for field in operation.request if not (field.parent or field.withdrawn)}
        operation.validate(sample)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_rule_has_a_test_that_names_it(profile: str) -> None:
    assert unnamed(load("supervision", profile), FOLDERS) == []


def test_the_document_has_eight_operations_and_the_reconstruction_four_more() -> None:
    assert tuple(STANDARD.operations) == PRINTED
    assert {name for name, one in SPEC.operations.items() if one.ours} == set(RECONSTRUCTED)
    assert set(SPEC.operations) == {*PRINTED, *RECONSTRUCTED}


def test_every_reconstructed_field_is_marked_as_ours_and_none_stands_in_the_standard() -> None:
    assert not any(field.ours for one in STANDARD.operations.values() for field in one.request)
    for name in RECONSTRUCTED:
        assert all(field.ours for field in SPEC.operations[name].request)
    printed = {(field.parent, field.name) for field in STANDARD.operations["A2010"].request}
    assert all(((f.parent, f.name) in printed) is not f.ours for f in SPEC.operations["A2010"].request)


@pytest.mark.parametrize("name", UNLISTED)
def test_a_dictionary_whose_list_is_missing_binds_nobody_until_a_profile_lists_it(name: str) -> None:
    assert STANDARD.codes[name].rows == {}
    assert len(SPEC.codes[name].rows) > 1
    operation = "A1002" if name == "techTitle" else "A2000"
    STANDARD.operations[operation].validate(row(operation, **{name: 77}))
    assert broken(operation, row(operation, **{name: 77})) == {name: "code"}


@pytest.mark.parametrize("operation", EITHER)
def test_rule_either_one_pair_must_be_whole(operation: str) -> None:
    """A2000.either, A2010.either, A2020.either, A2030.either, A2040.either"""
    check_pairs = SPEC.operations[operation].validate
    certificate: dict[str, Any] = {"certificateType": None, "certificateNo": None}
    card: dict[str, Any] = {"cardType": None, "cardNo": None}
    check_pairs(row(operation))
    check_pairs(row(operation, **certificate))
    check_pairs(row(operation, **card))
    check_pairs(row(operation, cardNo=""))
    assert broken(operation, row(operation, **certificate, **card)) == {"certificateType": "either"}
    assert broken(operation, row(operation, certificateNo=None, cardNo=None)) == {"certificateNo": "either"}
    assert broken(operation, row(operation, **certificate, cardType=None)) == {"cardType": "either"}


def test_the_other_faults_of_a_row_are_told_beside_the_pair() -> None:
    wrong = row("A2000", certificateNo=None, cardNo=None, birthday="2026-02-30", amount="12,5", status="数" * 17)
    assert broken("A2000", wrong) == {
        "birthday": "format",
        "amount": "number",
        "status": "length",
        "certificateNo": "either",
    }


def test_lengths_count_characters() -> None:
    SPEC.operations["A1001"].validate(row("A1001", deptName="科" * 32))
    assert broken("A1001", row("A1001", deptName="科" * 33)) == {"deptName": "length"}


def test_names_are_case_sensitive() -> None:
    """case"""
    assert broken("A1001", row("A1001", deptName=None, DeptName="内科")) == {"deptName": "required"}


def test_numbers_may_come_as_text_and_codes_with_zeros_must() -> None:
    assert SPEC.operations["A1001"].validate(row("A1001", hasChild="1"))["hasChild"] == 1
    assert broken("A1000", row("A1000", hospType=11)) == {"hospType": "type"}


@pytest.mark.parametrize("operation", SPEC.operations)
def test_rule_optional_what_need_not_be_said_may_be_left_out(operation: str) -> None:
    fields = [field for field in SPEC.operations[operation].request if not field.parent]
    left_out: dict[str, Any] = {field.name: None for field in fields if field.required is False}
    SPEC.operations[operation].validate(row(operation, **left_out))
    for name in (field.name for field in fields if field.required is True):
        assert broken(operation, row(operation, **{**left_out, name: None})) == {name: "required"}


@pytest.mark.parametrize("field", ["recipeId", "recordId"])
def test_a_visit_names_its_prescription_and_its_medical_record(field: str) -> None:
    """A2001.recipe, A2001.record"""
    for empty in (None, "", " "):
        without: dict[str, Any] = {field: empty}
        assert broken("A2001", row("A2001", **without)) == {field: "required"}


def test_rule_a2001_process_a_line_has_500_characters_at_most() -> None:
    line = {"processTime": "2026-11-21 09:31:00", "role": 1}
    SPEC.operations["A2001"].validate(row("A2001", process=[{**line, "content": "诊" * 500}]))
    said = [{**line, "content": "好"}, {**line, "content": "诊" * 501}]
    assert broken("A2001", row("A2001", process=said)) == {"process[1].content": "length"}


def test_rule_a1002_online_is_not_looked_at() -> None:
    operation = SPEC.operations["A1002"]
    given = row("A1002", isOnline="在线")
    assert operation.validate(given) == operation.validate(row("A1002"))
    assert operation.asks.unknown(given) == ()


def test_a_line_of_the_dialogue_needs_its_content() -> None:
    """A2001.process"""
    process = [{"processTime": "2026-11-21 09:31:00", "role": 3}]
    assert broken("A2001", row("A2001", process=process)) == {
        "process[0].content": "required",
        "process[0].role": "code",
    }


def test_dependencies_name_fields_that_there_are() -> None:
    for profile in PROFILES:
        spec = load("supervision", profile)
        for name, operation in spec.operations.items():
            for field, (other, key) in depends(spec, name).items():
                assert field in {one.name for one in operation.request}
                assert key in {one.name for one in spec.operations[other].request}
                assert calling_order(spec).index(other) < calling_order(spec).index(name)


def test_the_calling_order_is_that_of_the_document() -> None:
    """`order`, A0000.after, A2000.order, A2001.order, A2020.order, A2030.order, A2031.order, A2040.order"""
    order = calling_order(SPEC)
    assert order[:3] == ("A1000", "A1001", "A1002")
    assert set(order) == set(SPEC.operations)
    business = [name for name in order if name.startswith("A2") and name != "A2010"]
    assert business == ["A2040", "A2000", "A2020", "A2030", "A2031", "A2001"]
    assert order[-2:] == ("A0000", "A0001")


def test_limits_are_data() -> None:
    """batch, and `size`"""
    assert (number(SPEC, "max_rows"), number(SPEC, "advised_rows")) == (10_000, 100)
    assert number(SPEC, "sent_bytes") <= number(SPEC, "max_bytes") == 30 * 1024 * 1024
    assert load("supervision", "atomic").settings["atomic"] is True
    assert SPEC.settings["atomic"] is False
