"""What a standard on XML needs of a specification: parts, roots, spellings, blanks, codes written otherwise."""

from pathlib import Path

import pytest

from tests.spec.ferry import GOOD, ferry
from yiqiao.spec import Invalid, SpecError, check, load, loader

BLANK = (
    "{name: phone, type: String, length: 11, required: false",
    "{name: phone, type: String, required: true, blank: true",
)
ALIAS = (
    "type: String, length: 6, required: true, title: 姓名}",
    "type: String, required: true, title: 姓名, aliases: [who]}",
)
ROOTS = ("types: {数值型: decimal}", "types: {数值型: decimal}\nroots: {request: ASK, response: TELL}")
WIRE = "wire_codes: {deck: {A: '1', B: '2'}}"


def faults(values: dict[str, object], *changes: tuple[str, str], profile: str = "") -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        ferry(profile, *changes).operations["board"].validate(values)
    return {fault.path: fault.rule for fault in refused.value.faults}


def test_a_field_that_may_be_blank_is_not_asked_for_and_goes_out_empty() -> None:
    board = ferry("", BLANK).operations["board"]
    assert "phone" not in board.validate(GOOD)
    assert board.validate(GOOD | {"phone": ""}) == board.validate(GOOD)
    assert board.asks.shape(GOOD | {"pier": "x"})["phone"] == ""
    assert check(ferry("", BLANK)) == []


def test_only_a_required_value_may_be_blank() -> None:
    strange = ferry("", ("title: 证件号}", "title: 证件号, blank: true}"))
    assert any("may be blank and is no required value" in fault for fault in check(strange))


def test_an_alias_is_read_and_never_written() -> None:
    board = ferry("", ALIAS).operations["board"]
    other = {("who" if name == "passenger" else name): value for name, value in GOOD.items()}
    assert board.validate(other) == board.validate(GOOD)
    assert board.unknown(other) == ()
    assert "who" not in board.asks.to_wire(board.validate(other))
    assert board.validate({**GOOD, "who": "柳岸"})["passenger"] == "云舟", "the right name goes before it"


def test_an_alias_that_is_another_field_s_name_is_found() -> None:
    strange = ferry("", (ALIAS[0], ALIAS[1].replace("who", "home")))
    assert any("is spelled 'home', which is another field's name" in fault for fault in check(strange))


def test_the_root_is_exported_as_the_standards_print_it() -> None:
    spec = ferry("", ROOTS)
    assert spec.operations["board"].request_root == "ASK"
    exported = spec.export()["operations"]
    assert isinstance(exported, list)
    assert exported[0]["request"][0] == {"name": "ASK", "type": "Node", "title": "根节点", "required": True}
    other = ferry("", ROOTS, ("    path: /look", "    path: /look\n    roots: {response: FOUND}")).operations["look"]
    assert (other.request_root, other.response_root) == ("ASK", "FOUND")


def test_a_region_s_codes_are_translated_both_ways_and_none_is_passed_through() -> None:
    board = ferry(WIRE).operations["board"]
    assert board.validate(GOOD | {"deck": "A"})["deck"] == "1"
    assert faults(GOOD, profile=WIRE) == {"deck": "code"}
    assert board.shape({"seat": "A1", "deck": "1"})["deck"] == "A"
    assert board.validate(board.sample())["deck"] in ("1", "2")


def test_a_code_that_the_region_cannot_write_is_a_fault_of_the_program() -> None:
    board = ferry("wire_codes: {deck: {A: '1'}}").operations["board"]
    with pytest.raises(SpecError, match="deck: the profile has no code"):
        board.shape({"seat": "A1", "deck": "2", "fare": "1"})


def test_what_the_region_has_no_code_for_is_told_as_the_profile_says() -> None:
    spec = ferry("wire_codes: {deck: {A: '1'}}\ntold_as: {deck: {'2': '1'}}")
    board = spec.operations["board"]
    assert check(spec) == []
    assert board.shape({"seat": "A1", "deck": "2", "fare": "1"})["deck"] == "A"
    with pytest.raises(SpecError, match="no code"):  # what somebody is asked to do is not put in other words
        board.asks.stated({"deck": "2"})
    assert board.validate(GOOD | {"deck": "A"})["deck"] == "1"


@pytest.mark.parametrize(
    ("told_as", "fault"),
    [
        ("{'1': '2'}", "has a wire code of its own"),
        ("{'7': '1'}", "is no row"),
        ("{'2': '2'}", "'2', which has no wire code"),
    ],
)
def test_a_code_that_is_told_as_one_that_cannot_be_said_is_found(told_as: str, fault: str) -> None:
    spec = ferry(f"wire_codes: {{deck: {{A: '1'}}}}\ntold_as: {{deck: {told_as}}}")
    assert any(fault in found for found in check(spec))


def test_what_only_another_region_has_is_told_as_the_standards_own_table_says() -> None:
    spec = ferry("told_as: {deck: {'7': '1'}}")
    board = spec.operations["board"]
    assert check(spec) == []
    assert board.shape({"seat": "A1", "deck": 7, "fare": "1"})["deck"] == "1"
    for wrong in ("{'1': '2'}", "{'7': '8'}"):
        assert any("is told as" in found for found in check(ferry(f"told_as: {{deck: {wrong}}}")))


