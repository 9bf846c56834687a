"""SOAP as real callers write it is read; what goes out is the one form that all of them read."""

from typing import Any, cast

import pytest
from lxml import etree

from yiqiao.dialects.convenience import soap
from yiqiao.dialects.convenience.server import service_of
from yiqiao.dialects.convenience.strict_xml import UnreadableMessage

SERVICE = service_of("standard")
DOCUMENT = "<ROOT><FUN_CODE>1001</FUN_CODE></ROOT>"
ESCAPED = DOCUMENT.replace("<", "&lt;").replace(">", "&gt;")


def envelope(inside: str, version: str = soap.V11, method: str = "NetTest", ns: str = "http://tempuri.org/") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="{version}"><e:Header/><e:Body>'
        f'<{method} xmlns="{ns}">{inside}</{method}></e:Body></e:Envelope>'
    ).encode()


@pytest.mark.parametrize("version", [soap.V11, soap.V12])
@pytest.mark.parametrize(
    "inside",
    [
        f"<xml>{ESCAPED}</xml>",
        f"<xml><![CDATA[{DOCUMENT}]]></xml>",
        f"<xml>{DOCUMENT}</xml>",
        DOCUMENT,
        ESCAPED,
        f'<xml xsi:type="xsd:string" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{ESCAPED}</xml>',
        f'<xml xmlns="">{ESCAPED}</xml>',
        f"<p:anything xmlns:p='urn:x'>{ESCAPED}</p:anything>",
    ],
)
def test_the_document_is_found_however_it_was_wrapped(inside: str, version: str) -> None:
    called = soap.opened(envelope(inside, version))
    assert (called.version, called.method) == (version, "NetTest")
    inner = etree.fromstring(called.document.strip())
    assert [child.text for child in inner] == ["1001"]


def test_blanks_a_byte_order_mark_and_a_declaration_that_is_not_true_are_let_pass() -> None:
    body = envelope(f"\r\n  <xml>\n {ESCAPED} \n</xml>\n ")
    for strange in (b"\xef\xbb\xbf" + body, b" \r\n" + body, body.replace(b"utf-8", b"GBK")):
        assert DOCUMENT in soap.opened(strange).document


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<Envelope><Body><a/></Body></Envelope>", "SOAP 1.1 或 1.2"),
        (envelope("").replace(b"e:Body", b"e:Other"), "Body"),
        (f'<e:Envelope xmlns:e="{soap.V11}"><e:Body/></e:Envelope>'.encode(), "方法"),
        (envelope("<xml>")[:-20], "不是规范的 XML"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + envelope("<xml>&a;</xml>").partition(b"?>")[2], "DTD"),
        (envelope("<a>" * 40 + "</a>" * 40), "层"),
    ],
)
def test_what_is_no_envelope_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableMessage) as refused:
        soap.opened(body)
    assert reason in refused.value.message


def test_an_answer_is_escaped_in_the_services_namespace_without_a_type() -> None:
    called = soap.opened(envelope(f"<xml>{ESCAPED}</xml>"))
    document = '<?xml version="1.0" encoding="UTF-8"?><ROOT><RETURN_MSG><![CDATA[好 & 快]]></RETURN_MSG></ROOT>'
    body = soap.answered(called, document, SERVICE)
    assert b"<![CDATA[" not in body, "some read no CDATA section that begins with a declaration"
    result = etree.fromstring(body)[0][0][0]
    assert result.tag == "{http://tempuri.org/}NetTestResult"
    assert not result.attrib
    assert result.text == document


def test_carriage_returns_survive_the_envelope() -> None:
    called = soap.opened(envelope(f"<xml>{ESCAPED}</xml>"))
    assert etree.fromstring(soap.answered(called, "a\r\nb", SERVICE))[0][0][0].text == "a\r\nb"


@pytest.mark.parametrize("version", [soap.V11, soap.V12])
def test_a_fault_says_why_in_the_version_of_the_call(version: str) -> None:
    body = soap.fault(version, "应用不存在 <x>")
    assert etree.fromstring(body).tag == f"{{{version}}}Envelope"
    assert soap.fault_text(body) == "应用不存在 <x>"


def test_the_description_is_one_document_with_every_method_and_one_port_of_each_version() -> None:
    wsdl = etree.fromstring(soap.description(SERVICE, "http://h:1/convenience?a=1&b=2"))
    names = {"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://www.w3.org/2001/XMLSchema"}

    def found(path: str) -> list[Any]:
        return cast("list[Any]", wsdl.xpath(path, namespaces=names))

    assert not found("//s:import | //w:import | //@schemaLocation")
    ports = found("//w:service/w:port")
    assert [port.get("name") for port in ports] == ["HospitalServiceSoap", "HospitalServiceSoap12"]
    assert {port[0].get("location") for port in ports} == {"http://h:1/convenience?a=1&b=2"}
    methods = set(found("//w:portType/w:operation/@name"))
    assert methods == {*SERVICE.functions, *SERVICE.dispatchers}
    assert {"LockReg", "QueryPhysicalExamReport", "PubService", "HisInterface", "HealthCardService"} <= methods
    assert "funmain" not in methods, "it is one name with the dispatcher funMain to whoever minds no case"
    assert set(found("//w:message/w:part/@name")) == {"parameters"}
