"""Every unified return code (4.1), brought about exactly as the specification says it can be.

Over a real socket in a sandbox, by the steps that stand beside the code, in SOAP and as a plain document. A code
without steps fails here.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import count

import httpx
import pytest
from typer.testing import CliRunner

from tests.support.hospital import HOSPITAL, schedule_id
from tests.support.served_hospital import NET_TEST, SCHEME, Running
from yiqiao.clock import SystemClock, beijing
from yiqiao.crypto import md5
from yiqiao.dialects.convenience import content, envelope, soap
from yiqiao.dialects.convenience.scheme import REQUEST_ORDER
from yiqiao.dialects.convenience.wording import LONGEST_MESSAGE
from yiqiao.ports.hospital.values import Session
from yiqiao.sandbox.faults import HEADER
from yiqiao.spec import ReturnCode, Step, load

SPEC = load("convenience")
CODES = list(SPEC.return_codes.values())
OPEN_AGAIN = "partner grant convenience demo *"
SEEN_WITHIN_S = 15
OF_STRANGERS = {"2", "4"}
"""Codes of callers whose key is not known: told unsigned, and in SOAP as a fault."""


@dataclass
class Desk:
    """A platform that follows the steps, in SOAP or plain."""

    running: Running
    style: str
    serials: Iterator[int]

    def good(self, operation: str) -> Mapping[str, object]:
        """The values of a message that would be answered with success."""
        day = beijing(SystemClock().now_ms()).date()
        schedule = schedule_id("YS8103", "D0201", day, Session.MORNING)
        bill = self.running.bill
        known: Mapping[str, Mapping[str, object]] = {
            "NetTest": NET_TEST,
            "GetDeptInfo": {"HOSPITAL_ID": HOSPITAL, "DEPT_ID": "-1"},
            "LockReg": {"REG_ID": schedule, "DEPT_ID": "D0201", "DOCTOR_ID": "YS8103", "REG_DATE": day.isoformat()},
            "opPay": {
                "HOSPITAL_MARK": HOSPITAL,
                "PATIENT_ID": bill.patient_id,
                "SERIAL_NO": bill.serial_no,
                "PRESC_NO": bill.presc_no,
                "FLOW_NO": "DD1",
                "AMT": "123.45",
                "ACCOUNT_SUM": "123.45",
                "JSLX": "0",
            },
        }
        sample = SPEC.operations[operation].sample(next(self.serials))
        return {**sample, **({"HOSPITAL_ID": HOSPITAL} if "HOSPITAL_ID" in sample else {}), **known.get(operation, {})}

    def message(self, step: Step) -> str:
        """The step's message: changed before it is signed, spoiled afterwards."""
        if step.body is not None:
            return step.body
        operation = SPEC.operations[step.send]
        wire = content.written(operation.request_root, operation.asks.to_wire({**self.good(step.send), **step.values}))
        key = self.running.key
        sealed, _ = envelope.read_parameters(envelope.seal_request(operation.code, "demo", wire, key, SCHEME))
        values = {**sealed, **step.parameters}
        values["SIGN"] = SIGNERS[step.client](values, key)
        parts = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in {**values, **step.spoil}.items())
        return f"<ROOT>{parts}</ROOT>"

    def follow(self, step: Step) -> tuple[str, str]:
        """Do what the step says; the return code and the message that come of it, both empty where none does."""
        if step.run:
            command, *arguments = step.run.split()
            program = import_module(f"yiqiao.cli.{command}").app
            done = CliRunner().invoke(program, [*arguments, "--data", self.running.settings.data])
            assert done.exit_code == 0, done.output
            return "", ""
        body = self.message(step)
        for _ in range(step.times):
            said = self.said(body, step.fault)
        return said

    def said(self, document: str, fault: str = "") -> tuple[str, str]:
        """What comes back. Whoever is known gets it signed."""
        client = self.running.client(style="soap" if self.style == "soap" else "plain")
        with client:
            body, headers = client.speaker.wrapped("NetTest", document)
        answer = httpx.post(client.speaker.url, content=body, headers={**headers, **({HEADER: fault} if fault else {})})
        if answer.status_code == 500:
            text, _, code = soap.fault_text(answer.content).rpartition("（返回码 ")
            assert code.rstrip("）") in OF_STRANGERS
            return code.rstrip("）"), text
        told = soap.opened(answer.content).document if self.style == "soap" else answer.text
        opened = envelope.open_response(told, [self.running.key], SCHEME)
        assert opened.signed or (self.style == "plain" and opened.code in OF_STRANGERS)
        return opened.code, opened.message


def properly(values: Mapping[str, str], key: str) -> str:
    return SCHEME.digest(values, REQUEST_ORDER, key)


def without_the_key(values: Mapping[str, str], _: str) -> str:
    return md5(SCHEME.string_to_sign(values, REQUEST_ORDER, "").encode()).hex().upper()


SIGNERS: Mapping[str, Callable[[Mapping[str, str], str], str]] = {"": properly, "key left out": without_the_key}
SERIALS = count(int(time.time()))


@pytest.fixture(params=["soap", "plain"])
def desk(request: pytest.FixtureRequest, running: Running) -> Desk:
    return Desk(running, request.param, SERIALS)


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
        while desk.follow(Step(send="GetDeptInfo"))[0] == "3":
            assert time.monotonic() < until + SEEN_WITHIN_S
    assert met == code.code, f"{met} {said}"
    assert said
    assert len(said) <= LONGEST_MESSAGE
    assert desk.running.key not in said


def test_there_are_14_codes_and_a_repeat_is_known_by_its_own() -> None:
    assert [code.code for code in CODES] == ["0", "99", *(str(number) for number in range(1, 13))]
