"""Partners in the console: seen by all who sign in, changed by right, secrets shown by the slip's link alone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from tests.web.test_cards import add_operator, audited, csrf_of
from tests.web.test_start import secret_of, send_message
from yiqiao.partners.particulars import WITH_TERMINALS
from yiqiao.partners.roles import Role
from yiqiao.spec.loader import dialects, profiles

AT = "/console/partners"
DEMO = f"{AT}/ehealth_card/demo-hospital"
LINK = re.compile(r'<code id="slip-link">http://127\.0\.0\.1:8600(/slip/[\w-]{43})</code>')
SECRET = re.compile(r'<code id="slip-secret">(\w{16,32})</code>')
FORM = {
    "name": "云桥市第二医院",
    "dialect": "ehealth_card",
    "profile": "standard",
    "permit": "all",
    "clock_window_s": "600",
}
REVISION = {"act": "revise", "profile": "standard", "permit": "all", "addresses": "", "clock_window_s": "600"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("partners")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[TestClient, str]]:
    """A sandbox with three good exchanges and a refused one, and the administrator's password."""
    with hub(folder, sandbox=True) as (client, password):
        for _ in range(3):
            assert send_message(client)["ret_code"] == "0000"
        spoiled = client.get("/sandbox/message").content.replace(b'"sign":"', b'"sign":"0')
        client.post("/ehcService/gateway.do", content=spoiled, headers={"content-type": "application/json"})
        yield client, password


@pytest.fixture
def console(opened: tuple[TestClient, str]) -> TestClient:
    """The administrator's browser."""
    client, password = opened
    client.cookies.clear()
    sign_in(client, "admin", password)
    return client


def as_role(client: TestClient, folder: Path, role: Role) -> None:
    """Another operator takes the administrator's place at the browser."""
    name = f"{role}-{len(audited(folder))}"
    password = add_operator(folder, name, role)
    client.cookies.clear()
    sign_in(client, name, password)


def submit(client: TestClient, path: str, form_at: str, **fields: str) -> Response:
    """A form of ours, sent."""
    answer: Response = client.post(path, data={"csrf": csrf_of(client.get(form_at)), **fields})
    return answer


def filed(client: TestClient, app_id: str, **more: str) -> Response:
    return submit(client, AT, f"{AT}/new", **{**FORM, "app_id": app_id, **more})


def link_in(answer: Response) -> str:
    """The slip's link, as a path."""
    assert answer.status_code == 200, answer.text
    found = LINK.search(answer.text)
    assert found is not None
    return found[1]


def secret_in(console: TestClient, answer: Response) -> str:
    """What the slip's link shows, this once."""
    found = SECRET.search(console.post(link_in(answer)).text)
    assert found is not None
    return found[1]


def faults_in(answer: Response) -> dict[str, str]:
    """What is said beside the fields of a form that was refused."""
    assert answer.status_code == 400, answer.text
    assert 'role="alert"' in answer.text
    return dict(re.findall(r'<span class="fault" id="fault-(\w+)">([^<]+)</span>', answer.text))


def revised(client: TestClient, at: str, **more: str) -> Response:
    """The form on a partner's page, filled in and sent."""
    seen = str(client.get(f"{at}?format=json").json()["changed_at"])
    return submit(client, at, at, **{**REVISION, "seen": seen, **more})


@pytest.mark.parametrize("path", [AT, f"{AT}/new", DEMO])
def test_partners_ask_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303


def test_partners_are_listed_with_their_last_call_and_without_their_keys(console: TestClient) -> None:
    rows = {row["app_id"]: row for row in console.get(f"{AT}?format=json").json()["partners"]}
    demo = rows["demo-hospital"]
    assert (demo["name"], demo["terminals"], demo["keys"], demo["active"]) == ("演示医院", 3, 1, True)
    assert demo["last_call"] is not None


