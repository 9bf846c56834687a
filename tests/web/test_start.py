"""The start page: what a newcomer finds, and what nobody else gets to see."""

import shlex
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import HERE, browser
from yiqiao.app.settings import Settings
from yiqiao.spec import load

SECRET_PLACES = ("/", "/?format=json", "/sandbox/code", "/sandbox/code.txt", "/sandbox/message", "/sandbox/exchanges")


def secret_of(client: TestClient) -> str:
    secret: str = client.get("/?format=json").json()["demo"]["secret"]
    return secret


def send_message(client: TestClient) -> dict[str, str]:
    body = client.get("/sandbox/message").content
    answer: dict[str, str] = client.post(
        "/ehcService/gateway.do", content=body, headers={"content-type": "application/json"}
    ).json()
    return answer


def test_start_page_names_the_addresses(stranger: TestClient) -> None:
    page = stranger.get("/").text
    for address in ("/ehcService/gateway.do", "/healthz", "/readyz", "/metrics"):
        assert HERE + address in page


def test_start_page_shows_the_demo_credentials_on_loopback(stranger: TestClient) -> None:
    page = stranger.get("/").text
    assert "demo-hospital" in page
    assert secret_of(stranger) in page
    assert all(terminal in page for terminal in ("10000000001", "10000000002", "10000000003"))


def test_nothing_of_the_demo_is_shown_when_the_hub_listens_beyond_loopback(tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path), sandbox=True, sandbox_hospitals=False)) as client:
        secret = secret_of(client)
    with browser(Settings(data=str(tmp_path), host="192.0.2.7", sandbox=True, sandbox_hospitals=False)) as client:
        for path in SECRET_PLACES:
            answer = client.get(path)
            assert answer.status_code == (200 if path.startswith("/?") or path == "/" else 404)
            assert "demo-hospital" not in answer.text
            assert secret not in answer.text


@pytest.mark.parametrize("path", SECRET_PLACES)
def test_nothing_of_the_demo_is_shown_under_a_foreign_name(path: str, stranger: TestClient) -> None:
    """A proxy's public name, or a name that a foreign page has bound to 127.0.0.1 in the meantime."""
    secret = secret_of(stranger)
    answer = stranger.get(path, headers={"host": "hub.example.org"})
    assert answer.status_code == (200 if path.startswith("/?") or path == "/" else 404)
    assert secret not in answer.text
    assert "demo-hospital" not in answer.text


def test_outside_the_sandbox_there_are_addresses_and_the_way_to_sign_in(tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path))) as client:
        page = client.get("/").text
        assert "/ehcService/gateway.do" in page
        assert 'href="/sign-in"' in page
        assert "demo-hospital" not in page
        assert client.get("/?format=json").json()["demo"] is None


def test_public_url_is_the_address_that_is_told(tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path), public_url="https://card.example.org")) as client:
        assert "https://card.example.org/ehcService/gateway.do" in client.get("/").text


def test_live_code_is_fresh_each_time_and_says_how_long_it_lives(stranger: TestClient) -> None:
    one, two = stranger.get("/sandbox/code.txt").text, stranger.get("/sandbox/code.txt").text
    assert one != two
    demo = stranger.get("/?format=json").json()["demo"]["code"]
    assert 0 < demo["left_ms"] <= demo["life_ms"]
    fragment = stranger.get("/sandbox/code").text
    assert "<svg" in fragment
    assert "data-left-ms" in fragment


def test_name_of_the_holder_is_masked(stranger: TestClient) -> None:
    assert "*" in stranger.get("/?format=json").json()["demo"]["code"]["name"]


def test_message_that_the_page_offers_is_answered_with_success(stranger: TestClient) -> None:
    assert send_message(stranger)["ret_code"] == "0000"


def test_command_that_the_page_offers_says_everything_the_operation_requires(stranger: TestClient) -> None:
    demo = stranger.get("/?format=json").json()["demo"]
    words = shlex.split(demo["call"])
    assert words[1:4] == ["call", "ehealth_card", "ehc.ehealthcode.verify"]
    values = dict(word.split("=", 1) for word in words[4:] if "=" in word)
    made = {"out_verify_no": "1", "out_verify_time": "20261120093012"}
    code = {"ehealth_code": stranger.get("/sandbox/code.txt").text}
    assert load("ehealth_card").operations["ehc.ehealthcode.verify"].validate(values | code | made)
    assert words[words.index("--url") + 1] == HERE


def test_exchanges_show_up_with_title_partner_and_outcome(stranger: TestClient) -> None:
    send_message(stranger)
    page = stranger.get("/sandbox/exchanges").text
    assert "验证电子健康卡二维码" in page
    assert "演示医院" in page
    assert "0000" in page


def test_exchanges_are_sent_again_only_when_there_are_newer_ones(stranger: TestClient) -> None:
    send_message(stranger)
    lines = stranger.get("/?format=json").json()["demo"]["exchanges"]["lines"]
    seen = f"{lines[0]['chain']}/{lines[0]['seq']}"
    assert stranger.get("/sandbox/exchanges", params={"seen": seen}).status_code == 204
    send_message(stranger)
    answer = stranger.get("/sandbox/exchanges", params={"seen": seen})
    assert answer.status_code == 200
    assert answer.text.count('class="fresh"') == 1


def test_no_more_than_ten_exchanges_are_listed(stranger: TestClient) -> None:
    for _ in range(11):
        send_message(stranger)
    assert len(stranger.get("/?format=json").json()["demo"]["exchanges"]["lines"]) == 10


def test_operations_lead_to_their_reference(stranger: TestClient) -> None:
    assert 'href="/docs/ehealth_card/ehc.ehealthcode.verify"' in stranger.get("/").text
    page = stranger.get("/docs/ehealth_card/ehc.ehealthcode.verify").text
    for name in ("ehealth_code", "out_verify_no", "treatment_code", "mindex_id", "9003", "3002"):
        assert name in page


@pytest.mark.parametrize("path", ["/docs/ehealth_card/nothing", "/docs/..%2f/x", "/docs/cmc/launch"])
def test_reference_of_what_is_not_there_is_not_found(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 404
