"""Every return code, brought about exactly as the specification says it can be: over real HTTP in a sandbox."""

import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from tests.dialects.supervision.uploads import SPEC, row
from tests.support.served import Served, served
from yiqiao.cli.sandbox import demo_credentials
from yiqiao.dialects.supervision import envelope, verdicts
from yiqiao.dialects.supervision.dialect import scheme_of, uptime
from yiqiao.sandbox.faults import HEADER
from yiqiao.spec import ReturnCode, Step

CODES = list(SPEC.return_codes.values())
AS_BEFORE = ("partner grant supervision IH9800 *", "partner set supervision IH9800 --profile reconstructed")
SEEN_WITHIN_S = 15
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass
class Hospital:
    """The sandbox's internet hospital: makes good uploads, and follows steps."""

    hub: Served
    key: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def message(self, step: Step) -> tuple[str, dict[str, str], bytes]:
        """Address, headers and body of a step: changed before they are signed, spoiled afterwards."""
        values = dict(step.values)
        times = int(values.pop("rows", "1"))
        good = {name: value for name, value in {**row(step.send), **values}.items() if value != ""}
        said = {
            "service": step.send,
            "appid": "IH9800",
            "randomstr": f"r{time.time_ns()}-{next(self.numbers)}",
            "uptime": uptime(time.time_ns() // 1_000_000),
            "data": orjson.dumps([good] * times).decode(),
            **step.parameters,
        }
        headers, body = envelope.seal_request(
            said["service"],
            said["appid"],
            said["randomstr"],
            said["uptime"],
            said["data"].encode(),
            self.key,
            scheme_of("standard"),
        )
        spoiled = dict(step.spoil)
        size = int(spoiled.pop("size", "0"))
        return SPEC.operations[step.send].path, {**headers, **spoiled}, body.ljust(size)

    def follow(self, step: Step) -> tuple[str, str]:
        """Do what the step says; the code and the message that come of it, of a row where it is a row's."""
        if step.run:
            command, *arguments = step.run.split()
            program = import_module(f"yiqiao.cli.{command}").app
            done = CliRunner().invoke(program, [*arguments, "--data", self.hub.settings.data])
            assert done.exit_code == 0, done.output
            return "", ""
        path, headers, body = self.message(step)
        if step.fault:
            headers[HEADER] = step.fault
        for _ in range(step.times):
            answer = httpx.post(self.hub.url + path, content=body, headers=headers, timeout=60)
        told = envelope.open_response(answer.content)
        rows = verdicts.read(told.data) if told.data else None
        if told.code == "0" and rows is not None and rows.faults:
            return rows.faults[0].code, rows.faults[0].message
        return told.code, told.message


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """One sandbox for all codes."""
    with served(tmp_path_factory.mktemp("codes")) as hub:
        yield Hospital(hub, demo_credentials(hub.settings.data, "supervision").secret)


@pytest.mark.parametrize("code", CODES, ids=[code.code for code in CODES])
def test_the_code_is_brought_about_as_the_specification_says(code: ReturnCode, hospital: Hospital) -> None:
    """code, and `message`: each has its words"""
    assert code.provoke is not None
    until = time.monotonic() + SEEN_WITHIN_S
    runs = any(step.run for step in code.provoke.steps)
    met, said = "", ""
    while met != code.code:
        for step in code.provoke.steps:
            met, said = hospital.follow(step)
        if not runs or time.monotonic() > until:  # what a command has changed is seen by a running hub a moment later
            break
    if runs:
        for command in AS_BEFORE:
            hospital.follow(Step(run=command))
        while hospital.follow(Step(send="A1001"))[0] != "0":
            assert time.monotonic() < until + SEEN_WITHIN_S
    assert (met, said) == (code.code, said), said
    assert HAN.search(said)