def test_failure_shares_are_told_by_operation_and_return_code(console: TestClient) -> None:
    view = console.get(f"{DEMO}?format=json").json()
    assert (view["calls"], view["failed"], view["failed_percent"]) == (4, 1, 25.0)
    told = {one["code"]: (one["calls"], one["percent"], one["tone"]) for one in view["outcomes"]}
    assert told == {"0000": (3, 75.0, "good"), "9003": (1, 25.0, "warn")}
    assert len(view["exchanges"]) == 4


def test_no_page_and_no_twin_holds_a_secret(console: TestClient) -> None:
    secret = secret_of(console)
    for path in (AT, DEMO, f"{AT}?format=json", f"{DEMO}?format=json"):
        page = console.get(path)
        assert page.status_code == 200
        assert secret not in page.text
        assert "sealed" not in page.text


def test_a_partner_is_filed_and_the_slip_s_link_shows_its_secret_once(console: TestClient, folder: Path) -> None:
    more = {"terminals": "T1 门诊一楼\r\nT2\r\n", "addresses": "10.1.2.0/24\r\n", "permit": "chosen"}
    answer = filed(console, "yq-2", **more, clock_window_s="300", **{"op.ehc.ehealthcode.verify": "on"})
    assert answer.headers["cache-control"] == "no-store"
    assert "http://127.0.0.1:8600/ehcService/gateway.do" in answer.text
    assert audited(folder)[0] == ("partner.add", "ehealth_card/yq-2", "{}")
    secret = secret_in(console, answer)
    assert secret not in answer.text
    assert console.post(link_in(answer)).status_code == 410
    assert secret not in console.get(f"{AT}/ehealth_card/yq-2").text
    view = console.get(f"{AT}/ehealth_card/yq-2?format=json").json()
    assert view["terminals"] == [{"term_id": "T1", "name": "门诊一楼"}, {"term_id": "T2", "name": ""}]
    assert (view["addresses"], view["clock_window_s"]) == (["10.1.2.0/24"], 300)
    assert [name for name, _ in view["operations"]] == ["ehc.ehealthcode.verify"]


@pytest.mark.parametrize("dialect", dialects())
def test_every_dialect_has_a_form_with_its_own_profiles_and_operations(dialect: str, console: TestClient) -> None:
    at = f"{AT}/new?dialect={dialect}"
    page, view = console.get(at).text, console.get(f"{at}&format=json").json()
    assert [name for name, _ in view["form"]["profiles"]] == list(profiles(dialect))
    assert all(title in page for _, title in view["form"]["profiles"])
    assert ('name="terminals"' in page) == (dialect in WITH_TERMINALS)
    name = view["form"]["operations"][0][0]
    more = {"dialect": dialect, "permit": "chosen", f"op.{name}": "on", "profile": view["form"]["profiles"][-1][0]}
    assert link_in(filed(console, f"yq-{dialect}", **more))
    filed_as = console.get(f"{AT}/{dialect}/yq-{dialect}?format=json").json()
    assert [one for one, _ in filed_as["operations"]] == [name]
    assert filed_as["profile"] == more["profile"]
    assert ("h-terminals" in console.get(f"{AT}/{dialect}/yq-{dialect}").text) == (dialect in WITH_TERMINALS)


def test_rule_onboarding_a_vendor_s_slip_has_a_target_mark_address_and_link(console: TestClient) -> None:
    page = filed(console, "vendor-his", dialect="cmc").text
    assert "目标标识" in page
    assert re.search(r"<code>jgt-[0-9a-f]{8}</code>", page)
    assert "http://127.0.0.1:8600/redirect/client/web/get" in page
    assert "只能在本机打开" in page
    assert "appKey" in page


def test_who_gives_no_app_id_gets_the_one_that_the_form_brought_and_sent_again_files_nobody_twice(
    console: TestClient,
) -> None:
    spare = console.get(f"{AT}/new?format=json").json()["spare_app_id"]
    assert link_in(filed(console, "", spare_app_id=spare))
    assert console.get(f"{AT}/ehealth_card/{spare}").status_code == 200
    assert "已存在" in faults_in(filed(console, "", spare_app_id=spare))["app_id"]


