"""Files of records, in the three forms, with the types that sheets make of values."""

import datetime as dt
import io
import json
import random
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hospital.supervision.reporting import SPEC, department, table
from yiqiao.hospital.supervision.cells import columns, value_of
from yiqiao.hospital.supervision.checking import Ready, Wrong, checked
from yiqiao.hospital.supervision.files import FileUnfit, Line, read

DEPARTMENTS, VISITS = table("A1001"), table("A2001")
RECORD_ID = next(field for field in VISITS.fields if field.name == "recordId")
HEADING = "deptCode,deptName,parentId,hasChild,status\n"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(folder: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row, 1):
            sheet.cell(number, place).value = cell  # type: ignore[assignment]
    book.save(folder / "A1001.xlsx")
    return folder / "A1001.xlsx"


def values(path: Path) -> list[dict[str, object]]:
    return [dict(line.values) for line in read(path, DEPARTMENTS)]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_may_be_of_either_charset(tmp_path: Path, charset: str) -> None:
    path = written(tmp_path, "A1001.csv", (HEADING + "0101,心血管内科,-1,0,0\n\n0102,内科,-1,0,0\n").encode(charset))
    lines = list(read(path, DEPARTMENTS))
    assert [line.source for line in lines] == ["A1001.csv:2", "A1001.csv:4"]
    assert lines[0].values == {
        "deptCode": "0101", "deptName": "心血管内科", "parentId": "-1", "hasChild": "0", "status": "0"
    }  # fmt: skip


def test_columns_may_bear_their_titles(tmp_path: Path) -> None:
    path = written(tmp_path, "A1001.csv", "科室编码,科室名称,父科室编码,是否有子科室,status\n0101,内科,-1,0,0\n")
    assert values(path)[0]["deptName"] == "内科"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("deptCode,deptName,parentId,hasChild\n", "缺少的列 status"),
        (HEADING.strip() + ",colour\n", "不认识的列 colour"),
        (HEADING.strip() + ",status\n", "重复的列 status"),
        ("", "缺少的列"),
        (HEADING + '0101,"内科,-1,0,0\n', "引号"),
        (b"\xff\xfe\xff\xff", "编码"),
    ],
)
def test_a_csv_file_that_cannot_be_read_says_why(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(FileUnfit, match=told):
        list(read(written(tmp_path, "A1001.csv", content), DEPARTMENTS))


def test_a_row_with_too_many_cells_is_a_fault_of_that_row(tmp_path: Path) -> None:
    lines = list(read(written(tmp_path, "A1001.csv", HEADING + "1,内科,-1,0,0,9\n2,外科,-1,0,0\n"), DEPARTMENTS))
    assert [bool(line.fault) for line in lines] == [True, False]


def test_a_workbook_gives_text_where_text_is_due(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [HEADING.strip().split(","), [101, "内科", -1, 0, 0.0], [None] * 5, ["0102", " 外科 ", "-1", 1, 0]]
    )
    assert values(path) == [
        {"deptCode": "101", "deptName": "内科", "parentId": "-1", "hasChild": 0, "status": 0},
        {"deptCode": "0102", "deptName": "外科", "parentId": "-1", "hasChild": 1, "status": 0},
    ]


def test_cells_beyond_the_heading_are_a_fault_of_their_row(tmp_path: Path) -> None:
    path = workbook(tmp_path, [HEADING.strip().split(","), ["1", "内科", "-1", 0, 0, "x"]])
    assert "表头" in next(iter(read(path, DEPARTMENTS))).fault


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04 broken", b""])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnfit, match="工作簿"):
        list(read(written(tmp_path, "A1001.xlsx", content), DEPARTMENTS))


def test_a_zip_that_holds_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "A1001.xlsx", "w") as parts:
        parts.writestr("readme.txt", "hello")
    with pytest.raises(FileUnfit, match="工作簿"):
        list(read(tmp_path / "A1001.xlsx", DEPARTMENTS))


def damaged(good: bytes, chance: random.Random) -> bytes:
    """The file with bits flipped or cut off, or with one of its parts so and packed anew with the right sums."""
    if chance.random() < 0.5:
        return flipped(good, chance)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as parts, zipfile.ZipFile(packed, "w") as out:
        hit = chance.choice(parts.namelist())
        for name in parts.namelist():
            out.writestr(name, flipped(parts.read(name), chance) if name == hit else parts.read(name))
    return packed.getvalue()


def flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed[: chance.randrange(len(changed))] if chance.random() < 0.3 else changed)


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_workbook_gives_rows_or_is_refused_and_nothing_else(tmp_path: Path) -> None:
    day = dt.datetime.fromisoformat("2026-11-21 09:30:00")
    heading: list[object] = [*HEADING.strip().split(",")]
    rows = [heading, *([f"{number:04}", "内科", -1, 0, day] for number in range(20))]
    good, chance = workbook(tmp_path, rows).read_bytes(), random.Random(9851)
    ends = set()
    for _ in range(400):
        path = written(tmp_path, "A1001.xlsx", damaged(good, chance))
        try:
            ends.add(bool(list(read(path, DEPARTMENTS))))
        except FileUnfit:
            ends.add(False)
    assert ends == {True, False}


