"""`yiqiao sign` for the convenience platform: what senders do wrong is named, and the right message is let be."""

import json

import pytest

from yiqiao import crypto
from yiqiao.dialects.convenience.diagnosis import diagnostics
from yiqiao.exchange.diagnosis import Verdict
from yiqiao.exchange.strict_json import UnreadableMessage

KEY = "YQ0123456789TEST"
DRAFT = json.dumps({"FUN_CODE": "1001", "USER_ID": "demo", "REQ": {"HOSPITAL_ID": "9851001", "IP": "192.0.2.11"}})
GOOD = diagnostics.make(DRAFT.encode(), KEY, "standard", 0)
CIPHER_TEXT = GOOD.decode().partition("<REQ_ENCRYPTED><![CDATA[")[2].partition("]]")[0]


def signed_over(text: str) -> bytes:
    sign = GOOD.decode().partition("<SIGN><![CDATA[")[2][:32]
    return GOOD.replace(sign.encode(), crypto.md5(text.encode()).hex().upper().encode())


def kinds(message: bytes, key: str = KEY, profile: str = "standard") -> set[str]:
    report = diagnostics.explain(message, key, profile)
    assert all(KEY not in layer.text for layer in report.layers)
    return {finding.cause.kind for finding in report.findings}


@pytest.mark.parametrize("profile", diagnostics.profiles())
def test_a_made_message_holds_opens_and_needs_no_explanation(profile: str) -> None:
    made = diagnostics.make(DRAFT.encode(), KEY, profile, 0)
    assert diagnostics.verify(made, KEY, profile)[0] is Verdict.HOLDS
    assert "9851001" in diagnostics.open(made, KEY, profile)
    report = diagnostics.explain(made, KEY, profile)
    assert report.fine
    assert report.content is not None
    assert profile in {fit.profile for fit in diagnostics.detect(made, KEY)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"FUN_CODE=1001&REQ_ENCRYPTED={CIPHER_TEXT}&USER_ID=demo", "key-missing"),
        (f"FUN_CODE=1001&REQ_ENCRYPTED={CIPHER_TEXT}&USER_ID=demo{KEY}", "key-tail"),
        (f"FUN_CODE=1001&USER_ID=demo&REQ_ENCRYPTED={CIPHER_TEXT}&KEY={KEY}", "order"),
        (f"FUN_CODE=1001&REQ_ENCRYPTED={CIPHER_TEXT}&USER_ID=demo&KEY={KEY.lower()}", "key-case"),
        (
            f"<FUN_CODE>1001</FUN_CODE><USER_ID>demo</USER_ID><REQ_ENCRYPTED>{CIPHER_TEXT}</REQ_ENCRYPTED>{KEY}",
            "form",
        ),
        (
            "FUN_CODE=1001&REQ_ENCRYPTED=<REQ><HOSPITAL_ID><![CDATA[9851001]]></HOSPITAL_ID>"
            f"<IP><![CDATA[192.0.2.11]]></IP></REQ>&USER_ID=demo&KEY={KEY}",
            "plain-signed",
        ),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_what_a_sender_did_is_named(text: str, kind: str) -> None:
    message = signed_over(text)
    assert diagnostics.verify(message, KEY, "standard")[0] is Verdict.BROKEN
    assert kind in kinds(message)


def test_another_key_is_told_as_that() -> None:
    assert kinds(GOOD, "ANOTHERKEY012345") == {"wrong-key", "content"}


@pytest.mark.parametrize("message", [b"", b"<ROOT>", b"{}", b"\xff"])
def test_what_cannot_be_read_is_told_with_its_place(message: bytes) -> None:
    assert diagnostics.verify(message, KEY, "standard")[0] is Verdict.UNKNOWN
    assert kinds(message) == {"body-xml"}
    assert diagnostics.detect(message, KEY) == []


def test_a_signature_left_out_is_told() -> None:
    sign = GOOD.decode().partition("<SIGN>")[2].partition("</SIGN>")[0]
    assert kinds(GOOD.replace(sign.encode(), b"")) == {"no-signature"}


@pytest.mark.parametrize("draft", ["[]", '{"A": 1}', '{"REQ": 1}', '{"REQ": {}, "Request": {}}'])
def test_a_draft_that_is_none_is_refused(draft: str) -> None:
    with pytest.raises(UnreadableMessage):
        diagnostics.make(draft.encode(), KEY, "standard", 0)