def test_what_a_caller_states_in_the_profiles_codes_goes_out_in_them() -> None:
    board = ferry(WIRE).operations["board"]
    assert board.asks.to_send(GOOD | {"deck": "A"})["deck"] == "A"
    with pytest.raises(Invalid):
        board.asks.to_send(GOOD)


def test_our_own_values_are_stated_in_the_profiles_names_and_codes_and_only_those_it_has() -> None:
    asks = ferry(f"{WIRE}\noperations: {{board: {{request: {{pier: {{rename: quay}}}}}}}}").operations["board"].asks
    ours = {"deck": 2, "pier": "x", "unknown": "y", "home": None, "goods": [{"unknown": "z"}]}
    assert asks.stated(ours) == {"deck": "B", "quay": "x", "goods": [{}]}
    with pytest.raises(SpecError, match="no code"):
        asks.stated({"deck": "3"})
    assert ferry("").operations["board"].asks.stated({"deck": "1", "pier": None}) == {"deck": "1"}


def test_somebody_elses_codes_are_understood_as_far_as_the_profile_has_them() -> None:
    asks = ferry(WIRE).operations["board"].asks
    assert asks.understood({"deck": "B", "pier": "x"}) == {"deck": "2", "pier": "x"}
    assert asks.understood({"deck": "7", "pier": ""}) == {"deck": None, "pier": ""}
    assert ferry("").operations["board"].asks.understood({"deck": "7"}) == {"deck": "7"}


@pytest.mark.parametrize(
    ("wire", "told"), [("{A: '7'}", "stands for '7', which is no row"), ("{A: '1', B: '1'}", "two wire codes")]
)
def test_a_translation_that_cannot_be_is_found(wire: str, told: str) -> None:
    assert any(told in fault for fault in check(ferry(f"wire_codes: {{deck: {wire}}}")))


def test_a_translation_of_no_table_is_refused() -> None:
    for key in ("wire_codes", "told_as"):
        with pytest.raises(SpecError, match="no such code table"):
            ferry(f"{key}: {{nothing: {{A: '1'}}}}")


def test_tables_go_with_the_fields_that_alone_refer_to_them_and_may_come_with_others() -> None:
    spec = ferry("""
codes: {mast: {add: {title: 桅, rows: {"1": 单, "2": 双}}}}
operations:
  board:
    request: {goods: drop, masts: {add: {type: String, required: false, title: 桅, codes: mast}}}
    response: {goods: drop}
""")
    assert set(spec.codes) == {"deck", "mast"}
    assert check(spec) == []


def test_an_operation_may_tell_how_it_ended_within_a_success() -> None:
    told = ("    effect: write", "    effect: write\n    outcome: {code: seat, message: deck}")
    outcome = ferry("", told).operations["board"].outcome
    assert outcome is not None
    assert (outcome.code, outcome.message) == ("seat", "deck")
    strange = ferry("", (told[0], told[1].replace("message: deck", "message: why")))
    assert any("outcome: no response field 'why'" in fault for fault in check(strange))


def parted(folder: Path, **parts: str) -> None:
    (folder / "boats" / "parts").mkdir(parents=True)
    (folder / "boats" / "profiles").mkdir()
    (folder / "boats" / "profiles" / "standard.yaml").write_text("title: 船", encoding="utf-8")
    (folder / "boats" / "spec.yaml").write_text(f"dialect: boats\nparts: [{', '.join(parts)}]\n", encoding="utf-8")
    for name, text in parts.items():
        if text:
            (folder / "boats" / "parts" / f"{name}.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"one": ""}, r"boats/spec\.yaml:2: parts: there is no parts/one\.yaml"),
        (
            {"one": "\noperations: {a: {}}", "two": "operations: {a: {}}"},
            r"boats/parts/two\.yaml:1: .*stands in two files",
        ),
        ({"one": "\nerrors: {}"}, r"boats/parts/one\.yaml:2: errors: unknown key"),
    ],
)
def test_a_part_that_cannot_be_is_refused_with_its_own_file_and_line(
    parts: dict[str, str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parted(tmp_path, **parts)
    monkeypatch.setattr(loader, "_root", lambda: tmp_path)
    with pytest.raises(SpecError, match=told):
        loader.document("boats")


def test_what_is_wrong_within_a_part_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parted(tmp_path, one="operations:\n  sail:\n    titel: 开船\n")
    monkeypatch.setattr(loader, "_root", lambda: tmp_path)
    text = loader.document("boats")
    with pytest.raises(SpecError, match=r"^boats/parts/one\.yaml:3: operations\.sail\.titel: unknown key"):
        text.section("operations").section("sail").only("title")


def test_parts_stand_in_the_order_in_which_they_are_named() -> None:
    names = list(load("convenience").operations)
    assert names.index("NetTest") < names.index("CreatePat") < names.index("LockReg") < names.index("funmain")
