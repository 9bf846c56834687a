"""`yiqiao call … --batch`: every row once, whatever cuts the run off, and what is wrong told by line and column."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.processes import Hub, free_port, start_hub, stop
from tests.support.command import yiqiao
from tests.support.migrated import furnished
from yiqiao.cli.batch_sheet import SheetUnusable, read_sheet

HEADER = ("certificate_mode", "apply_method", "id_type", "id_no", "user_name", "user_sex", "mobile_phone", "card_list")
MANY = 400


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub as a process of its own."""
    running = start_hub(furnished(tmp_path_factory.mktemp("hub")))
    yield running
    stop(running.process)


def person(series: str, number: int, **more: str) -> dict[str, str]:
    """A row of somebody who does not exist; each series of people is another."""
    values = ("01", "4", "03", f"{series}{number:07}", f"测试{number}", "1", "15400000001", "")
    return {**dict(zip(HEADER, values, strict=True)), **more}


def sheet(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys([*HEADER, *(name for row in rows for name in row)])))
        writer.writeheader()
        writer.writerows(rows)
    return path


def command(hub: Hub, people: Path, *more: str, method: str = "register", url: str = "") -> list[str]:
    return ["call", "ehealth_card", method, "--batch", str(people), "--url", url or hub.url, "--json", *more]


def run(
    hub: Hub, people: Path, *more: str, method: str = "register", url: str = ""
) -> subprocess.CompletedProcess[str]:
    return yiqiao(*command(hub, people, *more, method=method, url=url), data=hub.data)


def results(people: Path) -> list[dict[str, str]]:
    with people.with_name(people.name + ".results.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def registered(hub: Hub) -> list[str]:
    """The persons of all acts of registering that took effect through the command line."""
    with sqlite3.connect(hub.data / "yiqiao.db") as database:
        sql = "SELECT person_id FROM card_registration WHERE out_register_no LIKE 'B%'"
        return [person_id for (person_id,) in database.execute(sql)]


def test_every_row_has_a_result_and_a_second_run_sends_nothing(hub: Hub, tmp_path: Path) -> None:
    people = sheet(tmp_path / "people.csv", [person("A", n) for n in range(20)])
    before = len(registered(hub))
    done = run(hub, people)
    assert done.returncode == 0, done.stderr
    assert (json.loads(done.stdout)["done"], len(registered(hub)) - before) == (20, 20)
    found = results(people)
    assert [int(row["line"]) for row in found] == list(range(2, 22))
    assert {row["ret_code"] for row in found} == {"0000"}
    assert len({row["ehealth_card_id"] for row in found}) == len({row["mindex_id"] for row in found}) == 20
    again = run(hub, people)
    assert (again.returncode, json.loads(again.stdout)["skipped"]) == (0, 20)
    assert results(people) == found
    assert len(registered(hub)) - before == 20


def test_a_killed_run_goes_on_and_registers_nobody_twice(hub: Hub, tmp_path: Path) -> None:
    people = sheet(tmp_path / "people.csv", [person("K", n) for n in range(MANY)])
    before = len(registered(hub))
    environment = {**os.environ, "YIQIAO_DATA": str(hub.data)}
    for enough in (MANY // 4, MANY // 2):
        words = [sys.executable, "-m", "yiqiao", *command(hub, people)]
        running = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while len(registered(hub)) - before < enough and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.communicate()
    cut = len(registered(hub)) - before
    assert MANY // 2 <= cut < MANY, "the run was killed in its midst"
    done = run(hub, people)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["rows"], told["done"]) == (MANY, MANY)
    assert told["skipped"] > 0
    acts = registered(hub)[before:]
    assert len(acts) == len(set(acts)) == MANY
    found = results(people)
    assert len(found) == len({row["ehealth_card_id"] for row in found}) == MANY


def test_without_its_results_a_batch_is_recognised_by_its_serials(hub: Hub, tmp_path: Path) -> None:
    people = sheet(tmp_path / "people.csv", [person("R", n) for n in range(5)])
    before = len(registered(hub))
    assert run(hub, people).returncode == 0
    first = results(people)
    (tmp_path / "people.csv.results.csv").unlink()
    done = run(hub, people)
    assert done.returncode == 0, done.stderr
    again = results(people)
    assert {row["ret_code"] for row in again} == {"3002"}
    assert [row["ehealth_card_id"] for row in again] == [row["ehealth_card_id"] for row in first]
    assert [row["mindex_id"] for row in again] == [row["mindex_id"] for row in first]
    assert len(registered(hub)) - before == 5


def test_bad_rows_are_told_by_line_and_column_and_stop_nobody(hub: Hub, tmp_path: Path) -> None:
    rows = [person("B", n) for n in range(6)]
    rows[1]["user_sex"] = "男"
    rows[2]["mobile_phone"] = "1.54E+10"
    rows[3]["id_no"] = ""
    rows[4]["card_list"] = '[{"card_type": "77", "card_no": "K1"}]'
    done = run(hub, sheet(tmp_path / "people.csv", rows))
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["done"], told["bad"]) == (2, 4)
    for place in ("line 3, user_sex", "line 4, mobile_phone", "line 5, id_no", "line 6, card_list[0].card_type"):
        assert place in done.stderr
    mended = [{**row, "user_sex": "1", "mobile_phone": "15400000001", "card_list": ""} for row in rows]
    mended[3]["id_no"] = "B0000003"
    people = sheet(tmp_path / "people.csv", mended)
    again = run(hub, people)
    assert (again.returncode, json.loads(again.stdout)["skipped"]) == (0, 2), again.stderr
    assert [row["state"] for row in results(people)] == ["done"] * 6


