"""The launch parameter by itself: its places, its signature, and the forms in which it is handed on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.cmc.launching import APP_KEY, INSURED, SECRET, SELF_PAY
from yiqiao.clock import FixedClock
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.client import Launcher, LaunchUnfit
from yiqiao.dialects.cmc.dialect import scheme_of
from yiqiao.dialects.cmc.faults import UnsafeValue
from yiqiao.errors import DomainError
from yiqiao.spec import Invalid, load

SCHEME = scheme_of("standard")
LAUNCHER = Launcher(APP_KEY, SECRET, clock=FixedClock(1_795_000_000_000))
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), exclude_characters="&@%"), max_size=20)


def test_rule_order_the_places_are_those_of_the_standards_tables() -> None:
    spec = load("cmc")
    for name in ("launch.insured", "launch.selfpay"):
        assert tuple(field.name for field in spec.operations[name].request) == envelope.PLACES
    assert " ".join(envelope.SIGNED) == (
        "aac001 appkey djsj hzlx jzsxh kh ksmc method mtbz mzsxh nl rtbm rtbz sfzh sqbm timestamp version xb xm xz "
        "ysbm ysmc yybm yymc zzbz"
    )


def test_rule_empty_values_keep_their_places_and_are_not_signed() -> None:
    plain = LAUNCHER.insured(**INSURED).plain
    assert plain.count("&") == 25
    assert plain.split("&")[7] == ""
    assert b"zzbz" not in envelope.string_to_sign(LAUNCHER.insured(**INSURED).values, SECRET, SCHEME)


@given(st.fixed_dictionaries({name: TEXT for name in envelope.PLACES if name not in ("hzlx", "appkey", "sign")}))
def test_what_was_sealed_is_read_again(values: dict[str, str]) -> None:
    for kind in (envelope.INSURED, envelope.SELF_PAY):
        visit = f"{values['xm']}@1@30@@" if kind == envelope.SELF_PAY else values["mzsxh"]
        whole = {**values, "hzlx": kind, "appkey": "a", "mzsxh": visit}
        read = envelope.read(envelope.seal(whole, SECRET, SCHEME, {}))
        assert {name: read[name] for name in whole} == whole
        assert read["sign"] == envelope.sign(whole, SECRET, SCHEME)


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_reading_them_is_refused_by_name_or_not_at_all(data: bytes) -> None:
    assert refusal_of(data) in {None, *load("cmc").errors}


def refusal_of(data: bytes) -> str | None:
    try:
        envelope.peek(b"jgtParamSign=" + data)
    except DomainError as refusal:
        return refusal.name
    return None


@pytest.mark.parametrize("mark", ["&", "@"])
@pytest.mark.parametrize("field", sorted({*INSURED} - {"nl", "xb", "mtbz", "xz", "rtbz", "rtbm"}))
def test_rule_values_a_mark_that_parts_values_is_refused_with_its_field(field: str, mark: str) -> None:
    with pytest.raises(UnsafeValue) as caught:
        LAUNCHER.insured(**{**INSURED, field: f"甲{mark}乙"})
    assert caught.value.field == field
    assert f"里含有 {mark}" in caught.value.message


@pytest.mark.parametrize("mark", ["&", "@"])
@pytest.mark.parametrize("field", ["ysbm", "ysmc", "yybm", "yymc", "ksmc", "jzsxh", "djsj", "sqbm"])
def test_rule_values_the_same_for_a_self_pay_patient(field: str, mark: str) -> None:
    with pytest.raises(UnsafeValue) as caught:
        LAUNCHER.selfpay(**{**SELF_PAY, field: f"甲{mark}乙"})
    assert caught.value.field == field


@pytest.mark.parametrize("field", ["xm", "sfzh", "birthday"])
def test_rule_values_an_at_sign_in_a_part_of_the_visit_number_is_refused_with_its_name(field: str) -> None:
    with pytest.raises(UnsafeValue) as caught:
        LAUNCHER.selfpay(**{**SELF_PAY, field: "甲@乙"})
    assert caught.value.field == field


def test_all_that_a_launch_lacks_is_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        LAUNCHER.insured(**{name: value for name, value in INSURED.items() if name not in ("sfzh", "xz", "yybm")})
    assert {fault.path for fault in caught.value.faults} == {"sfzh", "xz", "yybm"}
    with pytest.raises(LaunchUnfit, match="xingming"):
        LAUNCHER.insured(**INSURED, xingming="甲")


def test_rule_selfpay_what_is_required_of_whom() -> None:
    lacking = {name: value for name, value in SELF_PAY.items() if name != "nl"}
    with pytest.raises(Invalid) as caught:
        LAUNCHER.selfpay(**lacking)
    assert "nl" in {fault.path for fault in caught.value.faults}
    assert LAUNCHER.selfpay(**SELF_PAY).values["xz"] == ""


@pytest.mark.parametrize(
    "given",
    [{"aac001": "98510000001"}, {"mtbz": "M01600", "xz": "310"}, {"xz": "390"}],
    ids=lambda given: "+".join(given),
)
def test_rule_selfpay_empty_what_belongs_to_insurance_is_not_launched(given: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        LAUNCHER.selfpay(**SELF_PAY, **given)
    assert {fault.path for fault in caught.value.faults} == set(given)
    assert "自费患者请留空" in caught.value.message


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"mzsxh": "202611210001"}, "五段"),
        ({"mzsxh": "欧阳晚晴@2"}, "五段"),
        ({"mzsxh": "欧阳晚晴@2@@@"}, "年龄"),
        ({"birthday": "19920728"}, "出生日期"),
        ({"birthday": "1992-02-30"}, "出生日期"),
    ],
)
def test_rule_selfpay_mzsxh_that_lacks_its_parts_is_not_launched(given: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        LAUNCHER.selfpay(**{**SELF_PAY, **given})
    assert [fault.path for fault in caught.value.faults] == ["mzsxh"]


@pytest.mark.parametrize(
    ("program", "written"),
    [
        (r"D:\jgt\jgt.exe", r"D:\jgt\jgt.exe"),
        (r"C:\Program Files (x86)\jgt\jgt.exe", r'"C:\Program Files (x86)\jgt\jgt.exe"'),
        (r"C:\A&B\jgt.exe", r'"C:\A&B\jgt.exe"'),
        (r"C:\医院\jgt.exe", '"C:\\医院\\jgt.exe"'),
        (r"\\server\share\jgt.exe", r"\\server\share\jgt.exe"),
    ],
)
def test_rule_cs_command_the_program_is_quoted_where_windows_needs_it(program: str, written: str) -> None:
    launch = LAUNCHER.insured(**INSURED)
    assert launch.command(program, "jgt-hn-cs") == f"{written} -a jgt-hn-cs -p {launch.parameter}"
    assert "\n" not in launch.parameter


@pytest.mark.parametrize(
    ("program", "target"),
    [
        ("jgt.exe", "jgt-hn-cs"),
        (r"jgt\jgt.exe", "jgt-hn-cs"),
        (r"C:\%TEMP%\jgt.exe", "jgt-hn-cs"),
        ('C:\\jgt\\"jgt.exe', "jgt-hn-cs"),
        (r"C:\jgt\jgt.bat", "jgt-hn-cs"),
        (r"C:\jgt\jgt.exe", ""),
        (r"C:\jgt\jgt.exe", "a b"),
        (r"C:\jgt\jgt.exe", 'x" & calc'),
        (r"C:\jgt\jgt.exe", "{xx-xx}"),
    ],
)
def test_rule_cs_command_what_cannot_be_a_program_or_a_target_is_refused(program: str, target: str) -> None:
    with pytest.raises(LaunchUnfit):
        LAUNCHER.insured(**INSURED).command(program, target)


def test_rule_bs_link_the_parameter_is_percent_encoded_and_opens_in_a_new_window() -> None:
    launch = LAUNCHER.insured(**{**INSURED, "yymc": "云桥县人民医院？〇〇"})
    url = launch.url("http://hub.example/")
    assert url.startswith("http://hub.example/redirect/client/web/get?jgtParamSign=")
    assert not set("+/=") & set(url.partition("?jgtParamSign=")[2])
    assert launch.link("http://hub.example") == (
        f'<a href="{url}" target="_blank" rel="noopener noreferrer">健康管理工作台</a>'
    )


def test_nothing_that_is_shown_by_accident_holds_a_secret_or_a_patient() -> None:
    shown = repr((LAUNCHER, LAUNCHER.insured(**INSURED), envelope.Claim(LAUNCHER.insured(**INSURED).values)))
    assert SECRET not in shown
    assert "柳成荫" not in shown
    assert "359851" not in shown