def test_a_long_cell_is_read_whole(tmp_path: Path) -> None:
    content = f'{HEADING}1,"{"内" * 200_000}",-1,0,0\n'
    assert values(written(tmp_path, "A1001.csv", content))[0]["deptName"] == "内" * 200_000


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "A1001.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (20 << 20))
    with pytest.raises(FileUnfit, match="过大"):
        list(read(tmp_path / "A1001.xlsx", DEPARTMENTS))


def test_a_json_line_is_a_record_and_a_bad_one_harms_no_other(tmp_path: Path) -> None:
    lines = [json.dumps(department(1)), "{", "[1]", '{"deptCode": "1", "deptCode": "2"}', "", json.dumps(department(2))]
    read_lines = list(read(written(tmp_path, "A1001.ndjson", "\n".join(lines)), DEPARTMENTS))
    assert [line.source for line in read_lines if not line.fault] == ["A1001.ndjson:1", "A1001.ndjson:6"]
    assert [line.source for line in read_lines if line.fault] == ["A1001.ndjson:2", "A1001.ndjson:3", "A1001.ndjson:4"]


def test_another_ending_is_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FileUnfit, match="csv"):
        read(written(tmp_path, "A1001.doc", ""), DEPARTMENTS)


def test_dates_and_several_rows_in_one_cell() -> None:
    fields = {field.name: field for field in VISITS.fields if not field.parent}
    moment = dt.datetime.fromisoformat("2026-11-21 09:30:00")
    assert value_of(fields["startTime"], moment) == "2026-11-21 09:30:00"
    assert value_of(fields["lastVisitDate"], moment) == "2026-11-21"
    assert value_of(fields["lastVisitDate"], dt.date(2026, 11, 21)) == "2026-11-21"
    assert value_of(fields["startTime"], moment.replace(tzinfo=dt.UTC)) == "2026-11-21 17:30:00"
    assert value_of(fields["process"], '[{"role": 1}]') == [{"role": 1}]
    assert value_of(fields["process"], "x") == "x"
    assert value_of(fields["recordId"], 12.0) == "12"
    assert value_of(fields["recordId"], 1.5) == "1.5"
    assert value_of(fields["recordId"], "  ") is None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_where_text_is_due_keeps_every_digit(number: float | Decimal) -> None:
    text = value_of(RECORD_ID, number)
    assert isinstance(text, str)
    assert type(number)(text) == number
    assert "E" not in text.upper()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Decimal("110101199003070000"), "110101199003070000"),
        (Decimal("1E+16"), "10000000000000000"),
        (Decimal("12.50"), "12.5"),
        (1.23456789, "1.23456789"),
        (1e-7, "0.0000001"),
        (1e16, "10000000000000000"),
        (-0.0, "0"),
    ],
)
def test_a_number_where_text_is_due_is_written_as_people_write_it(cell: float | Decimal, text: str) -> None:
    assert value_of(RECORD_ID, cell) == text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
@pytest.mark.parametrize("name", ["deptCode", "hasChild"])
def test_a_number_that_is_none_is_a_fault_of_its_row(tmp_path: Path, number: str, name: str) -> None:
    row = json.dumps(department(1, **{name: "?"})).replace('"?"', number)
    path = written(tmp_path, "A1001.ndjson", f"{row}\n{json.dumps(department(2))}\n")
    wrong, good = checked(read(path, DEPARTMENTS), SPEC.operations["A1001"])
    assert isinstance(wrong, Wrong)
    assert [fault.path for fault in wrong.faults] == [name]
    assert isinstance(good, Ready)


def test_a_column_without_a_heading_is_passed_over() -> None:
    assert columns(DEPARTMENTS, ["deptCode", "", "deptName", "parentId", "hasChild", "status"])[1] is None


def test_rows_are_held_to_the_standard_before_they_are_sent() -> None:
    lines = [Line("a:2", department(1)), Line("a:3", department(2, hasChild=7, colour="x")), Line("a:4", {}, "坏行")]
    good, wrong, broken = checked(lines, SPEC.operations["A1001"])
    assert isinstance(good, Ready)
    assert (good.record_key, json.loads(good.text)) == ("0001", department(1))
    assert isinstance(wrong, Wrong)
    assert {(fault.path, fault.rule) for fault in wrong.faults} == {("colour", "unknown"), ("hasChild", "code")}
    assert isinstance(broken, Wrong)
    assert broken.faults[0].message == "坏行"