def test_a_form_of_no_dialect_is_that_of_the_first(console: TestClient) -> None:
    assert console.get(f"{AT}/new?dialect=nothing&format=json").json()["dialect"] == "ehealth_card"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"app_id": "with space"}, "app_id"),
        ({"app_id": "demo-hospital"}, "app_id"),
        ({"name": " "}, "name"),
        ({"name": "云桥\0"}, "name"),
        ({"addresses": "10.1.2.3/8"}, "addresses"),
        ({"terminals": "T1\nT1"}, "terminals"),
        ({"terminals": "终端"}, "terminals"),
        ({"terminals": "T1", "dialect": "convenience"}, "terminals"),
        ({"profile": "nothing"}, "profile"),
        ({"permit": "chosen"}, "operations"),
        ({"permit": "chosen", "op.sell": "on"}, "operations"),
        ({"clock_window_s": "soon"}, "clock_window_s"),
        ({"clock_window_s": "999999"}, "clock_window_s"),
    ],
    ids=str,
)
def test_what_cannot_be_filed_is_told_beside_its_field_and_what_was_typed_stays(
    wrong: dict[str, str], field: str, console: TestClient
) -> None:
    answer = filed(console, **{"app_id": "yq-9", **wrong})
    assert set(faults_in(answer)) == {field}
    assert f'<a href="#{field}">' in answer.text
    assert "yq-9" in answer.text or "app_id" in wrong
    assert console.get(f"{AT}/ehealth_card/yq-9").status_code == 404


def test_all_that_is_wrong_is_told_at_once_and_in_either_language(console: TestClient) -> None:
    wrong = {"name": "", "addresses": "here", "clock_window_s": "0", "terminals": "终端 一"}
    answer = filed(console, "x y", **wrong)
    assert set(faults_in(answer)) == {"app_id", "name", "addresses", "clock_window_s", "terminals"}
    assert "“here”" in answer.text
    english = submit(console, f"{AT}?lang=en", f"{AT}/new?lang=en", **{**FORM, "app_id": "x y", **wrong})
    console.cookies.delete("yiqiao_lang")
    assert not re.search("[\u4e00-\u9fff]", "".join(faults_in(english).values()))


def test_a_standard_that_there_is_not_is_refused(console: TestClient) -> None:
    answer = filed(console, "yq-9", dialect="nothing")
    assert answer.status_code == 400
    assert "没有名为" in answer.text


def test_an_app_id_with_a_slash_has_a_page(console: TestClient) -> None:
    link_in(filed(console, "yq/2?#"))
    assert console.get(f"{AT}/ehealth_card/yq%2F2%3F%23").status_code == 200


def test_a_rotated_key_is_accepted_for_as_long_as_was_chosen(console: TestClient, folder: Path) -> None:
    link_in(filed(console, "yq-rotate"))
    at = f"{AT}/ehealth_card/yq-rotate"
    answer = submit(console, at, at, act="rotate_key", overlap="86400", newest="1")
    assert audited(folder)[0] == ("partner.rotate_key", "ehealth_card/yq-rotate", '{"overlap":"86400"}')
    new = secret_in(console, answer)
    view = console.get(f"{at}?format=json").json()
    assert [(key["key_no"], key["state"]) for key in view["keys"]] == [(2, "current"), (1, "old")]
    assert view["keys"][1]["valid_to"] > view["keys"][0]["valid_from"]
    assert new not in str(audited(folder))


def test_a_form_that_is_sent_again_gives_no_second_key(console: TestClient) -> None:
    link_in(filed(console, "yq-again"))
    at = f"{AT}/ehealth_card/yq-again"
    link_in(submit(console, at, at, act="rotate_key", overlap="0", newest="1"))
    again = submit(console, at, at, act="rotate_key", overlap="0", newest="1")
    assert again.status_code == 400
    assert "密钥在此期间已更换过" in again.text
    assert len(console.get(f"{at}?format=json").json()["keys"]) == 2


