"""The quick way of validation says of every row what the long way says, or nothing."""

import json
import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.exchange.strict_json import UnreadableMessage, loads
from yiqiao.spec import Invalid, Table, load
from yiqiao.spec.formats import FORMATS
from yiqiao.spec.quick import QUICK_FORMATS

SPEC = load("supervision", "reconstructed")
TABLES = {name: one.asks for name, one in SPEC.operations.items()}
ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        *("", " ", "　", "\u00a0x", "x\ty", "\x7f", "\u2028", 'q":uote', "a\\n", "99", "1.50", "0", "-1", "1"),
        *(1, 0, -0.0, 1.5, 12.345, 10**20, True, None, [], {}),
        *("2026-02-29", "2024-02-29", "2026-01-01 24:00:00", "2026-01-01 00:00:60", "２０26-01-01"),
    ]
)


def long_way(raw: bytes, table: Table) -> dict[str, object] | None:
    try:
        value = loads(raw)
        assert isinstance(value, dict)
        return table.validate(value)
    except (UnreadableMessage, Invalid):
        return None


def bare(table: Table, seed: int) -> dict[str, Any]:
    """A sample with its numbers bare."""
    kinds = {(field.parent, field.name): field.kind for field in table.fields}

    def sent(name: str, value: object, parent: str = "") -> object:
        if isinstance(value, list):
            return [{key: sent(key, one, name) for key, one in row.items()} for row in value]
        kind = kinds[parent, name]
        return int(str(value)) if kind == "int" else float(str(value)) if kind == "decimal" else value

    return {name: sent(name, value) for name, value in table.sample(seed).items()}


@pytest.mark.parametrize("name", TABLES)
def test_a_good_row_of_every_table_is_read_quickly_and_alike(name: str) -> None:
    table = TABLES[name]
    for seed in range(4):
        raw = orjson.dumps(bare(table, seed))
        quick = table.read(raw)
        assert quick is not None
        assert quick == long_way(raw, table)
        assert {key: type(value) for key, value in quick.items()} == {
            key: type(value) for key, value in table.validate(orjson.loads(raw)).items()
        }


@given(st.data())
def test_whatever_is_changed_in_a_row_both_ways_agree(data: st.DataObject) -> None:
    table = TABLES[data.draw(st.sampled_from(sorted(TABLES)))]
    row = bare(table, data.draw(st.integers(0, 3)))
    yes = st.booleans()
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = row
        nodes = [
            name for name, value in row.items() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        inside: bool = data.draw(yes)
        if nodes and inside:
            place = row[data.draw(st.sampled_from(nodes))][0]
        name = data.draw(st.sampled_from([*sorted(place), "unknown"]))
        if data.draw(yes):
            place[name] = data.draw(ODD | st.text(st.characters(exclude_categories=["Cs"]), max_size=70))
        else:
            place.pop(name, None)
    raw = json.dumps(row, ensure_ascii=data.draw(yes)).encode()
    quick = table.read(raw)
    assert quick is None or quick == long_way(raw, table)


def test_a_name_that_stands_twice_is_left_to_the_long_way() -> None:
    raw = b'{"deptCode":"1","deptCode":"2","deptName":"x","parentId":"-1","hasChild":0,"status":0}'
    assert TABLES["A1001"].read(raw) is None
    assert long_way(raw, TABLES["A1001"]) is None


def test_a_table_with_other_spellings_has_no_quick_way() -> None:
    verify = load("convenience", "jkt").operations["LockReg"].asks
    assert verify.read(b"{}") is None


@given(
    st.sampled_from(sorted(QUICK_FORMATS)), st.text(alphabet="0123456789-: T/W２", max_size=20) | st.dates().map(str)
)
def test_quick_formats_know_the_same_dates_as_their_patterns(name: str, text: str) -> None:
    pattern = re.compile(FORMATS[name].pattern)
    for one in (text, f"{text} 00:00:00", f"{text} 23:59:59"):
        assert QUICK_FORMATS[name](one) is (pattern.fullmatch(one) is not None)
