"""Each example as somebody runs it: a program of its own before a sandbox, told by what it prints."""

import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchmarks.processes import Hub
from tests.examples import phone
from tests.examples.hospital import Town
from tests.support.tree import ROOT

HIS = str(ROOT / "examples" / "hospital_his.py")
KIOSK = str(ROOT / "examples" / "kiosk.py")
SECONDS = 60


def run(hub: Hub, *command: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run an example to its end; what is `said` are the lines that are typed."""
    return subprocess.run(
        [sys.executable, *command],
        env={**hub.environment, "PYTHONUTF8": "1"},
        input=said,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )


class Running:
    """An example that is talked to while it runs."""

    def __init__(self, hub: Hub, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env={**hub.environment, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def type(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def until(self, pattern: str) -> str:
        """The first line to come that has this in it."""
        seen = []
        while True:
            try:
                seen.append(self._lines.get(timeout=SECONDS))
            except queue.Empty:
                pytest.fail(f"{pattern} never came, only {seen}")
            if re.search(pattern, seen[-1]):
                return seen[-1]

    def end(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(SECONDS)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))


def test_the_hospitals_day_goes_as_it_should_and_can_be_repeated(sandbox: Hub) -> None:
    for _ in range(2):
        done = run(sandbox, HIS)
        assert done.returncode == 0, done.stderr
        parts = re.split(r"^[一二三四五六七八]、", done.stdout, flags=re.MULTILINE)[1:]
        told = (
            "已自动建档，病历号 M00000004，就诊卡号 SB97000001",
            "已关联档案，直接就诊，病历号 M00000004",
            "本岗位不建档",
            "已自动建档，病历号 M00000005，就诊卡号 SM97000002",
            "查到已有档案，已关联电子健康卡，病历号 M00000001",
            "请人工核对",
            "已注销",
            "不是电子健康卡",
        )
        assert len(parts) == len(told)
        for part, expected in zip(parts, told, strict=True):
            assert expected in part
        assert parts[6].rstrip().endswith("病历号 M00000004，就诊卡号 SB97000001"), "the same archive, with a new card"
        assert "共有 5 份档案" in parts[7]


def test_no_identity_number_is_printed_in_full(sandbox: Hub) -> None:
    assert not re.search(r"\d{17}[\dX]", run(sandbox, HIS).stdout)


def test_the_prompt_scans_registers_looks_up_and_lets_the_operator_decide(
    sandbox: Hub, town: Town, tmp_path: Path
) -> None:
    scanned, opened = town.patient("02"), town.patient()
    assert scanned.card
    lines = ["1", town.phone(scanned), "2", "329801198503159646", "林小满", "2", "15400000001", "1", "no code"]
    lines += ["3", "02", scanned.card.card_no, "5", "4", "6", "9", "0"]
    archive = str(tmp_path / "his.db")
    done = run(sandbox, HIS, "--prompt", "--archive", archive, said="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    assert f"就诊卡号 {scanned.card.card_no}" in done.stdout
    assert "林小满" in done.stdout
    assert "处理办法" in done.stdout
    assert f"{scanned.name}，用卡号 {scanned.card.card_no} 就诊" in done.stdout
    assert "[西药房]" in done.stdout
    assert "共 0 笔没有结果" in done.stdout
    assert opened.name not in done.stdout
    again = run(sandbox, HIS, "--prompt", "--archive", archive, said="1\n" + town.phone(scanned) + "\n")
    assert again.returncode == 0, "the end of the input is an end"
    assert "已关联档案" in again.stdout, "the archive is kept"


def test_at_the_prompt_a_patient_consents_on_the_phone(sandbox: Hub) -> None:
    running = Running(sandbox, "-u", HIS, "--prompt")
    running.type("4")
    link = running.until("http").partition("http")[2]
    running.type("")
    running.until("等待患者操作")
    phone.answer(f"http{link}", "consent", person=3)
    running.type("")
    running.until("已同意")
    running.until("建档|关联")
    assert running.end() == 0


def test_the_terminal_scans_and_obtains_and_shows_each_page_once(sandbox: Hub, town: Town) -> None:
    who = town.patient("02")
    assert who.card
    running = Running(sandbox, KIOSK)
    for button in ("1", "1", "1", town.phone(who)):
        running.type(button)
    running.until("【患者信息】 挂号")
    assert running.until("患者 ").endswith(f"就诊卡号 {who.card.card_no}")
    for line in ("0", "4", "329801198503159646 林小满 2 15400000001"):
        running.type(line)
    running.until("已领取")
    assert "林小满" in running.until("患者 ")
    assert running.end() == 0


def test_the_terminal_shows_a_qr_code_waits_for_consent_and_lets_the_patient_in(sandbox: Hub) -> None:
    running = Running(sandbox, KIOSK)
    for button in ("2", "1", "2"):
        running.type(button)
    assert "剩余 60 秒" in running.until("【请用微信或支付宝扫码授权】")
    running.until("▀|█|▄")
    link = running.until("http").strip()
    running.type("0")
    running.until("确定取消")
    running.type("2")
    phone.answer(link, "consent", person=5)
    running.until("【患者信息】 缴费")
    running.until("授权成功")
    assert running.end() == 0


def test_without_a_sandbox_the_programs_say_what_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "YIQIAO_DATA": str(tmp_path / "none"), "PYTHONUTF8": "1"}
    for program in (HIS, KIOSK):
        done = subprocess.run(
            [sys.executable, program], env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS
        )
        assert done.returncode == 1
        assert "./dev run" in done.stderr
        assert "Traceback" not in done.stderr


def test_without_a_key_and_without_a_platform_the_program_says_so() -> None:
    command = [sys.executable, HIS, "--url", "http://127.0.0.1:9", "--app-id", "a", "--term-id", "1"]
    bare = {name: value for name, value in os.environ.items() if name != "YIQIAO_KEY"} | {"PYTHONUTF8": "1"}
    told = {"YIQIAO_KEY": bare, "无法连接": {**bare, "YIQIAO_KEY": "0" * 32}}
    for expected, environment in told.items():
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=SECONDS)
        assert expected in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
