"""A platform on a real port that answers as a test has written down, one answer a request; it keeps what it gets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.dialects.supervision.uploads import KEY, S1
from yiqiao.dialects.supervision import envelope


@dataclass
class Said:
    """An answer. `lost`: the connection is closed in its place."""

    body: bytes = envelope.seal_response("0", "成功")
    status: int = 200
    lost: bool = False


@dataclass
class Platform:
    """What it says, in order (the last again and again), and what it was sent: service, random string, rows' text."""

    says: list[Said]
    url: str = ""
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def standing(*says: Said) -> Iterator[Platform]:
    """A platform that says this."""
    platform = Platform(list(says) or [Said()])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            claim = envelope.peek(tuple((name.encode(), value.encode()) for name, value in self.headers.items()))
            opened = envelope.open_request(claim, body, (KEY,), S1)
            platform.sent.append((claim.service, claim.randomstr, opened.data))
            said = platform.says[min(len(platform.sent), len(platform.says)) - 1]
            if said.lost:
                self.close_connection = True
                return
            self.send_response(said.status)
            self.send_header("content-length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    platform.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
