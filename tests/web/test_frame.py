"""What every page has around it."""

import re
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.web.conftest import browser
from yiqiao.app.settings import Settings
from yiqiao.errors import DomainError
from yiqiao.partners.roles import Right, RightMissing, Role
from yiqiao.storage import Busy
from yiqiao.web.pages import start

PAGES = ("/", "/sign-in", "/docs/ehealth_card/ehc.ehealthcode.verify", "/nothing-here", "/console", "/sandbox/code")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_foreign_content_framing_and_keeping(path: str, stranger: TestClient) -> None:
    headers = stranger.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_inline_script_or_style_or_a_foreign_address(path: str, stranger: TestClient) -> None:
    page = stranger.get(path).text
    assert not re.search(r"<script(?![^>]+src=)", page)
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//(?!127\.0\.0\.1:8600)', page)


def test_static_files_may_be_kept_under_the_address_that_pages_use(stranger: TestClient) -> None:
    page = stranger.get("/").text
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        answer = stranger.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert stranger.get("/static/yiqiao.css").headers["cache-control"] == "no-cache"
    assert stranger.get("/static/../asgi.py").status_code == 404


def test_gateway_and_health_stand_outside_the_frame(stranger: TestClient) -> None:
    assert stranger.get("/healthz").json()["status"] == "ok"
    assert "content-security-policy" not in stranger.post("/ehcService/gateway.do", content=b"{}").headers


def test_page_that_is_not_there_says_so_in_both_languages(stranger: TestClient) -> None:
    assert stranger.get("/nothing-here").status_code == 404
    assert "找不到页面" in stranger.get("/nothing-here").text
    assert "Page not found" in stranger.get("/nothing-here?lang=en").text
    assert stranger.get("/sign-out").status_code == 405


def test_fragment_without_a_session_sends_the_whole_page_to_sign_in(stranger: TestClient) -> None:
    answer = stranger.get("/console/live", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"


GONE_WRONG = (
    (Busy(), 503, "请"),
    (RightMissing(Role.VIEWER, Right.WORK), 403, "查看员"),
    (DomainError("此卡已注销"), 400, "此卡已注销"),
    (RuntimeError("the innermost secret"), 500, "错误编号"),
)


def test_what_goes_wrong_is_told_without_a_word_of_the_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(request: Request) -> None:
        raise GONE_WRONG[request.path_params["which"]][0]

    monkeypatch.setattr(start, "routes", [Route("/broken/{which:int}", broken)])
    with browser(Settings(data=str(tmp_path))) as client:
        for which, (_, status, says) in enumerate(GONE_WRONG):
            answer = client.get(f"/broken/{which}")
            assert answer.status_code == status
            assert says in answer.text
            assert "innermost" not in answer.text
            assert "Traceback" not in answer.text
            assert answer.headers["x-frame-options"] == "DENY"


def test_language_is_chinese_until_it_is_switched_and_then_remembered(stranger: TestClient) -> None:
    first = stranger.get("/", headers={"accept-language": "en-US"})
    assert '<html lang="zh-CN">' in first.text
    switched = stranger.get("/?lang=en")
    assert '<html lang="en">' in switched.text
    assert '<html lang="en">' in stranger.get("/sign-in").text
    assert '<html lang="zh-CN">' in stranger.get("/?lang=zh").text
    assert '<html lang="zh-CN">' in stranger.get("/sign-in?lang=xx").text


def test_language_switch_keeps_what_was_asked_for(stranger: TestClient) -> None:
    assert 'href="/sign-in?next=%2Fconsole&amp;lang=en"' in stranger.get("/sign-in?next=/console").text


def test_skip_link_leads_to_the_content(stranger: TestClient) -> None:
    page = stranger.get("/").text
    assert page.index('class="skip" href="#content"') < page.index("<nav")
    assert 'id="content" tabindex="-1"' in page
