"""Clients of other makes call the service over a real socket: zeep from our WSDL, node-soap, and bytes by hand."""

import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import zeep
from zeep.transports import Transport

from tests.support.node import node_clients
from tests.support.served_hospital import NET_TEST, Running
from yiqiao.dialects.convenience.handlers.complete import handlers
from yiqiao.dialects.convenience.server import service_of

SERVICE = service_of("standard")
NOT_UNDERSTOOD = {"1", "2", "5", "6", "7", "8", "9", "11", "99"}
ONE_OF_TWO = {"GetGhInfo": "BAT_REG_INFO"}
"""Of functions that take one of two questions, the one that is left out."""


@pytest.fixture(scope="module")
def zeep_client(running: Running) -> zeep.Client:
    return zeep.Client(running.wsdl, transport=Transport(timeout=20))


def test_zeep_calls_the_network_test_in_both_versions(running: Running, zeep_client: zeep.Client) -> None:
    for port in ("HospitalServiceSoap", "HospitalServiceSoap12"):
        answer = zeep_client.bind("HospitalService", port).NetTest(xml=running.document("NetTest", NET_TEST))
        assert answer.startswith('<?xml version="1.0" encoding="UTF-8"?><ROOT>')
        assert running.code(answer) == "0"


@pytest.mark.parametrize("name", [name for name in SERVICE.functions if name in handlers.by_operation])
def test_zeep_calls_every_function_by_its_own_method(running: Running, zeep_client: zeep.Client, name: str) -> None:
    """realtime: a web service answers while one waits"""
    with running.client() as client:
        sample = client.speaker.spec.operations[name].sample()
        sample.pop(ONE_OF_TWO.get(name, ""), None)
        document = client.speaker.sealed(name, sample)
    code = running.code(getattr(zeep_client.service, name)(xml=document))
    assert code not in NOT_UNDERSTOOD, "the sample that the reference shows is a message that a hospital takes"


@pytest.mark.parametrize("method", SERVICE.dispatchers)
def test_zeep_calls_by_dispatch(running: Running, zeep_client: zeep.Client, method: str) -> None:
    answer = getattr(zeep_client.service, method)(xml=running.document("NetTest", NET_TEST))
    assert running.code(answer) == "0"


def test_zeep_calls_the_function_of_the_dispatchers_own_name_by_dispatch(
    running: Running, zeep_client: zeep.Client
) -> None:
    with running.client() as client:
        document = client.speaker.sealed("funmain", client.speaker.spec.operations["funmain"].sample())
    assert running.code(zeep_client.service.PubService(xml=document)) not in NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("method", "function", "values"),
    [
        ("NetTest", "NetTest", NET_TEST),
        ("GetHosInfo", "GetHosInfo", {"HOSPITAL_ID": "9851001"}),
        ("PubService", "GetDeptInfo", {"HOSPITAL_ID": "9851001", "DEPT_ID": "-1", "PAGE_CURRENT": 1, "PAGE_SIZE": 50}),
    ],
)
def test_node_soap_calls(running: Running, method: str, function: str, values: Mapping[str, object]) -> None:
    program: Path = node_clients() / "call.js"
    done = subprocess.run(
        ["node", str(program), running.wsdl, method],
        input=running.document(function, values),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert running.code(done.stdout) == "0"


@pytest.mark.parametrize(
    ("headers", "chunked", "charset"),
    [
        (["Content-Type: Application/xml"], False, "utf-8"),
        (["Content-Type: text/xml; charset=GBK"], False, "gbk"),
        (["Content-Type: text/xml", "Expect: 100-continue"], False, "utf-8"),
        (["Content-Type: text/xml", "Transfer-Encoding: chunked"], True, "utf-8"),
        ([], False, "utf-8"),
    ],
)
def test_bytes_by_hand(running: Running, headers: list[str], chunked: bool, charset: str) -> None:
    document = running.document("NetTest", NET_TEST).replace('encoding="UTF-8"', f'encoding="{charset}"')
    body = document.encode(charset)
    length = [] if chunked else [f"Content-Length: {len(body)}"]
    head = "\r\n".join(["POST /convenience HTTP/1.1", "Host: his", *headers, *length, "", ""]).encode()
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        wire.sendall(head)
        stream = wire.makefile("rb")
        if "Expect: 100-continue" in headers:
            assert b"100" in stream.readline()
            assert stream.readline() == b"\r\n"
        wire.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body)
        assert b"200" in stream.readline()
        told = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b": ")
            told[name.lower()] = value
        answer = stream.read(int(told[b"content-length"]))
    assert told[b"content-type"] == b"text/xml; charset=utf-8"
    assert running.code(answer.decode()) == "0"
