"""Every return code of appendix 1, brought about exactly as the specification says it can be.

Over real HTTP in a sandbox, by the steps that stand beside the code; what a client meets before anything is sent, or
because nothing comes back, is met by the client of this package. A code without steps fails here.
"""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.hub import PATH, registration, showing
from tests.support.served import Served, served
from yiqiao.crypto import sm3
from yiqiao.dialects.ehealth_card import Client, envelope
from yiqiao.dialects.ehealth_card.client import Refused
from yiqiao.errors import DomainError
from yiqiao.sandbox.faults import HEADER
from yiqiao.spec import Retry, ReturnCode, Step, load

SPEC = load("ehealth_card")
SCHEME = envelope.scheme(SPEC.security)
VERIFY, REGISTER, QUERYWITHREG = "ehc.ehealthcode.verify", "ehc.ehealthcard.register", "ehc.ehealthcard.querywithreg"
CODES = list(SPEC.return_codes.values())
OPEN_AGAIN = "partner grant ehealth_card demo-hospital *"
SEEN_WITHIN_S = 15
WHAT_TO_DO = re.compile(r"请(?!求)|应为|应是|可用|联系|重试|记录|处理|告知")
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass
class Desk:
    """A hospital's desk at a sandbox: makes good messages, and follows steps."""

    hub: Served
    code: object = ""
    card_id: object = ""
    serials: int = 0
    last: Mapping[str, object] = field(default_factory=dict)

    def serial(self) -> str:
        self.serials += 1
        return f"code-{self.serials}"

    def good(self, operation: str) -> dict[str, object]:
        """The values of a message that would be answered with success."""
        if operation == VERIFY:
            return showing(self.serial(), self.code)
        if operation in (REGISTER, QUERYWITHREG):
            return registration(self.serial(), id_no="E00009001")
        if operation == "ehc.ehealthcard.regquery":
            return {"ehealth_card_id": self.card_id}
        return SPEC.operations[operation].sample()

    def values(self, step: Step) -> dict[str, object]:
        told = {name: text.format(**self.last) for name, text in step.values.items()}
        return {name: value for name, value in {**self.good(step.send), **told}.items() if value != ""}

    def message(self, step: Step) -> bytes:
        """The step's message: changed before it is signed, spoiled afterwards."""
        if step.body is not None:
            return step.body.encode()
        parameters = {
            "app_id": "demo-hospital",
            "term_id": "10000000001",
            "method": step.send,
            "version": "X.M.0.1",
            "timestamp": str(time.time_ns() // 1_000_000),
        }
        sealed = json.loads(envelope.seal_request(parameters, self.values(step), self.hub.secret, SCHEME))
        changed = {name: value for name, value in {**sealed, **step.parameters}.items() if value and name != "sign"}
        changed["sign"] = sm3(envelope.string_to_sign(changed, self.hub.secret, SCHEME)).hex()
        return json.dumps({**changed, **step.spoil}).encode()

    def follow(self, step: Step) -> tuple[str, str]:
        """Do what the step says; the return code and the message that come of it, both empty where none does."""
        if step.run:
            command, *arguments = step.run.split()
            program = import_module(f"yiqiao.cli.{command}").app
            done = CliRunner().invoke(program, [*arguments, "--data", self.hub.settings.data])
            assert done.exit_code == 0, done.output
            return "", ""
        if step.wait_s:
            time.sleep(step.wait_s)
            return "", ""
        if step.client:
            return self.met(lambda: CLIENTS[step.client](self, step))
        body = self.message(step)
        headers = {"content-type": "application/json", **({HEADER: step.fault} if step.fault else {})}
        if step.fault == "lost":
            with self.client(fault=step.fault) as client:
                return self.met(lambda: client.call(step.send, self.values(step)))
        for _ in range(step.times):
            answer = httpx.post(self.hub.url + PATH, content=body, headers=headers, timeout=20)
            assert answer.status_code == 200, answer.text
        opened = envelope.open_response(answer.content, [self.hub.secret], SCHEME)
        self.last = opened.biz or {}
        return opened.ret_code, opened.ret_msg

    def client(self, fault: str = "") -> Client:
        return self.hub.client(fault)

    @staticmethod
    def met(call: Callable[[], object]) -> tuple[str, str]:
        """What the client raises, as the specification codes it."""
        with pytest.raises(DomainError) as caught:
            call()
        return SPEC.code_for(caught.value.name).code, caught.value.message


@contextmanager
def listening(answer: bytes | None) -> Iterator[str]:
    """A platform's address where `answer` is said to whatever comes; None: the connection is taken, nothing is read."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        finished = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                if answer is None:
                    finished.wait(SEEN_WITHIN_S)
                    return
                while b"\r\n\r\n" not in connection.recv(65_536):
                    pass
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                finished.wait(SEEN_WITHIN_S)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finished.set()
        thread.join()


def calling(url: str, desk: Desk, step: Step, **more: object) -> None:
    known: dict[str, object] = {"app_id": "demo-hospital", "secret": desk.hub.secret, "term_id": "10000000001"}
    with Client(url, **{**known, **more}) as client:  # type: ignore[arg-type]
        client.call(step.send, {**desk.values(step), **({"card_list": MANY_CARDS} if step.send == REGISTER else {})})


MANY_CARDS = [{"card_type": "01", "card_no": f"YQ{number:08}"} for number in range(200_000)]
"""Some megabytes: more than the buffers between two programs hold."""


def nobody_listens(desk: Desk, step: Step) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    calling(url, desk, step)


def nobody_reads(desk: Desk, step: Step) -> None:
    with listening(None) as url:
        calling(url, desk, step, timeout_s=1.0)


def empty_answer(desk: Desk, step: Step) -> None:
    with listening(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") as url:
        calling(url, desk, step)


CLIENTS: Mapping[str, Callable[[Desk, Step], None]] = {
    "nobody listens": nobody_listens,
    "nobody reads": nobody_reads,
    "empty answer": empty_answer,
    "character without encoding": lambda desk, step: calling(desk.hub.url, desk, step, term_id="1\ud800"),
    "unfit secret": lambda desk, step: calling(desk.hub.url, desk, step, secret="short"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One sandbox for all codes, and a person with a card."""
    with served(tmp_path_factory.mktemp("codes")) as hub:
        found = Desk(hub)
        with hub.client() as client:
            opened = client.querywithreg(**found.good(QUERYWITHREG))
        found.code, found.card_id = opened["ehealth_code"], opened["ehealth_card_id"]
        yield found


@pytest.mark.parametrize("code", CODES, ids=[code.code for code in CODES])
def test_the_code_is_brought_about_as_the_specification_says(code: ReturnCode, desk: Desk) -> None:
    assert code.provoke is not None, f"{code.code}: nothing says how to bring it about"
    until = time.monotonic() + SEEN_WITHIN_S
    met, said = "", ""
    while met != code.code:
        for step in code.provoke.steps:
            met, said = desk.follow(step)
        # What a command has changed is seen by a running hub a moment later.
        if not any(step.run for step in code.provoke.steps) or time.monotonic() > until:
            break
    if any(step.run for step in code.provoke.steps):
        desk.follow(Step(run=OPEN_AGAIN))
        while desk.follow(Step(send=REGISTER))[0] != "0000":
            assert time.monotonic() < until + SEEN_WITHIN_S
    assert (met, said) == (code.code, said), said
    assert HAN.search(said)
    assert len(said) <= 200
    assert desk.hub.secret not in said
    if code.code != SPEC.success_code:
        assert WHAT_TO_DO.search(said), f"says nothing of what to do: {said}"


def test_there_are_38_codes_and_each_says_whether_to_call_again() -> None:
    assert len(CODES) == 38
    asked = {retry: [code.code for code in CODES if code.retry is retry] for retry in Retry}
    assert asked[Retry.NEVER] == ["0000", "9005"]
    assert asked[Retry.NEW_SERIAL] == ["3002"]
    assert {"8001", "8005", "3003"} < set(asked[Retry.SAME_SERIAL])
    assert {"1001", "2001", "9001"} < set(asked[Retry.MENDED])


def test_a_refused_call_says_whether_to_call_again(desk: Desk) -> None:
    with desk.client() as client, pytest.raises(Refused) as caught:
        client.call(VERIFY, showing(desk.serial(), "123456"))
    assert caught.value.retry is Retry.MENDED


def test_a_message_to_be_mended_leaves_its_serial_free(desk: Desk) -> None:
    """What `mended` promises: the refused message took no effect."""
    serial = desk.serial()
    with desk.client() as client:
        with pytest.raises(Refused):
            client.call(VERIFY, showing(serial, "123456"))
        assert client.call(VERIFY, showing(serial, desk.code))


def test_a_code_that_no_refusal_has_cannot_be_asked_of_the_sandbox(desk: Desk) -> None:
    for code in ("0000", "7777", "x"):
        answer = httpx.post(desk.hub.url + PATH, content=b"{}", headers={HEADER: f"refuse={code}"})
        assert answer.status_code == 400
        assert "8009" in answer.text
