"""Every return code, brought about exactly as the specification says it can be: over real HTTP in a sandbox."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

import httpx
import pytest
from typer.testing import CliRunner

from tests.dialects.onetrans.desk import SPEC, parameters, query, telling
from tests.dialects.onetrans.platform import Said, standing
from tests.support.served import Served, served
from yiqiao.cli import partner
from yiqiao.cli.sandbox import demo_credentials
from yiqiao.dialects.onetrans import Client, Desk, envelope, gbk
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.handlers import handlers
from yiqiao.dialects.onetrans.server import PATH
from yiqiao.errors import DomainError
from yiqiao.sandbox.faults import HEADER
from yiqiao.spec import Retry, ReturnCode, Step

CODES = list(SPEC.return_codes.values())
DESK = Desk("H98510001001", opter="S8101", opter_name="陶文静", dept_codg="9801", dept_name="收费处")
OPEN_AGAIN = "partner grant onetrans demo-onetrans *"
SEEN_WITHIN_S = 15
WHAT_TO_DO = re.compile(r"请(?!求)|应为|应是|可用|联系|重试|记录|处理|告知|核对|改|重发|询问|换|稍后|检查|办理|补正|再")
HAN = re.compile(r"[\u4e00-\u9fff]")
ANSWERED = ("hop.trade.query", "hos.user.get", "ehc.ehealthcard.authurl")


@dataclass
class Window:
    """A cashier's window at a sandbox: makes good messages, and follows steps."""

    hub: Served
    app_key: str
    platform_key: bytes
    serials: int = 0

    @property
    def keys(self) -> envelope.Keys:
        return envelope.Keys((self.app_key,), self.platform_key)

    def good(self, operation: str) -> dict[str, object]:
        return query() if operation == "hop.trade.query" else SPEC.operations[operation].sample()

    def message(self, step: Step) -> bytes:
        """The step's message: changed before it is signed, spoiled afterwards."""
        if step.body is not None:
            return step.body.encode()
        self.serials += 1
        good = parameters(self.serials, time.time_ns() // 1_000_000, trans_type=step.send)
        values = {name: value for name, value in {**self.good(step.send), **step.values}.items() if value != ""}
        sealed = envelope.read_parameters(envelope.seal_request(good, values, self.keys, scheme_of("standard")))
        changed = {name: value for name, value in {**sealed, **step.parameters}.items() if value and name != "sign"}
        return gbk.write({**envelope.signed(changed, self.keys, scheme_of("standard")), **step.spoil})

    def follow(self, step: Step) -> tuple[str, str]:
        """Do what the step says; the return code and the message that come of it, both empty where none does."""
        if step.run:
            command, *arguments = step.run.split()
            program = import_module(f"yiqiao.cli.{command}").app
            done = CliRunner().invoke(program, [*arguments, "--data", self.hub.settings.data])
            assert done.exit_code == 0, done.output
            return "", ""
        if step.client:
            with pytest.raises(DomainError) as caught:
                CLIENTS[step.client](self)
            return SPEC.code_for(caught.value.name).code, caught.value.message
        headers = {HEADER: step.fault} if step.fault else {}
        answer = httpx.post(self.hub.url + PATH, content=self.message(step), headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        opened = envelope.open_response(answer.content, self.keys, scheme_of("standard"))
        return opened.code, opened.err_msg

    def client(self, url: str = "") -> Client:
        return Client(url or self.hub.url, app_id="demo-onetrans", app_key=self.app_key, desk=DESK)


def concurrent_call(window: Window) -> None:
    hold = threading.Event()
    with standing(Said(wait_for=hold), keys=window.keys) as platform, window.client(platform.url) as client:
        first = threading.Thread(target=lambda: client.query(**query()))
        first.start()
        assert platform.arrived.wait(20)
        try:
            client.query(**query())
        finally:
            hold.set()
            first.join()


def nobody_listens(window: Window) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with window.client(url) as client:
        client.query(**query())


def empty_answer(window: Window) -> None:
    with standing(Said(raw=b""), keys=window.keys) as platform, window.client(platform.url) as client:
        client.query(**query())


def character_without_encoding(window: Window) -> None:
    gbk.write({**query(), "notes": "\ud800"})


CLIENTS: Mapping[str, Callable[[Window], None]] = {
    "concurrent call": concurrent_call,
    "nobody listens": nobody_listens,
    "empty answer": empty_answer,
    "character without encoding": character_without_encoding,
}


def platform_key(hub: Served) -> bytes:
    """The hub's public key, as its operator tells it."""
    asked = ["public-key", "onetrans", "demo-onetrans", "--json", "--data", hub.settings.data]
    return bytes.fromhex(json.loads(CliRunner().invoke(partner.app, asked).stdout)["hub"])


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """One sandbox for all codes, whose operations answer with samples."""
    kept = dict(handlers.by_operation)
    for name in ANSWERED:
        handlers.handles(name)(telling(name))
    try:
        with served(tmp_path_factory.mktemp("codes")) as hub:
            yield Window(hub, demo_credentials(hub.settings.data, "onetrans").secret, platform_key(hub))
    finally:
        handlers.by_operation.clear()
        handlers.by_operation.update(kept)


@pytest.mark.parametrize("code", CODES, ids=[code.code for code in CODES])
def test_the_code_is_brought_about_as_the_specification_says(code: ReturnCode, window: Window) -> None:
    assert code.provoke is not None, f"{code.code}: nothing says how to bring it about"
    until = time.monotonic() + SEEN_WITHIN_S
    runs = any(step.run for step in code.provoke.steps)
    met, said = "", ""
    while met != code.code:
        for step in code.provoke.steps:
            met, said = window.follow(step)
        if not runs or time.monotonic() > until:  # what a command has changed is seen by a running hub a moment later
            break
    if runs:
        window.follow(Step(run=OPEN_AGAIN))
        while window.follow(Step(send="hop.trade.query"))[0] != "000000":
            assert time.monotonic() < until + SEEN_WITHIN_S
    assert (met, said) == (code.code, said), said
    assert HAN.search(said)
    assert len(said) <= 200
    assert window.app_key not in said
    if code.code != SPEC.success_code:
        assert WHAT_TO_DO.search(said), f"says nothing of what to do: {said}"


def test_rule_code_they_are_grouped_and_each_says_whether_to_call_again() -> None:
    assert len(CODES) == 69
    assert {code.code[:4] for code in CODES} == {"0000", "6000", "6100", "7001", "7002", "7003", "8001"}
    asked = {retry: {code.code for code in CODES if code.retry is retry} for retry in Retry}
    assert asked[Retry.NEVER] == {"000000", "610006", "700201", "800105"}
    assert asked[Retry.NEW_SERIAL] == {"700101", "700102", "700104", "700115", "700118", "800110"}
    assert {"600001", "600015", "700100", "700103", "700114", "700117", "700200", "800100"} < asked[Retry.SAME_SERIAL]


def test_errors_of_the_ports_have_codes_of_their_own() -> None:
    for port in ("payment_channel", "his_billing", "insurance_centre", "card_reader", "card_platform"):
        module = import_module(f"yiqiao.ports.{port}")
        raised = {name for name, one in vars(module).items() if isinstance(one, type) and issubclass(one, DomainError)}
        assert raised - {"DomainError", "BadNotice"} <= SPEC.errors.keys(), port
