"""Messages of the unified library on the console: read, masked, told as commands, explained where they do not fit."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from tests.dialects.onetrans.desk import parameters, recharge, spoiled
from tests.web.conftest import hub, sign_in
from yiqiao.app.runtime import Runtime
from yiqiao.clock import SystemClock
from yiqiao.dialects.onetrans import envelope
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.server import PATH

SECRETS = ("柳成荫", "359851198503120134", "nobody-shall-read-this")


@dataclass(frozen=True)
class Console:
    """An operator's browser, and the pages of two messages: one refused by its handler or its values, one spoiled."""

    client: TestClient
    whole: str
    spoiled: str

    def json(self, at: str) -> Mapping[str, object]:
        found: Mapping[str, object] = self.client.get(f"{at}?format=json").json()
        return found


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with hub(tmp_path_factory.mktemp("console"), sandbox=True) as (client, password):
        runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
        assert runtime.desk_demo is not None
        keys, now = envelope.Keys((runtime.desk_demo.app_key,)), SystemClock().now_ms()
        values = recharge(payAppSecret=SECRETS[2], userName=SECRETS[0], idNo=SECRETS[1])
        good = parameters(1, now, trans_type="hop.trade.recharge")
        for body in (
            envelope.seal_request(good, values, keys, scheme_of("standard")),
            spoiled(envelope.seal_request(good, values, keys, scheme_of("standard")), dept_name="药房"),
        ):
            assert client.post(PATH, content=body).status_code == 200
        sign_in(client, "admin", password)
        lines = client.get("/console/journal?format=json&dialect=onetrans").json()["rows"]["lines"]
        pages = [f"/console/journal/{line['chain']}/{line['seq']}" for line in lines]
        yield Console(client, pages[1], pages[0])


def test_the_fields_are_decoded_and_masked(console: Console) -> None:
    assert console.client.get(console.whole).status_code == 200
    shown = console.json(console.whole)
    request = shown["request"]
    assert isinstance(request, dict)
    fields = {field["path"]: field["value"] for field in request["fields"]}
    assert (fields["amount"], fields["userName"]) == ("100.00", "柳**")
    assert not [secret for secret in SECRETS if secret in json.dumps(shown, ensure_ascii=False)]


def test_the_command_goes_to_the_dialect_s_own_address(console: Console) -> None:
    curl = shlex.split(str(console.json(console.whole)["curl"]))
    assert curl[-1].endswith(PATH)
    assert "Content-Type: application/json; charset=GBK" in curl


def test_a_message_that_does_not_fit_is_explained(console: Console) -> None:
    report = console.json(f"{console.spoiled}/explain")
    assert report["verdict"] == "broken"
    findings = report["findings"]
    assert isinstance(findings, list)
    assert findings[0]["kind"] == "changed"
    assert not [secret for secret in SECRETS if secret in json.dumps(report, ensure_ascii=False)]
    assert console.json(f"{console.whole}/explain")["verdict"] == "holds"


def test_the_step_at_which_it_stopped_is_shown(console: Console) -> None:
    steps = console.json(console.spoiled)["steps"]
    assert isinstance(steps, list)
    assert [step["name"] for step in steps if step["state"] == "stopped"] == ["open"]
