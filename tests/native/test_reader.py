"""A scanner as a plug-in: what it reads travels with the request, and what it cannot read is told by its code."""

import shutil
from pathlib import Path

import pytest

from native.build import NATIVE
from tests.dialects.onetrans.platform import Said, standing
from tests.native.conftest import asking, at
from tests.native.libraries import OneTrans, compiled

READ = {"mdtrt_cert_type": "01", "business_type": "01101"}


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = str(NATIVE / "readers" / "reader_file.c")
    return compiled(tmp_path_factory.mktemp("reader") / "reader_file.so", [source], "-fPIC", "-shared")


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    return tmp_path / "scanned.txt"


@pytest.mark.parametrize(("trans_type", "data"), [("hos.user.get", READ), ("hos.user.third.get", {})])
def test_what_was_scanned_travels_with_the_request(
    his: OneTrans, plugin: Path, scanned: Path, trans_type: str, data: dict[str, object]
) -> None:
    scanned.write_text("中文:1:::00000009801\nrest\n", "utf-8")
    with standing(Said(values={})) as platform:
        at(his, platform, reader={"plugin": plugin, "options": scanned})
        assert asking(his, trans_type, data).code == "000000"
    assert platform.asked[0].values == {**data, "code_text": "中文:1:::00000009801"}


def test_a_plugin_by_its_mere_name_lies_beside_the_library_and_nowhere_else(
    his: OneTrans, plugin: Path, scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(plugin, elsewhere)
    monkeypatch.chdir(elsewhere)
    scanned.write_text("scanned\n")
    with standing(Said(values={})) as platform:
        for name in (plugin.name, f"./{plugin.name}"):
            at(his, platform, reader={"plugin": name, "options": scanned})
            assert asking(his, "hos.user.get", READ).code == "690006"
        shutil.copy(plugin, his.folder)
        at(his, platform, reader={"plugin": plugin.name, "options": scanned})
        assert asking(his, "hos.user.get", READ).code == "000000"
    assert platform.asked[0].values["code_text"] == "scanned"


@pytest.mark.parametrize(
    ("trans_type", "data"),
    [
        ("hos.user.get", {**READ, "code_text": "own"}),
        ("hos.user.get", {**READ, "mdtrt_cert_type": "02"}),
        ("hop.trade.query", {}),
    ],
)
def test_what_brings_its_code_or_wants_none_is_not_read(
    his: OneTrans, plugin: Path, scanned: Path, trans_type: str, data: dict[str, object]
) -> None:
    scanned.write_text("scanned\n")
    with standing(Said(values={})) as platform:
        at(his, platform, reader={"plugin": plugin, "options": scanned})
        assert asking(his, trans_type, data).code == "000000"
    assert platform.asked[0].values == data


@pytest.mark.parametrize(
    ("line", "code"),
    [("", "800102"), ("!absent", "800101"), ("!unreadable", "800103"), ("x" * 600, "800103"), ("\udcff", "800103")],
)
def test_what_cannot_be_read_has_the_platforms_code(
    his: OneTrans, plugin: Path, scanned: Path, line: str, code: str
) -> None:
    scanned.write_bytes(line.encode("utf-8", "surrogateescape"))
    with standing(Said(values={})) as platform:
        at(his, platform, reader={"plugin": plugin, "options": scanned})
        answer = asking(his, "hos.user.get", READ)
    assert (answer.value, answer.code, platform.asked) == (int(code), code, [])


@pytest.mark.parametrize("shift", range(3))
def test_a_name_that_is_cut_leaves_the_rest_of_the_sentence(his: OneTrans, shift: int) -> None:
    plugin = "/" + "x" * shift + "医" * 100
    his.configure({"gateway": {"url": "http://127.0.0.1:9"}, "reader": {"plugin": plugin}})
    said = asking(his, "hos.user.get", READ).said
    assert said.startswith(f"读卡插件 {plugin[:60]}")
    assert "无法加载" in said


def test_a_plugin_that_is_none_is_named(his: OneTrans, onetrans_library: Path, tmp_path: Path) -> None:
    for plugin in (tmp_path / "missing.so", onetrans_library):
        his.configure({"gateway": {"url": "http://127.0.0.1:9"}, "reader": {"plugin": plugin}})
        answer = asking(his, "hos.user.get", READ)
        assert (answer.code, str(plugin)[:40] in answer.said) == ("690006", True)
