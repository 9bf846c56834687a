"""The reference made from the specifications: every page there is, deep links that stay, and the same as files."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from tests.support.tree import ROOT
from tests.web.conftest import HERE, browser
from yiqiao.app.settings import Settings
from yiqiao.spec import Spec, dialects, load, profiles
from yiqiao.spec.remarks import on_codes, on_field, on_operation, remarks
from yiqiao.web.i18n import Language
from yiqiao.web.pages.reference import PATHS
from yiqiao.web.reference.addresses import Place, Room, as_file, on_the_hub
from yiqiao.web.reference.files import write
from yiqiao.web.reference.rendering import page_body, shown
from yiqiao.web.reference.views import places

DOCS = "/docs/ehealth_card"
VERIFY = f"{DOCS}/ehc.ehealthcode.verify"
EVERY = [place for dialect in dialects() for place in places(dialect, "standard")]
DEEP_LINKS = [
    ("/docs", ""),
    (DOCS, "operations"),
    (DOCS, "rule-terminal.consent-60s"),
    (VERIFY, "request-ip_addr"),
    (VERIFY, "response-mindex_id"),
    (VERIFY, "code-3002"),
    (f"{DOCS}/ehc.ehealthcard.register", "request-card_list.card_type"),
    (f"{DOCS}/ehc.ehealthcard.auth.query", "response-auth_status"),
    (f"{DOCS}/VirtualCardTrans", "request-InData"),
    (f"{DOCS}/envelope", "request-sign_type"),
    (f"{DOCS}/envelope", "response-ret_code"),
    (f"{DOCS}/codes", ""),
    (f"{DOCS}/codes/treatment_code", "code-010101"),
    (f"{DOCS}/returns", "code-9003"),
]
"""Addresses that others have written down: they must not change."""


class Anchors(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.ids += [said["id"] or ""] if "id" in said else []
        self.links += [said["href"] or ""] if "href" in said else []


@pytest.mark.parametrize(("address", "anchor"), DEEP_LINKS)
def test_a_deep_link_leads_where_it_always_did(address: str, anchor: str, stranger: TestClient) -> None:
    answer = stranger.get(address)
    assert answer.status_code == 200
    assert not anchor or anchor in Anchors(answer.text).ids


@pytest.mark.parametrize("place", EVERY, ids=[as_file(place) for place in EVERY])
def test_every_page_is_served_in_both_languages_and_as_json(place: Place, stranger: TestClient) -> None:
    for language in Language:
        answer = stranger.get(on_the_hub(place), params={"lang": language.value})
        assert answer.status_code == 200
        ids = Anchors(answer.text).ids
        assert len(ids) == len(set(ids)), "an id stands twice"
    assert stranger.get(on_the_hub(place), params={"format": "json"}).json()["scope"]["dialect"] == place.dialect


@pytest.mark.parametrize("profile", profiles("ehealth_card"))
def test_every_page_can_be_read_in_every_profile(profile: str) -> None:
    for place in places("ehealth_card", profile):
        body = page_body(place, Language.CHINESE)
        assert profile in body


def test_a_body_is_made_once_for_all_readers() -> None:
    place = Place(Room.OPERATION, "ehealth_card", "ehc.ehealthcode.verify")
    assert page_body(place, Language.CHINESE) is page_body(place, Language.CHINESE)
    assert shown(place) is shown(place)


@pytest.mark.parametrize("dialect", dialects())
def test_no_operation_is_called_as_a_room_is(dialect: str) -> None:
    rooms = {path.rpartition("/")[2] for path in PATHS.values()}
    assert not rooms & set(load(dialect).operations)


@pytest.mark.parametrize(
    "path", ["/docs/nothing", f"{DOCS}/nothing", f"{DOCS}/codes/nothing", f"{VERIFY}?profile=nothing", "/docs/..%2f/x"]
)
def test_what_no_standard_has_is_not_found(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 404


def test_an_operation_says_what_an_engineer_has_to_know(stranger: TestClient) -> None:
    page = stranger.get(VERIFY).text
    for said in (
        "医疗机构 → 区域平台",
        "POST /ehcService/gateway.do",
        "out_verify_no 只生效一次，再次提交返回",
        "yyyyMMddHHmmss",
        f'href="{DOCS}/codes/treatment_code"',
        "本平台约定",
        "接收时允许缺少，发送时总是填写",
        "稍后用原流水号",
        "个人信息",
    ):
        assert said in page, said


def test_a_sample_is_a_message_that_the_specification_accepts(stranger: TestClient) -> None:
    for name, operation in load("ehealth_card").operations.items():
        page = stranger.get(f"{DOCS}/{name}", params={"format": "json"}).json()
        assert operation.validate(json.loads(page["sample"]))


def test_the_reader_chooses_the_profile(stranger: TestClient) -> None:
    page = stranger.get(f"{DOCS}/envelope", params={"profile": "digest-names"}).text
    assert "<code>digest</code>" in page
    assert "标准名称 sign<" in page
    assert f'href="{DOCS}/codes/enc_type?profile=digest-names"' in page, "the profile goes along"


def test_what_is_ours_in_a_profile_says_so_and_why(stranger: TestClient) -> None:
    page = stranger.get("/docs/convenience/RefundByHis", params={"profile": "jkt"}).text
    row = page.index('id="request-HOSP_ORDER_ID"')
    assert '<span class="tag accent">' in page[row : row + 600]
    assert '<span class="tag accent">' in page[:row]
    assert "再次提交按当时的状态应答" in page
    stop = stranger.get("/docs/convenience/StopReg", params={"profile": "jkt", "lang": "en"}).text
    assert "A session is called off" in stop
    assert "没有字段" in stop
    assert stranger.get("/docs/convenience/StopReg").status_code == 404


def test_every_return_code_is_explained_with_the_way_to_see_it(stranger: TestClient) -> None:
    page = stranger.get(f"{DOCS}/returns").text
    for code in load("ehealth_card").return_codes.values():
        assert f'id="code-{code.code}"' in page
        assert code.provoke is not None
        assert code.cause in page
    assert page.count("在沙箱中重现") == len(load("ehealth_card").return_codes)


def test_in_english_a_code_is_explained_in_english(stranger: TestClient) -> None:
    page = stranger.get(f"{DOCS}/returns", params={"lang": "en"}).text
    assert "Serial used before" in page
    assert "Send the same message twice" in page


def test_codes_are_found_by_their_beginning_and_by_their_title(stranger: TestClient) -> None:
    by_title = stranger.get(f"{DOCS}/codes", params={"q": "内科"}).text
    assert f'href="{DOCS}/codes/office_code#code-0300"' in by_title
    assert "共找到 9 项" in by_title
    by_code = stranger.get(f"{DOCS}/codes", params={"q": "３００"}).text
    assert f'href="{DOCS}/returns#code-3002"' in by_code


def test_a_search_that_finds_nothing_says_so_and_repeats_no_markup(stranger: TestClient) -> None:
    page = stranger.get(f"{DOCS}/codes", params={"q": "<script>x</script>"}).text
    assert "没有找到" in page
    assert "<script>x" not in page


def test_operations_can_be_tried_in_a_sandbox_on_this_machine_only(stranger: TestClient, tmp_path: Path) -> None:
    link = 'href="/try/ehealth_card/ehc.ehealthcode.verify"'
    assert link in stranger.get(VERIFY).text
    assert "/try/" not in stranger.get(f"{DOCS}/VirtualCardTrans").text
    assert link not in stranger.get(VERIFY, headers={"host": "hub.example.org"}).text
    with browser(Settings(data=str(tmp_path)), HERE) as serving:
        assert link not in serving.get(VERIFY).text


def standing(spec: Spec) -> set[str]:
    """The places of all remarks that some page shows where they apply."""
    found = {one.where for operation in spec.operations.values() for one in on_operation(spec, operation)}
    found |= {one.where for table in spec.codes.values() for one in on_codes(spec, table)}
    for place, fields in (
        ("envelope.request", spec.envelope_request),
        ("envelope.response", spec.envelope_response),
        *((f"{op.name}.request", op.request) for op in spec.operations.values()),
        *((f"{op.name}.response", op.response) for op in spec.operations.values()),
    ):
        found |= {one.where for field in fields for one in on_field(spec, field, place)}
    return found | {rule.id for rule in spec.rules}


@pytest.mark.parametrize("profile", profiles("ehealth_card"))
def test_every_reading_and_deviation_stands_where_it_applies(profile: str) -> None:
    spec = load("ehealth_card", profile)
    assert [one.where for one in remarks(spec) if one.where not in standing(spec)] == []


def test_in_the_files_every_link_leads_to_a_page_and_a_place_in_it(tmp_path: Path) -> None:
    count = write(tmp_path)
    pages = {
        path.relative_to(tmp_path).as_posix(): Anchors(path.read_text(encoding="utf-8"))
        for path in tmp_path.rglob("*.html")
    }
    assert count == len(pages) + 1, "and a style sheet"
    assert len(pages) == 2 * (len(EVERY) + 1)
    broken = []
    for path, page in pages.items():
        for link in page.links:
            goal, _, anchor = unquote(link).partition("#")
            target = normpath(PurePosixPath(path).parent / goal) if goal else path
            known = pages.get(str(target))
            if not (tmp_path / str(target)).is_file() or (anchor and known and anchor not in known.ids):
                broken.append(f"{path}: {link}")
    assert broken == []


def test_the_files_hold_what_the_pages_hold(tmp_path: Path, stranger: TestClient) -> None:
    write(tmp_path)
    file = (tmp_path / "ehealth_card" / "ehc.ehealthcode.verify.html").read_text(encoding="utf-8")
    page = Anchors(stranger.get(VERIFY).text)
    assert set(Anchors(file).ids) <= set(page.ids)
    assert not re.search(r"https?://(?!127\.0\.0\.1|ehc\.example)", file), "nothing from outside"


def test_no_dialects_name_stands_in_the_code_of_the_reference() -> None:
    sources = [*(ROOT / "src/yiqiao/web/reference").glob("*.py"), ROOT / "src/yiqiao/web/pages/reference.py"]
    sources += [*(ROOT / "src/yiqiao/web/templates/reference").glob("*.html"), *(ROOT / "src/yiqiao/spec").glob("*.py")]
    assert len(sources) > 20
    named = [path.name for path in sources if any(name in path.read_text(encoding="utf-8") for name in dialects())]
    assert named == []
