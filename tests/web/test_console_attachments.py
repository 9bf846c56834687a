"""Attachments in the console: what is missing and what came for all who may see, the files by right, and audited."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.command import yiqiao
from tests.web.conftest import sign_in
from tests.web.counter import Counter, counter
from tests.web.test_cards import add_operator, audited
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.app.supervision import attachments_of
from yiqiao.partners.roles import RIGHTS, Right, Role
from yiqiao.region.supervision.attachments.filing import fit
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.storage import attachments as statements
from yiqiao.storage.attachments import NameRow

APP = "IH9856"
AT = f"/console/supervision/institutions/{APP}/attachments"
PNG = b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"


async def _fill(folder: Path) -> None:
    async with open_store(Settings(data=str(folder))) as store:
        await Institutions(store.database, store.clock, store.wall).open("root", APP, "H9856", "云桥互联网医院")
        kept = attachments_of(store)
        for atta_id in ("visit 1/报告", "visit-2"):
            row = kept.keep(APP, fit("11", atta_id, "png"), PNG)
            await store.database.write(lambda c, row=row: statements.file(c, APP, [row]))  # type: ignore[misc]
        named = NameRow(APP, "visit-3", "visit", "F-1", "11", 1_790_000_000_000)
        await store.database.write(lambda c: statements.name(c, APP, [], [named]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attached")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[Counter, dict[str, str]]]:
    with counter(folder) as here:
        asyncio.run(_fill(folder))
        yield here, {role.value: add_operator(folder, role.value, role) for role in Role}


def seen_by(opened: tuple[Counter, dict[str, str]], role: Role) -> TestClient:
    here, people = opened
    here.client.cookies.clear()
    sign_in(here.client, role.value, people[role.value])
    return here.client


def test_all_see_what_is_missing_and_what_came(opened: tuple[Counter, dict[str, str]]) -> None:
    for role in Role:
        shown = seen_by(opened, role).get(AT).text
        assert "visit-3" in shown
        assert "visit 1/报告" in shown
        assert ("取文件" in shown) is (Right.SEE_PERSONAL in RIGHTS[role])
    assert seen_by(opened, Role.ADMINISTRATOR).get(AT.replace(APP, "IH0000")).status_code == 404


def test_a_file_leaves_as_bytes_to_be_saved_and_is_audited(
    opened: tuple[Counter, dict[str, str]], folder: Path
) -> None:
    client = seen_by(opened, Role.ADMINISTRATOR)
    answer = client.get(f"{AT}/file", params={"id": "visit 1/报告"})
    assert answer.content == PNG
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"attachment.png\"; filename*=UTF-8''visit_1_")
    assert ("supervision.attachment", APP) in {(act, target) for act, target, _ in audited(folder)}
    for asked in ({"id": "../../etc/passwd"}, {"id": "visit-2", "version": "9"}, {}):
        assert client.get(f"{AT}/file", params=asked).status_code == 404


def test_who_may_not_see_personal_data_gets_no_file(opened: tuple[Counter, dict[str, str]]) -> None:
    for role in Role:
        answer = seen_by(opened, role).get(f"{AT}/file", params={"id": "visit-2"})
        assert answer.status_code == (200 if Right.SEE_PERSONAL in RIGHTS[role] else 403)


def test_the_command_lists_what_is_missing_and_fetches_a_file(
    opened: tuple[Counter, dict[str, str]], folder: Path, tmp_path: Path
) -> None:
    group = ("supervision", "attachment")
    assert "visit-2" in yiqiao(*group, "list", APP, data=folder).stdout
    missing = yiqiao(*group, "missing", APP, data=folder)
    assert (missing.returncode, "visit-3" in missing.stdout) == (1, True)
    output = tmp_path / "fetched.png"
    done = yiqiao(*group, "fetch", APP, "visit-2", "-o", str(output), data=folder)
    assert (done.returncode, output.read_bytes()) == (0, PNG)
    assert yiqiao(*group, "fetch", APP, "visit-2", "-o", str(output), data=folder).returncode == 2
    assert yiqiao(*group, "fetch", APP, "nothing", "-o", str(tmp_path / "x"), data=folder).returncode == 1
    assert yiqiao(*group, "drop", APP, "nowhere", data=folder).returncode == 1
    assert yiqiao(*group, "parts", APP, "--json", data=folder).stdout.strip() == "[]"
