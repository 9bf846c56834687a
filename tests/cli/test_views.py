"""`yiqiao hospital views check`."""

from pathlib import Path

from sqlalchemy import create_engine, text
from typer.testing import CliRunner, Result

from yiqiao.cli.hospital import app

MAPPING = """
database: file:url
views:
  photo:
    view: ystp
    columns: {doctor_id: ysdm, jpeg: COLUMN}
"""


def check(folder: Path, column: str, url: str = "") -> Result:
    his = folder / "his.db"
    if not his.exists():
        engine = create_engine(f"sqlite:///{his}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE ystp (ysdm text, tp blob, bz text)"))
            connection.execute(text("INSERT INTO ystp VALUES ('YS1', x'ffd8', 'x')"))
        engine.dispose()
    (folder / "url").write_text(url or f"sqlite:///{his}", encoding="utf-8")
    path = folder / "views.yaml"
    path.write_text(MAPPING.replace("COLUMN", column), encoding="utf-8")
    return CliRunner().invoke(app, ["views", "check", str(path)])


def test_views_that_fit_are_said_to_fit(tmp_path: Path) -> None:
    result = check(tmp_path, "TP")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "the views are as mapped\n")


def test_a_missing_column_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    result = check(tmp_path, "zp")
    assert (result.exit_code, result.stderr) == (1, "1 fault(s)\n")
    assert "views.photo.columns.jpeg: the view has no column zp; it has ysdm, tp, bz" in result.stdout


def test_a_value_that_is_not_what_the_mapping_says_is_found(tmp_path: Path) -> None:
    result = check(tmp_path, "bz")
    assert (result.exit_code, "ystp.bz (jpeg): not bytes" in result.stdout) == (1, True)


def test_a_file_that_is_wrong_in_itself_ends_with_2(tmp_path: Path) -> None:
    result = check(tmp_path, "{column: tp, constant: 1}")
    assert (result.exit_code, "views.photo.columns.jpeg" in result.stderr) == (2, True)


def test_a_database_that_cannot_be_asked_ends_with_3(tmp_path: Path) -> None:
    result = check(tmp_path, "tp", "postgresql://nobody@127.0.0.1:9/none")
    assert (result.exit_code, "cannot be asked" in result.stderr) == (3, True)


def test_an_engine_that_nobody_knows_ends_with_2(tmp_path: Path) -> None:
    assert check(tmp_path, "tp", "nosuch://engine/none").exit_code == 2
