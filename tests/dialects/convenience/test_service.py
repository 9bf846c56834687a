"""The service over HTTP: every unified return code as the catalogue means it, in SOAP and plain; odd, honest input."""

import re
from xml.sax.saxutils import escape

import httpx
import pytest

from tests.support.hub import Hub
from yiqiao.app.replay import replay
from yiqiao.crypto import md5
from yiqiao.dialects.convenience import envelope, soap
from yiqiao.dialects.convenience.client import Refused, Unanswered
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.dialects.convenience.scheme import REQUEST_ORDER
from yiqiao.journal.reader import Reader, Search
from yiqiao.partners import store
from yiqiao.sandbox.faults import HEADER

SCHEME = scheme_of("standard")
HOSPITAL = "<HOSPITAL_ID><![CDATA[9851001]]></HOSPITAL_ID>"
NET_TEST = f"<REQ>{HOSPITAL}<IP>192.0.2.1</IP></REQ>"
WHAT_TO_DO = re.compile(r"请(?!求)|应为|应是|可用")


def key(hub: Hub) -> str:
    partner = hub.runtime.directory.find("convenience", "demo")
    assert partner is not None
    return partner.secrets[0]


def document(hub: Hub, content: str = NET_TEST, fun_code: str = "1001", user_id: str = "demo", secret: str = "") -> str:
    return envelope.seal_request(fun_code, user_id, content, secret or key(hub), SCHEME)


def in_soap(text: str, version: str = soap.V11, method: str = "NetTest") -> str:
    return (
        f'<s:Envelope xmlns:s="{version}"><s:Body><{method} xmlns="http://tempuri.org/"><xml>{escape(text)}</xml>'
        f"</{method}></s:Body></s:Envelope>"
    )


async def post(hub: Hub, body: str | bytes, **headers: str) -> httpx.Response:
    return await hub.http.post("/convenience", content=body, headers={"content-type": "text/xml", **headers})


async def code_of(hub: Hub, body: str | bytes, **headers: str) -> tuple[str, str]:
    """The return code and text of a plain document's answer; the answer is signed wherever a key is known."""
    response = await post(hub, body, **headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    values, _ = envelope.read_parameters(response.content)
    assert list(values) == ["RETURN_CODE", "RETURN_MSG", "SIGN_TYPE", "SIGN", "RES_ENCRYPTED"]
    assert values["RETURN_MSG"]
    assert "\r" not in response.text
    if values["SIGN"]:
        envelope.open_response(response.content, [key(hub)], SCHEME)
        assert values["SIGN"] == values["SIGN"].upper()
        assert values["RES_ENCRYPTED"], "the encryption of nothing, where there is nothing to say"
    return values["RETURN_CODE"], values["RETURN_MSG"]


async def test_rule_net_first_and_success_only_code_0_is_success_and_the_database_was_asked(hub: Hub) -> None:
    """net, `success`, `clock`: by 24 hours"""
    async with hub.convenience() as caller:
        assert await caller.call("NetTest", {"HOSPITAL_ID": "9851001", "IP": "192.0.2.1"}) == {
            "SYSDATE": "2026-11-18 19:06:40"
        }
    code, text = await code_of(hub, document(hub), **{HEADER: "database"})
    assert code == "99"
    assert "数据库" in text


@pytest.mark.parametrize("style", ["soap", "plain"])
async def test_code_1_names_every_parameter_that_is_wrong(hub: Hub, style: str) -> None:
    body = document(hub, "<REQ><HOSPITAL_ID></HOSPITAL_ID><IP>a text that is far too long for it</IP></REQ>")
    response = await post(hub, in_soap(body) if style == "soap" else body)
    answer = envelope.open_response(
        soap.opened(response.content).document if style == "soap" else response.content, [key(hub)], SCHEME
    )
    assert answer.code == "1"
    assert {"HOSPITAL_ID", "IP"} <= set(re.findall("HOSPITAL_ID|IP", answer.message))


async def test_code_1_for_a_hospital_that_is_not_here(hub: Hub) -> None:
    content = NET_TEST.replace("9851001", "9859999")
    assert (await code_of(hub, document(hub, content)))[0] == "1"


@pytest.mark.parametrize("number", ["+1", "１", "1.0", "1_0", "0x1", "-1"])
async def test_code_1_for_an_int_with_a_sign_full_width_digits_and_kin(hub: Hub, number: str) -> None:
    content = f"<REQ>{HOSPITAL}<DEPT_ID>-1</DEPT_ID><PAGE_CURRENT>{number}</PAGE_CURRENT><PAGE_SIZE>5</PAGE_SIZE></REQ>"
    code, text = await code_of(hub, document(hub, content, "2001"))
    assert code == "1"
    assert "PAGE_CURRENT" in text


async def test_code_1_for_an_element_in_the_wrong_case(hub: Hub) -> None:
    """names: as the tables write them, in their case"""
    code, text = await code_of(hub, document(hub, NET_TEST.replace("HOSPITAL_ID", "Hospital_Id")))
    assert code == "1"
    assert "应为 HOSPITAL_ID" in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n ",
        b"not XML",
        b"<ROOT>",
        b"<root/>",
        b"<ROOT><FUN_CODE>1001</FUN_CODE>\x01</ROOT>",
        b'<!DOCTYPE ROOT [<!ENTITY x SYSTEM "file:///etc/passwd">]><ROOT>&x;</ROOT>',
        b'<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><ROOT>&b;</ROOT>',
        b"<ROOT>" + b"<a>" * 256 + b"</a>" * 256 + b"</ROOT>",
        b"<ROOT><FUN_CODE>\xff\xfe</FUN_CODE></ROOT>",
    ],
)
async def test_code_2_for_what_is_empty_or_no_proper_xml(hub: Hub, body: bytes) -> None:
    code, text = await code_of(hub, body)
    assert code == "2"
    assert WHAT_TO_DO.search(text), text


