"""An inconsistent specification is found out: one test a kind of inconsistency."""

import pytest

from tests.spec.ferry import ferry
from yiqiao.spec import check

BOAT = "{name: seat, type: String, length: 4, required: true, title: 座位}"


def test_the_small_standard_agrees_with_itself() -> None:
    assert check(ferry()) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (BOAT, "{name: seat, required: true, title: 座位}", "board.response./seat: has no type"),
        (BOAT, "{name: seat, type: Text, required: true, title: 座位}", "type 'Text' is unknown"),
        (BOAT, "{name: seat, type: String, required: true}", "board.response./seat: has no title"),
        ("format: yyyyMMdd}", "format: yyyymmdd}", "format 'yyyymmdd' is unknown"),
        ("length: 14", "length: 12", "board.request./sailing: format 'yyyyMMddHHmmss' does not fit into its length 12"),
        ("codes: kind}", "codes: sort}", "there is no code table 'sort'"),
        ("parent: origin", "parent: orgin", "board.request.orgin/town: its parent 'orgin' is no node"),
        ("parent: origin", "parent: ticket_no", "its parent 'ticket_no' is no node"),
        ("        when: 舱位为 2 时\n", "", "board.request./dog: is conditional and does not say when"),
        ("required: conditional\n", "required: false\n", "has a condition (when_equals, when_given, unless)"),
        ('when_equals: {deck: "2"}\n', 'when_equals: {dock: "2"}\n', "its condition names 'dock'"),
        ("passenger: name", "passenger: nickname", "personal kind 'nickname' is unknown"),
        ("title: 件数, least: 0", "title: 件数, least: 9, most: 1", "board.request./bags: its range is empty"),
        ("title: 票号}", "title: 票号, most: 9}", "board.request./ticket_no: has a range and is no number"),
        ("type: 数值型", "type: Int", "board.request./weight: has digits behind the point and is no decimal"),
        (", note: 印了两行", "", "board.request./pier: stands 2 times and no note says how it is read"),
        ("title: 备注}", "title: 备注, wire: deck}", "remark is spelled 'deck', which is another field's name"),
        ('rows: {"1": 一等, "2": 二等}', "rows: {}", "code table deck: has no rows"),
        ("\ncodes:\n", "\ncodes:\n  sea: {title: 海, rows: {a: b}}\n", "code table sea: no field refers to it"),
        ('success: "0"', 'success: "00"', "success: there is no return code 00"),
        ('fallback: "99"', 'fallback: "98"', "fallback: there is no return code 98"),
        ('DuplicateTicket: "3"', 'DuplicateTicket: "33"', "errors.DuplicateTicket: there is no return code 33"),
        ('excused: {"50": 由码头自行广播}', "", "return_codes.50: no error is mapped to it, and nothing excuses that"),
        ('excused: {"50": 由码头自行广播}', 'excused: {"50": ""}', "return_codes.50: no error is mapped to it"),
        ('"50": 由码头自行广播', '"50": 广播, "3": 也', "return_codes.3: is excused although an error is mapped to it"),
        ('"50": 由码头自行广播', '"50": 广播, "77": 也', "excused.77: there is no such return code"),
        ("cause: 大风, remedy: 等待", "cause: 大风", "return_codes.50: has no cause or no remedy"),
        ('    errors: {BoatFull: "31"}\n', "", "board.returns.31: no error is mapped to it"),
        ('errors: {BoatFull: "31"}', 'errors: {BoatFull: "32"}', "board.errors.BoatFull: there is no return code 32"),
        ("title: 登船", "title: ''", "board: has no title"),
        ("    path: /board\n", "", "board: has no path"),
        ('    repeat: {serial: [ticket_no], refuse: "3"}\n', "", "board: writes, and does not say what a repeat gets"),
        ("serial: [ticket_no]", "serial: [ticket]", "board.repeat: no request field 'ticket'"),
        ("serial: [ticket_no]", "serial: []", "board.repeat: names no serial"),
        ("    path: /board\n", "    path: /b\n    either: [[phone, fax]]\n", "board.either: no request field 'fax'"),
        ('refuse: "3"', 'refuse: "4"', "board.repeat: there is no return code 4"),
        ("text: 一票一人}", "text: 甲}\n  - {id: ticket, text: 乙}", "rules.ticket: stands 2 times"),
        ("- {where: look, why: 试验}", "- {where: look}", "deviations.look: does not say why"),
        ("\nexcused:", "\ntolerate: [everything]\nexcused:", "tolerate: 'everything' is unknown"),
        ("parent: goods, type: Node", "parent: origin, type: Node", "board.request.origin/town: cannot be reached"),
        ("{name: town, parent: origin, type: String", "{name: goods, parent: origin, type: Node", "holds itself"),
    ],
)  # fmt: skip
def test_an_inconsistency_is_told_with_its_place(old: str, new: str, told: str) -> None:
    faults = check(ferry("", (old, new)))
    assert any(told in fault for fault in faults), faults
