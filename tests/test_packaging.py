"""What is handed out: the wheel, its licence, and a repository that speaks of itself alone."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.links import broken
from tests.support.needs import need
from tests.support.tree import ROOT, files

SOURCE = ROOT / "src"
LONGEST_FILE = 600
# Written so that this file does not itself hold what it looks for.
HOST = re.compile(r"(?i)\bpypi[.](?:org|python[.]org)\b|\bpythonhosted[.]org\b|\bdevpi[.]|[/]pypi/|[/]simple/")
HOME = re.compile(r"(?<![\w.])(?:/(?:root|home|Users)/[\w.-]|[A-Z]:\\Users\\\w)")
INSTALLED = ("/opt/", "/etc/", "/var/", "/usr/", "/srv/")
HERE = re.compile(r"(?!)" if str(ROOT).startswith(INSTALLED) or ROOT.parent == ROOT else re.escape(f"{ROOT}/"))
TEXTS = {
    ".md",
    ".py",
    ".toml",
    ".yaml",
    ".yml",
    ".txt",
    ".html",
    ".css",
    ".js",
    ".lua",
    ".mako",
    ".ini",
    ".cfg",
    ".sh",
    "",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the tree as it stands."""
    need(importlib.util.find_spec("hatchling"), "hatchling, the build backend, is not installed: ./dev setup")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "--wheel-dir", folder, ROOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("yiqiao-*.whl")
    return zipfile.ZipFile(path)


def test_the_printed_version_is_the_declared_one() -> None:
    done = subprocess.run([sys.executable, "-m", "yiqiao", "--version"], capture_output=True, text=True, check=True)
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared
    assert done.stdout == f"yiqiao {declared[1]}\n"


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    in_tree = {path.relative_to(SOURCE).as_posix() for path in files(SOURCE)}
    in_wheel = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert in_wheel == in_tree
    assert any(name.endswith(".html") for name in in_wheel)
    assert any("/migrations/versions/" in name for name in in_wheel)


def test_the_licence_is_apache_2_and_travels_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    (packed,) = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
    assert wheel.read(packed).decode() == text


def _of_this_machine(line: str) -> re.Match[str] | None:
    return HOST.search(line) or HOME.search(line) or HERE.search(line)


def _text_files() -> list[Path]:
    return [path for path in files() if path.suffix in TEXTS]


def test_no_file_names_a_path_of_some_machine_or_a_package_host() -> None:
    found = []
    for path in _text_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if hit := _of_this_machine(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {hit[0]}")
    assert found == []


@pytest.mark.parametrize("line", ["https://" + "pypi" + ".org/project", "see /" + "home/li/yiqiao"])
def test_the_search_for_paths_and_hosts_finds_them(line: str) -> None:
    assert _of_this_machine(line)


def test_the_locks_pin_every_package_with_hashes_and_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = re.sub(r"\\\n\s*", " ", lock.read_text(encoding="utf-8"))
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert lines
        assert [line for line in lines if not re.match(r"[\w.-]+==[^ ]+ .*--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {"run": project["project"]["dependencies"]}
    asked["dev"] = asked["run"] + project["dependency-groups"]["dev"]
    for lock, requirements in asked.items():
        pins = re.findall(
            r"^([\w.-]+)==([^ ]+)", (ROOT / f"requirements/{lock}.txt").read_text(encoding="utf-8"), re.MULTILINE
        )
        locked = {canonicalize_name(name): version for name, version in pins}
        wanted = [Requirement(text) for text in requirements]
        unmet = [str(each) for each in wanted if locked.get(canonicalize_name(each.name), "0") not in each.specifier]
        assert unmet == [], "the lock is older than pyproject.toml: ./dev lock"


def test_every_module_says_what_it_is_for() -> None:
    modules = [path for path in files() if path.suffix == ".py"]
    silent = [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_no_source_file_holds_more_than_one_subject_could_fill() -> None:
    sources = [path for path in files(SOURCE) if path.suffix == ".py"]
    lengths = {str(path.relative_to(SOURCE)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_link_between_the_documents_leads_somewhere() -> None:
    assert broken() == []
