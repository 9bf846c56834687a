"""`./dev soak`: a 2 GB attachment whose connection is cut three times, with the memory of both sides.

A hub and `yiqiao upload attachments` run as processes of their own, and a way between them that breaks. At the end:

- the file is whole in the store, under its SM3, and was sent once and a little more;
- neither process has taken `ALLOWED_MB` more than it had (the hub, when it was ready; the command, on a small file).

`--fraction` makes the file smaller: a hundredth is 20 MB.
"""

import json
import random
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.processes import PYTHON, Hub, running_hub
from tests.support.cutting import Cutter, cutting
from yiqiao.crypto import RunningSm3
from yiqiao.ports.attachment_store import CHUNK

SIZE, CUTS, ALLOWED_MB = 2 << 30, 3, 100.0
LEAST = 20 * CHUNK - 1
"""Bytes that are needed for three cuts each to have something before it."""
BLOCK = 1 << 20
ON_ITS_WAY = 6 << 20
"""Bytes that two sockets hold for each other."""


def run(fraction: float, seed: int) -> list[str]:
    """Send the file; answers what is wrong."""
    size, chance = max(LEAST, round(SIZE * fraction)), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="yiqiao-soak-") as place, running_hub(Path(place) / "hub") as hub:
        folder = Path(place) / "files" / "11"
        folder.mkdir(parents=True)
        found = hub.credentials("supervision")
        app_id, key = str(found["app_id"]), Path(place) / "key"
        key.write_text(str(found["secret"]))
        small, large = folder / "small.mp4", folder / "large.mp4"
        _file(small, 1000, chance)
        digest = _file(large, size, chance)
        after = [chance.randrange(size // 4) for _ in range(CUTS)]
        with cutting(int(hub.url.rpartition(":")[2]), []) as cutter:
            ground = _sent(hub, cutter, small, app_id, key)
            had = hub.memory_mb()
            cutter.after += after
            passed, began = cutter.passed, time.perf_counter()
            mine, theirs, done = _sent(hub, cutter, large, app_id, key)
            seconds, passed = time.perf_counter() - began, cutter.passed - passed
        print(
            f"attachments: {size / 1e6:,.0f} MB in {seconds:.1f} s ({size / 1e6 / seconds:.0f} MB/s), "
            f"{cutter.cuts} cuts, {(passed - size) / 1e6:+.1f} MB sent again; memory: the hub {theirs - had:+.0f} MB, "
            f"the command {mine - ground[0]:+.0f} MB"
        )
        return _faults(hub, app_id, digest, cutter.cuts, passed - size, mine - ground[0], theirs - had, done)


def _faults(
    hub: Hub,
    app_id: str,
    digest: str,
    cuts: int,
    again: int,
    mine: float,
    theirs: float,
    done: subprocess.CompletedProcess[str],
) -> list[str]:
    listed = json.loads(_command(hub, "supervision", "attachment", "list", app_id, "--json").stdout)
    found = [row for row in listed if row["id"] == "large"]
    parts = json.loads(_command(hub, "supervision", "attachment", "parts", app_id, "--json").stdout)
    checks = {
        f"the command ended with {done.returncode}: {done.stderr}": done.returncode == 0,
        f"the store has {found}, not {digest}": [row["sm3"] for row in found] == [digest],
        f"uploads are left over: {parts}": not parts,
        f"{cuts} cuts, not {CUTS}": cuts == CUTS,
        f"{again} bytes were sent again": again < CUTS * (CHUNK + ON_ITS_WAY),
        f"the command took {mine:.0f} MB more": mine < ALLOWED_MB,
        f"the hub took {theirs:.0f} MB more": theirs < ALLOWED_MB,
    }
    return [f"attachments: {told}" for told, right in checks.items() if not right]


def _command(hub: Hub, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [PYTHON, "-m", "yiqiao", *arguments]
    return subprocess.run(command, env=hub.environment, capture_output=True, check=True, text=True)


def _file(path: Path, size: int, chance: random.Random) -> str:
    """Write an MP4 of this length, as far as its first bytes tell; its SM3."""
    state, block = RunningSm3(), chance.randbytes(BLOCK)
    head = b"\x00\x00\x00\x18ftypisom"
    with path.open("wb") as file:
        left = size
        while left > 0:
            piece = (head + left.to_bytes(8, "big") + block)[: min(left, BLOCK)]
            head = b""
            state.update(piece)
            file.write(piece)
            left -= len(piece)
    return state.digest().hex()


def _sent(
    hub: Hub, cutter: Cutter, path: Path, app_id: str, key: Path
) -> tuple[float, float, subprocess.CompletedProcess[str]]:
    """Upload a file; the most memory of the command and of the hub meanwhile, MB, and how the command ended."""
    command = [PYTHON, "-m", "yiqiao", "upload", "attachments", str(path), "--url", cutter.url]
    command += ["--app-id", app_id, "--key-file", str(key), "--json"]
    process = subprocess.Popen(command, env=hub.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    most = {"command": 0.0, "hub": 0.0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for name, pid in (("command", process.pid), ("hub", hub.process.pid)):
                most[name] = max(most[name], _resident_mb(pid))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        out, err = process.communicate()
    finally:
        over.set()
        watching.join()
    return most["command"], most["hub"], subprocess.CompletedProcess(command, process.returncode, out, err)


def _resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)
