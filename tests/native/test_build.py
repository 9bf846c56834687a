"""What `./dev native` builds, and what it says where it cannot."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from native.build import ENTRIES, LINUX, SOURCES, SYSTEMS, CannotBuild, build, main
from tests.support.needs import need


def test_every_source_is_built_somewhere() -> None:
    built = {source for system in SYSTEMS["all"] for source in system.sources()}
    entries = {SOURCES / name for name in ENTRIES.values()}
    assert built | entries == {*SOURCES.glob("*.c"), *(SOURCES / "crypto").glob("*.c")}
    assert not built & entries


def test_no_source_is_built_for_both_that_is_one_systems_alone() -> None:
    both = {source.name for source in LINUX.sources()} & {one.name for one in SYSTEMS["windows"][0].sources()}
    assert both
    assert not [name for name in both if name.rpartition("_")[2] in {"win.c", "posix.c", "curl.c", "iconv.c"}]


def test_a_compiler_that_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    absent = replace(LINUX, compiler="no-such-compiler", package="no-such-package")
    with pytest.raises(CannotBuild, match=r"no-such-compiler is not installed .*no-such-package"):
        build(absent, tmp_path)


def test_what_the_compiler_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    need(shutil.which(LINUX.compiler), f"{LINUX.compiler} is not installed")
    (tmp_path / "wrong.c").write_text("int main(void) { return nothing; }\n")
    with pytest.raises(CannotBuild, match="nothing"):
        LINUX.compile(["-c", str(tmp_path / "wrong.c"), "-o", str(tmp_path / "wrong.o")])


def test_an_unknown_system_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["amiga"])
    assert "amiga" in capsys.readouterr().err