def test_a_disabled_partner_is_refused_at_once_until_it_is_enabled(console: TestClient, folder: Path) -> None:
    assert submit(console, DEMO, DEMO, act="disable").status_code == 303
    assert audited(folder)[0][:2] == ("partner.disable", "ehealth_card/demo-hospital")
    assert send_message(console)["ret_code"] != "0000"
    assert submit(console, DEMO, DEMO, act="enable").status_code == 303
    assert send_message(console)["ret_code"] == "0000"


def test_terminals_are_listed_and_taken_off(console: TestClient) -> None:
    link_in(filed(console, "yq-terminals"))
    at = f"{AT}/ehealth_card/yq-terminals"
    assert submit(console, at, at, act="add_terminal", term_id="T7", name="自助机").status_code == 303
    assert console.get(f"{at}?format=json").json()["terminals"] == [{"term_id": "T7", "name": "自助机"}]
    assert submit(console, at, at, act="add_terminal", term_id="终端", name="").status_code == 400
    assert submit(console, at, at, act="remove_terminal", term_id="T7").status_code == 303
    assert console.get(f"{at}?format=json").json()["terminals"] == []


def test_what_is_on_file_is_changed_and_what_changed_is_audited(console: TestClient, folder: Path) -> None:
    link_in(filed(console, "yq-revise"))
    at = f"{AT}/ehealth_card/yq-revise"
    change = {"profile": "tail-key", "permit": "chosen", "op.ehc.ehealthcode.verify": "on", "addresses": "192.0.2.7\n"}
    assert revised(console, at, **change).status_code == 303
    view = console.get(f"{at}?format=json").json()
    assert (view["profile"], view["addresses"], view["clock_window_s"]) == ("tail-key", ["192.0.2.7/32"], 600)
    assert [name for name, _ in view["operations"]] == ["ehc.ehealthcode.verify"]
    act, _, detail = audited(folder)[0]
    assert act == "partner.revise"
    assert json.loads(detail) == {
        "profile": "tail-key",
        "operations": ["ehc.ehealthcode.verify"],
        "addresses": ["192.0.2.7/32"],
    }
    page = console.get(at).text
    assert '<option value="tail-key" selected>' in page
    assert 'name="op.ehc.ehealthcode.verify" checked' in page


def test_a_permission_that_was_taken_away_is_refused_from_the_next_call_on(console: TestClient) -> None:
    assert revised(console, DEMO, permit="chosen", **{"op.ehc.ehealthcard.regquery": "on"}).status_code == 303
    assert send_message(console)["ret_code"] != "0000"
    assert revised(console, DEMO).status_code == 303
    assert send_message(console)["ret_code"] == "0000"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"profile": "nothing"}, "profile"),
        ({"permit": "chosen"}, "operations"),
        ({"addresses": "10.1.2.3/8"}, "addresses"),
        ({"clock_window_s": ""}, "clock_window_s"),
    ],
    ids=str,
)
def test_a_change_that_cannot_be_is_told_beside_its_field(
    wrong: dict[str, str], field: str, console: TestClient
) -> None:
    before = console.get(f"{DEMO}?format=json").json()
    answer = revised(console, DEMO, **wrong)
    assert set(faults_in(answer)) == {field}
    assert '<details class="asks" open>' in answer.text
    assert console.get(f"{DEMO}?format=json").json()["changed_at"] == before["changed_at"]


def test_a_form_made_before_somebody_else_s_change_does_not_undo_it(console: TestClient) -> None:
    seen = str(console.get(f"{DEMO}?format=json").json()["changed_at"])
    assert revised(console, DEMO, clock_window_s="601").status_code == 303
    late = submit(console, DEMO, DEMO, **{**REVISION, "seen": seen, "clock_window_s": "30"})
    assert late.status_code == 400
    assert "登记信息在此期间已被修改" in late.text
    assert console.get(f"{DEMO}?format=json").json()["clock_window_s"] == 601
    assert revised(console, DEMO).status_code == 303


