"""`yiqiao upload` and `yiqiao call supervision` against a sandbox behind real HTTP, cut off and run again."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import yiqiao
from tests.support.served import Served, served
from yiqiao.app.uploads import alone
from yiqiao.cli.sandbox import demo_credentials

HEADING = "deptCode,deptName,parentId,hasChild,status\n"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "hub") as opened:
        yield opened


@pytest.fixture
def key_file(hub: Served, tmp_path: Path) -> Path:
    found = demo_credentials(hub.settings.data, "supervision")
    assert found.app_id == "IH9800"
    (tmp_path / "key").write_text(found.secret, encoding="utf-8")
    return tmp_path / "key"


def upload(hub: Served, key_file: Path, *arguments: object) -> CompletedProcess[str]:
    who = ("--url", hub.url, "--app-id", "IH9800", "--key-file", key_file)
    return yiqiao("upload", "rows", *map(str, who), *map(str, arguments), data=key_file.parent / "box")


def departments(folder: Path, numbers: range, name: str = "内科", file: str = "A1001.csv") -> Path:
    rows = "".join(f"{number:05},{name},-1,0,0\n" for number in numbers)
    (folder / file).write_text(HEADING + rows, encoding="utf-8")
    return folder / file


def on_file(hub: Served) -> dict[str, int]:
    """Versions of each department that the platform has."""
    with sqlite3.connect(Path(hub.settings.data) / "yiqiao.db") as connection:
        statement = "SELECT record_key, count(*) FROM supervision_record WHERE kind = 'department' GROUP BY record_key"
        return dict(connection.execute(statement).fetchall())


def test_rows_are_checked_first_and_nothing_is_sent_while_one_is_wrong(
    hub: Served, key_file: Path, tmp_path: Path
) -> None:
    path = departments(tmp_path, range(3))
    path.write_text(path.read_text(encoding="utf-8") + "9,外科,-1,7,0\n", encoding="utf-8")
    report = tmp_path / "report.csv"
    done = upload(hub, key_file, path, "--report", report)
    assert done.returncode == 1
    assert "A1001.csv:5: hasChild" in done.stderr
    assert "A1001.csv:5,hasChild" in report.read_text(encoding="utf-8-sig")
    assert on_file(hub) == {}
    done = upload(hub, key_file, path, "--skip-wrong", "--json")
    assert done.returncode == 1
    assert len(on_file(hub)) == 3


def test_rows_arrive_once_however_often_they_are_uploaded(hub: Served, key_file: Path, tmp_path: Path) -> None:
    path = departments(tmp_path, range(250))
    for _ in range(2):
        done = upload(hub, key_file, path, "--batch-rows", "40", "--json")
        assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == [{"operation": "A1001", "state": "done", "fate": "valid", "rows": 250}]
    assert on_file(hub) == {f"{number:05}": 1 for number in range(250)}
    upload(hub, key_file, departments(tmp_path, range(1), "外科"))
    assert on_file(hub)["00000"] == 2


def test_a_view_is_uploaded_and_only_what_has_changed_in_it_again(hub: Served, key_file: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "his.db") as his:
        his.execute(
            "CREATE TABLE d (deptCode INTEGER, deptName TEXT, parentId INTEGER, hasChild INTEGER, status INTEGER)"
        )
        his.executemany("INSERT INTO d VALUES (?, '内科', -1, 0, 0)", [(number,) for number in range(100, 110)])
    view = ("--db", f"sqlite:///{tmp_path / 'his.db'}", "--view", "d", "--operation", "A1001")
    assert upload(hub, key_file, *view).returncode == 0
    with sqlite3.connect(tmp_path / "his.db") as his:
        his.execute("UPDATE d SET deptName = '外科' WHERE deptCode = 105")
    assert upload(hub, key_file, *view).returncode == 0
    assert on_file(hub) == {str(number): 1 + (number == 105) for number in range(100, 110)}


def test_a_wrong_key_stops_and_what_was_kept_goes_later(hub: Served, key_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("no-key-of-theirs", encoding="utf-8")
    path = departments(tmp_path, range(5))
    (tmp_path / "box").mkdir(exist_ok=True)
    done = yiqiao(
        *("upload", "rows", str(path), "--url", hub.url, "--app-id", "IH9800", "--key-file", str(wrong)),
        data=tmp_path / "box",
    )
    assert (done.returncode, "SIGN_ERROR" in done.stderr) == (1, True)
    path.unlink()
    assert upload(hub, key_file).returncode == 0
    assert len(on_file(hub)) == 5


def test_an_address_where_nobody_is_is_told_as_such(key_file: Path, tmp_path: Path) -> None:
    path = departments(tmp_path, range(1))
    done = yiqiao(
        *(
            "upload",
            "rows",
            str(path),
            "--url",
            "http://127.0.0.1:9",
            "--app-id",
            "IH9800",
            "--key-file",
            str(key_file),
        ),
        *("--patience", "1"),
        data=tmp_path / "box",
    )
    assert done.returncode == 3


def test_a_sender_killed_at_any_moment_goes_on_with_one_effect_a_row(
    hub: Served, key_file: Path, tmp_path: Path
) -> None:
    path = departments(tmp_path, range(2000))
    command = [sys.executable, "-m", "yiqiao", "upload", "rows", str(path), "--url", hub.url, "--app-id", "IH9800"]
    command += ["--key-file", str(key_file), "--batch-rows", "10", "--data", str(tmp_path / "box")]
    killed = 0
    for _ in range(4):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=dict(os.environ))
        begun = len(on_file(hub))
        while process.poll() is None and len(on_file(hub)) < begun + 50:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed >= 2
    assert upload(hub, key_file, path).returncode == 0
    assert on_file(hub) == {f"{number:05}": 1 for number in range(2000)}


def test_a_call_uploads_one_row_and_tells_what_became_of_it(hub: Served) -> None:
    fields = ("deptCode=77", "deptName=内科", "parentId=-1", "hasChild=0", "status=0")
    shown = yiqiao("call", "supervision", "A1001", *fields, "--url", hub.url, "--dry-run", data=Path(hub.settings.data))
    assert "service: A1001" in shown.stdout
    done = yiqiao("call", "supervision", "A1001", *fields, "--url", hub.url, "--json", data=Path(hub.settings.data))
    assert (done.returncode, json.loads(done.stdout)["verdicts"]) == (0, ["valid"])
    wrong = yiqiao("call", "supervision", "A1001", "deptCode=1", "--url", hub.url, data=Path(hub.settings.data))
    assert (wrong.returncode, "deptName" in wrong.stderr) == (2, True)


def test_a_watched_folder_is_emptied_as_files_come(hub: Served, key_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    command = [sys.executable, "-m", "yiqiao", "upload", "rows", str(folder), "--watch", "--every", "0.1"]
    command += ["--url", hub.url, "--app-id", "IH9800", "--key-file", str(key_file), "--data", str(tmp_path / "box")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for file, numbers in (("A1001-1.csv", range(3)), ("A1001-2.csv", range(3, 5))):
            path = departments(folder, numbers, file=file)
            path.write_text(path.read_text(encoding="utf-8") + "9,外科,-1,7,0\n", encoding="utf-8")
            until = time.monotonic() + 60
            while len(on_file(hub)) < numbers.stop and time.monotonic() < until:
                time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    assert sorted(on_file(hub)) == [f"{number:05}" for number in range(5)]
    assert sorted(path.name for path in folder.iterdir()) == ["done"]
    kept = sorted(path.name for path in (folder / "done").iterdir())
    assert kept == ["A1001-1.csv", "A1001-1.csv.wrong.csv", "A1001-2.csv", "A1001-2.csv.wrong.csv"]


def test_two_at_a_time_are_not_let_run(hub: Served, key_file: Path, tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    with alone(tmp_path / "box" / "upload-IH9800.lock", "IH9800"):
        done = upload(hub, key_file, departments(tmp_path, range(1)))
    assert (done.returncode, "已在运行" in done.stderr) == (1, True)
    assert on_file(hub) == {}


def test_how_it_stands_is_told_without_a_platform(hub: Served, key_file: Path, tmp_path: Path) -> None:
    upload(hub, key_file, departments(tmp_path, range(3)))
    told = yiqiao("upload", "status", "--app-id", "IH9800", "--json", data=tmp_path / "box")
    assert json.loads(told.stdout)["rows"][0]["rows"] == 3
