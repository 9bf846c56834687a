"""An exchange of the convenience platform on the console: read, masked, and told as commands that can be pasted."""

import json
import shlex
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.support.hospital import HOSPITAL
from tests.web.conftest import hub, sign_in
from yiqiao.app.runtime import Runtime
from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.dialect import scheme_of

CONTENT = (
    f"<REQ><HOSPITAL_ID>{HOSPITAL}</HOSPITAL_ID><ID_TYPE>1</ID_TYPE><ID_NO>359851198503120134</ID_NO><NAME>柳成荫</NAME>"
    "<SEX>1</SEX><BIRTHDAY>1985-03-12</BIRTHDAY><MOBILE>15498510001</MOBILE></REQ>"
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """A registration as the console shows it."""
    with hub(tmp_path_factory.mktemp("console"), sandbox=True) as (client, password):
        body = envelope.seal_request("1002", "demo", CONTENT, _key(client), scheme_of("standard"))
        client.post("/convenience", content=body.encode(), headers={"content-type": "text/xml"})
        sign_in(client, "admin", password)
        lines = client.get("/console/journal?format=json&dialect=convenience").json()["rows"]["lines"]
        at = f"/console/journal/{lines[0]['chain']}/{lines[0]['seq']}"
        assert client.get(at).status_code == 200
        yield client.get(f"{at}?format=json").json()


def _key(client: TestClient) -> str:
    runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
    partner = runtime.directory.find("convenience", "demo")
    assert partner is not None
    return partner.secrets[0]


def test_the_fields_are_decoded_and_masked(shown: dict[str, object]) -> None:
    request = shown["request"]
    assert isinstance(request, dict)
    fields = {field["path"]: field["value"] for field in request["fields"]}
    assert fields["HOSPITAL_ID"] == HOSPITAL
    assert fields["NAME"] == "柳**"
    text = json.dumps(shown, ensure_ascii=False)
    assert not [value for value in ("成荫", "359851198503120134", "15498510001", "1985-03-12") if value in text]


def test_the_commands_go_to_the_services_own_address(shown: dict[str, object]) -> None:
    call, curl = shlex.split(str(shown["call"])), shlex.split(str(shown["curl"]))
    assert call[1:4] == ["call", "convenience", "CreatePat"]
    assert call[call.index("--url") + 1].endswith("/convenience")
    assert "--term-id" not in call
    assert curl[-1].endswith("/convenience")
    assert "Content-Type: text/xml; charset=utf-8" in curl


def test_the_story_tells_where_it_stopped_and_what_was_signed(shown: dict[str, object]) -> None:
    assert str(shown["signed"]).startswith("FUN_CODE=1002&REQ_ENCRYPTED=")
    steps = shown["steps"]
    assert isinstance(steps, list)
    assert [step["state"] for step in steps][:5] == ["done"] * 5