async def test_code_2_for_more_than_the_limit(hub: Hub) -> None:
    assert (await code_of(hub, b"<ROOT>" + b" " * 1_100_000))[0] == "2"


async def test_code_3_for_a_function_that_the_caller_was_not_given(hub: Hub) -> None:
    await hub.runtime.directory.change(
        lambda c: store.grant(c, hub.clock.now_ms(), "convenience", "demo", ("NetTest",))
    )
    assert (await code_of(hub, document(hub)))[0] == "0"
    assert (await code_of(hub, document(hub, f"<REQ>{HOSPITAL}</REQ>", "1004")))[0] == "3"


async def test_code_4_for_nobody_plain_in_band_and_in_soap_as_a_fault(hub: Hub) -> None:
    strange = document(hub, user_id="nobody")
    code, message = await code_of(hub, strange)
    assert (code, message[:21]) == ("4", "接口用户不存在：该用户标识 USER_ID")
    assert (await code_of(hub, strange.replace("<USER_ID><![CDATA[nobody]]></USER_ID>", "")))[0] == "4"
    for version in (soap.V11, soap.V12):
        response = await post(hub, in_soap(strange, version))
        assert response.status_code == 500
        assert response.headers["content-type"] == soap.content_type(version)
        assert "返回码 4" in soap.fault_text(response.content)


async def test_code_5_for_a_function_that_there_is_not(hub: Hub) -> None:
    code, message = await code_of(hub, document(hub, fun_code="9999"))
    assert (code, message) == ("5", "非法功能号：没有功能号或方法名为 '9999' 的功能，请对照接口清单检查")
    none = document(hub).replace("<FUN_CODE><![CDATA[1001]]></FUN_CODE>", "")
    assert await code_of(hub, none) == ("5", "功能号 FUN_CODE 为空，请填写要调用的功能号")


async def test_code_6_for_the_right_rule_with_another_key_and_7_for_no_such_signature(hub: Hub) -> None:
    whole = document(hub)
    values, _ = envelope.read_parameters(whole)
    keyless = SCHEME.string_to_sign(values, REQUEST_ORDER, "")
    without_key = md5(keyless.encode()).hex().upper()
    assert (await code_of(hub, whole.replace(values["SIGN"], without_key)))[0] == "6"
    assert (await code_of(hub, whole.replace(values["SIGN"], "0" * 32)))[0] == "7"
    assert (await code_of(hub, whole.replace(values["SIGN"], "")))[0] == "7"


async def test_rule_sign_type_code_8_for_another_digest_and_in_small_letters(hub: Hub) -> None:
    for other in ("SHA1", "md5", ""):
        assert (await code_of(hub, document(hub).replace("[MD5]", f"[{other}]")))[0] == "8"


async def test_code_9_for_content_that_cannot_be_deciphered(hub: Hub) -> None:
    values = {"FUN_CODE": "1001", "USER_ID": "demo", "REQ_ENCRYPTED": "AAAA"}
    sign = SCHEME.digest(values, REQUEST_ORDER, key(hub))
    body = "".join(f"<{n}>{v}</{n}>" for n, v in {**values, "SIGN_TYPE": "MD5", "SIGN": sign}.items())
    assert (await code_of(hub, f"<ROOT>{body}</ROOT>"))[0] == "9"


async def test_code_11_where_there_is_no_content_and_some_is_due(hub: Hub) -> None:
    for nothing in ("", "<REQ></REQ>", "<REQ/>"):
        assert (await code_of(hub, document(hub, nothing)))[0] == "11"


async def test_rule_utf8_and_names_a_document_in_gbk_that_says_so_is_read(hub: Hub) -> None:
    body = document(hub).replace('encoding="UTF-8"', 'encoding="GBK"')
    assert (await code_of(hub, body.encode("gbk")))[0] == "0"
    assert (await code_of(hub, body))[0] == "0", "a declaration that is not true harms nobody"