def test_a_refused_row_fails_the_batch_and_is_sent_again_only_on_request(hub: Hub, tmp_path: Path) -> None:
    rows = [person("F", 1), person("F", 1, user_name="另有其人")]
    people = sheet(tmp_path / "people.csv", rows)
    done = run(hub, people, "--concurrency", "1")
    assert done.returncode == 1
    assert "line 3: 9001" in done.stderr
    assert [row["state"] for row in results(people)] == ["done", "refused"]
    assert json.loads(run(hub, people).stdout)["skipped"] == 2
    assert json.loads(run(hub, people, "--again").stdout)["skipped"] == 1


def test_a_serial_of_the_sheet_is_kept_and_may_stand_there_once(hub: Hub, tmp_path: Path) -> None:
    rows = [person("S", n, out_register_no=serial) for n, serial in enumerate(("S-1", "S-2", "S-1"))]
    people = sheet(tmp_path / "people.csv", rows)
    done = run(hub, people)
    assert done.returncode == 1
    assert "line 4, out_register_no: stands in line 2 already" in done.stderr
    assert [row["serial"] for row in results(people)][:2] == ["S-1", "S-2"]
    # Somebody else's serial, in another sheet: the person is not on file, so nothing counts as done.
    other = sheet(tmp_path / "other.csv", [person("S", 9, out_register_no="S-1")])
    assert run(hub, other).returncode == 1
    assert [(row["state"], row["ret_code"]) for row in results(other)] == [("refused", "3002")]


def test_constants_stand_on_the_command_line_and_any_write_can_be_done(hub: Hub, tmp_path: Path) -> None:
    rows = [
        {k: v for k, v in person("C", n).items() if k not in ("certificate_mode", "apply_method")} for n in range(3)
    ]
    path = tmp_path / "people.csv"
    with path.open("w", encoding="gbk", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = run(hub, path, "certificate_mode=01", "apply_method=4")
    assert done.returncode == 0, done.stderr
    cards = tmp_path / "cards.csv"
    cards.write_text(
        "ehealth_card_id,address\n" + "".join(f"{r['ehealth_card_id']},样例路 {r['line']} 号\n" for r in results(path))
    )
    changed = run(hub, cards, method="alterinfo")
    assert changed.returncode == 0, changed.stderr
    (tmp_path / "cards.csv.results.csv").unlink()
    assert run(hub, cards, method="alterinfo").returncode == 0
    assert [row["ret_code"] for row in results(cards)] == ["3002"] * 3
    assert all(row["mindex_id"] for row in results(cards))


def test_a_dry_run_checks_the_sheet_and_sends_nothing(hub: Hub, tmp_path: Path) -> None:
    people = sheet(tmp_path / "people.csv", [person("D", 1), person("D", 2, user_sex="x")])
    before = len(registered(hub))
    done = run(hub, people, "--dry-run")
    assert (done.returncode, json.loads(done.stdout)["bad"]) == (1, 1)
    assert len(registered(hub)) == before
    assert list(tmp_path.iterdir()) == [people]


def test_a_platform_out_of_reach_is_exit_code_3_and_everything_is_still_to_be_done(hub: Hub, tmp_path: Path) -> None:
    people = sheet(tmp_path / "people.csv", [person("U", n) for n in range(3)])
    done = run(hub, people, "--concurrency", "2", url=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 3, done.stderr
    assert "run the same command again" in done.stderr
    assert not {row["state"] for row in results(people)} & {"done", "refused"}


def test_results_of_another_platform_make_nothing_skipped(hub: Hub, tmp_path: Path) -> None:
    people = sheet(tmp_path / "people.csv", [person("O", 1)])
    assert run(hub, people).returncode == 0
    other = run(hub, people, url="http://127.0.0.1:9")
    assert other.returncode == 2
    assert "--results" in other.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"id_no,name\n", "no field 'name'"),
        (b"id_no,id_no\n", "stands twice"),
        ("id_no\n1\n".encode("utf-16"), "UTF-16"),
        (b"id_no,user_name\n1,\xff\xff\n", "line 2: is neither"),
        (b'id_no\n1\n"2\n', "line 3"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_as_a_whole(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(SheetUnusable, match=told):
        read_sheet(path, ["id_no", "user_name"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_sheet_is_read_as_spreadsheets_write_it(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "people.csv"
    lines = ["id_no,user_name,", "", ' 1 ,"欧阳,若水\n二",', ",,", "2,古丽", "3,石,多"]
    path.write_bytes("\r\n".join(lines).replace(",", separator).encode(encoding))
    rows = read_sheet(path, ["id_no", "user_name"])
    name = "欧阳,若水\n二".replace(",", separator)
    assert [(row.line, dict(row.values)) for row in rows] == [
        (3, {"id_no": "1", "user_name": name}), (6, {"id_no": "2", "user_name": "古丽"}),
        (7, {"id_no": "3", "user_name": "石"}),
    ]  # fmt: skip
    assert [bool(row.faults) for row in rows] == [False, False, True]
