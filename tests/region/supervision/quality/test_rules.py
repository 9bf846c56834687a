"""Every rule that comes with the hub: silent on a day that is as it should be, and heard where that is spoiled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.region.supervision.quality.day import SHAPES, Records, found, good_day, spoiled
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.quality.columns import Sort
from yiqiao.region.supervision.quality.rules import Rule, RuleUnusable, load_rules

RULES = load_rules()


def setting(kind: Kind, **values: Any) -> Callable[[Records], None]:
    """Sets fields of the day's record of a kind; None takes one out."""

    def spoil(day: Records) -> None:
        day[kind][0].update(values)

    return spoil


def without(kind: Kind) -> Callable[[Records], None]:
    """Takes all records of a kind out."""

    def spoil(day: Records) -> None:
        del day[kind]

    return spoil


def of(kind: Kind, node: str, place: int = 0, **values: Any) -> Callable[[Records], None]:
    """Sets fields of a line of a list."""

    def spoil(day: Records) -> None:
        day[kind][0][node][place].update(values)

    return spoil


def unsigned_by(sign_type: int) -> Callable[[Records], None]:
    def spoil(day: Records) -> None:
        recipe = day[Kind.RECIPE][0]
        recipe["sign"] = [one for one in recipe["sign"] if one["signType"] != sign_type]

    return spoil


SPOILED: dict[str, Callable[[Records], None]] = {
    "recipe-unreviewed": unsigned_by(2),
    "recipe-unsigned": unsigned_by(1),
    "recipe-review-failed": of(Kind.RECIPE, "sign", 1, auditResult=2),
    "visit-without-dialogue": setting(Kind.VISIT, process=None),
    "visit-one-sided-dialogue": of(Kind.VISIT, "process", 1, role=1),
    "order-without-visit": without(Kind.VISIT),
    "late-upload": setting(Kind.VISIT, startTime="2026-11-18 09:05:00", endTime="2026-11-18 09:30:00"),
    "time-in-the-future": setting(Kind.ORDER, createTime="2026-11-20 12:00:00"),
    "visit-ends-before-it-starts": setting(Kind.VISIT, endTime="2026-11-20 09:00:00"),
    "visit-too-short": setting(Kind.VISIT, endTime="2026-11-20 09:05:20"),
    "visit-without-order": setting(Kind.VISIT, orderId="D2"),
    "patient-differs": setting(Kind.RECIPE, name="贺兰山"),
    "doctor-differs": setting(Kind.RECIPE, docCode="8102"),
    "doctor-not-a-physician": setting(Kind.STAFF, type=3),
    "doctor-out-of-licence": setting(Kind.STAFF, validDate="2026-06-30"),
    "doctor-out-of-scope": setting(Kind.STAFF, deptCode="9802"),
    "staff-inactive": setting(Kind.STAFF, status=1),
    "age-against-birthday": setting(Kind.ORDER, age=63),
    "birthday-against-identity-card": setting(Kind.ORDER, certificateNo="359851199009120016"),
    "sex-against-identity-card": setting(Kind.ORDER, sex=2),
    "child-without-guardian": setting(Kind.RECIPE, birthday="2022-03-04"),
    "narcotics-online": of(Kind.RECIPE, "drug", drugName="盐酸羟考酮缓释片"),
    "recipe-amount": setting(Kind.RECIPE, amount=3200),
    "drug-amount": of(Kind.DRUGS, "drug", quantity=3),
    "purchase-before-recipe": setting(Kind.PURCHASE, createTime="2026-11-20 09:10:00"),
    "purchase-after-validity": setting(Kind.PURCHASE, createTime="2026-11-24 09:40:00"),
    "first-visit-online": setting(Kind.VISIT, lastVisitDate=None, lastDisbase=None),
}


def test_a_day_that_is_as_it_should_be_has_no_findings() -> None:
    assert found(RULES, good_day()) == {}


@pytest.mark.parametrize("rule_id", sorted(SPOILED))
def test_a_rule_is_heard(rule_id: str) -> None:
    """A2020.signed: a prescription that no doctor signed, or no pharmacist passed, is found"""
    told = found(RULES.by_id[rule_id], spoiled(SPOILED[rule_id]))
    assert list(told) == [rule_id]
    (sentence,) = told[rule_id]
    assert "{" not in sentence
    assert "（空）" not in sentence