@pytest.mark.parametrize(
    "headers",
    [
        {"soapaction": '"http://tempuri.org/NetTest"'},
        {"soapaction": "NetTest"},
        {"soapaction": '""'},
        {},
        {"content-type": "Application/xml"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
async def test_soap_is_answered_in_soap_whatever_stands_in_the_headers(hub: Hub, headers: dict[str, str]) -> None:
    for version in (soap.V11, soap.V12):
        response = await post(hub, in_soap(document(hub), version), **headers)
        assert (response.status_code, response.headers["content-type"]) == (200, soap.content_type(version))
        called = soap.opened(response.content)
        assert called.method == "NetTestResponse"
        assert called.document.startswith('<?xml version="1.0" encoding="UTF-8"?><ROOT>')
        assert envelope.open_response(called.document, [key(hub)], SCHEME).code == "0"


@pytest.mark.parametrize("method", ["funMain", "PubService", "HisInterface", "HealthCardService"])
async def test_rule_function_a_dispatching_method_goes_by_the_number(hub: Hub, method: str) -> None:
    called = soap.opened((await post(hub, in_soap(document(hub), method=method))).content)
    assert called.method == f"{method}Response"
    assert envelope.open_response(called.document, [key(hub)], SCHEME).code == "0"


async def test_a_function_without_a_number_goes_by_its_method_and_not_by_a_header_of_the_caller(hub: Hub) -> None:
    async with hub.convenience() as caller:
        sample = caller.speaker.spec.operations["QueryPhysicalExamReport"].sample()
        with pytest.raises(Refused) as refused:
            await caller.call("QueryPhysicalExamReport", {**sample, "HOSPITAL_ID": "9859999"})
    assert "9859999" in str(refused.value) or refused.value.code == "5"
    bare = document(hub, "<REQ><A>1</A></REQ>", fun_code="")
    code, _ = await code_of(hub, bare, **{"x-soap-method": "QueryPhysicalExamReport"})
    assert code == "5", "only the transport says which method it was"


async def test_a_caller_under_another_key_trusts_nothing(hub: Hub) -> None:
    async with hub.convenience(secret="1" * 16) as caller:
        with pytest.raises(Unanswered):
            await caller.call("NetTest", {"HOSPITAL_ID": "9851001", "IP": "192.0.2.1"})


async def test_the_description_carries_the_address_it_was_fetched_under(hub: Hub) -> None:
    response = await hub.http.get("/convenience?wsdl", headers={"host": "his.example:8080"})
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert 'location="http://his.example:8080/convenience"' in response.text


async def test_the_journal_keeps_the_document_and_no_password_however_deep(hub: Hub) -> None:
    rule = "<RULE_INFO><RULE_TYPE>ID</RULE_TYPE><TYPE_VALUE>1</TYPE_VALUE><RULE_VALUE>359851x</RULE_VALUE></RULE_INFO>"
    content = f"<REQ>{HOSPITAL}<RULE_GROUP><GROUP_TYPE>0</GROUP_TYPE>{rule}</RULE_GROUP><DAE147>8642</DAE147></REQ>"
    await post(hub, document(hub, content, "2007"))
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    line = (await reader.search(Search(dialect="convenience"), limit=1)).lines[0]
    record = await reader.show(line.chain, line.seq)
    assert (record.line.operation, record.line.outcome) == ("OrderReg", "1")
    told = str(record.view.request)
    assert "GROUP_TYPE" in told
    assert "359851x" not in told
    assert "8642" not in told


@pytest.mark.parametrize("profile", ["document", "elements-key"])
async def test_content_in_plain_sight_is_kept_without_its_passwords(hub: Hub, profile: str) -> None:
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.set_profile(c, now, "convenience", "demo", profile))
    content = f"<REQ>{HOSPITAL}<NAME>某人</NAME><PASSWORD>246810</PASSWORD></REQ>"
    sealed = envelope.seal_request("1002", "demo", content, key(hub), scheme_of(profile))
    response = await post(hub, sealed)
    assert envelope.open_response(response.content, [key(hub)], scheme_of(profile)).code == "1"
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    line = (await reader.search(Search(dialect="convenience"), limit=1)).lines[0]
    record = await reader.show(line.chain, line.seq)
    assert "某人".encode() in record.request
    assert b"246810" not in record.request
    assert not record.whole


async def test_an_exchange_is_replayed_from_the_journal(hub: Hub) -> None:
    await post(hub, document(hub))
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    line = (await reader.search(Search(dialect="convenience"), limit=1)).lines[0]
    gateways = (hub.runtime.convenience, hub.runtime.platform)
    for anew in (False, True):
        done = await replay(hub.runtime, gateways, line.reference, seal_anew=anew)
        assert (done.code, done.refusal, done.effect) == ("0", None, "read")
