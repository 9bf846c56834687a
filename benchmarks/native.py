"""A call of OneTrans through the library, beside a bare libcurl POST of the same bytes to the same place: what signing,
enciphering, reading and the settings cost.

The place answers the same signed bytes to everything, without looking. Calls and posts alternate, each on a connection
of its own.
"""

import ctypes
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from benchmarks.figures import Figure
from native.build import LINUX, build
from tests.dialects.onetrans.desk import KEY, answered, parameters, query
from tests.native.libraries import OneTrans, compiled
from yiqiao.dialects.onetrans import envelope
from yiqiao.dialects.onetrans.dialect import scheme_of

CALLS = 1000
WARMING = 50
LIMIT_MS = 1.0


def measure() -> Iterator[Figure]:
    """The overhead of a call."""
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder, _place() as url:
        built = Path(folder) / "built"
        built.mkdir()
        his = OneTrans(build(LINUX, built) / "libOneTrans2.so", Path(folder), {"gateway": {"url": url}})
        bare = _bare(built)
        given = orjson.dumps({**parameters(), "app_key": KEY, "data": query()}).decode().encode("gbk")
        sent = _message()
        calls, posts = [], []
        for _ in range(WARMING + CALLS):
            calls.append(_timed(lambda: his.raw(given)))
            posts.append(_timed(lambda: bare(url.encode(), sent, len(sent))))
        assert his.send(given).code == "000000"
    call, post = (statistics.median(times[WARMING:]) * 1000 for times in (calls, posts))
    yield Figure("OneTrans: a call", call, "ms", post, "ms a bare POST")
    yield Figure("OneTrans: overhead of a call", call - post, "ms", limit=LIMIT_MS)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _message() -> bytes:
    """As many bytes as the library sends."""
    params = {name: value for name, value in parameters().items() if name not in ("signtype", "enc_type")}
    return envelope.seal_request(params, query(), envelope.Keys((KEY,)), scheme_of("standard"))


def _bare(folder: Path) -> Callable[[bytes, bytes, int], int]:
    source = str(Path(__file__).with_name("bare_post.c"))
    post = ctypes.CDLL(str(compiled(folder / "bare_post.so", [source], "-O2", "-fPIC", "-shared"))).bare_post
    post.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_long]
    post.restype = ctypes.c_size_t

    def posted(url: bytes, body: bytes, length: int) -> int:
        received: int = post(url, body, length)
        assert received > 0
        return received

    return posted


@contextmanager
def _place() -> Iterator[str]:
    """An address at which every request gets the same signed answer."""
    told = {"code": "000000", "err_msg": "成功", "inf_refmsgid": "3200002026"}
    claim = envelope.peek(_message())
    values = answered("hop.trade.query")
    body = envelope.seal_response(claim, told, values, envelope.Keys((KEY,)), scheme_of("standard"))
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answering, args=(listening, answer), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answering(listening: socket.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # it is over
            return
        with connection:
            _whole(connection)
            connection.sendall(answer)


def _whole(connection: socket.socket) -> None:
    """Read a request to its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