def test_another_slip_ends_the_link_of_the_one_before_it_and_leaves_the_secret_as_it_is(
    console: TestClient, folder: Path
) -> None:
    first = link_in(filed(console, "yq-slip"))
    at = f"{AT}/ehealth_card/yq-slip"
    again = submit(console, at, at, act="slip")
    assert audited(folder)[0][:2] == ("partner.slip", "ehealth_card/yq-slip")
    assert console.post(first).status_code == 410
    assert len(secret_in(console, again)) == 32
    assert len(console.get(f"{at}?format=json").json()["keys"]) == 1


ACTS = [
    {"act": "disable"},
    {**REVISION, "seen": "0"},
    {"act": "slip"},
    {"act": "enable"},
    {"act": "rotate_key", "overlap": "0", "newest": "1"},
    {"act": "add_terminal", "term_id": "T9"},
    {"act": "remove_terminal", "term_id": "10000000001"},
]


@pytest.mark.parametrize("fields", ACTS, ids=lambda fields: fields["act"])
def test_nothing_is_changed_without_the_page_s_token(fields: dict[str, str], console: TestClient) -> None:
    before = console.get(f"{DEMO}?format=json").json()
    assert console.post(DEMO, data=fields).status_code == 403
    assert console.post(DEMO, data={**fields, "csrf": "x"}).status_code == 403
    assert console.get(f"{DEMO}?format=json").json()["changed_at"] == before["changed_at"]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, set()),
        (Role.OPERATOR, {"add_terminal", "remove_terminal"}),
        (Role.APPROVER, set()),
    ],
)
def test_only_who_has_the_right_changes_a_partner(role: Role, may: set[str], console: TestClient, folder: Path) -> None:
    as_role(console, folder, role)
    page = console.get(DEMO).text
    token = csrf_of(console.get(DEMO))
    for fields in ACTS:
        allowed = fields["act"] in may
        assert (f'value="{fields["act"]}"' in page) == (allowed and fields["act"] != "enable")
        if not allowed:
            assert console.post(DEMO, data={**fields, "csrf": token}).status_code == 403
    assert console.get(f"{AT}/new").status_code == 403
    assert console.post(AT, data={**FORM, "app_id": "x", "csrf": token}).status_code == 403
    assert "/console/partners/new" not in console.get(AT).text


@pytest.mark.parametrize("fields", [{}, {"act": "sell"}])
def test_an_act_that_there_is_not_is_refused(fields: dict[str, str], console: TestClient) -> None:
    assert submit(console, DEMO, DEMO, **fields).status_code == 400


@pytest.mark.parametrize("fields", [{"overlap": "x"}, {"overlap": "999999999"}, {"overlap": "0", "newest": ""}, {}])
def test_a_rotation_that_cannot_be_is_told(fields: dict[str, str], console: TestClient) -> None:
    answer = submit(console, DEMO, DEMO, act="rotate_key", **{"newest": "1", **fields})
    assert answer.status_code == 400
    assert len(console.get(f"{DEMO}?format=json").json()["keys"]) == 1


def test_nobody_s_page_is_not_found(console: TestClient) -> None:
    token = csrf_of(console.get(DEMO))
    assert console.get(f"{AT}/ehealth_card/nobody").status_code == 404
    assert console.get(f"{AT}/nothing/demo-hospital").status_code == 404
    assert console.post(f"{AT}/ehealth_card/nobody", data={"csrf": token, "act": "disable"}).status_code == 404


def test_an_empty_hub_says_what_to_do(fresh_hub: tuple[TestClient, str]) -> None:
    client, password = fresh_hub
    sign_in(client, "admin", password)
    page = client.get(AT).text
    assert "请登记第一个" in page
    assert "/console/partners/new" in page
