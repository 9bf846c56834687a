"""A batch of 30 MB is received, opened, checked and sealed with less than 100 MB of memory."""

import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.dialects.supervision.hospital import visit
from tests.dialects.supervision.uploads import sealed

ROOT = Path(__file__).parents[3]
LIMIT_KB = 100 * 1024
ROWS = 9_900
JUDGED = """
import json, sys
from pathlib import Path

from tests.dialects.supervision.uploads import APP_ID, KEY, headers_of
from tests.support.keys import KEYRING
from yiqiao.dialects.supervision.handlers.records import _judged
from yiqiao.dialects.supervision.uploads import Uploads
from yiqiao.exchange.dialect import Call
from yiqiao.exchange.message import RawRequest
from yiqiao.partners import Partner

uploads, partner = Uploads(), Partner("supervision", APP_ID, "", secrets=(KEY,))
folder = Path(sys.argv[1])

def judged(name):
    body, headers = (folder / name).read_bytes(), json.loads((folder / f"{name}.headers").read_bytes())
    claim = uploads.peek(RawRequest(body, "", "", "", 0, 0, headers_of(headers)))
    opened = uploads.open(claim, partner)
    spec = uploads.spec("standard")
    call = Call(partner, "A2001", None, "", 0, "", spec, b"", opened.parameters, opened.rows, len(body), b"")
    return len(_judged(call, KEYRING).batch.arrivals)

def most_kb():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])

judged("small")
before = most_kb()
number = judged("large")
print(number, most_kb() - before)
"""


def said(n: int) -> list[dict[str, object]]:
    """A dialogue that compresses badly."""
    words = "".join(f"{(n * 8 + turn) * 2654435761 % 2**32:08x}" for turn in range(8)) * 7
    return [{"processTime": "2026-11-18 10:00:00", "role": 1, "content": words}] * 5


def put(folder: Path, name: str, rows: list[dict[str, object]]) -> int:
    """File a sealed upload; answers its size in bytes."""
    headers, body = sealed("A2001", orjson.dumps(rows))
    (folder / name).write_bytes(body)
    (folder / f"{name}.headers").write_text(json.dumps(headers))
    return len(body)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the most memory used is asked of Linux")
def test_a_batch_of_30_mb_takes_less_than_100_mb(tmp_path: Path) -> None:
    put(tmp_path, "small", [visit()])
    size = put(tmp_path, "large", [visit(f"O{n:06}", process=said(n), description="压" * 128) for n in range(ROWS)])
    assert 28_000_000 < size < 31_457_280
    command = [sys.executable, "-c", JUDGED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    number, kb = map(int, done.stdout.split())
    assert number == ROWS
    assert size / 1024 < kb < LIMIT_KB
