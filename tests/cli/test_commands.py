"""The command line as a newcomer meets it: real processes, real exit codes."""

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.processes import Hub, start_hub, stop
from tests.support.command import yiqiao
from tests.support.hub import registration, showing
from tests.support.migrated import furnished
from yiqiao.spec import load


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub as a process of its own, as `yiqiao serve --sandbox` starts it."""
    running = start_hub(tmp_path_factory.mktemp("hub"))
    yield running
    stop(running.process)


def pairs(values: dict[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def test_a_call_registers_and_another_verifies(hub: Hub) -> None:
    wish = {k: v for k, v in registration("").items() if not k.startswith("out_register")}
    opened = yiqiao("call", "ehealth_card", "querywithreg", *pairs(wish), "--url", hub.url, "--json", data=hub.data)
    assert opened.returncode == 0, opened.stderr
    assert "made: out_register_no=" in opened.stderr
    code = json.loads(opened.stdout)["ehealth_code"]
    use = {k: v for k, v in showing("", code).items() if not k.startswith("out_verify")}
    seen = yiqiao("call", "ehealth_card", "ehc.ehealthcode.verify", *pairs(use), "--url", hub.url, data=hub.data)
    assert seen.returncode == 0, seen.stderr
    assert json.loads(seen.stdout)["user_name"] == wish["user_name"]


def test_a_consent_is_asked_for_and_asked_about_in_short_words(hub: Hub) -> None:
    operation = load("ehealth_card").operations["ehc.ehealthcard.authurl"]
    sample = {**operation.sample(), "out_authorize_no": "Q-cli"}
    asked = yiqiao("call", "ehealth_card", "authurl", *pairs(sample), "--url", hub.url, "--json", data=hub.data)
    assert json.loads(asked.stdout)["ehealth_authurl"].startswith(hub.url + "/a/")
    seen = yiqiao("call", "ehealth_card", "auth.query", "out_authorize_no=Q-cli", "--url", hub.url, data=hub.data)
    assert json.loads(seen.stdout) == {"auth_status": "ing"}


def test_a_card_is_registered_with_cards_to_bind_and_closed_in_words(hub: Hub) -> None:
    def call(word: str, *values: str) -> dict[str, object]:
        done = yiqiao("call", "ehealth_card", word, *values, "--url", hub.url, "--json", data=hub.data)
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    wish = {k: v for k, v in registration("", id_no="E00000077").items() if not k.startswith("out_register")}
    bound = 'card_list:=[{"card_type": "01", "card_no": "K1"}]'
    card = f"ehealth_card_id={call('register', *pairs(wish), bound)['ehealth_card_id']}"
    call("alterlink", card, "card_type=01", "card_no=K1", "new_card_no=K2")
    assert call("regquery", card)["card_no"] == "K2"
    call("close", card)
    assert call("regquery", card)["reg_status"] == "2"


def test_a_refusal_is_exit_code_1_with_its_code_and_remedy(hub: Hub) -> None:
    use = pairs(showing("x", "no code"))
    done = yiqiao("call", "ehealth_card", "verify", *use, "--url", hub.url, data=hub.data)
    assert done.returncode == 1
    assert done.stderr.startswith("2002 ")
    assert done.stdout == ""


def test_what_breaks_the_specification_is_told_before_anything_is_sent(hub: Hub) -> None:
    done = yiqiao("call", "ehealth_card", "verify", "treatment_code=1", "--url", hub.url, data=hub.data)
    assert done.returncode == 2
    assert "treatment_code" in done.stderr


def test_a_dry_run_shows_the_message_and_sends_nothing(hub: Hub) -> None:
    use = pairs(showing("dry", "no code"))
    done = yiqiao("call", "ehealth_card", "verify", *use, "--dry-run", "--url", "http://127.0.0.1:9", data=hub.data)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["method"] == "ehc.ehealthcode.verify"


def test_no_platform_at_the_address_is_exit_code_3(hub: Hub) -> None:
    use = pairs(showing("x", "no code"))
    done = yiqiao("call", "ehealth_card", "verify", *use, "--url", "http://127.0.0.1:9", data=hub.data)
    assert done.returncode == 3
    assert "无法连接" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("call", "nothing", "verify"), ("call", "ehealth_card", "sell"), ("call", "ehealth_card", "verify", "x")],
)
def test_a_wrong_command_line_is_exit_code_2(arguments: tuple[str, ...], hub: Hub) -> None:
    assert yiqiao(*arguments, data=hub.data).returncode == 2


def test_without_a_sandbox_the_credentials_are_out_of_reach(tmp_path: Path) -> None:
    done = yiqiao("sandbox", "credentials", data=tmp_path / "nothing")
    assert done.returncode == 3
    assert "yiqiao serve --sandbox" in done.stderr
    assert not (tmp_path / "nothing").exists(), "asking must not make a hub"


def test_a_partner_is_filed_shown_and_disabled(tmp_path: Path) -> None:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    options = ["--name", "测试医院", "--terminal", "T1=窗口", "--json"]
    added = yiqiao("partner", "add", "ehealth_card", "h1", *options, data=tmp_path)
    assert added.returncode == 0, added.stderr
    secret = json.loads(added.stdout)["secret"]
    assert len(bytes.fromhex(secret)) == 16
    shown = yiqiao("partner", "show", "ehealth_card", "h1", "--json", data=tmp_path)
    assert json.loads(shown.stdout)["terminals"] == {"T1": "窗口"}
    assert secret not in shown.stdout
    rotated = yiqiao("partner", "rotate-key", "ehealth_card", "h1", "--json", data=tmp_path)
    assert json.loads(rotated.stdout)["secret"] != secret
    assert yiqiao("partner", "disable", "ehealth_card", "h1", data=tmp_path).returncode == 0
    listed = json.loads(yiqiao("partner", "list", "--json", data=tmp_path).stdout)
    assert [(row["app_id"], row["state"], len(row["keys"])) for row in listed] == [("h1", "disabled", 2)]
    again = yiqiao("partner", "add", "ehealth_card", "h1", "--name", "x", data=tmp_path)
    assert again.returncode == 1
    assert "已存在" in again.stderr


def test_a_partner_is_permitted_operations_of_the_standard_alone(tmp_path: Path) -> None:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    assert yiqiao("partner", "add", "ehealth_card", "h1", "--name", "x", data=tmp_path).returncode == 0
    assert yiqiao("partner", "grant", "ehealth_card", "h1", "ehc.ehealthcode.verify", data=tmp_path).returncode == 0
    shown = json.loads(yiqiao("partner", "show", "ehealth_card", "h1", "--json", data=tmp_path).stdout)
    assert shown["operations"] == ["ehc.ehealthcode.verify"]
    for strange in ("sell", "VirtualCardTrans"):  # a function of the library is never called over HTTP
        assert yiqiao("partner", "grant", "ehealth_card", "h1", strange, data=tmp_path).returncode == 2


def test_a_partner_s_particulars_are_changed_and_what_cannot_be_is_told(tmp_path: Path) -> None:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    added = yiqiao("partner", "add", "ehealth_card", "--name", "x", "--clock-window", "300", "--json", data=tmp_path)
    app_id = json.loads(added.stdout)["app_id"]
    changed = ("partner", "set", "ehealth_card", app_id, "--profile", "tail-key", "--address", "192.0.2.7")
    assert yiqiao(*changed, data=tmp_path).returncode == 0
    shown = json.loads(yiqiao("partner", "show", "ehealth_card", app_id, "--json", data=tmp_path).stdout)
    assert (shown["profile"], shown["addresses"], shown["clock_window_s"]) == ("tail-key", ["192.0.2.7/32"], 300)
    wrong = yiqiao(*changed[:4], "--profile", "nothing", "--address", "here", data=tmp_path)
    assert wrong.returncode == 2
    assert "nothing" in wrong.stderr
    assert "here" in wrong.stderr


def test_who_signs_without_a_key_should_be_let_in_from_known_addresses_alone(tmp_path: Path) -> None:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    filed = ("partner", "add", "convenience", "--name", "x")
    keyless = (*filed, "--profile", "document")
    for options in ((*filed, "p1"), (*keyless, "p2", "--address", "192.0.2.0/24")):
        assert "warning" not in yiqiao(*options, data=tmp_path).stderr
    told = yiqiao(*keyless, "p3", data=tmp_path)
    assert told.returncode == 0
    assert "yiqiao partner set convenience p3 --address" in told.stderr
    assert "warning" in yiqiao("partner", "set", "convenience", "p1", "--profile", "document", data=tmp_path).stderr


def test_a_dry_run_files_nobody(tmp_path: Path) -> None:
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    done = yiqiao("partner", "add", "ehealth_card", "h2", "--name", "x", "--dry-run", data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(yiqiao("partner", "list", "--json", data=tmp_path).stdout) == []


def test_serve_says_what_is_wrong_with_a_setting(tmp_path: Path) -> None:
    done = yiqiao("serve", "--set", "prot=1", data=tmp_path)
    assert done.returncode == 2
    assert "no setting is called 'prot'" in done.stderr


def test_the_wrong_keys_for_a_database_are_found_out(hub: Hub, tmp_path: Path) -> None:
    url = f"sqlite:///{hub.data / 'yiqiao.db'}"
    assert yiqiao("db", "upgrade", data=tmp_path).returncode == 0
    done = yiqiao("partner", "list", "--database-url", url, data=tmp_path)
    assert done.returncode == 3
    assert "keys" in done.stderr


def test_the_tour_ends_well(tmp_path: Path) -> None:
    done = yiqiao("tour", "--quiet", data=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "全部步骤与标准相符" in done.stdout


def test_health_readiness_and_counters(hub: Hub) -> None:
    for path, says in (("/healthz", b"ok"), ("/readyz", b"ready"), ("/metrics", b"yiqiao_exchanges_total")):
        with urllib.request.urlopen(hub.url + path) as answer:
            assert says in answer.read()


def test_a_stop_finishes_the_request_in_flight_and_journals_it(tmp_path: Path) -> None:
    """Half a message is sent, the stop is asked for, then the other half: it must still be answered and kept."""
    running = start_hub(furnished(tmp_path))
    body = b'{"app_id":"nobody","term_id":"T","method":"ehc.ehealthcode.verify","padding":"' + b"x" * 200 + b'"}'
    head = (
        f"POST /ehcService/gateway.do HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head + body[:100])
        time.sleep(0.5)  # the hub has begun to read
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.process.poll() is None, "the hub went away from a request in flight"
        connection.sendall(body[100:])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b'"ret_code":"1008"' in answer
    running.process.wait(20)
    listed = yiqiao("journal", "list", "--json", data=tmp_path)
    assert [entry["outcome"] for entry in json.loads(listed.stdout)["entries"]] == ["1008"]


def test_the_hub_serves_without_uvloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, for which there is none."""
    (tmp_path / "uvloop.py").write_text("raise ImportError('none for this system')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "data").mkdir()
    running = start_hub(furnished(tmp_path / "data"))
    wish = {k: v for k, v in registration("").items() if not k.startswith("out_register")}
    done = yiqiao("call", "ehealth_card", "querywithreg", *pairs(wish), "--url", running.url, data=running.data)
    stop(running.process)
    assert done.returncode == 0, done.stderr


def test_two_workers_serve_one_database(tmp_path: Path) -> None:
    environment = {"YIQIAO_WORKERS": "2"}
    os.environ.update(environment)
    try:
        running = start_hub(furnished(tmp_path))
    finally:
        del os.environ["YIQIAO_WORKERS"]
    try:
        use = pairs(showing("same serial", "no code"))
        codes = {
            yiqiao("call", "ehealth_card", "verify", *use, "--url", running.url, data=tmp_path).stderr[:4]
            for _ in range(3)
        }
        assert codes == {"2002"}
        with urllib.request.urlopen(running.url + "/metrics") as answer:
            assert b'outcome="2002"' in answer.read()
    finally:
        stop(running.process)
        time.sleep(0.1)
