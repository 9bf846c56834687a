"""Uploads on the console's journal: told step by step, the rows' personal values masked."""

import time
from collections.abc import Iterator

import orjson
import pytest
from starlette.testclient import TestClient

from tests.dialects.supervision.uploads import SPEC, row
from tests.web.conftest import hub, sign_in
from yiqiao.app.runtime import Runtime
from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.dialect import scheme_of, uptime

SECRETS = ("柳成荫", "359851198503120134", "15498510001")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, list[str]]]:
    """An operator's browser, and the pages of an upload and of one under another key."""
    with hub(tmp_path_factory.mktemp("console"), sandbox=True) as (client, password):
        runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
        partner = runtime.directory.find("supervision", "IH9800")
        assert partner is not None
        now = uptime(time.time_ns() // 1_000_000)
        data = orjson.dumps([row("A2000")])
        for number, key in enumerate((partner.secrets[0], "another-key-altogether")):
            said, body = envelope.seal_request("A2000", "IH9800", f"r{number}", now, data, key, scheme_of("standard"))
            answer = client.post(SPEC.operations["A2000"].path, content=body, headers=said)
            assert answer.json()["code"] == ("SIGN_ERROR" if number else "0")
        sign_in(client, "admin", password)
        lines = client.get("/console/journal?format=json&dialect=supervision").json()["rows"]["lines"]
        assert len(lines) == 2
        yield client, [f"/console/journal/{line['chain']}/{line['seq']}" for line in lines]


def test_what_came_is_shown_and_nobody_s_values(pages: tuple[TestClient, list[str]]) -> None:
    client, places = pages
    for place in places:
        shown = client.get(place)
        assert shown.status_code == 200
        assert "deptCode" in shown.text
        assert not any(secret in shown.text for secret in SECRETS)


def test_a_signature_in_headers_that_are_not_kept_is_not_explained(pages: tuple[TestClient, list[str]]) -> None:
    client, places = pages
    for place in places:
        assert f"{place}/explain" not in client.get(place).text
        assert client.get(f"{place}/explain").status_code == 404
