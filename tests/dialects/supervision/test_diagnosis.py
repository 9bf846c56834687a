"""Uploads under the microscope: made, verified, opened, and explained when their sender did something else."""

import json

import orjson
import pytest

from tests.dialects.supervision.uploads import APP_ID, KEY, RANDOM, UPTIME, row, sealed
from yiqiao import crypto
from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.diagnosis import diagnostics
from yiqiao.dialects.supervision.dialect import scheme_of
from yiqiao.dialects.supervision.wire_text import read, written
from yiqiao.errors import DomainError
from yiqiao.exchange.diagnosis import Verdict
from yiqiao.spec import profiles

PATH = "/ihs/api/base/department"
ROWS = [row("A1001")]
DRAFT = orjson.dumps({"service": "A1001", "appid": APP_ID, "data": ROWS})


def text_of(sign: str) -> bytes:
    said, body = sealed("A1001", orjson.dumps(ROWS))
    return written(PATH, {**said, "sign": sign}, body)


def signed(template: str, **values: str) -> bytes:
    """A message signed over a string of the sender's own."""
    data = orjson.dumps(ROWS).decode()
    facts = {"appid": APP_ID, "data": data, "randomstr": RANDOM, "service": "A1001", "key": KEY, **values}
    return text_of(crypto.md5(template.format(**facts).encode()).hex())


def kinds(message: bytes, profile: str = "standard") -> list[str]:
    return [finding.cause.kind for finding in diagnostics.explain(message, KEY, profile).findings]


@pytest.mark.parametrize("profile", profiles("supervision"))
def test_what_is_made_holds_and_opens(profile: str) -> None:
    message = diagnostics.make(DRAFT, KEY, profile, 1_795_224_600_000)
    assert message.startswith(b"POST /ihs/api/base/department\r\nservice: A1001\r\n")
    assert diagnostics.verify(message, KEY, profile)[0] is Verdict.HOLDS
    assert json.loads(diagnostics.open(message, KEY, profile)) == ROWS[0]
    report = diagnostics.explain(message, KEY, profile)
    assert report.fine
    assert KEY not in "".join(layer.text for layer in report.layers)
    assert profile in {fit.profile for fit in diagnostics.detect(message, KEY)}


def test_another_key_is_told_and_no_profile_fits() -> None:
    message = diagnostics.make(DRAFT, "another", "standard", 0)
    assert diagnostics.verify(message, KEY, "standard")[0] is Verdict.BROKEN
    assert kinds(message) == ["wrong-key"]
    assert diagnostics.detect(message, KEY) == []


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (signed("service={service}&appid={appid}&randomstr={randomstr}&data={data}&key={key}"), "order"),
        (signed("appid={appid}&data={data}&randomstr={randomstr}&service={service}{key}"), "key-tail"),
        (signed("appid={appid}&data={data}&randomstr={randomstr}&service={service}"), "key-missing"),
        (
            signed("appid={appid}&data={data}&randomstr={randomstr}&service={service}&key={key}",
                   data=json.dumps(orjson.dumps(ROWS).decode(), ensure_ascii=False)),
            "data-other-text",
        ),
        (
            signed("appid={appid}&data={data}&randomstr={randomstr}&service={service}&key={key}",
                   data=json.dumps(ROWS, ensure_ascii=False)),
            "data-other-text",
        ),
        (
            signed("appid={appid}&data={data}&randomstr={randomstr}&service={service}&uptime=" + UPTIME + "&key={key}"),
            "uptime-signed",
        ),
        (text_of(""), "no-signature"),
    ],
)  # fmt: skip
def test_what_the_sender_did_otherwise_is_found(message: bytes, kind: str) -> None:
    assert kind in kinds(message)


def test_a_rule_of_another_profile_is_detected() -> None:
    said, body = sealed("A1001", orjson.dumps(ROWS), scheme=scheme_of("s2"))
    assert [fit.profile for fit in diagnostics.detect(written(PATH, said, body), KEY)] == ["s2"]


def test_an_attachment_s_form_is_judged_by_its_headers() -> None:
    rule = scheme_of("quoted-data")
    said, _ = envelope.sign_form("A0001", APP_ID, RANDOM, KEY, rule)
    message = written("/ihs/api/public/bigAttachment", said, b"--boundary\r\n")
    assert diagnostics.verify(message, KEY, "quoted-data")[0] is Verdict.HOLDS
    assert kinds(message) == ["data-quoted"]


@pytest.mark.parametrize("message", [b"", b"service: A1001", b"service: A1001\n\n{}", b"service: A1001\nappid: x\n\n{"])
def test_what_cannot_be_read_is_said_to_be_so(message: bytes) -> None:
    assert diagnostics.verify(message, KEY, "standard")[0] is Verdict.UNKNOWN
    assert not diagnostics.explain(message, KEY, "standard").fine
    with pytest.raises(DomainError):
        diagnostics.open(message, KEY, "standard")


@pytest.mark.parametrize("draft", [b"[]", b"{", b'{"colour": 1}', b'{"service": "A1001"}'])
def test_a_draft_that_cannot_be_is_refused(draft: bytes) -> None:
    with pytest.raises(DomainError):
        diagnostics.make(draft, KEY, "standard", 0)


def test_a_request_is_read_whatever_its_line_ends() -> None:
    said, body = sealed("A1001", orjson.dumps(ROWS))
    text = written(PATH, said, body)
    assert read(text) == read(text.replace(b"\r\n", b"\n"))
    assert dict(read(text)[0])[b"appid"] == APP_ID.encode()
