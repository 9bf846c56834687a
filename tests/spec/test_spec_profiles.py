"""Profiles: what a partner does otherwise, laid over the standard."""

import pytest

from tests.spec.ferry import GOOD, ferry
from yiqiao.spec import Field, Invalid, Spec, SpecError, check


def field(spec: Spec, name: str, parent: str = "") -> Field:
    return next(f for f in spec.operations["board"].request if (f.name, f.parent) == (name, parent))


def test_a_renamed_field_is_read_by_both_names_and_sent_by_the_profiles() -> None:
    spec = ferry("""
everywhere:
  request: {ticket_no: {rename: TICKET}, goods/label: {rename: TAG}}
operations:
  board:
    response: {seat: {rename: SEAT}, goods/kind: {rename: KIND}}
""")
    board, look = spec.operations["board"], spec.operations["look"]
    wire = {"TICKET": "T1", "passenger": "云舟", "deck": "1", "goods": [{"kind": "a", "TAG": "x"}]}
    inside = {**GOOD, "goods": [{"kind": "a", "label": "x"}]}
    assert board.validate(wire) == board.validate(inside) == inside
    assert board.asks.to_wire(inside) == wire
    assert board.asks.from_wire(wire) == inside
    assert board.unknown(wire) == ()
    assert board.shape({"seat": "A1", "goods": [{"kind": "a"}]}) == {"SEAT": "A1", "goods": [{"KIND": "a"}]}
    assert look.validate({"TICKET": "T1"}) == {"ticket_no": "T1"}
    assert set(look.sample()) == {"TICKET"}


def test_faults_name_the_field_as_the_partner_spells_it() -> None:
    spec = ferry("everywhere: {request: {ticket_no: {rename: TICKET}}}")
    with pytest.raises(Invalid) as refused:
        spec.operations["look"].validate({})
    assert [fault.path for fault in refused.value.faults] == ["TICKET"]


def test_a_field_may_be_added_dropped_and_changed() -> None:
    spec = ferry("""
operations:
  board:
    request:
      lamp: {add: {type: String, length: 3, required: true, title: 灯}}
      goods/mark: {add: {type: String, length: 3, required: true, title: 记号}}
      goods/origin: drop
      passenger: {required: false, length: 40}
""")
    assert field(spec, "lamp").required is True
    assert field(spec, "mark", "goods").length == 3
    assert field(spec, "passenger").length == 40
    assert not any(f.name in ("origin", "town") for f in spec.operations["board"].request)
    assert spec.operations["board"].validate({"ticket_no": "T1", "deck": "1", "lamp": "x"})
    assert check(spec) == []


def test_both_rows_of_a_field_printed_twice_are_changed() -> None:
    spec = ferry("operations: {board: {request: {pier: {required: true}}}}")
    assert field(spec, "pier").required is True


def test_code_rows_may_be_added() -> None:
    spec = ferry('codes: {deck: {"3": 三等}}')
    assert spec.operations["board"].validate({**GOOD, "deck": "3"})
    assert list(spec.codes["deck"].rows) == ["1", "2", "3"]


def test_return_codes_may_be_mapped_otherwise_for_all_or_for_one_operation() -> None:
    spec = ferry("""
return_codes: {"13": {title: 谢绝, cause: 医院谢绝, remedy: 见说明}}
errors: {DuplicateTicket: "9"}
operations: {board: {errors: {BoatFull: "13"}, excused: {"31": 并入 13}}}
""")
    assert spec.code_for("DuplicateTicket").code == "9"
    assert spec.code_for("BoatFull", "board").code == "13"
    assert check(spec) == []


def test_security_and_settings_are_the_profiles_own() -> None:
    spec = ferry("security: {tail: x}\nsettings: {grace: 30}")
    assert dict(spec.security) == {"tail": "x"}
    assert dict(spec.settings) == {"grace": 30}


def test_a_repeat_may_be_answered_as_the_first_time() -> None:
    spec = ferry("operations: {board: {repeat: {serial: [ticket_no], replay: true}}}")
    repeat = spec.operations["board"].repeat
    assert repeat is not None
    assert (repeat.policy, repeat.code) == ("replay", None)


def test_an_operation_may_be_added_or_dropped() -> None:
    spec = ferry("""
operations:
  look: drop
  leave:
    add: {title: 下船, caller: pier, callee: boat, path: /leave, effect: read, request: [], response: []}
""")
    assert list(spec.operations) == ["board", "leave"]
    assert check(spec) == []


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ("operations: {sail: {path: /x}}", "operations.sail: no such operation"),
        ("operations: {sail: drop}", "operations.sail: no such operation"),
        ("operations: {board: {request: {oar: {required: true}}}}", "request.oar: no such field"),
        ("operations: {board: {request: {oar: drop}}}", "request.oar: no such field"),
        ("operations: {board: {request: {label: {required: true}}}}", "request.label: no such field"),
        ("operations: {board: {request: {deck: {add: {type: String}}}}}", "there is such a field already"),
        ("operations: {board: {colour: red}}", "operations.board.colour: unknown key"),
        ("everywhere: {request: {oar: {rename: OAR}}}", "everywhere.request.oar: no operation has such a field"),
        ("codes: {oar: {a: b}}", "codes.oar: no such code table"),
        ("envelope: {request: {oar: {length: 3}}}", "envelope.request.oar: no such field"),
        ("sercurity: {}", "sercurity: unknown key"),
    ],
)
def test_a_change_of_what_is_not_there_is_refused(profile: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        ferry(profile)
    assert str(refused.value).startswith("ferry/profiles/test.yaml:1: ")
    assert told in str(refused.value)
