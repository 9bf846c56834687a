"""A platform on a real port that answers as a test has written down, one answer a call; it keeps what it was asked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.dialects.onetrans.desk import KEY
from yiqiao.dialects.onetrans import envelope
from yiqiao.dialects.onetrans.dialect import scheme_of


@dataclass
class Said:
    """An answer: its code and values; or `raw` bytes in place of it. `signed` False leaves the signature out."""

    code: str = "000000"
    values: Mapping[str, object] | None = None
    err_msg: str = "成功"
    signed: bool = True
    raw: bytes | None = None
    status: int = 200
    wait_for: threading.Event | None = None


@dataclass
class Asked:
    """A request as the platform opened it."""

    trans_type: str
    values: Mapping[str, object]
    params: Mapping[str, str]


@dataclass
class Platform:
    """What it says, in order (the last again and again), and what it was asked."""

    says: list[Said]
    keys: envelope.Keys = field(default_factory=lambda: envelope.Keys((KEY,)))
    profile: str = "standard"
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    arrived: threading.Event = field(default_factory=threading.Event)

    def answer(self, body: bytes) -> tuple[int, bytes]:
        scheme = scheme_of(self.profile)
        claim = envelope.peek(body)
        opened = envelope.open_request(claim, self.keys, scheme)
        self.asked.append(Asked(claim.trans_type, opened.values, claim.params))
        said = self.says[min(len(self.asked), len(self.says)) - 1]
        self.arrived.set()
        if said.wait_for is not None:
            said.wait_for.wait(20)
        if said.raw is not None:
            return said.status, said.raw
        told = {"code": said.code, "err_msg": said.err_msg, "inf_refmsgid": "3200002026"}
        keys = self.keys if said.signed else None
        return said.status, envelope.seal_response(claim, told, said.values, keys, scheme)


@contextmanager
def standing(*says: Said, keys: envelope.Keys | None = None, profile: str = "standard") -> Iterator[Platform]:
    """A platform that says this."""
    platform = Platform(list(says), keys or envelope.Keys((KEY,)), profile)
    answer: Callable[[bytes], tuple[int, bytes]] = platform.answer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    platform.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
