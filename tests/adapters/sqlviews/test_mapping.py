"""The mapping file: every fault is told at once, with its key; and values come out as the port has them."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from yiqiao.adapters.lines import MissingSecret, secret
from yiqiao.adapters.sqlviews.mapping import MappingError, load
from yiqiao.adapters.sqlviews.rows import ROWS, Field, Kind
from yiqiao.adapters.sqlviews.values import Form, Unfit
from yiqiao.clock import BEIJING
from yiqiao.ports.hospital.values import Session, Sex

DEPARTMENT = {"dept_id": "KSDM", "name": "KSMC", "kind": {"constant": 1}}


def faults(folder: Path, content: object) -> list[str]:
    path = folder / "views.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load(path)
    return caught.value.faults


def of(folder: Path, **columns: object) -> str:
    """The one fault of a department's view with these columns."""
    view = {"view": "v", "columns": {**DEPARTMENT, **columns}}
    (fault,) = faults(folder, {"database": "env:HIS", "views": {"department": view}})
    return fault


def test_all_faults_are_told_at_once_each_with_its_key(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        {
            "databse": "x",
            "timeout_seconds": 0,
            "views": {
                "doctr": {},
                "department": {"view": "v", "columns": {"dept_id": "A", "nam": "B"}, "schema": "his"},
            },
        },
    )
    assert [fault.split(":")[0] for fault in told] == [
        "databse",
        "database",
        "timeout_seconds",
        "views.doctr",
        "views.department.schema",
        "views.department.columns.nam",
        "views.department.columns.name",
        "views.department.columns.kind",
    ]


@pytest.mark.parametrize("content", ["[]", "a: [", "", "views: {}", "views: 1", "\x00"])
def test_what_is_no_mapping_is_refused(content: str, tmp_path: Path) -> None:
    assert faults(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="No such file"):
        load(tmp_path / "none.yaml")


def test_a_column_says_what_is_expected_of_it(tmp_path: Path) -> None:
    assert "either column or constant" in of(tmp_path, sex=3)
    assert "either column or constant" in of(tmp_path, sex={"column": "a", "constant": 1})
    assert "unknown: colour" in of(tmp_path, sex={"column": "a", "colour": 1})
    assert "nothing beside" in of(tmp_path, sex={"constant": 1, "codes": {}})
    assert "1 (male)" in of(tmp_path, sex={"constant": "man"})
    assert "1 (male)" in of(tmp_path, sex={"column": "a", "codes": {"男": "man"}})
    assert "cannot do without" in of(tmp_path, name={"constant": None})
    assert "only days" in of(tmp_path, name={"column": "a", "format": "%Y"})
    assert "of money only" in of(tmp_path, name={"column": "a", "unit": "yuan"})
    assert "a mapping" in of(tmp_path, sex={"column": "a", "codes": [1]})
    assert "a name is expected" in of(tmp_path, sex={"column": 1})


def test_dates_that_cannot_be_compared_as_text_are_refused(tmp_path: Path) -> None:
    columns = dict.fromkeys(("schedule_id", "dept_id", "doctor_id", "doctor_name", "session"), "x")
    view = {"view": "v", "columns": {**columns, "day": {"column": "rq", "format": "%d.%m.%Y"}}}
    (fault,) = faults(tmp_path, {"database": "env:HIS", "views": {"stop": view}})
    assert "in this order" in fault


def read(kind: Kind, raw: object, **form: object) -> object:
    return Form(Field(kind), **form).read(raw)  # type: ignore[arg-type]


def test_values_come_out_as_the_port_has_them() -> None:
    assert read(Kind.TEXT, " 内科  ") == "内科"
    assert read(Kind.TEXT, "   ") is None
    assert read(Kind.NUMBER, Decimal("3.00")) == 3
    assert read(Kind.MONEY, Decimal("27.50"), unit="yuan") == 2750
    assert read(Kind.MONEY, "0.29", unit="yuan") == 29
    assert read(Kind.MONEY, 2750) == 2750
    assert read(Kind.PRICE, "13.9960") == Decimal("13.9960")
    assert read(Kind.DAY, "20261130", pattern="%Y%m%d") == "2026-11-30"
    assert read(Kind.DAY, date(2026, 11, 30)) == read(Kind.DAY, datetime(2026, 11, 30, 8, tzinfo=BEIJING))
    assert read(Kind.TIME, "0830") == read(Kind.TIME, time(8, 30)) == read(Kind.TIME, "08:30:00") == "08:30"
    assert read(Kind.MOMENT, datetime(2026, 11, 30, 8)) == read(Kind.MOMENT, "2026-11-30 08:00:00")  # noqa: DTZ001
    assert (read(Kind.YES, "Y"), read(Kind.YES, 0), read(Kind.YES, True), read(Kind.YES, "否")) == (1, 0, 1, 0)
    assert read(Kind.BYTES, memoryview(b"jpeg")) == b"jpeg"


