"""SOAP around a document: reading any caller's envelope, writing ours, and the service's description; no I/O.

What callers send differs: version 1.1 or 1.2, the document escaped, in CDATA or as elements, the parameter with or
without a namespace. What goes out is one form that all of them read: the version of the call, document/literal wrapped
as ASP.NET has it, the document escaped, a result element in the service's namespace and no type on it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from yiqiao.dialects.convenience.strict_xml import UnreadableMessage, decoded, name_of, parse

V11 = "http://schemas.xmlsoap.org/soap/envelope/"
V12 = "http://www.w3.org/2003/05/soap-envelope"
_TYPES = {V11: "text/xml; charset=utf-8", V12: "application/soap+xml; charset=utf-8"}
_ROOT_OF_SOAP = re.compile(rb"<(?:[\w.-]+:)?Envelope[\s>]")


@dataclass(frozen=True)
class Service:
    """A web service as a region's clients know it: names, namespace, and the methods that dispatch by FUN_CODE."""

    name: str
    namespace: str
    dispatchers: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Called:
    """What came in a SOAP envelope. `method` is the element in its body, `document` the text that it carries."""

    version: str
    method: str
    document: str


def is_soap(body: bytes) -> bool:
    """Whether the bytes are a SOAP envelope, and not a document alone."""
    return _ROOT_OF_SOAP.search(body, 0, 1024) is not None


def opened(body: bytes) -> Called:
    """The call in an envelope. Raises UnreadableMessage, nothing else."""
    root = parse(decoded(body), "SOAP 报文")
    namespace = str(root.tag).rpartition("}")[0].lstrip("{")
    if name_of(root) != "Envelope" or namespace not in _TYPES:
        raise UnreadableMessage("应是 SOAP 1.1 或 1.2 的 Envelope，请检查命名空间", None, "SOAP 报文")
    body_element = next((element for element in root if name_of(element) == "Body"), None)
    if body_element is None or not len(body_element):
        raise UnreadableMessage("Body 里没有要调用的方法", None, "SOAP 报文")
    method = body_element[0]
    return Called(namespace, name_of(method), _document(method))


def _document(method: etree._Element) -> str:
    """The parameter's text: the one that the method has, or the document itself where it stands as elements."""
    parameter = method[0] if len(method) else method
    if name_of(parameter) == "ROOT":
        return etree.tostring(parameter, encoding="unicode", with_tail=False)
    if len(parameter):
        return etree.tostring(parameter[0], encoding="unicode", with_tail=False)
    return parameter.text or ""


def answered(called: Called, document: str, service: Service) -> bytes:
    """The envelope of an answer."""
    method = called.method
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{called.version}"><soap:Body>'
        f'<{method}Response xmlns="{service.namespace}"><{method}Result>{escaped(document)}</{method}Result>'
        f"</{method}Response></soap:Body></soap:Envelope>"
    ).encode()


def content_type(version: str) -> str:
    """How the transport calls an envelope of this version."""
    return _TYPES[version]


def escaped(text: str) -> str:
    """A text as it stands between tags. (One replacement after the other is twenty times as quick as a table.)"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def fault(version: str, message: str) -> bytes:
    """A fault of the sender's: for callers that are nobody on file alone, since no key is known to sign with."""
    text = escaped(message)
    if version == V12:
        told = (
            "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="zh-CN">{text}</soap:Text></soap:Reason></soap:Fault>'
        )
    else:
        told = f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{text}</faultstring></soap:Fault>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{version or V11}"><soap:Body>{told}'
        "</soap:Body></soap:Envelope>"
    ).encode()


def fault_text(body: bytes) -> str:
    """What a fault says, of either version. Raises UnreadableMessage."""
    root = parse(decoded(body), "SOAP 报文")
    told = (element.text or "" for element in root.iter() if name_of(element) in ("faultstring", "Text"))
    return next((text.strip() for text in told if text.strip()), "对方返回 SOAP Fault，没有说明原因")


def description(service: Service, address: str) -> bytes:
    """The WSDL: one document that needs no other, one SOAP 1.1 port and one of 1.2 beside it."""
    methods = (*service.functions, *service.dispatchers)
    namespace, name = escaped(service.namespace), service.name
    action = namespace if namespace.endswith("/") else f"{namespace}/"

    def each(lines: Iterable[str]) -> str:
        return "".join(lines)

    elements = each(
        f'<s:element name="{m}"><s:complexType><s:sequence>'
        '<s:element minOccurs="0" maxOccurs="1" name="xml" type="s:string"/></s:sequence></s:complexType></s:element>'
        f'<s:element name="{m}Response"><s:complexType><s:sequence>'
        f'<s:element minOccurs="0" maxOccurs="1" name="{m}Result" type="s:string"/>'
        "</s:sequence></s:complexType></s:element>"
        for m in methods
    )
    messages = each(
        f'<wsdl:message name="{m}SoapIn"><wsdl:part name="parameters" element="tns:{m}"/></wsdl:message>'
        f'<wsdl:message name="{m}SoapOut"><wsdl:part name="parameters" element="tns:{m}Response"/></wsdl:message>'
        for m in methods
    )
    operations = each(
        f'<wsdl:operation name="{m}"><wsdl:input message="tns:{m}SoapIn"/><wsdl:output message="tns:{m}SoapOut"/>'
        "</wsdl:operation>"
        for m in methods
    )

    def binding(suffix: str, prefix: str) -> str:
        bound = each(
            f'<wsdl:operation name="{m}"><{prefix}:operation soapAction="{action}{m}" style="document"/>'
            f'<wsdl:input><{prefix}:body use="literal"/></wsdl:input>'
            f'<wsdl:output><{prefix}:body use="literal"/></wsdl:output></wsdl:operation>'
            for m in methods
        )
        return (
            f'<wsdl:binding name="{name}{suffix}" type="tns:{name}Soap">'
            f'<{prefix}:binding transport="http://schemas.xmlsoap.org/soap/http"/>{bound}</wsdl:binding>'
        )

    where = escaped(address).replace('"', "&quot;")
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://www.w3.org/2001/XMLSchema" '
        'xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" '
        f'xmlns:tns="{namespace}" targetNamespace="{namespace}">'
        f'<wsdl:types><s:schema elementFormDefault="qualified" targetNamespace="{namespace}">{elements}</s:schema>'
        f'</wsdl:types>{messages}<wsdl:portType name="{name}Soap">{operations}</wsdl:portType>'
        f"{binding('Soap', 'soap')}{binding('Soap12', 'soap12')}"
        f'<wsdl:service name="{name}"><wsdl:port name="{name}Soap" binding="tns:{name}Soap">'
        f'<soap:address location="{where}"/></wsdl:port><wsdl:port name="{name}Soap12" binding="tns:{name}Soap12">'
        f'<soap12:address location="{where}"/></wsdl:port></wsdl:service></wsdl:definitions>'
    ).encode()
