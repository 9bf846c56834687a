"""`yiqiao sign … onetrans`: what senders do wrong, each named by its first finding."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.onetrans.desk import KEY, parameters, query, spoiled
from tests.support.command import yiqiao
from yiqiao.crypto import generate_private_key, hmac_sm3, public_key, sm3, sm4_cbc_encrypt, sm4_ecb_encrypt
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.diagnosis import diagnostics
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.envelope import Keys
from yiqiao.dialects.onetrans.scheme import content_key
from yiqiao.exchange.diagnosis import Verdict

STANDARD = scheme_of("standard")
KEYS = Keys((KEY,))
GOOD = envelope.seal_request(parameters(), query(notes="测试"), KEYS, STANDARD)
PARAMS = {name: value for name, value in envelope.read_parameters(GOOD).items() if name != "sign"}
PRIVATE = generate_private_key()
PLAIN = gbk.write(query(notes="测试"))


def joined(params: Mapping[str, str] = PARAMS, names: list[str] | None = None) -> str:
    return "&".join(f"{name}={params[name]}" for name in names or sorted(params))


def signed(digest: bytes) -> bytes:
    return gbk.write({**PARAMS, "sign": digest.hex()})


def containing(data: str) -> bytes:
    return gbk.write(envelope.signed({**PARAMS, "data": data}, KEYS, STANDARD))


def mac(text: str, key: str = KEY, charset: str = "gb18030") -> bytes:
    return hmac_sm3(key.encode(), text.encode(charset))


def cbc(plain: bytes, key: bytes = b"", iv: bytes = bytes(range(16)), *, sent: bool = True) -> bytes:
    return (iv if sent else b"") + sm4_cbc_encrypt(key or content_key(KEY), iv, plain)


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


MISTAKES: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "order of the table": (lambda: signed(mac(joined(names=list(PARAMS)))), "order"),
    "empty ones kept": (
        lambda: gbk.write(
            {**PARAMS, "dev_no": "", "sign": mac(joined({**PARAMS, "dev_no": ""})).hex()},
        ),
        "empty-kept",
    ),
    "bytes in UTF-8": (lambda: signed(mac(joined(), charset="utf-8")), "charset"),
    "a digest with the key behind": (lambda: signed(sm3(f"{joined()}{KEY}".encode("gbk"))), "plain-digest"),
    "a digest with &key=": (lambda: signed(sm3(f"{joined()}&key={KEY}".encode("gbk"))), "plain-digest"),
    "the key's case": (lambda: signed(mac(joined(), KEY.upper())), "key-case"),
    "data left out": (lambda: signed(mac(joined(names=sorted(PARAMS.keys() - {"data"})))), "left-out"),
    "another key": (lambda: envelope.seal_request(parameters(), query(), Keys(("another",)), STANDARD), "wrong-key"),
    "changed on the way": (lambda: spoiled(GOOD, dept_name="药房"), "changed"),
    "no signature": (lambda: gbk.write(PARAMS), "no-signature"),
    "signature in base64": (
        lambda: gbk.write({**PARAMS, "sign": in_base64(mac(joined()))}),
        "sign-encoding",
    ),
    "a type that is none": (lambda: spoiled(GOOD, enc_type="AES"), "algorithm"),
    "the key travels": (lambda: spoiled(GOOD, app_key=KEY), "key-travels"),
    "content in the plain": (lambda: containing(PLAIN.decode("gbk")), "not-enciphered"),
    "content in ECB": (lambda: containing(in_base64(sm4_ecb_encrypt(content_key(KEY), PLAIN))), "cipher-mode"),
    "no IV in front": (lambda: containing(in_base64(cbc(PLAIN, iv=bytes(16), sent=False))), "cipher-mode"),
    "key's text as the cipher's": (lambda: containing(in_base64(cbc(PLAIN, KEY[:16].encode()))), "cipher-key-form"),
    "key decoded from hex": (lambda: containing(in_base64(cbc(PLAIN, bytes.fromhex(KEY)))), "cipher-key-form"),
    "cipher text in hex": (lambda: containing(cbc(PLAIN).hex()), "writing"),
    "content in UTF-8": (lambda: containing(in_base64(cbc(PLAIN.decode("gbk").encode()))), "charset"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_first(mistake: str) -> None:
    make, kind = MISTAKES[mistake]
    report = diagnostics.explain(make(), KEY, "standard")
    assert not report.fine
    assert report.findings[0].cause.kind.startswith(kind), [finding.cause.kind for finding in report.findings]
    for layer in report.layers:
        assert KEY not in layer.text or mistake == "the key's case"


def test_a_good_message_is_fine_and_shows_its_layers() -> None:
    report = diagnostics.explain(GOOD, KEY, "standard")
    assert report.fine
    assert [layer.name for layer in report.layers] == ["parameters", "string", "digest", "content"]
    assert report.content is not None
    assert "测试" in report.content
    assert report.as_dict("en")["signature"] == "holds"


def test_what_is_no_message_cannot_be_judged() -> None:
    report = diagnostics.explain(b"{", KEY, "standard")
    assert (report.verdict, report.layers[0].name) == (Verdict.UNKNOWN, "body")


def test_sm2_wants_the_sender_s_public_key() -> None:
    message = envelope.seal_request(parameters(signtype="SM2"), query(), Keys((KEY,), None, PRIVATE), STANDARD)
    assert diagnostics.verify(message, KEY, "standard")[0] is Verdict.UNKNOWN
    public = public_key(PRIVATE).hex()
    for key in (f"{KEY}/{public}", f"{KEY}/04{public}", f"{KEY}/{PRIVATE.hex()}"):
        assert diagnostics.explain(message, key, "standard").fine
    other = public_key(generate_private_key()).hex()
    report = diagnostics.explain(message, f"{KEY}/{other}", "standard")
    assert report.findings[0].cause.kind == "changed"


def test_profiles_are_detected() -> None:
    assert {fit.profile for fit in diagnostics.detect(GOOD, KEY)} == {"standard", "sm3", "document"}
    insurance = scheme_of("insurance")
    message = envelope.seal_request(parameters(signtype="SM2"), query(), Keys((KEY,), None, PRIVATE), insurance)
    key = f"{KEY}/{public_key(PRIVATE).hex()}"
    assert [fit.profile for fit in diagnostics.detect(message, key)] == ["insurance"]
    assert diagnostics.detect(spoiled(GOOD, opter="S9"), KEY) == []


def test_a_message_is_made_verified_and_opened() -> None:
    draft = {name: value for name, value in parameters().items() if name not in ("timestamp", "signtype", "enc_type")}
    draft_text = json.dumps({**draft, "data": {"notes": "测试"}}).encode()
    message = diagnostics.make(draft_text, KEY, "standard", 1_795_000_000_000)
    assert diagnostics.verify(message, KEY, "standard")[0] is Verdict.HOLDS
    assert json.loads(diagnostics.open(message, KEY, "standard")) == {"notes": "测试"}
    made = diagnostics.make(draft_text, f"{KEY}/{PRIVATE.hex()}", "sm2", 1_795_000_000_000)
    assert diagnostics.verify(made, f"{KEY}/{PRIVATE.hex()}", "sm2")[0] is Verdict.HOLDS


@given(st.binary(max_size=200))
def test_whatever_comes_is_told_about(message: bytes) -> None:
    report = diagnostics.explain(message, KEY, "standard")
    assert report.layers
    assert report.verdict is not Verdict.HOLDS


def test_the_command_line_verifies_explains_and_detects(tmp_path: Path) -> None:
    file, key = tmp_path / "message.json", tmp_path / "key"
    file.write_bytes(GOOD)
    key.write_text(KEY)
    for verb, told in (("verify", "签名正确"), ("open", "测试"), ("explain", "未发现问题"), ("detect", "standard")):
        done = yiqiao("sign", verb, "onetrans", str(file), "--key-file", str(key), data=tmp_path)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