def test_codes_are_looked_up_whether_a_number_or_a_text_stands_in_the_column() -> None:
    session = Form(Field(Kind.CODE, codes=Session), codes={1: "morning", "2": 2})
    assert [session.read(raw) for raw in (1, "1", Decimal(2), " 2 ")] == [1, 1, 2, 2]
    assert session.raws(Session.MORNING) == ["1"]
    assert Form(Field(Kind.CODE, codes=Sex)).read(2) is Sex.FEMALE


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Kind.NUMBER, "1.5"),
        (Kind.NUMBER, "many"),
        (Kind.NUMBER, "NaN"),
        (Kind.MONEY, "0.5"),
        (Kind.YES, "perhaps"),
        (Kind.DAY, "30.11.2026"),
        (Kind.TIME, "25:00"),
        (Kind.BYTES, "text"),
    ],
)
def test_what_does_not_fit_is_refused_without_showing_it(kind: Kind, raw: str) -> None:
    with pytest.raises(Unfit) as caught:
        read(kind, raw)
    assert raw not in str(caught.value)


def test_a_code_without_a_place_in_the_mapping_is_refused() -> None:
    with pytest.raises(Unfit, match="does not have"):
        Form(Field(Kind.CODE, codes=Sex), codes={"男": "male"}).read("女")


def test_a_code_that_the_standard_does_not_have_is_refused_whoever_tells_it() -> None:
    """One row with such a code would keep the whole list from being answered."""
    level, title = ROWS["schedule"].fields["level"], ROWS["doctor"].fields["job_title"]
    assert (Form(level).read(Decimal(7)), Form(title).read(" 231 ")) == (7, "231")
    assert Form(title, codes={"主任": "231"}).read("主任") == "231"
    for field, raw in ((level, 77), (title, "教授")):
        with pytest.raises(Unfit, match="a code of the standard: "):
            Form(field).read(raw)
    with pytest.raises(Unfit):
        Form(title, codes={"主任": "231"}).read("教授")
    with pytest.raises(Unfit):
        Form(level, codes={"国际": 77})


@pytest.mark.parametrize(
    ("row", "field", "known", "unknown"),
    [
        ("department", "level", 3, 4),
        ("department", "offers", 2, 3),
        ("doctor", "education", "大学本科", "本科"),
        ("record", "channel", 7, 5),
        ("record", "via", "自助机", "柜台"),
        ("record", "pay_channel", 12, 8),
        ("record", "pay_side", 2, 3),
        ("record", "refund_side", 1, 0),
        ("record", "insurance", 8, 2),
        ("patient", "card_state", 0, 3),
        ("stay", "fee_class", 4, 5),
        ("record", "channel", 98, 99),
        ("record", "pay_channel", 22, 23),
        ("record", "id_type", 11, 12),
        ("patient", "id_type", 8, 4),
    ],
)
def test_what_the_standard_or_another_region_can_tell_is_read_and_nothing_else(
    row: str, field: str, known: object, unknown: object
) -> None:
    """A booking that came from another region keeps that region's code in the HIS as well."""
    form = Form(ROWS[row].fields[field])
    assert form.read(known) == form.read(str(known)) == known
    with pytest.raises(Unfit, match="a code of the standard: "):
        form.read(unknown)


def test_secrets_are_named_never_written_down(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n", encoding="utf-8")
    (tmp_path / "empty").write_text("", encoding="utf-8")
    assert secret("file:key", tmp_path) == "s3cret"
    assert secret("env:HIS", tmp_path, {"HIS": "s3cret"}) == "s3cret"
    for wrong in ("s3cret", "env:HIS", "file:none", "file:empty", "pass:s3cret"):
        with pytest.raises(MissingSecret) as caught:
            secret(wrong, tmp_path, {})
        assert "s3cret" not in str(caught.value)
