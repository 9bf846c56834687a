"""Messages taken straight from the connection behave on the wire as HTTP wants it, whatever comes in which pieces."""

import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.hub import PATH
from tests.support.served import Served, served
from yiqiao.app.direct import DirectProtocol
from yiqiao.sandbox.faults import HEADER

LIMIT = 4096


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("direct"), max_body=LIMIT) as running:
        yield running


class Wire:
    """A connection on which every byte is ours."""

    def __init__(self, hub: Served) -> None:
        host, port = hub.url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.read = self.socket.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.02)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer."""
        status = int(self.read.readline().split()[1])
        headers: dict[str, str] = {}
        while (line := self.read.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        return status, headers, self.read.read(int(headers.get("content-length", "0")))

    def ended(self) -> bool:
        return self.read.read(1) == b""


@pytest.fixture
def wire(hub: Served) -> Iterator[Wire]:
    opened = Wire(hub)
    yield opened
    opened.socket.close()


def request(body: bytes, *headers: str, method: str = "POST", version: str = "1.1", path: str = PATH) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: hub", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def code(body: bytes) -> str:
    return str(json.loads(body)["ret_code"])


def test_one_connection_serves_one_message_after_the_other(wire: Wire) -> None:
    for _ in range(3):
        wire.send(request(b"{}"))
        status, headers, body = wire.answer()
        assert (status, headers["content-type"]) == (200, "application/json; charset=utf-8")
        assert "date" in headers
        assert "connection" not in headers
        assert code(body) == "1001"
    wire.send(request(b"", method="GET", path="/healthz"))
    assert wire.answer()[0] == 200


def test_every_message_has_an_id_of_its_own(wire: Wire) -> None:
    wire.send(request(b"{}"))
    first = wire.answer()[1]["x-request-id"]
    wire.send(request(b"{}"))
    assert wire.answer()[1]["x-request-id"] != first


def test_a_message_in_pieces_is_put_together(wire: Wire) -> None:
    whole = request(b'{"app_id": "nobody", "term_id": "1", "method": "x"}')
    wire.send(*(whole[at : at + 40] for at in range(0, len(whole), 40)))
    assert code(wire.answer()[2]) == "1008"


def test_messages_that_come_before_the_last_was_answered_are_answered_in_turn(wire: Wire) -> None:
    wire.send(request(b"{}") + request(b'{"app_id": "nobody", "term_id": "1", "method": "x"}') + request(b"{}"))
    assert [code(wire.answer()[2]) for _ in range(3)] == ["1001", "1008", "1001"]


def test_a_body_in_chunks_is_one_message(wire: Wire) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    wire.send(head, b"1\r\n{\r\n", b"1\r\n}\r\n", b"0\r\n\r\n")
    assert code(wire.answer()[2]) == "1001"


def test_a_caller_that_waits_for_leave_to_go_on_gets_it(wire: Wire) -> None:
    wire.send(request(b"", "Expect: 100-continue").replace(b"Content-Length: 0", b"Content-Length: 2"))
    assert wire.answer()[0] == 100
    wire.send(b"{}")
    assert code(wire.answer()[2]) == "1001"


def test_a_message_beyond_the_limit_is_refused_and_the_connection_ends(wire: Wire) -> None:
    wire.send(request(b"x" * (LIMIT + 1)))
    status, headers, body = wire.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert "上限" in json.loads(body)["ret_msg"]
    assert wire.ended()


@pytest.mark.parametrize(("headers", "version"), [(("Connection: close",), "1.1"), ((), "1.0")])
def test_a_connection_that_is_to_end_ends(wire: Wire, headers: tuple[str, ...], version: str) -> None:
    wire.send(request(b"{}", *headers, version=version))
    status, told, body = wire.answer()
    assert (status, told["connection"], code(body)) == (200, "close", "1001")
    assert wire.ended()


def test_an_answer_that_is_lost_on_purpose_ends_the_connection_without_a_byte(wire: Wire) -> None:
    wire.send(request(b"{}", f"{HEADER}: lost"))
    assert wire.ended()


def test_a_launch_comes_as_the_query_of_a_get_and_other_methods_go_elsewhere(wire: Wire) -> None:
    wire.send(request(b"", method="GET", path="/redirect/client/web/get?jgtParamSign=nothing"))
    status, headers, _ = wire.answer()
    assert status != 200
    assert headers["cache-control"] == "no-store"
    wire.send(request(b"", method="GET"))
    assert wire.answer()[0] == 405


def test_a_caller_that_went_away_harms_nobody(hub: Served) -> None:
    gone = Wire(hub)
    gone.send(request(b"{}", f"{HEADER}: late=200"))
    gone.socket.close()
    time.sleep(0.4)
    here = Wire(hub)
    here.send(request(b"{}"))
    assert code(here.answer()[2]) == "1001"
    here.socket.close()


def test_messages_do_go_the_direct_way(hub: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    direct = DirectProtocol._direct

    def watched(self: DirectProtocol) -> object:
        found = direct(self)
        seen.append(self.url if found else b"")
        return found

    monkeypatch.setattr(DirectProtocol, "_direct", watched)
    wire = Wire(hub)
    wire.send(request(b"{}"))
    wire.answer()
    wire.socket.close()
    assert seen == [PATH.encode()]