def test_every_rule_is_tested() -> None:
    assert sorted(RULES.by_id) == sorted(SPOILED)


def test_what_belongs_to_another_day_is_looked_at_and_not_told() -> None:
    assert found(RULES, spoiled(SPOILED["recipe-unreviewed"]), own=False) == {}


@pytest.mark.parametrize(
    ("spoil", "rule_id"),
    [
        (setting(Kind.ORDER, status="已取消"), "order-without-visit"),
        (setting(Kind.RECIPE, birthday="2022-03-04", guardianName="贺远"), "child-without-guardian"),
        (setting(Kind.ORDER, age=36.9), "age-against-birthday"),
        (setting(Kind.ORDER, certificateType=5, certificateNo="E98510001"), "birthday-against-identity-card"),
    ],
)
def test_what_has_its_reason_is_let_pass(spoil: Callable[[Records], None], rule_id: str) -> None:
    assert found(RULES.by_id[rule_id], spoiled(spoil)) == {}


def test_no_sentence_could_name_a_patient() -> None:
    personal = {one.name for columns in SHAPES.values() for one in columns if one.personal}
    assert {"name", "certificateNo", "mobile", "birthday", "diagnose"} <= personal
    assert not {name for rule in RULES.by_id.values() for name in rule.named} & personal


def rule(**values: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": "ours",
            "title": "自定义",
            "sort": "plausibility",
            "weight": "minor",
            "record": "order",
            "tell": "订单 {orderId}",
            "remedy": "请核对",
            "finds": 'SELECT _key, orderId FROM "order"',
            **values,
        }
    )


def test_a_rule_of_one_s_own() -> None:
    assert found(rule(), good_day()) == {"ours": ["订单 D1"]}
    assert found(rule(since="2026-12-01"), good_day()) == {}, "not yet in force on that day"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"finds": "SELECT _key FROM nowhere"}, "nowhere"),
        ({"finds": 'SELECT orderId FROM "order"'}, "_key"),
        ({"tell": "订单 {nothing}"}, "nothing"),
        ({"tell": "患者 {name}", "finds": 'SELECT _key, name FROM "order"'}, "个人信息"),
        ({"record": "orders"}, "记录种类"),
        ({"finds": "SELECT _key, content AS orderId FROM read_text('/etc/passwd'), \"order\""}, "disabled"),
        ({"finds": "SELECT _key, orderId FROM \"order\"); DROP TABLE \"order\"; SELECT (1"}, "ours"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_run_says_why(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleUnusable, match=said):
        found(rule(**wrong), good_day())


def test_a_folder_s_rules_come_over_ours(tmp_path: Path) -> None:
    late = RULES.by_id["late-upload"].model_dump(mode="json") | {
        "finds": "SELECT _key, orderId FROM visit",
        "tell": "复诊 {orderId}",
    }
    (tmp_path / "late.yaml").write_text(yaml.safe_dump(late, allow_unicode=True), "utf-8")
    changed = load_rules(tmp_path)
    assert changed.digest != RULES.digest
    assert len(changed.by_id) == len(RULES.by_id)
    assert found(changed.by_id["late-upload"], good_day()) == {"late-upload": ["复诊 D1"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [("id: [", "YAML"), ("id: Ours", "id"), ("id: ours\ntitle: 甲", "sort"), ("[]", "文件")],
)
def test_a_file_that_is_no_rule_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "wrong.yaml").write_text(text, "utf-8")
    with pytest.raises(RuleUnusable, match=said) as caught:
        load_rules(tmp_path)
    assert "wrong.yaml" in caught.value.message


def test_what_cannot_be_read_as_its_type_is_nothing() -> None:
    assert {one.sort for one in SHAPES[Kind.ORDER]} == {Sort.TEXT, Sort.WHOLE, Sort.EXACT, Sort.DAY, Sort.MOMENT}
    day = good_day()
    day[Kind.ORDER][0].update(age="不详", birthday="1990", createTime="昨天")
    assert found(RULES.by_id["age-against-birthday"], day) == {}
