"""Signing in to the console, and out again."""

from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from yiqiao.partners.sessions import ATTEMPTS
from yiqiao.web.reception import LARGEST_FORM

Hub = tuple[TestClient, str]


def refusal_in(answer: Response) -> str:
    return answer.text.split('role="alert"')[1].split("</p>")[0]


def test_right_password_leads_to_the_console(at_the_door: Hub) -> None:
    client, password = at_the_door
    answer = sign_in(client, "admin", password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert client.get("/console").status_code == 200
    assert "退出登录" in client.get("/").text


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(at_the_door: Hub) -> None:
    client, password = at_the_door
    cookie = next(c for c in sign_in(client, "admin", password).headers.get_list("set-cookie") if "session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_session_cookie_is_for_https_alone_where_the_browser_came_by_https(tmp_path: Path) -> None:
    with hub(tmp_path, base_url="https://card.example.org") as (client, password):
        cookies = sign_in(client, "admin", password).headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("Secure" in cookie for cookie in cookies)


def test_wrong_password_and_unknown_name_are_refused_in_the_same_words(fresh_hub: Hub) -> None:
    client, _ = fresh_hub
    wrong, unknown = sign_in(client, "admin", "wrong"), sign_in(client, "nobody", "wrong")
    assert wrong.status_code == unknown.status_code == 403
    assert refusal_in(wrong) == refusal_in(unknown)
    assert "登录失败" in refusal_in(wrong)
    assert "session" not in str(wrong.headers.get_list("set-cookie"))


def test_refusal_is_told_in_english_after_the_switch(fresh_hub: Hub) -> None:
    client, _ = fresh_hub
    client.get("/?lang=en")
    assert "Sign-in failed" in refusal_in(sign_in(client, "admin", "wrong"))


def test_account_is_locked_after_some_failures_even_for_the_right_password(fresh_hub: Hub) -> None:
    client, password = fresh_hub
    for _ in range(ATTEMPTS):
        sign_in(client, "admin", "wrong")
    answer = sign_in(client, "admin", password)
    assert answer.status_code == 403
    assert "锁定" in refusal_in(answer)


def test_typed_name_stays_and_typed_password_does_not(fresh_hub: Hub) -> None:
    client, _ = fresh_hub
    page = sign_in(client, 'a"><b>', "hunter2hunter2").text
    assert "a&#34;&gt;&lt;b&gt;" in page
    assert "hunter2hunter2" not in page


@pytest.mark.parametrize("token", ["", "forged"])
def test_form_without_its_token_is_refused(token: str, at_the_door: Hub) -> None:
    client, password = at_the_door
    client.get("/sign-in")
    sent = {"token": token, "name": "admin", "password": password}
    answer = client.post("/sign-in", data=sent)
    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert client.get("/console").status_code == 303


def test_token_without_its_cookie_is_refused(at_the_door: Hub) -> None:
    client, password = at_the_door
    client.cookies.clear()
    assert client.post("/sign-in", data={"token": "", "name": "admin", "password": password}).status_code == 403


def test_page_that_asked_for_signing_in_is_come_back_to(at_the_door: Hub) -> None:
    client, password = at_the_door
    asked = client.get("/console?x=1")
    assert asked.headers["location"] == "/sign-in?next=%2Fconsole%3Fx%3D1"
    assert 'value="/console?x=1"' in client.get(asked.headers["location"]).text
    assert sign_in(client, "admin", password, next="/console?x=1").headers["location"] == "/console?x=1"


def test_prepared_link_leads_nowhere_else(at_the_door: Hub) -> None:
    client, password = at_the_door
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "evil", "/\t/evil", "/x\r\ny: z"):
        assert sign_in(client, "admin", password, next=elsewhere).headers["location"] == "/console"
        client.cookies.clear()


def test_signing_out_ends_the_session_itself(at_the_door: Hub) -> None:
    client, password = at_the_door
    sign_in(client, "admin", password)
    token = client.cookies["yiqiao_session"]
    csrf = client.get("/console").text.split('name="csrf" value="')[1].split('"')[0]
    assert client.post("/sign-out", data={"csrf": csrf}).headers["location"] == "/sign-in"
    client.cookies.set("yiqiao_session", token)
    assert client.get("/console").status_code == 303


def test_signing_out_by_a_foreign_form_is_refused(at_the_door: Hub) -> None:
    client, password = at_the_door
    sign_in(client, "admin", password)
    assert client.post("/sign-out", data={"csrf": "forged"}).status_code == 403
    assert client.get("/console").status_code == 200


def test_who_is_signed_in_need_not_sign_in_again(at_the_door: Hub) -> None:
    client, password = at_the_door
    sign_in(client, "admin", password)
    assert client.get("/sign-in").headers["location"] == "/console"


def test_oversized_form_is_refused(at_the_door: Hub) -> None:
    client, _ = at_the_door
    assert client.post("/sign-in", data={"name": "x" * LARGEST_FORM}).status_code == 413
