"""Files of a watched folder: which are ours, and when they are whole."""

from pathlib import Path

import pytest

from tests.hospital.supervision.reporting import SPEC
from yiqiao.app.uploads import ripe


@pytest.mark.parametrize(("service", "taken"), [(None, ["a1001-1.csv"]), ("A1001", ["a1001-1.csv", "departments.csv"])])
def test_a_file_is_known_by_its_name_or_by_the_operation_that_is_given(
    tmp_path: Path, service: str | None, taken: list[str]
) -> None:
    for name in ("a1001-1.csv", "departments.csv", "readme.txt"):
        (tmp_path / name).write_text("deptCode", encoding="utf-8")
    files, looks = ripe(tmp_path, {}, SPEC, service)
    assert files == []
    assert [path.name for path in ripe(tmp_path, looks, SPEC, service)[0]] == taken


def test_a_file_that_still_grows_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "A1001.csv"
    path.write_text("deptCode", encoding="utf-8")
    _, looks = ripe(tmp_path, {}, SPEC, None)
    path.write_text("deptCode,deptName", encoding="utf-8")
    files, looks = ripe(tmp_path, looks, SPEC, None)
    assert files == []
    assert ripe(tmp_path, looks, SPEC, None)[0] == [path]
